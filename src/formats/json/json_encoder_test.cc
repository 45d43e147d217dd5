#include "formats/json/json_encoder.h"

#include "formats/json/json_rows_for_test.h"

namespace laminar {
namespace {

TEST(JsonEncoder, AlertRow) {
  const Schema schema = TestSchema(
      {{"device_id", "VARCHAR"}, {"details", "JSON"}, {"detected_at", "TIMESTAMP"}, {"amount", "DECIMAL(38,10)"}});
  Batch batch(schema);
  batch.chunk().SetCardinality(1);
  batch.chunk().SetValue(0, 0, duckdb::Value("dev \"1\"\n"));
  batch.chunk().SetValue(1, 0, duckdb::Value(R"({"a":[1,2]})"));
  batch.chunk().SetValue(2, 0, duckdb::Value::TIMESTAMP(duckdb::timestamp_t(1'767'225'600'001'000)));
  batch.chunk().SetValue(3, 0, duckdb::Value("12345678901234.5678").DefaultCastAs(*schema[3].type));
  EXPECT_EQ(
      EncodeAll(schema, batch)[0],
      R"({"device_id":"dev \"1\"\n","details":{"a":[1,2]},"detected_at":"2026-01-01T00:00:00.001Z","amount":12345678901234.5678})");
}

}  // namespace
}  // namespace laminar
