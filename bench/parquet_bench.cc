// How fast formats/parquet decodes records of 1 MB on one core, beside DuckDB's own reading of the same files with one
// thread, every row fetched: the page's sensor rows. And what it takes where a WHERE wants one record in a hundred,
// with and without predicate pushdown. Rates are per CPU second.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "base/check.h"
#include "base/random.h"
#include "formats/option.h"
#include "formats/parquet/parquet_format.h"
#include "sensor_columns.h"

namespace laminar {
namespace {

constexpr size_t kRecords = 20;
constexpr size_t kRecordBytes = 1'000'000;
constexpr int64_t kFirstMicros = 1767225600000000, kRecordMicros = 3'600'000'000;  // records are an hour apart

class Refuse final : public BadRowHandler {
 public:
  Status OnBadRow(const BadRow& row) override { return Status::User(row.column + ": " + row.reason); }
};

// Files of kRecordBytes, in memory and in a folder.
struct Files {
  Files() {
    std::vector<Status> problems;
    const std::vector<OptionSpec> specs = ParquetFormatOptions();
    const OptionValues options = ParseOptions(specs, {}, OptionUse::kSink, "table t", &problems);
    Random random(1);
    std::string pattern = std::filesystem::temp_directory_path() / "parquet_bench_XXXXXX";
    CHECK(mkdtemp(pattern.data()) != nullptr);
    folder = pattern;
    // Row groups are written as they fill: how many rows make the size is found out by the first file.
    size_t rows_of_file = 8 * kBatchRows;
    for (size_t i = 0; i < kRecords;) {
      std::string file = MakeFile(i, rows_of_file, options, &random);
      if (file.size() < kRecordBytes * 95 / 100 || file.size() > kRecordBytes * 105 / 100) {
        rows_of_file = rows_of_file * kRecordBytes / file.size();
        continue;
      }
      std::ofstream(folder + "/" + std::to_string(i++) + ".parquet", std::ios::binary) << file;
      rows += rows_of_file;
      bytes += file.size();
      file.append(kRecordPadding, '\0');
      records.push_back(std::move(file));
    }
    for (const std::string& record : records)
      views.push_back(std::string_view(record).substr(0, record.size() - kRecordPadding));
  }
  ~Files() { std::filesystem::remove_all(folder); }

  std::string MakeFile(size_t number, size_t count, const OptionValues& options, Random* random) {
    auto encoder = format->MakeFileEncoder(SensorColumns(), options).value();
    Batch batch(SensorColumns());
    std::string file;
    const int64_t first_micros = kFirstMicros + static_cast<int64_t>(number) * kRecordMicros;
    for (size_t begin = 0; begin < count; begin += kBatchRows) {
      batch.Reset();
      const size_t rows_now = std::min(kBatchRows, count - begin);
      for (size_t row = 0; row < rows_now; row++) {
        using duckdb::Value;
        const auto decimal = [&](uint64_t range) { return static_cast<double>(random->Uniform(range * 10)) / 10; };
        auto& chunk = batch.chunk();
        chunk.SetValue(0, row, Value("dev-" + std::to_string(random->Uniform(1000))));
        chunk.SetValue(1, row,
                       Value("{\"lat\":" + std::to_string(random->Uniform(90)) +
                             ",\"lon\":" + std::to_string(random->Uniform(180)) + "}"));
        chunk.SetValue(2, row, Value::DOUBLE(decimal(50)));
        chunk.SetValue(3, row, Value::DOUBLE(decimal(100)));
        chunk.SetValue(4, row, Value::DOUBLE(decimal(1100)));
        chunk.SetValue(
            5, row, Value::TIMESTAMP(duckdb::timestamp_t(first_micros + static_cast<int64_t>((begin + row) * 1000))));
      }
      batch.chunk().SetCardinality(rows_now);
      CHECK(encoder->Encode(batch, &file).ok());
    }
    CHECK(encoder->Finish(&file).ok());
    return file;
  }

