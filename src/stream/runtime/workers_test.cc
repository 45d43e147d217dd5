// Several workers' tasks, stepped from one thread under a clock that stands still, and once by threads: rows of (k, ts,
// v) in windows of 10 s by k.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <thread>
#include <tuple>

#include "duckdb/common/types.hpp"
#include "duckdb/common/types/data_chunk.hpp"

#include "base/random.h"
#include "duck/aggregates_for_test.h"
#include "stream/runtime/task.h"

namespace laminar {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kSize = 10 * kSecond;
constexpr int64_t kNull = kNoWatermark;

struct Row {
  std::string key;
  int64_t time;
  int64_t value;
};

struct RowsReader final : SourceReader {
  Result<PollState> Poll(Batch* out) override {
    polls++;
    if (batches.empty()) return ends ? PollState::kEnd : PollState::kIdle;
    out->Reset();
    size_t i = 0;
    for (const Row& row : batches.front()) {
      out->chunk().SetValue(0, i, duckdb::Value(row.key));
      out->chunk().SetValue(1, i,
                            row.time == kNull ? duckdb::Value(duckdb::LogicalType::TIMESTAMP)
                                              : duckdb::Value::TIMESTAMP(duckdb::timestamp_t(row.time)));
      out->chunk().SetValue(2, i++, duckdb::Value::BIGINT(row.value));
    }
    out->chunk().SetCardinality(i);
    batches.pop_front();
    return PollState::kBatch;
  }
  int64_t NextDeadline() const override { return kNever; }
  std::deque<std::vector<Row>> batches;
  bool ends = true;
  int polls = 0;
};

// Rows as the sink gets them: key, start of the window, sum.
using Results = std::multiset<std::tuple<std::string, int64_t, std::string>>;

struct ResultsWriter final : SinkWriter {
  Status Push(const Batch& batch) override {
    for (size_t i = 0; i < batch.rows(); i++) {
      rows.insert({batch.chunk().GetValue(0, i).ToString(),
                   batch.chunk().GetValue(1, i).GetValue<duckdb::timestamp_t>().value,
                   batch.chunk().GetValue(3, i).ToString()});
    }
    return Status::Ok();
  }
  bool CanAccept() const override { return accepts; }
  Status Poll() override { return Status::Ok(); }
  int64_t NextDeadline() const override { return kNever; }
  void Finish() override { finished = true; }
  bool Drained() const override { return finished; }
  void EndEpoch(int64_t /*epoch*/) override {}
  bool EpochReady(int64_t /*epoch*/) const override { return true; }
  Results rows;
  bool accepts = true, finished = false;
};

class SetMemory final : public MemoryMeter {
 public:
  int64_t ResidentBytes() const override { return bytes; }
  int64_t bytes = 0;
};

class WorkersTest : public ::testing::Test {
 protected:
  WorkersTest() : database_(DuckDatabase::Open(&clock_, 64 << 20).value()), binder_(database_->NewSession()) {
    const Schema in = {{"k", MakeType("VARCHAR")}, {"ts", MakeType("TIMESTAMP")}, {"v", MakeType("BIGINT")}};
    const Schema out = {{"k", MakeType("VARCHAR")},
                        {"s", MakeType("TIMESTAMP")},
                        {"e", MakeType("TIMESTAMP")},
                        {"v", MakeType("HUGEINT")}};
    SourceNode source;
    source.table = "s";
    source.event_time = 1;
    WindowAggregateNode window;
    window.window = {WindowKind::kTumble, 1, {0, kSize}, {}, {}};
    window.keys = {0};
    window.aggregates =
        BindAggregates(binder_.get(), {{"k", "VARCHAR"}, {"ts", "TIMESTAMP"}, {"v", "BIGINT"}}, {"sum(v)"});
    window.merges = BindAggregates(
        binder_.get(), {{"key", "BLOB"}, {"hash", "UBIGINT"}, {"s", "TIMESTAMP"}, {"v", "HUGEINT"}}, {"sum(v)"});
    AddNode(source, {}, in).times = {{1, 0}};
    AddNode(ExchangeNode{ExchangeNode::To::kOwnerOfKey, {0}}, {0}, in).times = {{1, 0}};
    AddNode(window, {1}, out).position = {3, 7};
    AddNode(SinkNode{"t"}, {2}, out);
    plan_.sources = {"s"};
    plan_.sinks = {"t"};
    settings_.max_delay_micros = 0;
    settings_.max_ahead_micros = int64_t{1} << 60;
  }

