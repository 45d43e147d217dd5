#include "connectors/kinesis/kinesis_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/kinesis/source_harness_for_test.h"

namespace laminar::kinesis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Parallelism : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(KinesisSource, Parallelism, testing::Values(1, 2, 4));

TEST_P(Parallelism, FourShardsEachRecordOnce) {
  SourceHarness harness(1);
  harness.world.model.CreateStream("in", 4);
  harness.PutMany(100, 40'000);
  harness.Start(SourceOffset::kEarliest, GetParam());
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 40'000; }));
  EXPECT_EQ(harness.Disorder(), "");
  EXPECT_EQ(harness.world.metrics.rows_in.Get(), 40'000u);
  EXPECT_EQ(harness.world.metrics.buffered_bytes.Get(), 0);
  EXPECT_TRUE(harness.Ready());
}

// Where a worker's sinks still hold rows of the parent, another one's could be quicker with the same keys.
TEST(KinesisSource, ChildrenAreReadByTheWorkerOfTheirParent) {
  SourceHarness harness(8);
  ModelKinesis& model = harness.world.model;
  model.CreateStream("in", 1);
  harness.PutMany(50, 500);
  harness.Start(SourceOffset::kEarliest, 3);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 500; }));
  harness.HoldBack(1, true);
  harness.HoldBack(2, true);
  model.SplitShard("in", model.OpenShards("in")[0]);
  harness.PutMany(50, 500);
  model.SplitShard("in", model.OpenShards("in")[1]);
  harness.PutMany(50, 500);
  model.MergeShards("in", model.OpenShards("in")[0], model.OpenShards("in")[1]);
  harness.PutMany(50, 500);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == harness.put_count(); }));
  EXPECT_EQ(harness.Disorder(), "");
}

// Splits and merges while records flow, the second generation before anyone has read the first to its end.
TEST_P(Parallelism, KeysKeepTheirOrderAcrossGenerationsOfShards) {
  SourceHarness harness(2);
  ModelKinesis& model = harness.world.model;
  model.CreateStream("in", 4);
  harness.PutMany(50, 3000);
  harness.Start(SourceOffset::kEarliest, GetParam());
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() > 1000; }));
  model.SplitShard("in", model.OpenShards("in")[0]);
  harness.PutMany(50, 3000);
  model.MergeShards("in", model.OpenShards("in")[1],
                    model.OpenShards("in")[2]);  // a child of the split, and its neighbour
  harness.PutMany(50, 3000);
  model.SplitShard("in", model.OpenShards("in")[1]);
  harness.PutMany(50, 3000);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == harness.put_count(); }));
  model.MergeShards("in", model.OpenShards("in")[0], model.OpenShards("in")[1]);
  harness.PutMany(50, 3000);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == harness.put_count(); }));
  EXPECT_EQ(harness.Disorder(), "");
  EXPECT_EQ(harness.put_count(), 15'000u);
}

TEST_P(Parallelism, FiguresOfShardsAddUp) {
  SourceHarness harness(31);
  ModelKinesis& model = harness.world.model;
  const ReadMetrics& table = harness.world.metrics.reads.Of(harness.world.table.name);
  uint64_t finished = 0;
  const auto count = [&](ShardState state) {
    const auto list = table.shards.List(&finished);
    return std::count_if(list.begin(), list.end(), [&](const auto& shard) { return shard.state == state; });
  };
  model.CreateStream("in", 2);
  harness.PutMany(50, 3000);
  model.SplitShard("in", model.OpenShards("in")[0]);
  harness.PutMany(50, 3000);
  harness.Start(SourceOffset::kEarliest, GetParam());
  // The halves wait until everything in the shard that was split has gone through.
  ASSERT_TRUE(harness.RunUntil([&] { return count(ShardState::kReading) == 2; }));
  EXPECT_EQ(count(ShardState::kWaiting), 2);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == harness.put_count(); }));
  ASSERT_TRUE(harness.RunFor(2 * kMicrosPerSecond));
  EXPECT_EQ(count(ShardState::kReading), 3);
  EXPECT_EQ(count(ShardState::kFinished), 1);
  EXPECT_EQ(count(ShardState::kWaiting), 0);
  EXPECT_EQ(finished, 1u);
  uint64_t rows = 0, bytes = 0;
  for (const ShardBoard::Entry& shard : table.shards.List(&finished)) {
    EXPECT_GT(shard.metrics->rows.Get(), 0u) << shard.shard_id;
    EXPECT_EQ(shard.metrics->lag_ms.Get(), 0) << shard.shard_id;
    rows += shard.metrics->rows.Get();
    bytes += shard.metrics->bytes.Get();
  }
  EXPECT_EQ(rows, 6000u);
  EXPECT_EQ(table.rows.Get(), 6000u);
  EXPECT_EQ(bytes, harness.world.metrics.bytes_in.Get());
  EXPECT_EQ(table.bytes.Get(), bytes);
  EXPECT_EQ(table.requests.Get(), harness.world.metrics.read_requests.Get());
}