  const std::unique_ptr<Format> format = MakeParquetFormat(1 << 30);
  std::string folder;
  std::vector<std::string> records;
  std::vector<RecordView> views;
  size_t rows = 0, bytes = 0;
};

const Files& TheFiles() {
  static const Files files;
  return files;
}

void Count(benchmark::State& state) {
  const auto rounds = static_cast<int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<int64_t>(TheFiles().rows));
  state.SetBytesProcessed(rounds * static_cast<int64_t>(TheFiles().bytes));
}

Schema First(size_t columns) {
  Schema schema = SensorColumns();
  schema.erase(schema.begin(), schema.end() - static_cast<std::ptrdiff_t>(columns));
  return schema;
}

void Laminar(benchmark::State& state) {
  const Files& files = TheFiles();
  auto decoder = files.format->MakeDecoder(First(static_cast<size_t>(state.range(0))), {}).value();
  Refuse refuse;
  Batch batch(decoder->schema());
  for (auto _ : state) {
    DecodeCursor cursor;
    size_t rows = 0;
    for (bool done = false; !done;) {
      batch.Reset();
      done = decoder->Decode(files.views, &cursor, &refuse, &batch).value();
      rows += batch.rows();
    }
    CHECK(rows == files.rows);
  }
  Count(state);
}

void DuckDb(benchmark::State& state) {
  const Files& files = TheFiles();
  duckdb::DBConfig config;
  config.options.maximum_threads = 1;
  duckdb::DuckDB database(nullptr, &config);
  duckdb::Connection connection(database);
  std::string names;
  for (const Column& column : First(static_cast<size_t>(state.range(0))))
    names += (names.empty() ? "" : ", ") + column.name;
  for (auto _ : state) {
    const auto result =
        connection.SendQuery("SELECT " + names + " FROM read_parquet('" + files.folder + "/*.parquet')");
    CHECK(!result->HasError());
    size_t rows = 0;
    while (const auto chunk = result->Fetch()) rows += chunk->size();
    CHECK(rows == files.rows);
  }
  Count(state);
}

// A hundred records, of which the first one alone has rows of its hour. 1: the decoder knows that.
void OneRecordInAHundred(benchmark::State& state) {
  const Files& files = TheFiles();
  std::vector<RecordView> views = {files.views[0]};
  while (views.size() < 100) views.push_back(files.views[1 + views.size() % (kRecords - 1)]);
  auto decoder = files.format->MakeDecoder(SensorColumns(), {}).value();
  std::vector<std::unique_ptr<duckdb::Expression>> filter;
  filter.push_back(std::make_unique<duckdb::BoundComparisonExpression>(
      duckdb::ExpressionType::COMPARE_LESSTHAN,
      duckdb::make_uniq<duckdb::BoundReferenceExpression>(duckdb::LogicalType::TIMESTAMP, 5),
      duckdb::make_uniq<duckdb::BoundConstantExpression>(
          duckdb::Value::TIMESTAMP(duckdb::timestamp_t(kFirstMicros + kRecordMicros)))));
  if (state.range(0) == 1) decoder->PushDown(PredicatesOf(ExpressionList(std::move(filter)), 6));
  Refuse refuse;
  Batch batch(decoder->schema());
  for (auto _ : state) {
    DecodeCursor cursor;
    for (bool done = false; !done;) {
      batch.Reset();
      done = decoder->Decode(views, &cursor, &refuse, &batch).value();
    }
    const uint64_t skipped = decoder->TakeSkippedRows();
    CHECK((skipped > 0) == (state.range(0) == 1));
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * views.size()));
}

// All six columns; two: three quarters of the bytes are not looked at.
BENCHMARK(Laminar)->Arg(6)->Arg(2)->Unit(benchmark::kMillisecond);
BENCHMARK(DuckDb)->Arg(6)->Arg(2)->Unit(benchmark::kMillisecond);
BENCHMARK(OneRecordInAHundred)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace laminar

BENCHMARK_MAIN();