  template <class Node>
  PlanNode& AddNode(Node op, std::vector<NodeId> inputs, const Schema& schema) {
    PlanNode node;
    node.op = std::move(op);
    node.inputs = std::move(inputs);
    node.schema = schema;
    plan_.nodes.push_back(std::move(node));
    return plan_.nodes.back();
  }

  void Start(int workers, int64_t edge_bytes = int64_t{64} << 20, int64_t state_bytes = int64_t{1} << 40,
             BadDataPolicy bad_data = BadDataPolicy::kFail) {
    std::vector<Waker*> wakers;
    for (int w = 0; w < workers; w++) {
      wakers_.push_back(std::make_unique<ThreadWaker>());
      wakers.push_back(wakers_.back().get());
    }
    watermark_ = std::make_unique<SourceWatermark>(settings_, &clock_, &source_metrics_);
    watermark_->SetWakers(wakers);
    edges_ = std::make_unique<Edges>(plan_, wakers, edge_bytes);
    const StateBudget::Limits limits{state_bytes, kProcessLimit, &memory_};
    budget_ = std::make_unique<StateBudget>(limits, plan_.nodes.size(), &clock_, wakers);
    bad_data_ =
        std::make_unique<BadData>(BadData::Settings{.table = "s", .policy = bad_data}, workers, &clock_, &metrics_);
    for (int w = 0; w < workers; w++) {
      sessions_.push_back(database_->NewSession());
      Task::Parts parts;
      parts.plan = &plan_;
      parts.session = sessions_.back().get();
      parts.clock = &clock_;
      parts.metrics = &metrics_;
      parts.worker = w;
      parts.edges = workers > 1 ? edges_.get() : nullptr;
      parts.budget = budget_.get();
      operators_.emplace_back(plan_.nodes.size());
      parts.operators = operators_.back().data();
      auto reader = std::make_unique<RowsReader>();
      readers_.push_back(reader.get());
      SourceInput::Parts& source = parts.sources["s"];
      source.reader = std::move(reader);
      source.watermark = watermark_.get();
      source.metrics = &source_metrics_;
      source.bad_data = bad_data_.get();
      source.worker = w;
      auto writer = std::make_unique<ResultsWriter>();
      writers_.push_back(writer.get());
      parts.writers["t"] = std::move(writer);
      tasks_.push_back(std::make_unique<Task>(std::move(parts)));
    }
    watermark_->NoMoreSplits();
  }

