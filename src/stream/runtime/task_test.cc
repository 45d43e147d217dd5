// A task under a clock that stands still: readers and writers that the test drives by hand.
#include "stream/runtime/task.h"

#include <gtest/gtest.h>

#include <deque>

#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "base/clock.h"

namespace laminar {
namespace {

struct FakeReader final : SourceReader {
  Result<PollState> Poll(Batch* out) override {
    polls++;
    if (!error.ok()) return error;
    if (pending.empty()) return ended ? PollState::kEnd : PollState::kIdle;
    out->Reset();
    for (size_t i = 0; i < pending.front().size(); i++)
      out->chunk().SetValue(0, i, duckdb::Value::BIGINT(pending.front()[i]));
    out->chunk().SetCardinality(pending.front().size());
    pending.pop_front();
    return PollState::kBatch;
  }
  int64_t NextDeadline() const override { return deadline; }
  bool HasRows() const override { return !pending.empty(); }
  std::deque<std::vector<int64_t>> pending;
  bool ended = false;
  int64_t deadline = kNever;
  Status error;
  int polls = 0;
};

struct FakeWriter final : SinkWriter {
  Status Push(const Batch& batch) override {
    for (size_t i = 0; i < batch.rows(); i++) rows.push_back(batch.chunk().GetValue(0, i).GetValue<int64_t>());
    return Status::Ok();
  }
  bool CanAccept() const override { return accepts; }
  Status Poll() override { return error; }
  int64_t NextDeadline() const override { return deadline; }
  void Finish() override { finished = true; }
  bool Drained() const override { return finished && drained; }
  void EndEpoch(int64_t /*epoch*/) override {}
  bool EpochReady(int64_t /*epoch*/) const override { return true; }
  std::vector<int64_t> rows;
  bool accepts = true, finished = false, drained = true;
  int64_t deadline = kNever;
  Status error;
};

class TaskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    database_ = std::move(DuckDatabase::Open(&clock_, 64 << 20)).value();
    session_ = database_->NewSession();
  }
  // a, b -> union -> sink one; a -> sink two
  std::unique_ptr<Task> MakeTask() {
    const Schema schema = {{"n", MakeType(duckdb::LogicalType::BIGINT)}};
    SourceNode a, b;
    a.table = "a";
    b.table = "b";
    plan_.nodes.push_back({a, {}, schema, {}, {}, {}});
    plan_.nodes.push_back({b, {}, schema, {}, {}, {}});
    plan_.nodes.push_back({UnionAllNode{}, {0, 1}, schema, {}, {}, {}});
    plan_.nodes.push_back({SinkNode{"one"}, {2}, schema, {}, {}, {}});
    plan_.nodes.push_back({SinkNode{"two"}, {0}, schema, {}, {}, {}});
    plan_.sources = {"a", "b"};
    plan_.sinks = {"one", "two"};
    Task::Parts parts;
    parts.plan = &plan_;
    parts.session = session_.get();
    parts.clock = &clock_;
    parts.metrics = &metrics_;
    parts.operators = operators_.data();
    for (const char* name : {"a", "b"}) {
      auto reader = std::make_unique<FakeReader>();
      readers_[name] = reader.get();
      parts.sources[name].reader = std::move(reader);
    }
    for (const char* name : {"one", "two"}) {
      auto writer = std::make_unique<FakeWriter>();
      writers_[name] = writer.get();
      parts.writers[name] = std::move(writer);
    }
    return std::make_unique<Task>(std::move(parts));
  }

  ManualClock clock_;
  PipelineMetrics metrics_;
  std::vector<OperatorMetrics> operators_ = std::vector<OperatorMetrics>(5);
  StreamPlan plan_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckSession> session_;
  std::map<std::string, FakeReader*> readers_;
  std::map<std::string, FakeWriter*> writers_;
};

TEST_F(TaskTest, RowsReachEverySinkAndTheEndDrains) {
  auto task = MakeTask();
  readers_["a"]->pending = {{1, 2}, {3}};
  readers_["b"]->pending = {{10}};
  readers_["b"]->ended = true;
  auto step = task->Step();
  ASSERT_TRUE(step.ok());
  EXPECT_TRUE(step->progress);
  EXPECT_FALSE(step->done);
  EXPECT_EQ(writers_["one"]->rows, (std::vector<int64_t>{1, 2, 3, 10}));
  EXPECT_EQ(writers_["two"]->rows, (std::vector<int64_t>{1, 2, 3}));
  EXPECT_FALSE(writers_["one"]->finished);
  EXPECT_EQ(metrics_.rows_to_sinks.Get(), 7U);

  readers_["a"]->ended = true;
  writers_["two"]->drained = false;
  step = task->Step();
  EXPECT_TRUE(writers_["one"]->finished);
  EXPECT_FALSE(step->done);
  writers_["two"]->drained = true;
  EXPECT_TRUE(task->Step()->done);
}

