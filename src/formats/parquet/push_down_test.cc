// Row groups that predicates rule out: what is left is the same, all rows are accounted for, and decoding goes on at
// any cursor.
#include <gmock/gmock.h>

#include "duckdb/main/connection.hpp"
#include "duckdb/main/materialized_query_result.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "base/random.h"
#include "duck/memory_files.h"
#include "formats/option.h"
#include "formats/parquet/parquet_format.h"
#include "formats/rows_for_test.h"

namespace laminar {
namespace {

using duckdb::ExpressionType;
using duckdb::Value;

std::unique_ptr<duckdb::Expression> Compare(ExpressionType type, size_t column, const Value& constant) {
  return std::make_unique<duckdb::BoundComparisonExpression>(
      type, duckdb::make_uniq<duckdb::BoundReferenceExpression>(constant.type(), column),
      duckdb::make_uniq<duckdb::BoundConstantExpression>(constant));
}

// n >= from AND n < to, of column 0.
std::vector<ColumnPredicate> Between(int64_t from, int64_t to) {
  std::vector<std::unique_ptr<duckdb::Expression>> both;
  both.push_back(Compare(ExpressionType::COMPARE_GREATERTHANOREQUALTO, 0, Value::BIGINT(from)));
  both.push_back(Compare(ExpressionType::COMPARE_LESSTHAN, 0, Value::BIGINT(to)));
  return PredicatesOf(ExpressionList(std::move(both)), 1);
}

class PushDownTest : public ::testing::Test {
 protected:
  static OptionValues Options() {
    std::vector<Status> problems;
    return ParseOptions(ParquetFormatOptions(), {}, OptionUse::kSink, "table t", &problems);
  }
  std::unique_ptr<Decoder> MakeDecoder(const Schema& schema, const std::vector<ColumnPredicate>& predicates) {
    auto decoder = format_->MakeDecoder(schema, Options()).value();
    decoder->PushDown(predicates);
    return decoder;
  }
  // Numbers from 0 on; every `null_every`th text is NULL.
  std::string File(size_t rows, size_t null_every) {
    auto encoder = format_->MakeFileEncoder(schema_, Options()).value();
    std::string file;
    Batch batch(schema_);
    for (size_t begin = 0; begin < rows; begin += kBatchRows) {
      batch.Reset();
      const size_t count = std::min(kBatchRows, rows - begin);
      for (size_t i = 0; i < count; i++) {
        batch.chunk().SetValue(0, i, Value::BIGINT(static_cast<int64_t>(begin + i)));
        batch.chunk().SetValue(1, i, (begin + i) % null_every == 0 ? Value() : Value("text"));
      }
      batch.chunk().SetCardinality(count);
      EXPECT_TRUE(encoder->Encode(batch, &file).ok());
    }
    EXPECT_TRUE(encoder->Finish(&file).ok());
    return file;
  }

