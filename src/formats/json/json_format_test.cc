#include "formats/json/json_format.h"

#include "formats/json/json_rows_for_test.h"

namespace laminar {
namespace {

OptionValues Options(const std::vector<WrittenOption>& written, std::vector<Status>* problems) {
  const auto specs = JsonFormatOptions();
  return ParseOptions(specs, written, OptionUse::kSource, "a table", problems);
}

TEST(JsonFormat, OptionsReachDecoderAndEncoder) {
  std::vector<Status> problems;
  const OptionValues options = Options({{"json.timestamp_format", "epoch_millis", {}}}, &problems);
  ASSERT_TRUE(problems.empty());
  const auto format = MakeJsonFormat();
  const Schema schema = TestSchema({{"t", "TIMESTAMP"}});
  auto decoder = format->MakeDecoder(schema, options);
  auto encoder = format->MakeEncoder(schema, options);
  ASSERT_TRUE(decoder.ok() && encoder.ok());
  const TestRecords records({R"({"t":1000})"});
  BadRows bad;
  DecodeCursor cursor;
  Batch batch(schema);
  ASSERT_TRUE((*decoder)->Decode(records.views(), &cursor, &bad, &batch).value());
  EXPECT_EQ(batch.chunk().GetValue(0, 0).ToString(), "1970-01-01 00:00:01");
  EncodedRows rows;
  ASSERT_TRUE((*encoder)->Encode(batch, &rows).ok());
  EXPECT_EQ(rows.row(0), R"({"t":1000})");
}

TEST(JsonFormat, DefaultsAndChoices) {
  std::vector<Status> problems;
  const OptionValues options = Options({}, &problems);
  ASSERT_TRUE(problems.empty());
  EXPECT_TRUE(MakeJsonFormat()->MakeDecoder(TestSchema({{"a", "BIGINT"}}), options).ok());
  Options({{"json.timestamp_format", "epoch_hours", {}}}, &problems);
  EXPECT_EQ(problems.size(), 1u);
}

TEST(JsonFormat, UnstructuredTakesOneJsonColumn) {
  std::vector<Status> problems;
  const OptionValues options = Options({{"json.unstructured", "true", {3, 5}}}, &problems);
  ASSERT_TRUE(problems.empty());
  const auto format = MakeJsonFormat();
  EXPECT_TRUE(format->MakeDecoder(TestSchema({{"value", "JSON"}}), options).ok());
  EXPECT_TRUE(format->MakeDecoder(Schema{}, options).ok());
  for (const Schema& schema :
       {TestSchema({{"value", "VARCHAR"}}), TestSchema({{"value", "JSON"}, {"other", "JSON"}})}) {
    const auto refused = format->MakeDecoder(schema, options);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.status().kind(), StatusKind::kUser);
    EXPECT_EQ(refused.status().position().line, 3);
  }
}

}  // namespace
}  // namespace laminar
