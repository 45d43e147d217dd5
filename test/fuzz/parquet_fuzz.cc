// Any bytes as a Parquet file: DuckDB's reader, which is not instrumented, says what is wrong, and a good file behind
// it is read as ever.
#include "base/check.h"
#include "formats/option.h"
#include "formats/parquet/parquet_format.h"
#include "formats/rows_for_test.h"

// DuckDB loses the state of a Brotli decoder when a page of that codec is damaged.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libduckdb.so";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace laminar;
  static const Schema schema = TestSchema({{"n", "BIGINT"}, {"t", "VARCHAR"}, {"l", "INTEGER[]"}});
  static const std::unique_ptr<Format> format = MakeParquetFormat(256 << 20);
  static const std::string good = [] {
    std::vector<Status> problems;
    const std::vector<OptionSpec> specs = ParquetFormatOptions();
    const OptionValues options = ParseOptions(specs, {}, OptionUse::kSink, "table t", &problems);
    auto encoder = format->MakeEncoder(schema, options).value();
    Batch batch(schema);
    batch.chunk().SetValue(0, 0, duckdb::Value::BIGINT(7));
    for (size_t i = 1; i < schema.size(); i++) batch.chunk().SetValue(i, 0, duckdb::Value());
    batch.chunk().SetCardinality(1);
    EncodedRows rows;
    CHECK(encoder->Encode(batch, &rows).ok());
    return rows.bytes;
  }();
  const TestRecords memory({std::string(reinterpret_cast<const char*>(data), size), good});
  auto decoder = format->MakeDecoder(schema, {}).value();
  BadRows bad;
  DecodeCursor cursor;
  Batch batch(schema);
  uint64_t rows = 0;
  for (bool done = false; !done && rows < 1'000'000;) {
    batch.Reset();
    const Result<bool> used_up = decoder->Decode(memory.views(), &cursor, &bad, &batch);
    if (!used_up.ok()) return 0;  // no memory for what the file claims
    done = *used_up;
    CHECK(done || batch.rows() > 0);
    rows += batch.rows();
    if (done)
      CHECK(batch.origin_rows.back() == 1 && batch.chunk().GetValue(0, batch.rows() - 1) == duckdb::Value::BIGINT(7));
  }
  return 0;
}