TEST_F(TaskTest, AFullSinkHoldsBackOnlyTheSourcesThatReachIt) {
  auto task = MakeTask();
  readers_["a"]->pending = {{1}};
  readers_["b"]->pending = {{10}};
  readers_["a"]->deadline = 5;  // must not make the worker spin while the sink is full
  writers_["two"]->accepts = false;
  auto step = task->Step();
  EXPECT_EQ(writers_["one"]->rows, (std::vector<int64_t>{10}));
  EXPECT_EQ(readers_["a"]->polls, 0);
  EXPECT_EQ(step->deadline, kNever);
  writers_["two"]->accepts = true;
  step = task->Step();
  EXPECT_EQ(writers_["two"]->rows, (std::vector<int64_t>{1}));
}

TEST_F(TaskTest, RowsOfOperatorsAddUp) {
  auto task = MakeTask();
  readers_["a"]->pending = {{1, 2}, {3}};
  readers_["b"]->pending = {{10}};
  ASSERT_TRUE(task->Step().ok());
  const std::vector<uint64_t> in = {3, 1, 4, 4, 3}, out = {3, 1, 4, 0, 0};
  for (size_t node = 0; node < in.size(); node++) {
    EXPECT_EQ(operators_[node].rows_in.Get(), in[node]) << node;
    EXPECT_EQ(operators_[node].rows_out.Get(), out[node]) << node;
  }
}

// a -> union -> one; a -> two. While two takes nothing, a is held up, and neither b nor what lies behind it.
TEST_F(TaskTest, AFullSinkIsBackpressureOfWhatReachesIt) {
  auto task = MakeTask();
  const auto held_up = [this](size_t node) { return operators_[node].backpressure_micros.Get(clock_.SteadyMicros()); };
  const auto wait = [this] { clock_.Advance(kMicrosPerSecond); };
  writers_["two"]->accepts = false;
  ASSERT_TRUE(task->Step().ok());
  wait();
  EXPECT_EQ(held_up(0), 0U) << "no rows wait";
  readers_["a"]->pending = {{1}};
  readers_["b"]->pending = {{10}};
  ASSERT_TRUE(task->Step().ok());
  wait();
  for (const size_t other : {1, 2, 3, 4}) EXPECT_EQ(held_up(other), 0U) << other;
  EXPECT_EQ(held_up(0), 1'000'000U);
  wait();
  EXPECT_EQ(held_up(0), 2'000'000U) << "also while no step ends it";
  writers_["two"]->accepts = true;
  ASSERT_TRUE(task->Step().ok());
  wait();
  EXPECT_EQ(held_up(0), 2'000'000U);

  readers_["b"]->pending = {{11}};
  writers_["one"]->accepts = false;
  ASSERT_TRUE(task->Step().ok());
  wait();
  EXPECT_EQ(held_up(0), 2'000'000U) << "it has no rows";
  EXPECT_EQ(held_up(1), 1'000'000U);
  EXPECT_EQ(held_up(2), 1'000'000U) << "UNION ALL could not give on the row of b";
  EXPECT_EQ(held_up(3), 0U);
  task.reset();
  wait();
  EXPECT_EQ(held_up(1), 1'000'000U) << "nothing waits any more";
}

TEST_F(TaskTest, TheEarliestDeadlineCounts) {
  auto task = MakeTask();
  readers_["a"]->deadline = 500;
  readers_["b"]->deadline = 300;
  writers_["one"]->deadline = 400;
  const auto step = task->Step();
  EXPECT_FALSE(step->progress);
  EXPECT_EQ(step->deadline, 300);
}

TEST_F(TaskTest, ASourceThatNeverPausesLeavesTheOthersTheirTurn) {
  auto task = MakeTask();
  for (int i = 0; i < 1000; i++) readers_["a"]->pending.push_back({i});
  readers_["b"]->pending = {{-1}};
  ASSERT_TRUE(task->Step().ok());
  EXPECT_EQ(writers_["one"]->rows.back(), -1);
  EXPECT_LT(writers_["one"]->rows.size(), 100U);
}

TEST_F(TaskTest, AfterAFailureTheOtherSinksAreDrained) {
  auto task = MakeTask();
  writers_["one"]->error = Status::Environment("no such stream");
  auto step = task->Step();
  ASSERT_FALSE(step.ok());
  EXPECT_EQ(step.status().message(), "no such stream");
  task->StopReading();
  writers_["two"]->drained = false;
  step = task->Step();
  ASSERT_TRUE(step.ok());
  EXPECT_FALSE(step->done);
  writers_["two"]->drained = true;
  EXPECT_TRUE(task->Step()->done);
}

TEST_F(TaskTest, StopReadingTakesNoMoreRows) {
  auto task = MakeTask();
  readers_["a"]->pending = {{1}};
  task->StopReading();
  EXPECT_TRUE(task->Step()->done);
  EXPECT_EQ(readers_["a"]->polls, 0);
}

}  // namespace
}  // namespace laminar
