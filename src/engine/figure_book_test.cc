#include "engine/figure_book.h"

#include <gtest/gtest.h>

namespace laminar {
namespace {

class FigureBookTest : public ::testing::Test {
 protected:
  FigureBookTest() {
    SourceNode source;
    source.table = "s";
    plan_.nodes.push_back({source, {}, {}, {}, {}, {}});
    plan_.nodes.push_back({ExchangeNode{}, {0}, {}, {}, {}, {}});
    plan_.nodes.push_back({SinkNode{"t"}, {1}, {}, {}, {}, {}});
    plan_.sources = {"s"};
    plan_.sinks = {"t"};
  }
  std::unique_ptr<FigureBook> Make(int workers) {
    FigureBook::Parts parts;
    parts.plan = &plan_;
    parts.workers = workers;
    parts.clock = &clock_;
    parts.metrics = &metrics_;
    parts.event_times = &event_times_;
    parts.watermarks = &watermarks_;
    parts.sources = plan_.sources;
    parts.sinks = plan_.sinks;
    return std::make_unique<FigureBook>(std::move(parts));
  }
  ManualClock clock_;
  StreamPlan plan_;
  PipelineMetrics metrics_;
  std::map<std::string, SourceMetrics> event_times_;
  std::map<std::string, std::unique_ptr<SourceWatermark>> watermarks_;
};

TEST_F(FigureBookTest, NothingHasHappenedYet) {
  const PipelineFigures figures = Make(2)->Take();
  EXPECT_EQ(figures.workers, 2);
  ASSERT_EQ(figures.sources.size(), 1U);
  EXPECT_EQ(figures.sources[0].table, "s");
  EXPECT_FALSE(figures.sources[0].event_time);
  ASSERT_EQ(figures.operators.size(), 3U);
  EXPECT_EQ(figures.operators[2].node_id, 2);
  EXPECT_FALSE(figures.operators[0].name.empty());
  EXPECT_EQ(figures.operators[0].backpressure, 0);
  ASSERT_EQ(figures.sinks.size(), 1U);
}

TEST_F(FigureBookTest, AddsUpTheWorkers) {
  const auto book = Make(2);
  for (int worker : {0, 1}) {
    book->operators(worker)[0].rows_in.Add(5);
    book->operators(worker)[0].state_bytes.Set(100);
    book->operators(worker)[2].rows_in.Add(4);
    book->operators(worker)[2].busy_micros.Add(7);
  }
  const PipelineFigures figures = book->Take();
  EXPECT_EQ(figures.operators[0].values.rows_in, 10U);
  EXPECT_EQ(figures.operators[0].values.state_bytes, 200);
  EXPECT_EQ(figures.operators[1].values.rows_in, 0U);
  EXPECT_EQ(figures.operators[2].values.rows_in, 8U);
  EXPECT_EQ(figures.operators[2].values.rows_out, 8U) << "a sink gives on what it is handed";
  EXPECT_EQ(figures.operators[2].values.busy_micros, 14U);
}

TEST_F(FigureBookTest, WithOneWorkerAnExchangeShowsWhatPassesIt) {
  const auto book = Make(1);
  book->operators(0)[0].rows_out.Add(5);
  const PipelineFigures figures = book->Take();
  EXPECT_EQ(figures.operators[1].values.rows_in, 5U);
  EXPECT_EQ(figures.operators[1].values.rows_out, 5U);
}

// The share of the last seconds, of all workers; asked for as often as anybody likes.
TEST_F(FigureBookTest, BackpressureIsThatOfTheLastSeconds) {
  const auto book = Make(2);
  const auto backpressure = [&] { return book->Take().operators[0].backpressure; };
  const auto pass = [&](int seconds) {
    for (int i = 0; i < seconds * 10; i++) {
      clock_.Advance(kMicrosPerSecond / 10);
      backpressure();
    }
  };
  pass(60);
  EXPECT_EQ(backpressure(), 0);
  book->operators(0)[0].backpressure_micros.Start(clock_.SteadyMicros());
  pass(1);
  EXPECT_GT(backpressure(), 0.05);
  EXPECT_LT(backpressure(), 0.2);
  pass(10);
  EXPECT_NEAR(backpressure(), 0.5, 0.01) << "one of two workers";
  book->operators(1)[0].backpressure_micros.Start(clock_.SteadyMicros());
  pass(10);
  EXPECT_NEAR(backpressure(), 1, 0.01);
  for (int worker : {0, 1}) book->operators(worker)[0].backpressure_micros.Stop(clock_.SteadyMicros());
  pass(10);
  EXPECT_EQ(backpressure(), 0);
  clock_.Advance(3'600 * kMicrosPerSecond);
  EXPECT_EQ(backpressure(), 0) << "nobody has asked for an hour";
}

TEST_F(FigureBookTest, TablesAndShards) {
  watermarks_["s"] = std::make_unique<SourceWatermark>(EventTimeSettings{}, &clock_, &event_times_["s"]);
  const auto split = watermarks_["s"]->AddSplit();
  const auto silent = watermarks_["s"]->AddSplit();
  watermarks_["s"]->Raise(split, 17);
  const ReadCounts read(&metrics_, "s"), other(&metrics_, "another");
  read.Rows(3);
  read.Bytes(30);
  read.Request();
  other.LagMillis(500);
  read.LagMillis(700);
  read.LagMillis(200);
  read.table()->failures.Add("GetRecords", "NoAnswer", 2, 0);
  read.table()->shards.OnKnown("a", split);
  read.table()->shards.OnKnown("b", silent);
  read.table()->shards.OnReading("a")->lag_ms.Set(200);
  const WriteCounts written(&metrics_, "t");
  written.Rows(2);
  written.table()->send_latency.Add(1'500);
  written.table()->send_latency.Add(90'000'000);
  const PipelineFigures figures = Make(1)->Take();
  EXPECT_EQ(figures.totals.rows_in, 3U);
  EXPECT_EQ(figures.totals.read_requests, 1U);
  EXPECT_EQ(figures.totals.rows_out, 2U);
  EXPECT_EQ(figures.totals.lag_ms, 500) << "the largest over the tables";
  const SourceFigures& source = figures.sources.at(0);
  EXPECT_TRUE(source.event_time.has_value());
  EXPECT_EQ(source.values.rows, 3U);
  EXPECT_EQ(source.values.bytes, 30U);
  EXPECT_EQ(source.values.lag_ms, 200);
  EXPECT_EQ(source.failures.at(0).code, "NoAnswer");
  ASSERT_EQ(source.shards.size(), 2U);
  EXPECT_EQ(source.shards[0].watermark_micros, 17);
  EXPECT_EQ(source.shards[0].values.lag_ms, 200);
  EXPECT_EQ(source.shards[1].watermark_micros, std::nullopt);
  EXPECT_EQ(source.shards[1].state, ShardState::kWaiting);
  const SinkFigures& sink = figures.sinks.at(0);
  EXPECT_EQ(sink.values.rows, 2U);
  EXPECT_EQ(sink.send_latency.count, 2U);
  EXPECT_EQ(sink.send_latency.buckets.at(0).count, 0U);
  EXPECT_EQ(sink.send_latency.buckets.at(1).count, 1U);
  EXPECT_EQ(sink.send_latency.buckets.back().count, 1U);
  EXPECT_EQ(sink.send_latency.longest_micros, 90'000'000);
}

}  // namespace
}  // namespace laminar
