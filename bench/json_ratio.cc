// json_ratio: all columns of the page's sensor rows, decoded into a batch, beside simdjson alone that only takes the
// same fields out, by turns in one run on one core. Prints both rates per CPU second and their ratio; fails below half.
// Ours does more: it checks UTF-8 and types, parses the timestamp, keeps validity, names what is bad.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"

#include "formats/json/json_decoder.h"
#include "json_rows.h"
#include "simdjson_sensors.h"

namespace laminar {
namespace {

constexpr double kSeconds = 0.3;  // a turn
constexpr int kTurns = 9;
constexpr double kLeastRatio = 0.5;

class Refuse final : public BadRowHandler {
 public:
  Status OnBadRow(const BadRow& row) override { return Status::User(row.column + ": " + row.reason); }
};

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Rows a second.
double Rate(const std::function<size_t()>& run) {
  size_t rows = 0;
  const double begin = CpuSeconds();
  double seconds;
  do {
    const size_t some = run();
    if (some != kJsonRows) {
      std::fprintf(stderr, "%zu rows of %zu were read\n", some, kJsonRows);
      std::exit(2);
    }
    rows += some;
    seconds = CpuSeconds() - begin;
  } while (seconds < kSeconds);
  return static_cast<double>(rows) / seconds;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// The ratio.
double Compare(bool in_blocks) {
  const std::vector<std::string> lines = Sensors();
  const JsonRecords records(lines, in_blocks);
  Schema schema;
  for (const auto& [name, type] :
       {std::pair("device_id", "VARCHAR"), std::pair("location", "JSON"), std::pair("temperature", "DOUBLE"),
        std::pair("humidity", "DOUBLE"), std::pair("pressure", "DOUBLE"), std::pair("timestamp", "TIMESTAMP")}) {
    schema.push_back({name, MakeType(std::string(type)), false});
  }
  JsonDecoder decoder(schema, {});
  SimdjsonSensors simdjson;
  Refuse refuse;
  Batch batch(schema);
  const auto ours = [&] {
    DecodeCursor cursor;
    size_t rows = 0;
    for (bool done = false; !done; rows += batch.rows()) {
      batch.Reset();
      done = decoder.Decode(records.views(), &cursor, &refuse, &batch).value();
    }
    return rows;
  };
  const auto alone = [&] { return simdjson.Extract(records.views(), in_blocks); };
  std::vector<double> our_rates, simdjson_rates, ratios;
  for (int turn = 0; turn < kTurns; turn++) {
    our_rates.push_back(Rate(ours));
    simdjson_rates.push_back(Rate(alone));
    ratios.push_back(our_rates.back() / simdjson_rates.back());
  }
  const double megabytes = static_cast<double>(records.bytes()) / kJsonRows / 1e6;
  std::printf("%-15s laminar %5.2f M rows/s (%4.0f MB/s)   simdjson (%s) %5.2f M rows/s (%4.0f MB/s)   ratio %.2f\n",
              in_blocks ? "blocks of lines" : "a record each", Median(our_rates) / 1e6, Median(our_rates) * megabytes,
              SimdjsonSensors::Implementation().c_str(), Median(simdjson_rates) / 1e6,
              Median(simdjson_rates) * megabytes, Median(ratios));
  return Median(ratios);
}

}  // namespace
}  // namespace laminar

int main() {
  const double blocks = laminar::Compare(true), single = laminar::Compare(false);
  return std::min(blocks, single) >= laminar::kLeastRatio ? 0 : 1;
}