  const std::unique_ptr<Format> format_ = MakeParquetFormat(256 << 20);
  const Schema schema_ = TestSchema({{"n", "BIGINT"}, {"t", "VARCHAR"}});
};

constexpr size_t kRows = 600'000;  // five row groups

// Numbers wanted, from every cursor on that decoding stands at, by decoders that have not seen what was before.
TEST_F(PushDownTest, EveryRowIsGivenOnceOrCounted) {
  const TestRecords memory({File(kRows, 10), File(3, 10)});
  for (const auto& [from, to] : std::vector<std::pair<int64_t, int64_t>>{
           {0, 10}, {200'000, 200'001}, {599'999, 700'000}, {-5, 0}, {100'000, 400'000}, {0, 600'000}}) {
    DecodeCursor cursor;
    BadRows bad;
    uint64_t accounted = 0, wanted = 0;
    for (bool done = false; !done;) {
      auto decoder = MakeDecoder(schema_, Between(from, to));
      for (int calls = 0; calls < 3 && !done; calls++) {
        Batch batch(schema_);
        done = decoder->Decode(memory.views(), &cursor, &bad, &batch).value();
        const uint64_t skipped = decoder->TakeSkippedRows();
        for (size_t row = 0; row < batch.rows(); row++) {
          const auto n = batch.chunk().GetValue(0, row).GetValue<int64_t>();
          wanted += n >= from && n < to;
          // Nothing is skipped between rows of a batch.
          if (batch.origin_rows[row] == 0) {
            ASSERT_EQ(static_cast<uint64_t>(n), accounted + skipped + row);
          }
        }
        accounted += skipped + batch.rows();
        if (!done && cursor.record == 0) {
          ASSERT_EQ(cursor.offset, accounted);
        }
      }
    }
    EXPECT_EQ(accounted, kRows + 3) << from;
    const int64_t last = std::min<int64_t>(to, kRows), small = std::clamp<int64_t>(to, 0, 3);
    const int64_t expected =
        last - std::max<int64_t>(from, 0) + std::max<int64_t>(0, small - std::max<int64_t>(from, 0));
    EXPECT_EQ(static_cast<int64_t>(wanted), std::max<int64_t>(expected, 0)) << from;
  }
}

uint64_t SkippedOf(Decoder* decoder, const TestRecords& memory, size_t* bad) {
  *bad = DecodeAll(decoder, memory.views()).bad.size();
  return decoder->TakeSkippedRows();
}

TEST_F(PushDownTest, RowsThatCouldBeBadAreRead) {
  const TestRecords some_nulls({File(1000, 10)}), no_rows({File(0, 10)});
  const auto none = Between(5000, 6000);
  size_t bad = 0;
  EXPECT_EQ(SkippedOf(MakeDecoder(schema_, none).get(), some_nulls, &bad), 1000u);
  EXPECT_EQ(SkippedOf(MakeDecoder(schema_, none).get(), no_rows, &bad), 0u);
  EXPECT_EQ(SkippedOf(MakeDecoder(TestSchema({{"n", "BIGINT NOT NULL"}}), none).get(), some_nulls, &bad), 1000u);
  EXPECT_EQ(SkippedOf(MakeDecoder(TestSchema({{"n", "BIGINT"}, {"missing", "BIGINT"}}), none).get(), some_nulls, &bad),
            1000u);
  EXPECT_EQ(bad, 0u);
  EXPECT_EQ(
      SkippedOf(MakeDecoder(TestSchema({{"n", "BIGINT"}, {"t", "VARCHAR NOT NULL"}}), none).get(), some_nulls, &bad),
      0u);
  EXPECT_EQ(bad, 100u);
  EXPECT_EQ(SkippedOf(MakeDecoder(TestSchema({{"n", "BIGINT"}, {"t", "INTEGER"}}), none).get(), some_nulls, &bad), 0u);
  EXPECT_EQ(bad, 900u);
  EXPECT_EQ(SkippedOf(MakeDecoder(TestSchema({{"n", "BIGINT"}, {"missing", "BIGINT NOT NULL"}}), none).get(),
                      some_nulls, &bad),
            0u);
  EXPECT_EQ(bad, 1000u);
}

// The file of a query's rows, in row groups of 2,048.
std::string FileOf(const std::string& query) {
  const auto files = MemoryFiles::Open(256 << 20).value();
  std::string bytes;
  const MemoryFiles::File file(files.get(), &bytes);
  const auto session = files->NewSession();
  const auto result = session->connection().Query(
      "COPY (" + query + ") TO '" + file.name() +
      "' (FORMAT parquet, ROW_GROUP_SIZE 2048, COMPRESSION uncompressed, USE_TMP_FILE false)");
  EXPECT_FALSE(result->HasError()) << result->GetError();
  return bytes;
}

// NULL, empty, longer than a batch, within each other: in the row groups that are read they are what they are without a
// WHERE.
TEST_F(PushDownTest, ListsAreWholeInTheRowGroupsThatAreRead) {
  const std::string list = "CASE WHEN i % 7 = 0 THEN NULL WHEN i % 2500 = 0 THEN range(5000) ELSE range(i % 4) END";
  const TestRecords memory({FileOf("SELECT i AS n, " + list + " AS a, CASE WHEN i % 3 > 0 THEN [" + list +
                                   ", NULL] END AS b, CASE WHEN i % 5 > 0 THEN {'x': i, 'y': " + list +
                                   "} END AS c, CASE WHEN i % 4 > 0 THEN MAP {i: " + list +
                                   "} END AS d, {'x': {'y': i}} AS e FROM range(7000) AS t(i)")});
  const Schema schema = TestSchema({{"n", "BIGINT"},
                                    {"a", "BIGINT[]"},
                                    {"b", "BIGINT[][]"},
                                    {"c", "STRUCT(x BIGINT, y BIGINT[])"},
                                    {"d", "MAP(BIGINT, BIGINT[])"},
                                    {"e", "STRUCT(x STRUCT(y BIGINT))"}});
  const Decoded all = DecodeAll(MakeDecoder(schema, {}).get(), memory.views());
  ASSERT_EQ(all.rows.size(), 7000u);
  const auto decoder = MakeDecoder(schema, Between(2500, 5000));
  const Decoded some = DecodeAll(decoder.get(), memory.views());
  ASSERT_TRUE(some.bad.empty()) << some.bad[0].reason;
  ASSERT_EQ(some.rows.size(), 4096u);
  EXPECT_EQ(decoder->TakeSkippedRows(), 7000u - 4096u);
  for (size_t i = 0; i < some.rows.size(); i++) ASSERT_EQ(some.row(i), all.row(2048 + i));
}

// DuckDB compares the rows of the columns with each other only where it reads without filters.
TEST_F(PushDownTest, AColumnOfListsThatEndsTooEarlyIsABadRow) {
  std::string file = FileOf("SELECT i AS n, [i] AS l, {'x': [i]} AS s FROM range(3) AS t(i)");
  // The levels of l: six bytes say that each of three values begins a row. Now they go on with one.
  const std::string levels("\2\0\0\0\6\0", 6);
  const size_t of_l = file.find(levels), of_s = file.find(levels, of_l + 1);
  ASSERT_NE(of_s, std::string::npos);
  for (const auto& [at, column] : {std::pair{of_l, "l"}, std::pair{of_s, "s"}}) {
    std::string damaged = file;
    damaged[at + levels.size() - 1] = '\1';
    const TestRecords memory({damaged, file});
    const Schema schema = TestSchema({{"n", "BIGINT"}, {"l", "BIGINT[]"}, {"s", "STRUCT(x BIGINT[])"}});
    EXPECT_EQ(DecodeAll(MakeDecoder(schema, {}).get(), memory.views()).bad.size(), 1u);
    const Decoded decoded = DecodeAll(MakeDecoder(schema, Between(0, 10)).get(), memory.views());
    EXPECT_EQ(decoded.rows.size(), 3u);
    ASSERT_EQ(decoded.bad.size(), 1u);
    EXPECT_EQ(decoded.bad[0].reason, std::string("from row 1 on it cannot be read as a Parquet file: its column ") +
                                         column + " has fewer rows than its row group");
  }
}

// It is made of lists of DuckDB's own.
TEST_F(PushDownTest, AVariantIsReadWithoutPushDown) {
  const TestRecords memory({FileOf("SELECT i AS n, [i, i]::VARIANT AS v FROM range(5000) AS t(i)")});
  const auto decoder = MakeDecoder(TestSchema({{"n", "BIGINT"}, {"v", "VARCHAR"}}), Between(0, 10));
  const Decoded decoded = DecodeAll(decoder.get(), memory.views());
  ASSERT_TRUE(decoded.bad.empty()) << decoded.bad[0].reason;
  ASSERT_EQ(decoded.rows.size(), 5000u);
  EXPECT_EQ(decoded.row(4999), "4999|[4999, 4999]");
}

}  // namespace
}  // namespace laminar
