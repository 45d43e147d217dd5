// How fast formats/json decodes and encodes, alone on one core: rows of the page's IoT and order streams. Rates are per
// CPU second.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"

#include "formats/json/json_decoder.h"
#include "formats/json/json_encoder.h"
#include "json_rows.h"

namespace laminar {
namespace {

class Refuse final : public BadRowHandler {
 public:
  Status OnBadRow(const BadRow& row) override { return Status::User(row.column + ": " + row.reason); }
};

Schema Columns(const std::vector<std::pair<std::string, std::string>>& columns) {
  Schema schema;
  for (const auto& [name, type] : columns) schema.push_back({name, MakeType(type), false});
  return schema;
}

Schema SensorColumns() {
  return Columns(
      {{"device_id", "VARCHAR"}, {"location", "JSON"}, {"temperature", "DOUBLE"}, {"timestamp", "TIMESTAMP"}});
}
Schema OrderColumns() {
  return Columns({{"order_id", "BIGINT"},
                  {"customer_id", "VARCHAR"},
                  {"items", "JSON"},
                  {"total_amount", "DECIMAL(38,10)"},
                  {"order_time", "TIMESTAMP"}});
}

void Decode(benchmark::State& state, const std::vector<std::string>& lines, const Schema& schema, bool in_blocks) {
  const JsonRecords records(lines, in_blocks);
  JsonDecoder decoder(schema, {});
  Refuse refuse;
  Batch batch(schema);
  for (auto _ : state) {
    DecodeCursor cursor;
    size_t rows = 0;
    for (bool done = false; !done; rows += batch.rows()) {
      batch.Reset();
      done = decoder.Decode(records.views(), &cursor, &refuse, &batch).value();
    }
    if (rows != lines.size()) state.SkipWithError("rows are missing");
  }
  state.SetItemsProcessed(static_cast<int64_t>(lines.size() * state.iterations()));
  state.SetBytesProcessed(static_cast<int64_t>(records.bytes() * state.iterations()));
}

void Encode(benchmark::State& state, const Schema& schema, const std::vector<std::vector<duckdb::Value>>& cycle) {
  Batch batch(schema);
  for (size_t row = 0; row < kBatchRows; row++) {
    for (size_t column = 0; column < schema.size(); column++)
      batch.chunk().SetValue(column, row, cycle[row % cycle.size()][column]);
  }
  batch.chunk().SetCardinality(kBatchRows);
  JsonEncoder encoder(schema, {});
  EncodedRows out;
  for (auto _ : state) {
    out.Clear();
    if (!encoder.Encode(batch, &out).ok()) state.SkipWithError("it does not encode");
    benchmark::DoNotOptimize(out.bytes.data());
  }
  state.SetItemsProcessed(static_cast<int64_t>(kBatchRows * state.iterations()));
  state.SetBytesProcessed(static_cast<int64_t>(out.bytes.size() * state.iterations()));
}

void EncodeAlerts(benchmark::State& state) {
  std::vector<std::vector<duckdb::Value>> rows;
  for (int i = 0; i < 100; i++) {
    rows.push_back({duckdb::Value("dev-" + std::to_string(i)), duckdb::Value("temperature_anomaly"),
                    duckdb::Value(i % 3 ? "critical" : "info"),
                    duckdb::Value("{\"temperature\":" + std::to_string(31 + i) +
                                  ".5,\"location\":{\"lat\":1.5,\"lon\":2.5},\"threshold\":35}"),
                    duckdb::Value::TIMESTAMP(duckdb::timestamp_t(1'767'225'600'000'000 + i * 1'234'000))});
  }
  Encode(state,
         Columns({{"device_id", "VARCHAR"},
                  {"alert_type", "VARCHAR"},
                  {"severity", "VARCHAR"},
                  {"details", "JSON"},
                  {"detected_at", "TIMESTAMP"}}),
         rows);
}

void EncodeOrders(benchmark::State& state) {
  Schema schema = OrderColumns();
  schema.push_back({"replicated_at", MakeType("TIMESTAMP"), false});
  std::vector<std::vector<duckdb::Value>> rows;
  for (int i = 0; i < 100; i++) {
    const auto time = duckdb::Value::TIMESTAMP(duckdb::timestamp_t(1'767'225'600'000'000 + i * 1'234'000));
    rows.push_back({duckdb::Value::BIGINT(1000000 + i), duckdb::Value("customer-" + std::to_string(i)),
                    duckdb::Value(R"([{"sku":"sku-1","qty":2,"price":9.99},{"sku":"sku-22","qty":1,"price":19.5}])"),
                    duckdb::Value(std::to_string(i * 77) + ".45").DefaultCastAs(*schema[3].type), time, time});
  }
  Encode(state, schema, rows);
}

void EncodeDoubles(benchmark::State& state) {
  std::vector<std::vector<duckdb::Value>> rows;
  for (int i = 0; i < 100; i++)
    rows.push_back({duckdb::Value::DOUBLE(i * 7919 % 100000 / 100.0), duckdb::Value::DOUBLE(1.0 / (i + 3))});
  Encode(state, Columns({{"two_digits", "DOUBLE"}, {"all_digits", "DOUBLE"}}), rows);
}

BENCHMARK_CAPTURE(Decode, sensors_in_blocks, Sensors(), SensorColumns(), true);
BENCHMARK_CAPTURE(Decode, sensors_a_record_each, Sensors(), SensorColumns(), false);
BENCHMARK_CAPTURE(Decode, orders_in_blocks, Orders(), OrderColumns(), true);
BENCHMARK_CAPTURE(Decode, orders_a_record_each, Orders(), OrderColumns(), false);
BENCHMARK(EncodeAlerts);
BENCHMARK(EncodeOrders);
BENCHMARK(EncodeDoubles);

}  // namespace
}  // namespace laminar

BENCHMARK_MAIN();
