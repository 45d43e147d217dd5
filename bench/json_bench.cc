// How fast formats/json decodes and encodes, alone on one core: rows of the page's IoT and order streams. Rates are per
// CPU second.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"

#include "formats/json/json_decoder.h"
#include "formats/json/json_encoder.h"

namespace laminar {
namespace {

constexpr size_t kRows = 20000;

class Refuse final : public BadRowHandler {
 public:
  Status OnBadRow(const BadRow& row) override { return Status::User(row.column + ": " + row.reason); }
};

std::string Two(size_t n) {
  return {static_cast<char>('0' + n / 10 % 10), static_cast<char>('0' + n % 10)};
}

std::string Time(size_t i) {
  return "2026-01-01T" + Two(i / 3600 % 24) + ":" + Two(i / 60 % 60) + ":" + Two(i % 60) + "." +
         std::to_string(100 + i % 900) + "Z";
}

std::string Decimal(size_t i, size_t range) {
  return std::to_string(i * 7919 % range) + "." + std::to_string(i * 31 % 10);
}

std::vector<std::string> Sensors() {
  std::vector<std::string> lines;
  for (size_t i = 0; i < kRows; i++) {
    lines.push_back("{\"device_id\":\"dev-" + std::to_string(i % 1000) + "\",\"location\":{\"lat\":" + Decimal(i, 90) +
                    ",\"lon\":" + Decimal(i, 180) + "},\"temperature\":" + Decimal(i, 50) + ",\"humidity\":" +
                    Decimal(i, 100) + ",\"pressure\":" + Decimal(i, 1100) + ",\"timestamp\":\"" + Time(i) + "\"}");
  }
  return lines;
}

std::vector<std::string> Orders() {
  std::vector<std::string> lines;
  for (size_t i = 0; i < kRows; i++) {
    std::string items;
    for (size_t k = 0; k <= i % 3; k++) {
      items += (k ? "," : "") + std::string("{\"sku\":\"sku-") + std::to_string(i * 13 % 5000) +
               "\",\"qty\":" + std::to_string(1 + k) + ",\"price\":" + Decimal(i + k, 100) + "}";
    }
    lines.push_back("{\"order_id\":" + std::to_string(1000000 + i) + ",\"customer_id\":\"customer-" +
                    std::to_string(i * 17 % 9999) + "\",\"items\":[" + items + "],\"total_amount\":" +
                    std::to_string(i * 7919 % 100000) + ".45,\"order_time\":\"" + Time(i) + "\"}");
  }
  return lines;
}

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

// in_blocks: 1 MB of lines a record, as the file connector reads; else a record a line, as from a stream.
void Decode(benchmark::State& state, const std::vector<std::string>& lines, const Schema& schema, bool in_blocks) {
  std::string bytes;
  std::vector<RecordView> records;
  std::vector<std::pair<size_t, size_t>> places;
  size_t begin = 0;
  for (const auto& line : lines) {
    bytes += line;
    if (in_blocks) {
      bytes += '\n';
      if (bytes.size() - begin < (1 << 20)) continue;
    }
    places.emplace_back(begin, bytes.size() - begin);
    bytes.append(kRecordPadding, ' ');
    begin = bytes.size();
  }
  if (in_blocks && bytes.size() > begin) places.emplace_back(begin, bytes.size() - begin);
  bytes.append(kRecordPadding, ' ');
  for (const auto& [at, size] : places) records.emplace_back(bytes.data() + at, size);
  JsonDecoder decoder(schema, {});
  Refuse refuse;
  Batch batch(schema);
  for (auto _ : state) {
    DecodeCursor cursor;
    size_t rows = 0;
    for (bool done = false; !done; rows += batch.rows()) {
      batch.Reset();
      done = decoder.Decode(records, &cursor, &refuse, &batch).value();
    }
    if (rows != lines.size()) state.SkipWithError("rows are missing");
  }
  state.SetItemsProcessed(static_cast<int64_t>(lines.size() * state.iterations()));
  state.SetBytesProcessed(static_cast<int64_t>(bytes.size() * state.iterations()));
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
