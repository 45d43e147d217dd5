// Rows into Parquet files and back, by DuckDB on both ways; records that are none; limits; where a checkpoint goes on.
#include <gmock/gmock.h>

#include "base/random.h"
#include "formats/option.h"
#include "formats/parquet/parquet_format.h"
#include "formats/rows_for_test.h"
#include "formats/typed_values_for_test.h"

namespace laminar {
namespace {

using duckdb::Value;
using ::testing::HasSubstr;

class ParquetTest : public ::testing::Test {
 protected:
  static OptionValues Options(std::vector<WrittenOption> written = {}) {
    std::vector<Status> problems;
    const std::vector<OptionSpec> specs = ParquetFormatOptions();
    OptionValues values = ParseOptions(specs, written, OptionUse::kSink, "table t", &problems);
    CHECK(problems.empty());
    return values;
  }
  std::vector<std::string> Encode(const Schema& schema, const Batch& batch, std::vector<WrittenOption> written = {},
                                  uint64_t limit = 1'000'000, std::vector<uint32_t>* first_rows = nullptr) {
    auto encoder = format_->MakeEncoder(schema, Options(std::move(written))).value();
    encoder->LimitRecords(limit);
    EncodedRows rows;
    const Status status = encoder->Encode(batch, &rows);
    EXPECT_TRUE(status.ok()) << status.ToString();
    std::vector<std::string> records;
    for (size_t i = 0; i < rows.rows(); i++) records.emplace_back(rows.row(i));
    EXPECT_EQ(rows.first_rows.size(), records.size());
    if (first_rows != nullptr) *first_rows = rows.first_rows;
    return records;
  }
  Decoded Decode(const Schema& schema, const std::vector<std::string>& records) {
    const TestRecords memory(records);
    auto decoder = format_->MakeDecoder(schema, Options()).value();
    return DecodeAll(decoder.get(), memory.views());
  }
  // Numbers from `first` on, and their texts.
  static Batch Numbers(const Schema& schema, size_t rows, int64_t first = 0) {
    Batch batch(schema);
    for (size_t i = 0; i < rows; i++) {
      const int64_t number = first + static_cast<int64_t>(i);
      batch.chunk().SetValue(0, i, Value::BIGINT(number));
      batch.chunk().SetValue(1, i, Value("text " + std::to_string(number)));
    }
    batch.chunk().SetCardinality(rows);
    return batch;
  }
  // One file of all of `rows`.
  std::string File(const Schema& schema, size_t rows) {
    auto encoder = format_->MakeFileEncoder(schema, Options()).value();
    std::string file;
    for (size_t begin = 0; begin < rows; begin += kBatchRows) {
      const size_t count = std::min(kBatchRows, rows - begin);
      EXPECT_TRUE(encoder->Encode(Numbers(schema, count, static_cast<int64_t>(begin)), &file).ok());
    }
    EXPECT_TRUE(encoder->Finish(&file).ok());
    return file;
  }