  // One turn of each task; whether one of them has something left to do at once.
  bool StepAll() {
    bool progress = false;
    for (auto& task : tasks_) {
      const auto step = task->Step();
      EXPECT_TRUE(step.ok()) << step.status().ToString();
      progress = progress || (step.ok() && step->progress);
    }
    return progress;
  }
  void StepUntilIdle() {
    for (int turn = 0; StepAll(); turn++) ASSERT_LT(turn, 100'000);
  }
  bool AllDone() {
    return std::all_of(tasks_.begin(), tasks_.end(), [](auto& task) { return task->Step()->done; });
  }
  Results All() const {
    Results all;
    for (const ResultsWriter* writer : writers_) all.insert(writer->rows.begin(), writer->rows.end());
    return all;
  }

  // Rows in the order of time, a few seconds a batch, dealt to the readers in turn.
  Results Feed(uint64_t seed, size_t rows, size_t keys, size_t readers = SIZE_MAX) {
    Random random(seed);
    std::map<std::pair<std::string, int64_t>, int64_t> sums;
    int64_t time = 0;
    for (size_t fed = 0, turn = 0; fed < rows; turn++) {
      std::vector<Row> batch(1 + random.Uniform(500));
      for (Row& row : batch) {
        time += static_cast<int64_t>(random.Uniform(20'000));
        row = {"key " + std::to_string(random.Uniform(keys)), time, static_cast<int64_t>(random.Uniform(1000))};
        sums[{row.key, row.time / kSize * kSize}] += row.value;
      }
      fed += batch.size();
      readers_[turn % std::min(readers, readers_.size())]->batches.push_back(std::move(batch));
    }
    Results expected;
    for (const auto& [at, sum] : sums) expected.insert({at.first, at.second, std::to_string(sum)});
    return expected;
  }

  ManualClock clock_;
  PipelineMetrics metrics_;
  std::unique_ptr<BadData> bad_data_;
  SourceMetrics source_metrics_;
  EventTimeSettings settings_;
  StreamPlan plan_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckSession> binder_;
  std::vector<std::unique_ptr<ThreadWaker>> wakers_;
  std::unique_ptr<SourceWatermark> watermark_;
  std::unique_ptr<Edges> edges_;
  static constexpr int64_t kProcessLimit = 1'000'000;
  SetMemory memory_;
  std::unique_ptr<StateBudget> budget_;
  std::vector<std::unique_ptr<DuckSession>> sessions_;
  std::deque<std::vector<OperatorMetrics>> operators_;  // by worker and node
  std::vector<std::unique_ptr<Task>> tasks_;
  std::vector<RowsReader*> readers_;
  std::vector<ResultsWriter*> writers_;
};

// source 0 -> exchange 1 -> window 2 -> sink 3
TEST_F(WorkersTest, RowsOfOperatorsAddUpOverTheWorkers) {
  Start(3);
  const Results expected = Feed(21, 5'000, 40);
  StepUntilIdle();
  ASSERT_EQ(All(), expected);
  const auto sum = [this](size_t node, auto figure) {
    uint64_t all = 0;
    for (const auto& of_worker : operators_) all += (of_worker[node].*figure).Get();
    return all;
  };
  const uint64_t read = sum(0, &OperatorMetrics::rows_in);
  EXPECT_GE(read, 5'000U);
  EXPECT_EQ(sum(0, &OperatorMetrics::rows_out), read);
  // Aggregated before the exchange: a row there may stand for many.
  const uint64_t dealt = sum(1, &OperatorMetrics::rows_in);
  EXPECT_GT(dealt, 0U);
  EXPECT_LE(dealt, read);
  EXPECT_EQ(sum(1, &OperatorMetrics::rows_out), dealt);
  EXPECT_EQ(sum(2, &OperatorMetrics::rows_in), dealt);
  EXPECT_EQ(sum(2, &OperatorMetrics::rows_out), expected.size());
  EXPECT_EQ(sum(3, &OperatorMetrics::rows_in), expected.size());
  for (const auto& of_worker : operators_) EXPECT_EQ(of_worker[2].state_rows.Get(), 0);
}

TEST_F(WorkersTest, AWorkerThatTakesNothingHoldsTheOthersUp) {
  Start(2, /*edge_bytes=*/1);
  ASSERT_TRUE(tasks_[1]->Step().ok());  // its reader ends, and holds nobody back; then it makes no step
  Feed(22, 50'000, 20'000, /*readers=*/1);
  for (int turn = 0; tasks_[0]->Step()->progress; turn++) ASSERT_LT(turn, 1'000);
  ASSERT_FALSE(readers_[0]->batches.empty());
  clock_.Advance(kMicrosPerSecond);
  const auto held_up = [this](size_t worker, size_t node) {
    return operators_[worker][node].backpressure_micros.Get(clock_.SteadyMicros());
  };
  EXPECT_EQ(held_up(0, 0), 1'000'000U);
  EXPECT_EQ(held_up(0, 1), 1'000'000U) << "the edge is full";
  EXPECT_EQ(held_up(0, 2), 1'000'000U) << "its half before the exchange";
  EXPECT_EQ(held_up(0, 3), 0U);
  for (const size_t node : {0, 1, 2, 3}) EXPECT_EQ(held_up(1, node), 0U);
  StepUntilIdle();
  clock_.Advance(kMicrosPerSecond);
  EXPECT_EQ(held_up(0, 0), 1'000'000U);
}

class AnyNumberOfWorkers : public WorkersTest, public ::testing::WithParamInterface<int> {};

TEST_P(AnyNumberOfWorkers, GivesTheSameRows) {
  Start(GetParam());
  const Results expected = Feed(11, 20'000, 50);
  // In any order of the tasks' steps.
  Random random(12);
  std::vector<bool> done(tasks_.size());
  for (int turn = 0; std::find(done.begin(), done.end(), false) != done.end(); turn++) {
    ASSERT_LT(turn, 100'000);
    const size_t w = random.Uniform(tasks_.size());
    const auto step = tasks_[w]->Step();
    ASSERT_TRUE(step.ok()) << step.status().ToString();
    done[w] = step->done;
  }
  EXPECT_EQ(All(), expected);
  EXPECT_EQ(source_metrics_.late_rows.Get(), 0U);
  std::map<std::string, size_t> writer_of;
  for (size_t w = 0; w < writers_.size(); w++) {
    for (const auto& row : writers_[w]->rows) EXPECT_EQ(writer_of.emplace(std::get<0>(row), w).first->second, w);
  }
}

TEST_P(AnyNumberOfWorkers, GivesTheSameRowsThroughEdgesThatAreAlwaysFull) {
  Start(GetParam(), /*edge_bytes=*/1);
  const Results expected = Feed(13, 20'000, 5'000);
  StepUntilIdle();
  EXPECT_TRUE(AllDone());
  EXPECT_EQ(All(), expected);
}

TEST_P(AnyNumberOfWorkers, GivesTheSameRowsOnThreads) {
  Start(GetParam(), /*edge_bytes=*/1);
  const Results expected = Feed(14, 20'000, 500);
  const SystemClock clock;
  std::vector<std::thread> threads;
  for (size_t w = 0; w < tasks_.size(); w++) {
    threads.emplace_back([&, w] {
      for (;;) {
        const auto step = tasks_[w]->Step();
        if (!step.ok() || step->done) return;
        if (!step->progress) wakers_[w]->WaitUntil(clock, step->deadline);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(All(), expected);
}

INSTANTIATE_TEST_SUITE_P(Workers, AnyNumberOfWorkers, ::testing::Values(1, 2, 3, 4));

TEST_F(WorkersTest, AWindowClosesOnceEveryWorkerHasPassedItsEnd) {
  Start(2);
  for (RowsReader* reader : readers_) reader->ends = false;
  for (int i = 0; i < 20; i++) readers_[0]->batches.push_back({{"k" + std::to_string(i), kSecond, 1}});
  readers_[0]->batches.push_back({{"k0", 25 * kSecond, 1}});
  StepUntilIdle();
  EXPECT_TRUE(All().empty());  // worker 1 may still read rows of that window
  readers_[1]->batches.push_back({{"k0", 12 * kSecond, 5}});
  StepUntilIdle();
  EXPECT_EQ(All().size(), 20U);
  EXPECT_FALSE(writers_[0]->rows.empty());
  EXPECT_FALSE(writers_[1]->rows.empty());  // also where worker 1 had no row of its own
  // A worker that ends holds nobody back.
  readers_[1]->ends = true;
  readers_[0]->batches.push_back({{"k0", 40 * kSecond, 1}});
  StepUntilIdle();
  EXPECT_EQ(All().count({"k0", 10 * kSecond, "5"}), 1U);
  EXPECT_EQ(All().count({"k0", 20 * kSecond, "1"}), 1U);
}

TEST_F(WorkersTest, AStopIsNoEndOfTheInput) {
  Start(2);
  for (RowsReader* reader : readers_) reader->ends = false;
  for (int i = 0; i < 30; i++) readers_[i % 2]->batches.push_back({{"k" + std::to_string(i), kSecond, 1}});
  for (RowsReader* reader : readers_) reader->batches.push_back({{"late", 11 * kSecond, 1}});
  for (const size_t w : {0, 1, 0, 1}) ASSERT_TRUE(tasks_[w]->Step().ok());
  // Results and watermarks are on their way between the two: they arrive, and nothing else does.
  for (auto& task : tasks_) task->StopReading();
  StepUntilIdle();
  EXPECT_TRUE(AllDone());
  EXPECT_EQ(All().size(), 30U);
  int64_t rows = 0;
  for (auto& task : tasks_) rows += task->StateRows();
  EXPECT_EQ(rows, 2);
}

TEST_F(WorkersTest, AFullSinkStopsTheReadersOfAllWorkersOnceTheEdgesAreFull) {
  Start(2, /*edge_bytes=*/1);
  ASSERT_TRUE(tasks_[1]->Step().ok());  // its reader ends, and holds nobody back
  const Results expected = Feed(15, 50'000, 20'000, /*readers=*/1);
  writers_[1]->accepts = false;
  StepUntilIdle();
  EXPECT_FALSE(readers_[0]->batches.empty());
  const auto step = tasks_[0]->Step();
  EXPECT_FALSE(step->progress);
  EXPECT_EQ(step->deadline, kNever);
  writers_[1]->accepts = true;
  StepUntilIdle();
  EXPECT_TRUE(AllDone());
  EXPECT_EQ(All(), expected);
}

TEST_F(WorkersTest, ARowWithoutEventTimeIsBadData) {
  Start(1);
  readers_[0]->batches.push_back({{"k", kSecond, 1}, {"k", kNull, 1}});
  const auto step = tasks_[0]->Step();
  ASSERT_FALSE(step.ok());
  EXPECT_NE(step.status().message().find("bad data in table s"), std::string::npos) << step.status().message();
  EXPECT_NE(step.status().message().find("column ts: NULL"), std::string::npos) << step.status().message();
  EXPECT_TRUE(tasks_[0]->Step()->done);
}

TEST_F(WorkersTest, ARowWithoutEventTimeIsDroppedWhereTheTableSaysSo) {
  Start(1, 1 << 20, int64_t{1} << 40, BadDataPolicy::kDrop);
  readers_[0]->batches.push_back({{"k", kNull, 1}, {"k", kSecond, 20}, {"k", kNull, 300}, {"k", 2 * kSecond, 4000}});
  StepUntilIdle();
  EXPECT_EQ(metrics_.bad_rows.Get(), 2U);
  EXPECT_EQ(All(), (Results{{"k", 0, "4020"}}));
}

TEST_F(WorkersTest, ALateRowIsCountedForItsSource) {
  Start(2);
  for (RowsReader* reader : readers_) {
    reader->ends = false;
    reader->batches = {{{"k", 25 * kSecond, 1}}};
  }
  StepUntilIdle();
  readers_[0]->batches = {{{"k", kSecond, 1}}};
  for (RowsReader* reader : readers_) reader->ends = true;
  StepUntilIdle();
  EXPECT_EQ(source_metrics_.late_rows.Get(), 1U);
  EXPECT_EQ(All(), (Results{{"k", 20 * kSecond, "2"}}));
}

TEST_F(WorkersTest, StateAboveItsShareStopsTheReadersAndThenThePipeline) {
  Start(2, 1 << 20, /*state_bytes=*/100'000);
  for (RowsReader* reader : readers_) reader->ends = false;
  std::vector<Row> open;
  for (int i = 0; i < 2000; i++) open.push_back({"key " + std::to_string(i), kSecond, 1});
  for (int b = 0; b < 3; b++) readers_[0]->batches.push_back(open);
  readers_[0]->batches.push_back({{"k", 2 * kSecond, 1}});
  StepUntilIdle();
  EXPECT_TRUE(budget_->Exceeded());
  EXPECT_FALSE(readers_[0]->batches.empty());
  const auto waiting = tasks_[0]->Step();
  ASSERT_TRUE(waiting.ok());
  EXPECT_EQ(waiting->deadline, clock_.SteadyMicros() + StateBudget::kPatienceMicros);
  clock_.Advance(StateBudget::kPatienceMicros);
  const auto step = tasks_[1]->Step();
  ASSERT_FALSE(step.ok());
  EXPECT_EQ(step.status().kind(), StatusKind::kEnvironment);
  EXPECT_EQ(step.status().position().line, 3);
  EXPECT_NE(step.status().message().find("the open windows hold"), std::string::npos) << step.status().message();
  EXPECT_NE(step.status().hint().find("--memory-limit"), std::string::npos);
}

TEST_F(WorkersTest, StateAboveItsShareInAProcessAboveItsLimitEndsItAtOnce) {
  Start(1, 1 << 20, /*state_bytes=*/100'000);
  readers_[0]->ends = false;
  std::vector<Row> open;
  for (int i = 0; i < 2000; i++) open.push_back({"key " + std::to_string(i), kSecond, 1});
  memory_.bytes = kProcessLimit + 1;
  readers_[0]->batches = {{{"k", kSecond, 1}}};
  StepUntilIdle();  // the state is not what is too much
  readers_[0]->batches = {open};
  auto step = tasks_[0]->Step();
  ASSERT_FALSE(step.ok());
  EXPECT_NE(step.status().message().find("the open windows hold"), std::string::npos) << step.status().message();
  EXPECT_NE(step.status().message().find("the process 1.0 MB"), std::string::npos) << step.status().message();
  EXPECT_GT(metrics_.peak_state_bytes.Get(), 100'000);
  EXPECT_EQ(metrics_.peak_state_rows.Get(), 2001);
}

TEST_F(WorkersTest, ReadingGoesOnWhenClosedWindowsFreeTheirMemory) {
  Start(1, 1 << 20, /*state_bytes=*/100'000);
  std::vector<Row> window;
  for (int i = 0; i < 2000; i++) window.push_back({"key " + std::to_string(i), kSecond, 1});
  window.push_back({"k", 11 * kSecond, 1});  // closes it
  readers_[0]->batches = {window, {{"k", 12 * kSecond, 1}}};
  writers_[0]->accepts = false;
  // Nothing is read before the sink takes rows.
  StepUntilIdle();
  EXPECT_EQ(readers_[0]->polls, 0);
  writers_[0]->accepts = true;
  StepUntilIdle();
  EXPECT_TRUE(AllDone());
  EXPECT_EQ(All().size(), 2001U);
  EXPECT_LT(budget_->total(), 5'000);
}

TEST_F(WorkersTest, AReaderThatIsFarAheadOfTheOthersWaits) {
  settings_.max_skew_micros = 60 * kSecond;
  Start(2);
  for (RowsReader* reader : readers_) reader->ends = false;
  readers_[1]->batches = {{{"k", kSecond, 1}}};
  for (int i = 1; i < 100; i++) readers_[0]->batches.push_back({{"k", i * 10 * kSecond, 1}});
  StepUntilIdle();
  EXPECT_EQ(readers_[0]->batches.size(), 92U);  // it has read up to 70 s
  readers_[1]->ends = true;
  StepUntilIdle();
  EXPECT_TRUE(readers_[0]->batches.empty());
}

}  // namespace
}  // namespace laminar