TEST(KinesisSource, ShardsAreSpreadEvenly) {
  SourceHarness harness(3);
  harness.world.model.CreateStream("in", 8);
  harness.PutMany(500, 8000);
  harness.Start(SourceOffset::kEarliest, 4);
  for (int worker = 1; worker < 4; worker++) harness.HoldBack(worker, true);
  ASSERT_TRUE(harness.RunFor(2 * kMicrosPerSecond));
  std::set<std::string> shards;
  for (const std::string& origin : harness.origins) shards.insert(origin.substr(0, origin.find(", sequence")));
  EXPECT_EQ(shards.size(), 2u);
  for (int worker = 1; worker < 4; worker++) harness.HoldBack(worker, false);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 8000; }));
}

TEST(KinesisSource, ListsPageByPage) {
  ModelOptions options;
  options.shards_per_page = 3;
  SourceHarness harness(4, options);
  harness.world.model.CreateStream("in", 10);
  harness.PutMany(200, 2000);
  harness.Start(SourceOffset::kEarliest, 2);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 2000; }));
  EXPECT_EQ(harness.world.model.counts().lists, 4);
}

TEST(KinesisSource, LatestBeginsAtTheStartAndMissesNothingAfterReady) {
  SourceHarness harness(5);
  ModelKinesis& model = harness.world.model;
  model.CreateStream("in", 2);
  harness.PutMany(20, 1000);
  model.SplitShard("in", model.OpenShards("in")[0]);  // closed before the start: skipped
  harness.PutMany(20, 1000);
  const std::map<std::string, int> before = harness.put();
  harness.Start(SourceOffset::kLatest, 2);
  EXPECT_FALSE(harness.Ready());
  ASSERT_TRUE(harness.RunUntil([&] { return harness.Ready(); }));
  harness.PutMany(20, 500);
  model.SplitShard("in", model.OpenShards("in")[2]);
  harness.PutMany(20, 500);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 1000; }));
  EXPECT_EQ(harness.Disorder(before), "");
  ASSERT_TRUE(harness.RunFor(5 * kMicrosPerSecond));
  EXPECT_EQ(harness.lines.size(), 1000u);
}

TEST(KinesisSource, AShardSplitWhileItIsBeingPinnedLosesNothing) {
  ModelOptions options;
  options.names_child_shards = false;
  SourceHarness harness(6, options);
  ModelKinesis& model = harness.world.model;
  model.CreateStream("in", 1);
  harness.PutMany(20, 100);
  const std::map<std::string, int> before = harness.put();
  harness.Start(SourceOffset::kLatest, 1);
  ASSERT_TRUE(harness.RunUntil([&] { return model.counts().lists == 1; }));
  model.SplitShard("in", "shardId-000000000000");
  harness.PutMany(20, 100);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 100; }));
  EXPECT_EQ(harness.Disorder(before), "");
}

