#include <gmock/gmock.h>

#include "formats/option.h"
#include "formats/raw/raw_format.h"
#include "formats/rows_for_test.h"

namespace laminar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Decoded Decode(const Format& format, const Schema& schema, const std::vector<std::string>& records) {
  const TestRecords memory(records);
  auto decoder = format.MakeDecoder(schema, {}).value();
  return DecodeAll(decoder.get(), memory.views());
}

TEST(Raw, ARecordIsARowWhateverIsInIt) {
  const std::string bytes("\0\xff\n{\"a\": 1}", 11);
  const Schema schema = TestSchema({{"value", "BLOB"}});
  const auto format = MakeRawFormat();
  std::vector<std::string> records(3000, "x");
  records[0] = bytes;
  records[1] = "";
  const Decoded decoded = Decode(*format, schema, records);
  ASSERT_EQ(decoded.rows.size(), 3000u);
  EXPECT_EQ(duckdb::StringValue::Get(decoded.rows[0][0]), bytes);
  EXPECT_EQ(duckdb::StringValue::Get(decoded.rows[1][0]), "");
  EXPECT_EQ(decoded.origins[2999], 2999u);
  EXPECT_EQ(Decode(*format, {}, records).rows.size(), 3000u);

  Batch batch(schema);
  for (size_t i = 0; i < 2; i++) batch.chunk().SetValue(0, i, decoded.rows[i][0]);
  batch.chunk().SetCardinality(2);
  EncodedRows rows;
  ASSERT_TRUE(format->MakeEncoder(schema, {}).value()->Encode(batch, &rows).ok());
  EXPECT_EQ(rows.row(0), bytes);
  EXPECT_EQ(rows.row(1), "");
}

TEST(Raw, TextIsUtf8) {
  const auto format = MakeRawStringFormat();
  const Decoded decoded =
      Decode(*format, TestSchema({{"line", "VARCHAR"}}), {"é 😀\nsecond line", "bad \xff", "", "\xed\xa0\x80", "last"});
  EXPECT_EQ(decoded.rows.size(), 3u);
  EXPECT_EQ(decoded.row(0), "é 😀\nsecond line");
  EXPECT_THAT(decoded.origins, ElementsAre(0, 2, 4));
  ASSERT_EQ(decoded.bad.size(), 2u);
  EXPECT_EQ(decoded.bad[0].record, 1u);
  EXPECT_EQ(decoded.bad[0].column, "line");
  EXPECT_EQ(decoded.bad[0].reason, "the record is not valid UTF-8");
  EXPECT_EQ(decoded.bad[1].record, 3u);
}

TEST(Raw, NullHasNoBytes) {
  const Schema schema = TestSchema({{"line", "VARCHAR"}});
  Batch batch(schema);
  batch.chunk().SetValue(0, 0, duckdb::Value("a"));
  batch.chunk().SetValue(0, 1, duckdb::Value());
  batch.chunk().SetCardinality(2);
  EncodedRows rows;
  const Status status = MakeRawStringFormat()->MakeEncoder(schema, {}).value()->Encode(batch, &rows);
  EXPECT_THAT(status.message(), HasSubstr("column line holds NULL"));
}

TEST(Raw, LinesEndWithALineFeedWhereTheyAreWanted) {
  const Schema schema = TestSchema({{"line", "VARCHAR"}});
  Batch batch(schema);
  batch.chunk().SetValue(0, 0, duckdb::Value("a"));
  batch.chunk().SetCardinality(1);
  EncodedRows rows;
  rows.newlines = true;
  ASSERT_TRUE(MakeRawStringFormat()->MakeEncoder(schema, {}).value()->Encode(batch, &rows).ok());
  EXPECT_EQ(rows.row(0), "a\n");
}

TEST(Raw, TheTableHasOneColumnOfItsType) {
  const auto problem = [](const Format& format, const Schema& schema) {
    std::vector<Status> problems;
    format.Check(schema, {}, OptionUse::kSource, &problems);
    return problems.empty() ? "" : problems[0].message();
  };
  const auto raw = MakeRawFormat(), text = MakeRawStringFormat();
  EXPECT_EQ(problem(*raw, TestSchema({{"b", "BLOB"}})), "");
  EXPECT_EQ(problem(*text, TestSchema({{"t", "VARCHAR"}})), "");
  EXPECT_EQ(problem(*raw, TestSchema({{"t", "VARCHAR"}})),
            "format 'raw' puts the whole record into one column of type BLOB, but the table has the column t VARCHAR");
  EXPECT_THAT(problem(*text, TestSchema({{"j", "JSON"}})), HasSubstr("the column j JSON"));
  EXPECT_THAT(problem(*text, TestSchema({{"a", "VARCHAR"}, {"b", "VARCHAR"}})), HasSubstr("has 2 columns"));
  EXPECT_THAT(problem(*text, {}), HasSubstr("has no columns"));
}

}  // namespace
}  // namespace laminar