  const std::unique_ptr<Format> format_ = MakeParquetFormat(256 << 20);
  const Schema numbers_ = TestSchema({{"n", "BIGINT"}, {"t", "VARCHAR"}});
};

TEST_F(ParquetTest, RowsOfEveryTypeThereAndBack) {
  Random random(20260102);
  for (const TypedValues& values : ValuesOfEveryType()) {
    if (values.type == "HUGEINT" || values.type == "UHUGEINT" || values.type == "TIMETZ") continue;
    const Schema schema = TestSchema({{"v", values.type}, {"n", "INTEGER"}});
    const Batch batch = RandomRows(schema, values, &random);
    for (const char* codec : {"snappy", "uncompressed", "zstd"}) {
      const auto records = Encode(schema, batch, {{"parquet.compression", codec, {}}});
      const Decoded decoded = Decode(schema, records);
      ASSERT_TRUE(decoded.bad.empty()) << values.type << ": " << decoded.bad[0].reason;
      ASSERT_EQ(decoded.rows.size(), batch.rows());
      for (size_t row = 0; row < batch.rows(); row++) {
        const Value expected = batch.chunk().GetValue(0, row);
        ASSERT_EQ(decoded.rows[row][0].ToString(), expected.ToString()) << values.type;
        ASSERT_EQ(decoded.rows[row][0].IsNull(), expected.IsNull()) << values.type;
      }
    }
  }
}

TEST_F(ParquetTest, ManyRecordsOfManyRowsInOrder) {
  std::vector<std::string> records;
  for (const size_t rows : {1ul, 3000ul, 2048ul, 17ul, 0ul, 200'000ul, 5ul, 4096ul})
    records.push_back(File(numbers_, rows));
  const Decoded decoded = Decode(numbers_, records);
  EXPECT_TRUE(decoded.bad.empty());
  size_t i = 0;
  uint32_t record = 0;
  for (const size_t rows : {1ul, 3000ul, 2048ul, 17ul, 0ul, 200'000ul, 5ul, 4096ul}) {
    for (size_t row = 0; row < rows; row++, i++) {
      ASSERT_EQ(decoded.rows[i][0], Value::BIGINT(static_cast<int64_t>(row)));
      ASSERT_EQ(decoded.rows[i][1].ToString(), "text " + std::to_string(row));
      ASSERT_EQ(decoded.origins[i], record);
    }
    record++;
  }
  EXPECT_EQ(decoded.rows.size(), i);
}

TEST_F(ParquetTest, ColumnsAreFoundByNameAndCast) {
  const std::vector<std::string> records = {File(numbers_, 3)};
  EXPECT_EQ(Decode(TestSchema({{"t", "VARCHAR"}}), records).row(2), "text 2");
  EXPECT_EQ(Decode(TestSchema({{"T", "VARCHAR"}, {"x", "DOUBLE"}, {"n", "VARCHAR"}}), records).row(1), "text 1|NULL|1");
  const Decoded counted = Decode({}, records);
  EXPECT_TRUE(counted.bad.empty()) << counted.bad[0].reason;
  EXPECT_EQ(counted.rows.size(), 3u);
}

TEST_F(ParquetTest, ValuesThatDoNotFitAreBadRows) {
  Batch batch = Numbers(numbers_, 5);
  batch.chunk().SetValue(1, 2, Value("7"));
  batch.chunk().SetValue(1, 3, Value());
  const Decoded decoded = Decode(TestSchema({{"t", "INTEGER"}, {"n", "BIGINT"}}), Encode(numbers_, batch));
  ASSERT_EQ(decoded.rows.size(), 2u);
  EXPECT_EQ(decoded.row(0), "7|2");
  EXPECT_EQ(decoded.row(1), "NULL|3");
  ASSERT_EQ(decoded.bad.size(), 3u);
  EXPECT_EQ(decoded.bad[1].column, "t");
  EXPECT_THAT(decoded.bad[1].reason, HasSubstr("row 2 of the file: Could not convert string 'text 1' to INT32"));
}

TEST_F(ParquetTest, NotNullIsEnforcedBothWays) {
  Batch batch = Numbers(numbers_, 3);
  batch.chunk().SetValue(0, 1, Value());
  const auto records = Encode(numbers_, batch);
  const Decoded decoded = Decode(TestSchema({{"n", "BIGINT NOT NULL"}}), records);
  EXPECT_EQ(decoded.rows.size(), 2u);
  ASSERT_EQ(decoded.bad.size(), 1u);
  EXPECT_EQ(decoded.bad[0].reason, "row 2 of the file: found NULL, but the column is NOT NULL");
  const Decoded missing = Decode(TestSchema({{"x", "BIGINT NOT NULL"}}), records);
  EXPECT_EQ(missing.bad.size(), 3u);

  const Schema strict = TestSchema({{"n", "BIGINT NOT NULL"}, {"t", "VARCHAR"}});
  auto encoder = format_->MakeEncoder(strict, Options()).value();
  EncodedRows rows;
  const Status status = encoder->Encode(batch, &rows);
  EXPECT_THAT(status.message(), HasSubstr("column n is NOT NULL"));
}

TEST_F(ParquetTest, WhatIsNoParquetFileIsABadRow) {
  const std::string good = File(numbers_, 10);
  std::string wrong_length = good;
  wrong_length[wrong_length.size() - 5] = '\x7f';
  std::string damaged = good;
  for (size_t i = 4; i < 40; i++) damaged[i] = '\xff';
  for (const std::string& bad : {std::string(), std::string("{\"n\": 1}"), good.substr(0, good.size() - 20),
                                 good.substr(20), wrong_length, damaged}) {
    const Decoded decoded = Decode(numbers_, {good, bad, good});
    EXPECT_EQ(decoded.rows.size(), 20u);
    ASSERT_EQ(decoded.bad.size(), 1u);
    EXPECT_EQ(decoded.bad[0].record, 1u);
    EXPECT_THAT(decoded.bad[0].reason, HasSubstr("it cannot be read as a Parquet file: "));
    EXPECT_THAT(decoded.bad[0].reason, Not(HasSubstr("memory:")));
  }
}

TEST_F(ParquetTest, RecordsStayBelowTheLimit) {
  Batch batch(numbers_);
  Random random(7);
  for (size_t i = 0; i < kBatchRows; i++) {
    std::string text(200, ' ');
    for (char& c : text) c = static_cast<char>('a' + random.Uniform(26));
    batch.chunk().SetValue(0, i, Value::BIGINT(static_cast<int64_t>(i)));
    batch.chunk().SetValue(1, i, Value(text));
  }
  batch.chunk().SetCardinality(kBatchRows);
  std::vector<uint32_t> first_rows;
  const auto records = Encode(numbers_, batch, {}, 50'000, &first_rows);
  EXPECT_GT(records.size(), 5u);
  EXPECT_LT(records.size(), 40u);
  for (const std::string& record : records) EXPECT_LE(record.size(), 50'000u);
  EXPECT_EQ(first_rows[0], 0u);
  const Decoded decoded = Decode(numbers_, records);
  ASSERT_EQ(decoded.rows.size(), kBatchRows);
  for (size_t i = 0; i < kBatchRows; i++) EXPECT_EQ(decoded.rows[i][0], Value::BIGINT(static_cast<int64_t>(i)));
  // One row that is too large is a record of its own, for the sink to refuse.
  EXPECT_EQ(Encode(numbers_, Numbers(numbers_, 3), {}, 10).size(), 3u);
}

TEST_F(ParquetTest, RowsPerRecord) {
  std::vector<uint32_t> first_rows;
  Encode(numbers_, Numbers(numbers_, 10), {{"parquet.rows_per_record", "4", {}}}, 1'000'000, &first_rows);
  EXPECT_THAT(first_rows, testing::ElementsAre(0, 4, 8));
  EXPECT_TRUE(format_->PacksRows(Options()));
  EXPECT_FALSE(format_->PacksRows(Options({{"parquet.rows_per_record", "1", {}}})));
}

TEST_F(ParquetTest, GoesOnWithinARecordWithoutItsBeginning) {
  const TestRecords memory({File(numbers_, 5000)});
  for (const uint64_t offset : {1ul, 2047ul, 2048ul, 3000ul, 4999ul}) {
    auto decoder = format_->MakeDecoder(numbers_, Options()).value();
    DecodeCursor cursor{0, offset, 0};
    BadRows bad;
    Batch batch(numbers_);
    uint64_t next = offset;
    for (bool done = false; !done;) {
      batch.Reset();
      done = decoder->Decode(memory.views(), &cursor, &bad, &batch).value();
      for (size_t row = 0; row < batch.rows(); row++)
        ASSERT_EQ(batch.chunk().GetValue(0, row), Value::BIGINT(static_cast<int64_t>(next++)));
      if (!done) EXPECT_EQ(cursor.offset, next);
    }
    EXPECT_EQ(next, 5000u);
  }
}

TEST_F(ParquetTest, SeveralShardsTakeTurnsInOneDecoder) {
  const TestRecords a({File(numbers_, 9000)}), b({File(numbers_, 7000)});
  auto decoder = format_->MakeDecoder(numbers_, Options()).value();
  DecodeCursor cursors[2];
  BadRows bad;
  Batch batch(numbers_);
  int64_t next[2] = {0, 0};
  bool done[2] = {false, false};
  for (int turn = 0; !done[0] || !done[1]; turn = 1 - turn) {
    if (done[turn]) continue;
    batch.Reset();
    done[turn] = decoder->Decode((turn == 0 ? a : b).views(), &cursors[turn], &bad, &batch).value();
    for (size_t row = 0; row < batch.rows(); row++)
      ASSERT_EQ(batch.chunk().GetValue(0, row), Value::BIGINT(next[turn]++));
  }
  EXPECT_EQ(next[0], 9000);
  EXPECT_EQ(next[1], 7000);
}

TEST_F(ParquetTest, TypesWithoutAParquetTypeAreRefused) {
  std::vector<Status> problems;
  format_->Check(TestSchema({{"a", "BIGINT"}, {"b", "HUGEINT"}, {"c", "STRUCT(x UHUGEINT[])"}}), Options(),
                 OptionUse::kSink, &problems);
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_THAT(problems[0].message(), HasSubstr("column b HUGEINT cannot be written as Parquet"));
  problems.clear();
  format_->Check(TestSchema({{"b", "HUGEINT"}}), Options(), OptionUse::kSource, &problems);
  EXPECT_TRUE(problems.empty());
}

}  // namespace
}  // namespace laminar