// The pin lives in an iterator. When that is lost before any record was seen, the service's clock tells where to go on.
TEST(KinesisSource, APinSurvivesTheLossOfItsIterator) {
  ModelOptions options;
  options.iterator_ttl_micros = 10 * kMicrosPerSecond;
  SourceHarness harness(7, options);
  ModelKinesis& model = harness.world.model;
  model.CreateStream("in", 2);
  harness.PutMany(20, 1000);
  const std::map<std::string, int> before = harness.put();
  harness.world.clock.Advance(2 * kMicrosPerSecond);
  harness.Start(SourceOffset::kLatest, 1);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.Ready(); }));
  harness.PutMany(20, 100);
  harness.HoldBack(0, true);  // long enough for the iterators to expire
  harness.world.clock.Advance(60 * kMicrosPerSecond);
  harness.PutMany(20, 100);
  harness.HoldBack(0, false);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 200; }));
  EXPECT_EQ(harness.Disorder(before), "");
  EXPECT_GT(harness.world.metrics.retries.Get(), 0u);
}

TEST(KinesisSource, ExpiredIteratorsAreReplacedFromTheLastRecord) {
  SourceHarness harness(8);
  harness.world.model.CreateStream("in", 2);
  ModelFaults faults;
  faults.expired_iterator = 0.3;
  harness.world.model.SetFaults(faults);
  harness.Start(SourceOffset::kEarliest, 1);
  for (int i = 0; i < 50; i++) {
    harness.PutMany(10, 100);
    ASSERT_TRUE(harness.RunFor(kMicrosPerSecond / 2));
  }
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 5000; }));
  EXPECT_EQ(harness.Disorder(), "");
  EXPECT_GT(harness.world.model.counts().iterators, 20);
}

TEST(KinesisSource, ThrottlesAndLostAnswersAreRetriedForEver) {
  ModelOptions options;
  options.reads_per_second = 5;
  options.max_answer_records = 100;
  SourceHarness harness(9, options);
  harness.world.model.CreateStream("in", 2);
  ModelFaults faults;
  faults.throttled = faults.lost_request = faults.lost_answer = 0.2;
  harness.world.model.SetFaults(faults);
  harness.PutMany(10, 5000);
  harness.Start(SourceOffset::kEarliest, 2);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 5000; }));
  EXPECT_EQ(harness.Disorder(), "");
  EXPECT_GT(harness.world.metrics.throttles.Get(), 0u);
}

// Reads of a shard in the given time, from the model's count.
int64_t ReadsDuring(SourceHarness* harness, int64_t micros) {
  const int64_t before = harness->world.model.counts().reads;
  CHECK(harness->RunFor(micros));
  return harness->world.model.counts().reads - before;
}

TEST(KinesisSource, LessIsAskedForWhereAnAnswerIsTooLarge) {
  SourceHarness harness(8, {.max_client_bytes = 500});
  harness.world.model.CreateStream("in", 2);
  harness.PutMany(10, 3000);  // tiny ones, of which many are asked for once their size is known
  harness.Start(SourceOffset::kEarliest, 1);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == harness.put_count(); }));
  EXPECT_EQ(harness.Disorder(), "");
  EXPECT_GT(harness.world.metrics.retries.Get(), 0u);
}

TEST(KinesisSource, PollsFiveTimesASecondAndAboutOnceInASilentShard) {
  SourceHarness harness(10);
  harness.world.model.CreateStream("in", 1);
  harness.Start(SourceOffset::kLatest, 1);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.Ready(); }));
  EXPECT_NEAR(static_cast<double>(ReadsDuring(&harness, 10 * kMicrosPerSecond)), 50, 1);
  ASSERT_TRUE(harness.RunFor(60 * kMicrosPerSecond));
  EXPECT_NEAR(static_cast<double>(ReadsDuring(&harness, 30 * kMicrosPerSecond)), 34, 4);
  harness.Put("key");
  ASSERT_TRUE(harness.RunFor(kMicrosPerSecond));  // found by the slow poll
  EXPECT_EQ(harness.lines.size(), 1u);
  EXPECT_NEAR(static_cast<double>(ReadsDuring(&harness, 10 * kMicrosPerSecond)), 50, 1);
}

