#include "formats/json/json_decoder.h"

#include "formats/json/json_rows_for_test.h"

namespace laminar {
namespace {

const char kSensor[] =
    R"({"device_id":"dev-1","location":{"lat":1.5,"lon":2.5},"temperature":31.5,"humidity":40.1,"pressure":1000.2,"timestamp":"2026-01-01T00:00:00.001Z"})";

Schema SensorSchema() {
  return TestSchema(
      {{"device_id", "VARCHAR"}, {"location", "JSON"}, {"temperature", "DOUBLE"}, {"timestamp", "TIMESTAMP"}});
}

TEST(JsonDecoder, SensorRow) {
  const Decoded decoded = DecodeAll(SensorSchema(), {kSensor});
  ASSERT_EQ(decoded.rows.size(), 1u);
  EXPECT_EQ(decoded.row(0), R"(dev-1|{"lat":1.5,"lon":2.5}|31.5|2026-01-01 00:00:00.001)");
  EXPECT_TRUE(decoded.bad.empty());
}

TEST(JsonDecoder, ManyRecordsAndOrigins) {
  std::vector<std::string> records;
  for (int i = 0; i < 5000; i++)
    records.push_back("{\"a\":" + std::to_string(i) + "}\n{\"a\":" + std::to_string(-i) + "}");
  const Decoded decoded = DecodeAll(TestSchema({{"a", "INTEGER"}}), records);
  ASSERT_EQ(decoded.rows.size(), 10000u);
  for (int i = 0; i < 5000; i++) {
    EXPECT_EQ(decoded.row(2 * static_cast<size_t>(i)), std::to_string(i));
    EXPECT_EQ(decoded.row(2 * static_cast<size_t>(i) + 1), std::to_string(-i));
    EXPECT_EQ(decoded.origins[2 * static_cast<size_t>(i) + 1], static_cast<uint32_t>(i));
  }
}

TEST(JsonDecoder, BlockOfLinesResumesWithin) {
  std::string block;
  for (int i = 0; i < 20000; i++)
    block += "{\"x\":\"unused \\\" { [\",\"a\":" + std::to_string(i) + ",\"s\":\"a string longer than twelve\"}\n";
  const Decoded decoded = DecodeAll(TestSchema({{"a", "BIGINT"}, {"s", "VARCHAR"}}), {block});
  ASSERT_EQ(decoded.rows.size(), 20000u);
  for (size_t i = 0; i < 20000; i++) ASSERT_EQ(decoded.row(i), std::to_string(i) + "|a string longer than twelve");
}

}  // namespace
}  // namespace laminar
