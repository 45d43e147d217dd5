#include <gmock/gmock.h>

#include "base/clock.h"
#include "base/random.h"
#include "formats/csv/csv_format.h"
#include "formats/rows_for_test.h"
#include "formats/typed_values_for_test.h"

namespace laminar {
namespace {

using duckdb::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CsvTest : public ::testing::Test {
 protected:
  OptionValues Options(const std::vector<WrittenOption>& written, std::vector<Status>* problems) {
    const std::vector<OptionSpec> specs = CsvFormatOptions();
    return ParseOptions(specs, written, OptionUse::kBoth, "table t", problems);
  }
  OptionValues Options(const std::vector<WrittenOption>& written) {
    std::vector<Status> problems;
    OptionValues values = Options(written, &problems);
    CHECK(problems.empty());
    values.set_record_columns(record_columns_);
    return values;
  }
  // Columns as a table declares them; `used`: those that a query uses, all if empty.
  Schema Declared(const std::vector<std::pair<std::string, std::string>>& columns,
                  const std::vector<uint32_t>& used = {}) {
    record_columns_ = columns.size();
    Schema all = TestSchema(columns);
    for (uint32_t i = 0; i < all.size(); i++) all[i].position = i;
    if (used.empty()) return all;
    Schema some;
    for (const uint32_t i : used) some.push_back(all[i]);
    return some;
  }
  Decoded Decode(const Schema& schema, const std::vector<std::string>& records,
                 const std::vector<WrittenOption>& written = {}) {
    const TestRecords memory(records);
    auto decoder = format_->MakeDecoder(schema, Options(written)).value();
    return DecodeAll(decoder.get(), memory.views());
  }

  size_t record_columns_ = 0;  // of the table that was declared last
  SystemClock clock_;
  const std::unique_ptr<DuckDatabase> database_ = DuckDatabase::Open(&clock_, 256 << 20).value();
  const std::unique_ptr<Format> format_ = MakeCsvFormat(database_.get());
  const std::vector<WrittenOption> header_ = {{"csv.header", "first_line", {}}};
};

TEST_F(CsvTest, Rfc4180) {
  const Decoded decoded = Decode(Declared({{"a", "INTEGER"}, {"b", "VARCHAR"}, {"c", "DOUBLE"}}),
                                 {"1,plain,1.5\r\n2,\"quoted, \"\"twice\"\"\r\nand broken\",-2\n\n,,\n4,\"\",\"4\"",
                                  "\xEF\xBB\xBF"
                                  "5,x,",
                                  ""});
  EXPECT_TRUE(decoded.bad.empty());
  ASSERT_EQ(decoded.rows.size(), 5u);
  EXPECT_EQ(decoded.row(0), "1|plain|1.5");
  EXPECT_EQ(decoded.row(1), "2|quoted, \"twice\"\r\nand broken|-2.0");
  EXPECT_EQ(decoded.row(2), "NULL|NULL|NULL");
  EXPECT_EQ(decoded.row(3), "4||4.0");
  EXPECT_EQ(decoded.row(4), "5|x|NULL");
  EXPECT_THAT(decoded.origins, ElementsAre(0, 0, 0, 0, 1));
}

TEST_F(CsvTest, ColumnsByPositionWhicheverAreUsed) {
  const std::vector<std::pair<std::string, std::string>> columns = {
      {"a", "INTEGER"}, {"b", "VARCHAR"}, {"c", "DOUBLE"}};
  const std::vector<std::string> records = {"x,one,1\ny,two,2\n"};
  EXPECT_EQ(Decode(Declared(columns, {2, 1}), records).row(1), "2.0|two");  // what is not used is not looked at
  EXPECT_EQ(Decode({}, records).rows.size(), 2u);
  const Decoded decoded = Decode({}, {"x,one,1\nonly one\n"});  // how many there are is looked at
  EXPECT_EQ(decoded.rows.size(), 1u);
  ASSERT_EQ(decoded.bad.size(), 1u);
  EXPECT_EQ(decoded.bad[0].reason, "the line has 1 fields, and the table 3");
}

TEST_F(CsvTest, ColumnsByHeader) {
  const Schema schema = Declared({{"a", "INTEGER"}, {"b", "VARCHAR"}, {"c", "DOUBLE"}});
  const Decoded decoded =
      Decode(schema, {"b,x,A\none,skip,1\n", "b,x,A\ntwo,skip,2", "c,a\n3,3\n", "a,b,c", "a,b\n4\n5,five"}, header_);
  ASSERT_EQ(decoded.rows.size(), 4u);
  EXPECT_EQ(decoded.row(0), "1|one|NULL");
  EXPECT_EQ(decoded.row(1), "2|two|NULL");
  EXPECT_EQ(decoded.row(2), "3|NULL|3.0");
  EXPECT_EQ(decoded.row(3), "5|five|NULL");
  ASSERT_EQ(decoded.bad.size(), 1u);
  EXPECT_EQ(decoded.bad[0].reason, "the line has 1 fields, and the header 2");
  EXPECT_EQ(decoded.bad[0].line, 2u);
  EXPECT_EQ(decoded.bad[0].record, 4u);
  EXPECT_EQ(decoded.bad_data[0], "a,b\n4");
}

TEST_F(CsvTest, BadRowsAreNamedAndTheOthersPass) {
  const Schema schema = Declared({{"a", "INTEGER"}, {"b", "VARCHAR NOT NULL"}});
  const Decoded decoded = Decode(
      schema,
      {"1,one\nabc,two\n3,\n4\n5,five\n\"6\"x,six\n7,bad \xff\n8,\"never\n9,nine\n99999999999,ten\n", "11,eleven"});
  ASSERT_EQ(decoded.rows.size(), 4u);
  EXPECT_EQ(decoded.row(1), "5|five");
  EXPECT_EQ(decoded.row(2), "9|nine");
  EXPECT_EQ(decoded.row(3), "11|eleven");
  EXPECT_THAT(decoded.origins, ElementsAre(0, 0, 0, 1));
  std::vector<std::string> bad;
  for (const BadRow& row : decoded.bad) bad.push_back(std::to_string(row.line) + " " + row.column + ": " + row.reason);
  ASSERT_EQ(bad.size(), 7u);
  EXPECT_THAT(bad[0], HasSubstr("2 a: Could not convert string 'abc' to INT32"));
  EXPECT_EQ(bad[1], "3 b: found NULL, but the column is NOT NULL");
  EXPECT_EQ(bad[2], "4 : the line has 1 fields, and the table 2");
  EXPECT_EQ(bad[3], "6 : there is text behind the closing quote of a value");
  EXPECT_EQ(bad[4], "7 b: the value is not valid UTF-8");
  EXPECT_EQ(bad[5], "8 : a quoted value does not end");
  EXPECT_THAT(bad[6], HasSubstr("10 a: Could not convert string '99999999999' to INT32"));
  EXPECT_THAT(decoded.bad_data,
              ElementsAre("abc,two", "3,", "4", "\"6\"x,six", "7,bad \xff", "8,\"never", "99999999999,ten"));
}

TEST_F(CsvTest, OfABadRowThatIsAloneTheRecordIsKept) {
  const Schema schema = Declared({{"a", "INTEGER"}, {"b", "VARCHAR"}});
  EXPECT_THAT(Decode(schema, {"x,one\r\n", "y"}).bad_data, ElementsAre("", ""));
  EXPECT_THAT(Decode(schema, {"a,b\nx,one\n", "a,b\n\"x"}, header_).bad_data, ElementsAre("", ""));
}

TEST_F(CsvTest, LinesBeforeAHeaderAndLinesThatDoNotEnd) {
  const Schema schema = Declared({{"a", "INTEGER"}, {"b", "VARCHAR"}});
  EXPECT_EQ(Decode(schema, {"\n\r\na,b\n1,one\n"}, header_).row(0), "1|one");
  EXPECT_TRUE(Decode(schema, {"\n\n"}, header_).rows.empty());
  const Decoded with_header = Decode(schema, {"a,b\r1,one\r2,two\r"}, header_);
  ASSERT_EQ(with_header.bad.size(), 1u);
  EXPECT_THAT(with_header.bad[0].reason, HasSubstr("the header: lines end with a carriage return alone"));
  const Decoded without = Decode(schema, {"1,one\r2,two\r"});
  ASSERT_EQ(without.bad.size(), 1u);
  EXPECT_THAT(without.bad[0].reason, HasSubstr("lines end with a carriage return alone"));
  EXPECT_EQ(Decode(schema, {"1,\"one\rtwo\""}).row(0), "1|one\rtwo");
}

TEST_F(CsvTest, AQuoteThatIsChosenEscapesItself) {
  const Schema schema = Declared({{"a", "VARCHAR"}});
  EXPECT_EQ(Decode(schema, {"'it''s'"}, {{"csv.quote", "'", {}}}).row(0), "it's");
}

TEST_F(CsvTest, OtherCharacters) {
  const Decoded decoded =
      Decode(Declared({{"a", "VARCHAR"}, {"b", "VARCHAR"}}), {"'it\\'s; \\\\ here';NULL\n'NULL';x,y"},
             {{"csv.delimiter", ";", {}}, {"csv.quote", "'", {}}, {"csv.escape", "\\", {}}, {"csv.null", "NULL", {}}});
  ASSERT_EQ(decoded.rows.size(), 2u);
  EXPECT_EQ(duckdb::StringValue::Get(decoded.rows[0][0]), "it's; \\ here");
  EXPECT_TRUE(decoded.rows[0][1].IsNull());
  EXPECT_FALSE(decoded.rows[1][0].IsNull());
  EXPECT_EQ(Decode(Declared({{"a", "VARCHAR"}, {"b", "VARCHAR"}}), {"1\t2"}, {{"csv.delimiter", "\\t", {}}}).row(0),
            "1|2");
}

TEST_F(CsvTest, OptionsThatDoNotWork) {
  const auto problem = [&](const std::vector<WrittenOption>& written) {
    std::vector<Status> problems;
    format_->Check({}, Options(written), OptionUse::kSource, &problems);
    return problems.empty() ? "" : problems[0].message();
  };
  EXPECT_EQ(problem({}), "");
  EXPECT_THAT(problem({{"csv.delimiter", "||", {}}}), HasSubstr("csv.delimiter is '||', and has to be one character"));
  EXPECT_THAT(problem({{"csv.delimiter", "\"", {}}}), HasSubstr("the same as csv.quote"));
  EXPECT_THAT(problem({{"csv.null", "a,b", {}}}), HasSubstr("csv.null has a delimiter"));
}

TEST_F(CsvTest, RowsOfEveryTypeThereAndBack) {
  Random random(20260103);
  for (const TypedValues& values : ValuesOfEveryType()) {
    const Schema schema = Declared({{"v", values.type}, {"n", "INTEGER"}});
    const Batch batch = RandomRows(schema, values, &random);
    for (const auto& options : {std::vector<WrittenOption>{}, header_,
                                std::vector<WrittenOption>{{"csv.null", "NULL", {}}, {"csv.escape", "\\", {}}}}) {
      EncodedRows rows;
      const Status status = format_->MakeEncoder(schema, Options(options)).value()->Encode(batch, &rows);
      ASSERT_TRUE(status.ok()) << status.ToString();
      std::vector<std::string> records;
      for (size_t i = 0; i < rows.rows(); i++) records.emplace_back(rows.row(i));
      const Decoded decoded = Decode(schema, records, options);
      ASSERT_TRUE(decoded.bad.empty()) << values.type << ": " << decoded.bad[0].reason;
      ASSERT_EQ(decoded.rows.size(), batch.rows());
      for (size_t row = 0; row < batch.rows(); row++) {
        const Value expected = batch.chunk().GetValue(0, row);
        ASSERT_EQ(decoded.rows[row][0].ToString(), expected.ToString()) << values.type << " " << records[row];
        ASSERT_EQ(decoded.rows[row][0].IsNull(), expected.IsNull()) << values.type << " " << records[row];
      }
    }
  }
}

TEST_F(CsvTest, ManyRowsAndWhereACheckpointGoesOn) {
  const Schema schema = Declared({{"n", "BIGINT"}, {"t", "VARCHAR"}});
  std::string text = "t,n\n";
  for (int i = 0; i < 9000; i++) text += "\"text\n" + std::to_string(i) + "\"," + std::to_string(i) + "\n";
  const TestRecords memory({text});
  auto decoder = format_->MakeDecoder(schema, Options(header_)).value();
  DecodeCursor cursor;
  BadRows bad;
  Batch batch(schema);
  int64_t next = 0;
  for (bool done = false; !done;) {
    batch.Reset();
    done = decoder->Decode(memory.views(), &cursor, &bad, &batch).value();
    for (size_t row = 0; row < batch.rows(); row++) {
      ASSERT_EQ(batch.chunk().GetValue(1, row).ToString(), "text\n" + std::to_string(next));
      ASSERT_EQ(batch.chunk().GetValue(0, row), Value::BIGINT(next++));
    }
    if (!done) EXPECT_EQ(cursor.line, 1 + 2 * static_cast<uint64_t>(next));
    decoder = format_->MakeDecoder(schema, Options(header_)).value();  // which has not seen the beginning
  }
  EXPECT_EQ(next, 9000);
  EXPECT_TRUE(bad.rows.empty());
}

TEST_F(CsvTest, AFileHasOneHeaderAndARecordItsOwn) {
  const Schema schema = Declared({{"a", "INTEGER"}, {"b, c", "VARCHAR"}});
  EXPECT_EQ(format_->FileHeader(schema, Options(header_)), "a,\"b, c\"\n");
  EXPECT_EQ(format_->FileHeader(schema, Options({})), "");
  Batch batch(schema);
  batch.chunk().SetValue(0, 0, Value::INTEGER(1));
  batch.chunk().SetValue(1, 0, Value("x"));
  batch.chunk().SetCardinality(1);
  auto encoder = format_->MakeEncoder(schema, Options(header_)).value();
  EncodedRows record, line;
  line.newlines = true;
  ASSERT_TRUE(encoder->Encode(batch, &record).ok() && encoder->Encode(batch, &line).ok());
  EXPECT_EQ(record.bytes, "a,\"b, c\"\n1,x");
  EXPECT_EQ(line.bytes, "1,x\n");
}

TEST_F(CsvTest, ARowThatWouldBeABlankLineIsRefused) {
  const Schema schema = Declared({{"a", "INTEGER"}});
  Batch batch(schema);
  batch.chunk().SetValue(0, 0, Value());
  batch.chunk().SetCardinality(1);
  EncodedRows rows;
  EXPECT_THAT(format_->MakeEncoder(schema, Options({})).value()->Encode(batch, &rows).message(),
              HasSubstr("would be an empty line"));
  ASSERT_TRUE(format_->MakeEncoder(schema, Options({{"csv.null", "-", {}}})).value()->Encode(batch, &rows).ok());
  EXPECT_EQ(rows.bytes, "-");
}

}  // namespace
}  // namespace laminar