TEST(KinesisSource, ABacklogIsReadWithoutWaiting) {
  for (const bool says_millis_behind : {true, false}) {
    ModelOptions options;
    options.says_millis_behind = says_millis_behind;
    SourceHarness harness(11, options);
    harness.world.model.CreateStream("in", 1);
    harness.PutMany(10, 60'000);
    harness.Start(SourceOffset::kEarliest, 1);
    const int64_t start = harness.world.clock.SteadyMicros();
    ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 60'000; }));
    EXPECT_EQ(harness.world.clock.SteadyMicros(), start) << says_millis_behind;
  }
}

TEST(KinesisSource, TheBufferIsBoundedWhileDownstreamStandsStill) {
  SourceHarness harness(12);
  harness.world.context.source_buffer_bytes = 1 << 20;
  harness.world.model.CreateStream("in", 4);
  for (int i = 0; i < 20'000; i++) harness.world.model.Put("in", std::to_string(i), std::string(1000, 'x'));  // 20 MB
  harness.Start(SourceOffset::kEarliest, 2);
  int64_t most = 0;
  uint64_t held = 0;
  const bool all = harness.RunUntil([&] {
    most = std::max(most, harness.world.metrics.buffered_bytes.Get());
    if (++held % 50 == 0) harness.HoldBack(0, held % 100 == 0);
    return harness.lines.size() == 20'000;
  });
  EXPECT_TRUE(all);
  EXPECT_GT(most, 100'000);
  // Each of four shards holds at least an answer; it is never much more than the buffer.
  EXPECT_LT(most, 2 << 20);
  EXPECT_EQ(harness.world.metrics.buffered_bytes.Get(), 0);
}

TEST_P(Parallelism, ABoundedReadEndsAtTheTipOfTheStart) {
  for (const bool says_millis_behind : {true, false}) {
    ModelOptions options;
    options.says_millis_behind = says_millis_behind;
    options.whole_second_arrivals = !says_millis_behind;
    SourceHarness harness(13, options);
    harness.world.context.until_caught_up = true;
    ModelKinesis& model = harness.world.model;
    model.CreateStream("in", 2);
    harness.PutMany(50, 2000);
    model.SplitShard("in", model.OpenShards("in")[0]);
    harness.PutMany(50, 2000);
    model.MergeShards("in", model.OpenShards("in")[1], model.OpenShards("in")[2]);
    harness.PutMany(50, 2000);
    const uint64_t before = harness.put_count();
    harness.Start(SourceOffset::kEarliest, GetParam());
    ASSERT_TRUE(harness.RunUntil([&] { return harness.AllEnded(); }));
    EXPECT_EQ(harness.Disorder(), "");
    EXPECT_EQ(harness.lines.size(), before);
  }
}

TEST(KinesisSource, ABoundedReadEndsAlthoughRecordsKeepComing) {
  ModelOptions options;
  options.says_millis_behind = false;
  options.max_answer_records = 10;
  SourceHarness harness(14, options);
  harness.world.context.until_caught_up = true;
  harness.world.model.CreateStream("in", 1);
  harness.PutMany(5, 1000);
  harness.Start(SourceOffset::kEarliest, 1);
  ASSERT_TRUE(harness.RunUntil([&] {
    if (harness.world.rng.Uniform(2) == 0) harness.PutMany(5, 10);  // more than is read
    harness.world.clock.Advance(10'000);
    return harness.AllEnded();
  }));
  EXPECT_EQ(harness.Disorder(), "");
  EXPECT_GT(harness.lines.size(), 1000u);
  EXPECT_LT(harness.lines.size(), harness.put_count());
}

TEST(KinesisSource, ABoundedReadOfAnEmptyStreamEnds) {
  for (const SourceOffset offset : {SourceOffset::kEarliest, SourceOffset::kLatest}) {
    SourceHarness harness(15);
    harness.world.context.until_caught_up = true;
    harness.world.model.CreateStream("in", 3);
    harness.Start(offset, 4);  // one worker has nothing to read
    ASSERT_TRUE(harness.RunUntil([&] { return harness.AllEnded(); }));
    EXPECT_THAT(harness.lines, IsEmpty());
  }
}

TEST(KinesisSource, ABadRecordStopsWithItsPosition) {
  SourceHarness harness(16);
  harness.world.model.CreateStream("in", 1);
  harness.world.model.Put("in", "key", "key 0");
  harness.world.model.Put("in", "key", "key 1\nbad\nkey 2");
  harness.Start(SourceOffset::kEarliest, 1);
  EXPECT_FALSE(harness.RunUntil([&] { return false; }));
  EXPECT_EQ(harness.status.kind(), StatusKind::kUser);
  const std::string sequence = harness.world.model.Records("in")[1].sequence_number;
  EXPECT_THAT(harness.status.message(),
              HasSubstr("stream in, shard shardId-000000000000, sequence number " + sequence + ", line 2"));
  EXPECT_THAT(harness.status.message(), HasSubstr("column line: it is bad"));
  EXPECT_THAT(harness.status.hint(), HasSubstr("bad_data = 'drop'"));
}

TEST(KinesisSource, BadRecordsAreDroppedAndCounted) {
  ModelOptions options;
  options.max_answer_records = 10;
  SourceHarness harness(17, options);
  harness.world.table.bad_data = BadDataPolicy::kDrop;
  harness.world.context.source_buffer_bytes = 500;  // an answer that is dropped as a whole must make room, too
  harness.world.model.CreateStream("in", 1);
  for (int i = 0; i < 300; i++) harness.world.model.Put("in", "key", "bad");
  harness.world.model.Put("in", "key", "key 0\nbad\nkey 1");
  harness.world.model.SplitShard("in", "shardId-000000000000");
  for (int i = 0; i < 300; i++) harness.world.model.Put("in", "key", "bad");
  harness.world.context.until_caught_up = true;
  harness.Start(SourceOffset::kEarliest, 1);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.AllEnded(); }));
  EXPECT_THAT(harness.lines, ElementsAre("key 0", "key 1"));
  EXPECT_EQ(harness.world.metrics.bad_rows.Get(), 601u);
}

TEST(KinesisSource, ARowKnowsItsOrigin) {
  SourceHarness harness(18);
  harness.world.model.CreateStream("in", 1);
  harness.PutMany(1, 3);
  harness.Start(SourceOffset::kEarliest, 1);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 3; }));
  EXPECT_EQ(harness.origins[2], "stream in, shard shardId-000000000000, sequence number " +
                                    harness.world.model.Records("in")[2].sequence_number);
}

