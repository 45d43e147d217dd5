// How fast OVER is, alone on one core: the page's fraud query, then one function at a time. Time is CPU time per row,
// without decoding and encoding.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "duck/aggregates_for_test.h"
#include "stream/operators/over.h"

namespace laminar {
namespace {

constexpr int kAccounts = 10000;
constexpr size_t kBatches = 200;
constexpr int64_t kMicrosPerRow = 500;

const std::vector<std::pair<std::string, std::string>> kColumns = {
    {"transaction_id", "VARCHAR"},     {"account_id", "VARCHAR"}, {"amount", "DECIMAL(38,10)"},
    {"transaction_time", "TIMESTAMP"}, {"ord", "UBIGINT"},        {"rate", "DOUBLE"}};

class Count final : public Operator {
 public:
  Count() : Operator(1) {}
  Status Push(size_t, Batch* batch) override {
    rows += batch->rows();
    return Status::Ok();
  }
  size_t rows = 0;
};

Schema InputSchema() {
  Schema schema;
  for (const auto& [name, type] : kColumns) schema.push_back({name, MakeType(type)});
  return schema;
}

// Rows come up to `jitter` late.
std::vector<Batch> MakeRows(int64_t jitter) {
  Random random(1);
  std::vector<Batch> batches;
  int64_t n = 0;
  for (size_t b = 0; b < kBatches; b++) {
    Batch batch(InputSchema());
    auto& chunk = batch.chunk();
    for (size_t i = 0; i < kBatchRows; i++, n++) {
      const auto text = [&](size_t column, const std::string& value) {
        duckdb::FlatVector::GetData<duckdb::string_t>(chunk.data[column])[i] =
            duckdb::StringVector::AddString(chunk.data[column], value);
      };
      text(0, "tx-" + std::to_string(1000000000000 + n));
      text(1, "account-" + std::to_string(100000 + random.Uniform(kAccounts)));
      const auto cents = static_cast<int64_t>(random.Uniform(1000000));
      duckdb::FlatVector::GetData<duckdb::hugeint_t>(chunk.data[2])[i] = duckdb::hugeint_t(cents * 100000000);
      const int64_t late = jitter > 0 ? static_cast<int64_t>(random.Uniform(static_cast<uint64_t>(jitter))) : 0;
      duckdb::FlatVector::GetData<int64_t>(chunk.data[3])[i] = n * kMicrosPerRow - late;
      duckdb::FlatVector::GetData<uint64_t>(chunk.data[4])[i] = 0;
      duckdb::FlatVector::GetData<double>(chunk.data[5])[i] = static_cast<double>(cents) / 7;
    }
    chunk.SetCardinality(kBatchRows);
    batches.push_back(std::move(batch));
  }
  return batches;
}

enum class Span { kHour, kRows100, kDefault };

struct Call {
  std::string sql, name;
  std::vector<size_t> arguments;
  Span span;
  std::string type = "";  // of a window function
};

void Measure(benchmark::State& state, const std::vector<Call>& calls, int64_t jitter = 0) {
  ManualClock clock;
  auto database = std::move(DuckDatabase::Open(&clock, 1 << 30)).value();
  auto session = database->NewSession();
  PlanNode input;
  input.schema = InputSchema();
  input.times = {{3, 0}};
  input.order_column = 4;
  OverNode node;
  node.partition = {1};
  node.time_column = 3;
  Schema output = input.schema;
  for (const Call& call : calls) {
    OverFunction function;
    function.name = call.name;
    function.arguments = call.arguments;
    function.frame.end.kind = FrameBound::Kind::kCurrentRow;
    if (call.span == Span::kHour) function.frame.start = {FrameBound::Kind::kPreceding, 0, {0, 3'600'000'000}};
    if (call.span == Span::kRows100) {
      function.frame.unit = Frame::Unit::kRows;
      function.frame.start = {FrameBound::Kind::kPreceding, 100, {}};
    }
    if (call.type.empty()) {
      function.aggregate = BindAggregates(session.get(), kColumns, {call.sql});
      function.type = MakeType(function.aggregate.type(0));
    } else {
      function.type = MakeType(call.type);
    }
    output.push_back({call.name, function.type});
    node.functions.push_back(function);
  }
  std::vector<Batch> batches = MakeRows(jitter);
  size_t rows = 0;
  int64_t bytes = 0;
  for (auto _ : state) {
    Counter late;
    OverOperator over(node, input, output, &late);
    Count count;
    over.AddOutput(&count, 0);
    int64_t time = 0;
    for (Batch& batch : batches) {
      CHECK(over.Push(0, &batch).ok());
      time += static_cast<int64_t>(kBatchRows) * kMicrosPerRow;
      CHECK(over.AdvanceWatermark(0, time - 5'000'000).ok());
      while (over.HasPending()) CHECK(over.Resume().ok());
    }
    bytes = over.StateBytes();
    rows += kBatches * kBatchRows;
  }
  state.SetItemsProcessed(static_cast<int64_t>(rows));
  state.counters["ns_per_row"] =
      benchmark::Counter(static_cast<double>(rows) / 1e9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["state_MB"] = static_cast<double>(bytes) / 1e6;
}

const Call kHourCount = {"count(*)", "count_star", {}, Span::kHour};
const Call kRowsAverage = {"avg(amount)", "avg", {2}, Span::kRows100};

void Fraud(benchmark::State& state) {
  Measure(state, {kHourCount, kRowsAverage});
}
void FraudOutOfOrder(benchmark::State& state) {
  Measure(state, {kHourCount, kRowsAverage}, 5'000'000);
}
void Nothing(benchmark::State& state) {
  Measure(state, {});
}
void CountRange(benchmark::State& state) {
  Measure(state, {kHourCount});
}
void AvgDecimalRows(benchmark::State& state) {
  Measure(state, {kRowsAverage});
}
void AvgDoubleRows(benchmark::State& state) {
  Measure(state, {{"avg(rate)", "avg", {5}, Span::kRows100}});
}
void MaxDoubleRange(benchmark::State& state) {
  Measure(state, {{"max(rate)", "max", {5}, Span::kHour}});
}
void SumDefault(benchmark::State& state) {
  Measure(state, {{"sum(amount)", "sum", {2}, Span::kDefault}});
}
void LagDouble(benchmark::State& state) {
  Measure(state, {{"", "lag", {5}, Span::kDefault, "DOUBLE"}});
}
void StddevDefault(benchmark::State& state) {
  Measure(state, {{"stddev_samp(rate)", "stddev_samp", {5}, Span::kDefault}});
}
void StddevRows(benchmark::State& state) {
  Measure(state, {{"stddev_samp(rate)", "stddev_samp", {5}, Span::kRows100}});
}
BENCHMARK(Fraud);
BENCHMARK(FraudOutOfOrder);
BENCHMARK(Nothing);
BENCHMARK(CountRange);
BENCHMARK(AvgDecimalRows);
BENCHMARK(AvgDoubleRows);
BENCHMARK(MaxDoubleRange);
BENCHMARK(SumDefault);
BENCHMARK(LagDouble);
BENCHMARK(StddevDefault);
BENCHMARK(StddevRows);

}  // namespace
}  // namespace laminar

BENCHMARK_MAIN();
