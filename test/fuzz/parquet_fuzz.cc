// Any bytes as a Parquet file, read whole and read for a WHERE: DuckDB's reader, which is not instrumented, says what
// is wrong, and a good file behind it is read as ever.
#include <algorithm>

#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "base/check.h"
#include "formats/option.h"
#include "formats/parquet/parquet_format.h"
#include "formats/rows_for_test.h"

// DuckDB loses the state of a Brotli decoder when a page of that codec is damaged.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libduckdb.so";
}

namespace {

using namespace laminar;

constexpr int64_t kNumber = 7;

const Schema& Columns() {
  static const Schema schema = TestSchema({{"n", "BIGINT"}, {"t", "VARCHAR"}, {"l", "INTEGER[]"}});
  return schema;
}

// n = 7.
std::vector<ColumnPredicate> Predicates() {
  const duckdb::Value number = duckdb::Value::BIGINT(kNumber);
  std::vector<std::unique_ptr<duckdb::Expression>> filters;
  filters.push_back(std::make_unique<duckdb::BoundComparisonExpression>(
      duckdb::ExpressionType::COMPARE_EQUAL, duckdb::make_uniq<duckdb::BoundReferenceExpression>(number.type(), 0),
      duckdb::make_uniq<duckdb::BoundConstantExpression>(number)));
  return PredicatesOf(ExpressionList(std::move(filters)), 1);
}

// A file of one row, of that number.
std::string GoodFile(const Format& format) {
  std::vector<Status> problems;
  const std::vector<OptionSpec> specs = ParquetFormatOptions();
  const OptionValues options = ParseOptions(specs, {}, OptionUse::kSink, "table t", &problems);
  auto encoder = format.MakeEncoder(Columns(), options).value();
  Batch batch(Columns());
  batch.chunk().SetValue(0, 0, duckdb::Value::BIGINT(kNumber));
  for (size_t i = 1; i < Columns().size(); i++) batch.chunk().SetValue(i, 0, duckdb::Value());
  batch.chunk().SetCardinality(1);
  EncodedRows rows;
  CHECK(encoder->Encode(batch, &rows).ok());
  return rows.bytes;
}

// Of some rows every value: one that was handed out and is not there shows.
void Look(const Batch& batch) {
  constexpr size_t kMost = 64;
  for (size_t row = 0; row < std::min(batch.rows(), kMost); row++) {
    for (size_t i = 0; i < batch.columns(); i++) batch.chunk().GetValue(i, row).ToString();
  }
}

void Read(const TestRecords& memory, Decoder* decoder) {
  BadRows bad;
  DecodeCursor cursor;
  Batch batch(Columns());
  uint64_t rows = 0;
  for (bool done = false; !done && rows < 1'000'000;) {
    batch.Reset();
    const Result<bool> used_up = decoder->Decode(memory.views(), &cursor, &bad, &batch);
    if (!used_up.ok()) return;  // no memory for what the file claims
    done = *used_up;
    CHECK(done || batch.rows() > 0);
    rows += batch.rows();
    Look(batch);
    if (!done) continue;
    CHECK(batch.origin_rows.back() == 1);
    CHECK(batch.chunk().GetValue(0, batch.rows() - 1) == duckdb::Value::BIGINT(kNumber));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::unique_ptr<Format> format = MakeParquetFormat(256 << 20);
  static const std::string good = GoodFile(*format);
  static const std::vector<ColumnPredicate> predicates = Predicates();
  CHECK(predicates.size() == 1);
  const TestRecords memory({std::string(reinterpret_cast<const char*>(data), size), good});
  Read(memory, format->MakeDecoder(Columns(), {}).value().get());
  const auto selective = format->MakeDecoder(Columns(), {}).value();
  selective->PushDown(predicates);
  Read(memory, selective.get());
  return 0;
}