TEST(KinesisSource, ARecordOfManyRowsFillsSeveralBatches) {
  SourceHarness harness(19);
  harness.world.model.CreateStream("in", 1);
  std::string record;
  for (int i = 0; i < 5000; i++) record += "key " + std::to_string(i) + "\n";
  harness.world.model.Put("in", "key", record);
  harness.Start(SourceOffset::kEarliest, 1);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 5000; }));
  EXPECT_EQ(harness.Disorder(), "");
}

TEST(KinesisSource, FatalErrorsComeOutOfPollWithTheirCause) {
  const ApiError denied{
      ErrorClass::kFatal,
      Status::Environment("access to stream in is denied", "Allow it").WithCode("AccessDeniedException")};
  for (const ModelCall call :
       {ModelCall::kDescribe, ModelCall::kListShards, ModelCall::kGetShardIterator, ModelCall::kGetRecords}) {
    SourceHarness harness(20);
    harness.world.model.CreateStream("in", 2);
    harness.world.model.FailNext(call, denied);
    harness.Start(SourceOffset::kLatest, 2);
    EXPECT_FALSE(harness.RunUntil([&] { return false; }));
    EXPECT_EQ(harness.status.code(), "AccessDeniedException");
    EXPECT_THAT(harness.status.message(), HasSubstr("denied"));
  }
}

