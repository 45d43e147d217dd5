#include "base/counter.h"

#include <gtest/gtest.h>

#include "base/shard_board.h"
#include "base/table_metrics.h"

namespace laminar {
namespace {

TEST(Stopwatch, ShowsTheTimeWhileItRuns) {
  Stopwatch watch;
  EXPECT_EQ(watch.Get(100), 0U);
  watch.Start(100);
  watch.Start(150);  // it runs already
  EXPECT_EQ(watch.Get(170), 70U);
  watch.Stop(200);
  watch.Stop(300);
  EXPECT_EQ(watch.Get(1'000), 100U);
  watch.Start(1'000);
  EXPECT_EQ(watch.Get(990), 90U) << "a reader whose time is a little older";
  EXPECT_EQ(watch.Get(1'005), 105U);
  EXPECT_TRUE(watch.Running());
  Stopwatch another;
  another.Start(100);
  EXPECT_EQ(another.Get(90), 0U);
}

TEST(Latency, CountsByItsBuckets) {
  Latency latency;
  for (const int64_t micros : {1'000, 1'001, 2'500, 60'000'000}) latency.Add(micros);
  EXPECT_EQ(latency.Count(0), 1U);
  EXPECT_EQ(latency.Count(1), 2U);
  EXPECT_EQ(latency.Count(Latency::kBucketMicros.size()), 1U);
  EXPECT_EQ(latency.sum_micros(), 60'004'501);
  EXPECT_EQ(latency.longest_micros(), 60'000'000);
}

TEST(FailureCounts, AreBounded) {
  FailureCounts counts;
  for (int i = 0; i < 1'000; i++) counts.Add("PutRecords", "Code" + std::to_string(i), 2, 1);
  counts.Add("PutRecords", "Code1", 1, 0);
  const std::vector<RequestFailures> list = counts.List();
  EXPECT_EQ(list.size(), FailureCounts::kMost + 1);
  uint64_t retries = 0, throttles = 0;
  for (const RequestFailures& each : list) {
    retries += each.retries;
    throttles += each.throttles;
    if (each.code == "Code1") {
      EXPECT_EQ(each.retries, 3U);
    } else if (each.code == FailureCounts::kOther) {
      EXPECT_EQ(each.retries, 2 * (1'000 - FailureCounts::kMost));
    }
  }
  EXPECT_EQ(retries, 2'001U);
  EXPECT_EQ(throttles, 1'000U);
}

TEST(ShardBoard, KnowsWhoIsReadAndWhoWaits) {
  ShardBoard board;
  board.OnKnown("s2", 7);
  board.OnKnown("s1", std::nullopt);
  board.OnReading("s1")->rows.Add(3);
  uint64_t finished = 1;
  std::vector<ShardBoard::Entry> list = board.List(&finished);
  EXPECT_EQ(finished, 0U);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].shard_id, "s1");
  EXPECT_EQ(list[0].state, ShardState::kReading);
  EXPECT_EQ(list[0].metrics->rows.Get(), 3U);
  EXPECT_EQ(list[1].state, ShardState::kWaiting);
  EXPECT_EQ(list[1].split, 7U);
  EXPECT_EQ(list[1].metrics, nullptr);
  board.OnFinished("s1");
  board.OnFinished("s1");
  board.OnFinished("nobody knows it");
  list = board.List(&finished);
  EXPECT_EQ(finished, 1U);
  EXPECT_EQ(list[0].state, ShardState::kFinished);
  EXPECT_EQ(list[0].metrics->rows.Get(), 3U);
}

TEST(ShardBoard, ForgetsShardsThatWereFinishedLongAgo) {
  ShardBoard board;
  for (int i = 0; i < 10'000; i++) {
    const std::string id = "shard " + std::to_string(i);
    board.OnKnown(id, std::nullopt);
    board.OnReading(id);
    board.OnFinished(id);
  }
  board.OnReading("shard 10000");
  uint64_t finished = 0;
  const std::vector<ShardBoard::Entry> list = board.List(&finished);
  EXPECT_EQ(finished, 10'000U);
  EXPECT_EQ(list.size(), ShardBoard::kMostFinished + 1);
}

}  // namespace
}  // namespace laminar
