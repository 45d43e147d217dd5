#include "formats/json/registered_json.h"

#include <gmock/gmock.h>

#include "formats/json/json_decoder.h"
#include "formats/json/json_encoder.h"
#include "formats/json/json_rows_for_test.h"
#include "formats/json/json_schema_writer.h"
#include "formats/schema_header.h"

namespace laminar {
namespace {

using ::testing::HasSubstr;

std::string Registered(const std::string& text) {
  return MakeSchemaHeader(SchemaIdOf(10)) + text;  // a line feed
}

std::unique_ptr<Decoder> NewDecoder(const Schema& schema) {
  return std::make_unique<RegisteredJsonDecoder>(std::make_unique<JsonDecoder>(schema, JsonOptions()),
                                                 RegistryKind::kConfluent);
}

TEST(RegisteredJson, HeadersAreTakenOffAndRecordsWithoutOneAreBad) {
  const auto decoder = NewDecoder(TestSchema({{"n", "BIGINT"}}));
  const TestRecords memory({Registered(R"({"n":1})"), R"({"n":2})", std::string("\0\0", 2),
                            Registered(R"({"n":3}{"n":4})"), Registered("{\"n\":5}\n{\"n\":\"x\"}\n{\"n\":6}"),
                            Registered("{"), Registered(R"({"n":7})")});
  struct Kept : BadRowHandler {
    Status OnBadRow(const BadRow& row) override {
      rows.push_back(row);
      data.emplace_back(row.data);
      return Status::Ok();
    }
    std::vector<BadRow> rows;
    std::vector<std::string> data;
  } bad;
  Batch batch(decoder->schema());
  DecodeCursor cursor;
  ASSERT_TRUE(decoder->Decode(memory.views(), &cursor, &bad, &batch).value());
  std::string found;
  for (size_t row = 0; row < batch.rows(); row++)
    found += batch.chunk().GetValue(0, row).ToString() + "@" + std::to_string(batch.origin_rows[row]) + " ";
  EXPECT_EQ(found, "1@0 3@3 4@3 5@4 6@4 7@6 ");
  ASSERT_EQ(bad.rows.size(), 4U);
  EXPECT_EQ(bad.rows[0].record, 1U);
  EXPECT_THAT(bad.rows[0].reason, HasSubstr("does not begin with the byte 0 and a schema id"));
  EXPECT_EQ(bad.rows[1].record, 2U);
  EXPECT_EQ(bad.rows[2].record, 4U);
  EXPECT_EQ(bad.rows[2].offset, 5U + 8U);
  EXPECT_EQ(bad.data[2], Registered(R"({"n":"x"})"));
  EXPECT_EQ(bad.rows[3].record, 5U);
}

TEST(RegisteredJson, ManyRecordsGoOverSeveralBatchesAndOnFromACursor) {
  const Schema schema = TestSchema({{"n", "BIGINT"}});
  std::vector<std::string> records;
  for (int i = 0; i < 5000; i++) records.push_back(Registered("{\"n\":" + std::to_string(i) + "}"));
  const TestRecords memory(records);
  BadRows bad;
  Batch batch(schema);
  DecodeCursor cursor;
  int64_t next = 0;
  for (bool done = false; !done;) {
    const auto decoder = NewDecoder(schema);  // as after a restart
    batch.Reset();
    done = decoder->Decode(memory.views(), &cursor, &bad, &batch).value();
    for (size_t row = 0; row < batch.rows(); row++, next++) {
      ASSERT_EQ(batch.chunk().GetValue(0, row).GetValue<int64_t>(), next);
      ASSERT_EQ(batch.origin_rows[row], next);
    }
  }
  EXPECT_EQ(next, 5000);
}

TEST(RegisteredJson, EachRowGetsTheHeader) {
  const Schema schema = TestSchema({{"n", "BIGINT"}});
  RegisteredJsonEncoder encoder(std::make_unique<JsonEncoder>(schema, JsonOptions()),
                                MakeSchemaHeader(SchemaIdOf(258)));
  Batch batch(schema);
  batch.chunk().SetValue(0, 0, duckdb::Value::BIGINT(1));
  batch.chunk().SetValue(0, 1, duckdb::Value::BIGINT(2));
  batch.chunk().SetCardinality(2);
  EncodedRows rows;
  rows.newlines = true;
  ASSERT_TRUE(encoder.Encode(batch, &rows).ok());
  ASSERT_EQ(rows.rows(), 2U);
  EXPECT_EQ(rows.row(1), std::string("\0\0\0\1\2", 5) + "{\"n\":2}\n");
}

TEST(RegisteredJson, SchemaSaysWhatIsWritten) {
  Schema schema = TestSchema({{"n", "BIGINT"},
                              {"d", "DOUBLE"},
                              {"t", "TIMESTAMP"},
                              {"j", "JSON"},
                              {"l", "VARCHAR[]"},
                              {"s", "STRUCT(b BLOB)"},
                              {"m", "MAP(VARCHAR, DECIMAL(9,2))"}});
  schema[0].not_null = true;
  EXPECT_EQ(
      JsonSchemaOf(schema, JsonTimestampFormat::kRfc3339),
      R"({"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"n":{"type":"integer"},)"
      R"("d":{"type":["number","null"]},"t":{"type":["string","null"],"format":"date-time"},"j":{},)"
      R"("l":{"type":["array","null"],"items":{"type":["string","null"]}},)"
      R"("s":{"type":["object","null"],"properties":{"b":{"type":["string","null"],"contentEncoding":"base64"}}},)"
      R"("m":{"type":["object","null"],"additionalProperties":{"type":["number","null"]}}},)"
      R"("required":["n","d","t","j","l","s","m"]})");
  EXPECT_THAT(JsonSchemaOf(TestSchema({{"t", "TIMESTAMP"}}), JsonTimestampFormat::kEpochMillis),
              HasSubstr(R"("t":{"type":["number","null"]})"));
}

}  // namespace
}  // namespace laminar