TEST(KinesisSource, AMissingStreamComesOutOfPoll) {
  SourceHarness harness(21);
  harness.Start(SourceOffset::kEarliest, 1);
  EXPECT_FALSE(harness.RunUntil([&] { return false; }));
  EXPECT_EQ(harness.status.code(), "ResourceNotFoundException");
}

TEST(KinesisSource, AStreamThatIsBeingCreatedIsWaitedFor) {
  SourceHarness harness(22);
  harness.world.model.CreateStream("in", 1);
  harness.world.model.SetStatus("in", "CREATING");
  harness.Start(SourceOffset::kEarliest, 1);
  ASSERT_TRUE(harness.RunFor(5 * kMicrosPerSecond));
  EXPECT_FALSE(harness.Ready());
  harness.world.model.SetStatus("in", "ACTIVE");
  harness.PutMany(1, 10);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 10; }));
}

TEST(KinesisSource, ChildrenThatAreListedLateAreWaitedFor) {
  for (const bool names_child_shards : {true, false}) {
    ModelOptions options;
    options.names_child_shards = names_child_shards;
    options.listing_lag_micros = 5 * kMicrosPerSecond;
    SourceHarness harness(23, options);
    harness.world.model.CreateStream("in", 1);
    harness.Start(SourceOffset::kLatest, 2);
    ASSERT_TRUE(harness.RunUntil([&] { return harness.Ready(); }));
    harness.PutMany(10, 100);
    harness.world.model.SplitShard("in", "shardId-000000000000");
    harness.PutMany(10, 100);
    const int64_t start = harness.world.clock.SteadyMicros();
    ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 200; }));
    EXPECT_EQ(harness.Disorder(), "");
    EXPECT_LT(harness.world.clock.SteadyMicros() - start, 120 * kMicrosPerSecond);
  }
}

TEST(KinesisSource, LagIsReportedAndGoesBackToZero) {
  ModelOptions options;
  options.max_answer_records = 10;
  SourceHarness harness(24, options);
  harness.world.model.CreateStream("in", 1);
  harness.PutMany(5, 100);
  harness.world.clock.Advance(30 * kMicrosPerSecond);
  harness.Start(SourceOffset::kEarliest, 1);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 20; }));
  EXPECT_GE(harness.world.metrics.lag_ms.Get(), 30'000);
  uint64_t finished = 0;
  const auto shards = harness.world.metrics.reads.Of(harness.world.table.name).shards.List(&finished);
  EXPECT_GE(shards.at(0).metrics->lag_ms.Get(), 30'000);
  ASSERT_TRUE(harness.RunFor(2 * kMicrosPerSecond));
  EXPECT_EQ(harness.world.metrics.lag_ms.Get(), 0);
}

TEST(KinesisSource, LagGrowsWhileNothingIsAnswered) {
  SourceHarness harness(25);
  harness.world.model.CreateStream("in", 1);
  harness.PutMany(5, 1);
  harness.Start(SourceOffset::kEarliest, 1);
  ASSERT_TRUE(harness.RunFor(2 * kMicrosPerSecond));
  EXPECT_EQ(harness.world.metrics.lag_ms.Get(), 0);
  for (int i = 0; i < 6; i++)
    harness.world.model.FailNext(ModelCall::kGetRecords, {ErrorClass::kTransient, Status::Environment("refused")});
  const int64_t began = harness.world.clock.SteadyMicros();
  int64_t longest = 0;
  ASSERT_TRUE(harness.RunUntil([&] {
    longest = std::max<int64_t>(longest, harness.world.metrics.lag_ms.Get());
    return longest > 0 && harness.world.metrics.lag_ms.Get() == 0;
  }));
  EXPECT_GE(longest, 500);
  EXPECT_LE(longest, (harness.world.clock.SteadyMicros() - began) / kMicrosPerMilli + 10'000);
}

}  // namespace
}  // namespace laminar::kinesis
