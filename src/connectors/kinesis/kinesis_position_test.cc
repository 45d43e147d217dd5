// Restarts of the source: what a checkpoint holds of it, and what becomes of records that the stream dropped meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/kinesis/source_harness_for_test.h"

namespace laminar::kinesis {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int64_t kPositionHour = 3600 * kMicrosPerSecond;
using Checkpoint = SourceHarness::Checkpoint;

SourcePosition Parsed(const Checkpoint& checkpoint) {
  auto position = ParseSourcePosition(checkpoint.position);
  CHECK(position.ok());
  return *position;
}

TEST(KinesisPosition, ARestartGoesOnBehindTheCheckpointWithAnyNumberOfWorkers) {
  SourceHarness harness(1);
  harness.world.model.CreateStream("in", 4);
  harness.PutMany(50, 10'000);
  harness.Start(SourceOffset::kEarliest, 1);
  for (const int workers : {4, 2, 1, 3}) {
    const size_t before = harness.lines.size();
    ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() > before + 1000; }));
    const Checkpoint checkpoint = harness.TakeCheckpoint();
    EXPECT_GE(checkpoint.lines.size(), harness.lines.size());
    harness.PutMany(50, 1000);
    ASSERT_TRUE(harness.RunFor(kMicrosPerSecond));
    harness.Restart(checkpoint, workers);
  }
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == harness.put_count(); }));
  ASSERT_TRUE(harness.RunFor(5 * kMicrosPerSecond));
  EXPECT_EQ(harness.lines.size(), harness.put_count());
  EXPECT_EQ(harness.Disorder(), "");
  EXPECT_EQ(harness.WrongOrderKey(), "");
}

TEST(KinesisPosition, GenerationsOfShardsSurviveARestart) {
  SourceHarness harness(2);
  ModelKinesis& model = harness.world.model;
  model.CreateStream("in", 2);
  harness.PutMany(50, 2000);
  harness.world.clock.Advance(2 * kMicrosPerSecond);  // pins are whole seconds
  harness.Start(SourceOffset::kLatest, 2);
  const std::map<std::string, int> before = harness.put();
  ASSERT_TRUE(harness.RunUntil([&] { return harness.Ready(); }));
  const auto new_rows = [&] { return harness.put_count() - 2000; };
  harness.PutMany(50, 3000);
  model.SplitShard("in", model.OpenShards("in")[0]);
  harness.PutMany(50, 3000);
  Checkpoint checkpoint = harness.TakeCheckpoint();
  // While nobody reads: two more generations.
  harness.Stop();
  model.MergeShards("in", model.OpenShards("in")[1], model.OpenShards("in")[2]);
  harness.PutMany(50, 3000);
  model.SplitShard("in", model.OpenShards("in")[1]);
  harness.PutMany(50, 3000);
  harness.Restart(checkpoint, 3);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() > 7000; }));
  checkpoint = harness.TakeCheckpoint();
  harness.Restart(checkpoint, 1);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == new_rows(); }));
  // The finished ones stay finished.
  harness.Restart(harness.TakeCheckpoint(), 2);
  ASSERT_TRUE(harness.RunFor(10 * kMicrosPerSecond));
  EXPECT_EQ(harness.lines.size(), new_rows());
  EXPECT_EQ(harness.Disorder(before), "");
  EXPECT_EQ(harness.WrongOrderKey(), "");
}

TEST(KinesisPosition, FinishedShardsAreForgottenWhenTheStreamForgetsThem) {
  SourceHarness harness(3);
  ModelKinesis& model = harness.world.model;
  model.CreateStream("in", 1);
  harness.PutMany(10, 100);
  model.SplitShard("in", "shardId-000000000000");
  harness.PutMany(10, 100);
  harness.Start(SourceOffset::kEarliest, 1);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 200; }));
  harness.Restart(harness.TakeCheckpoint(), 1);
  model.ExpireShard("in", "shardId-000000000000");
  harness.PutMany(10, 100);
  ASSERT_TRUE(harness.RunFor(600 * kMicrosPerSecond));
  EXPECT_EQ(harness.lines.size(), 300u);
  EXPECT_EQ(harness.Disorder(), "");
  EXPECT_THAT(harness.TakeCheckpoint().position, Not(HasSubstr("shardId-000000000000\",\"state")));
}

TEST(KinesisPosition, RowsAreHeldUntilThePinIsKept) {
  for (const bool crash : {false, true}) {
    SourceHarness harness(4);
    ModelKinesis& model = harness.world.model;
    harness.world.context.hold_rows = true;
    model.CreateStream("in", 2);
    harness.PutMany(20, 500);
    const std::map<std::string, int> before = harness.put();
    harness.world.clock.Advance(2 * kMicrosPerSecond);
    harness.Start(SourceOffset::kLatest, 2);
    ASSERT_TRUE(harness.RunUntil([&] { return harness.Ready(); }));
    const Checkpoint pins = harness.TakeCheckpoint();
    for (const ShardStanding& shard : Parsed(pins).shards) {
      EXPECT_EQ(shard.position.kind, ShardPosition::Kind::kTimestamp);
      EXPECT_LE(harness.world.clock.WallMicros() - shard.position.timestamp_micros, kMicrosPerSecond);
    }
    harness.PutMany(20, 500);
    ASSERT_TRUE(harness.RunFor(30 * kMicrosPerSecond));
    EXPECT_THAT(harness.lines, IsEmpty());
    EXPECT_TRUE(harness.TakeCheckpoint().lines.empty());
    // What is fetched and not given out stands at its first record.
    const Checkpoint fetched = harness.TakeCheckpoint();
    for (const ShardStanding& shard : Parsed(fetched).shards) EXPECT_EQ(shard.position.kind, ShardPosition::Kind::kAt);
    harness.PutMany(20, 500);
    if (crash) {
      harness.Restart(harness.world.rng.Uniform(2) == 0 ? pins : fetched, 1);
      model.SplitShard("in", model.OpenShards("in")[0]);
      harness.PutMany(20, 500);
      ASSERT_TRUE(harness.RunFor(30 * kMicrosPerSecond));
      EXPECT_THAT(harness.lines, IsEmpty());
    }
    harness.Release();
    ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == harness.put_count() - 500; }));
    EXPECT_EQ(harness.Disorder(before), "");
  }
}

// The readers are woken by Release alone.
TEST(KinesisPosition, ReleaseWakes) {
  SourceHarness harness(5);
  harness.world.context.hold_rows = true;
  harness.world.model.CreateStream("in", 1);
  harness.PutMany(1, 10);
  harness.Start(SourceOffset::kEarliest, 1);
  ASSERT_TRUE(harness.RunFor(kMicrosPerSecond));
  const int wakes = harness.world.wakers[0]->wakes();
  harness.Release();
  EXPECT_GT(harness.world.wakers[0]->wakes(), wakes);
}

TEST(KinesisPosition, ATimestampBeginsThereInClosedShardsToo) {
  SourceHarness harness(6);
  ModelKinesis& model = harness.world.model;
  model.CreateStream("in", 2);
  harness.PutMany(20, 500);
  model.SplitShard("in", model.OpenShards("in")[0]);
  harness.PutMany(20, 500);
  const std::map<std::string, int> before = harness.put();
  harness.world.clock.Advance(100 * kMicrosPerSecond);
  harness.settings.timestamp_micros = harness.world.clock.WallMicros() - 50 * kMicrosPerSecond;
  harness.PutMany(20, 500);
  model.SplitShard("in", model.OpenShards("in")[0]);
  harness.PutMany(20, 500);
  harness.Start(SourceOffset::kTimestamp, 2);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() > 300; }));
  harness.Restart(harness.TakeCheckpoint(), 1);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 1000; }));
  ASSERT_TRUE(harness.RunFor(5 * kMicrosPerSecond));
  EXPECT_EQ(harness.lines.size(), 1000u);
  EXPECT_EQ(harness.Disorder(before), "");
  EXPECT_EQ(harness.WrongOrderKey(), "");
}

TEST(KinesisPosition, APositionOfAnotherStreamIsRefused) {
  SourceHarness harness(7);
  harness.world.model.CreateStream("in", 1);
  const std::string name = R"({"version":1,"stream":"other","shards":[]})";
  harness.StartFrom(&name, 1);
  EXPECT_EQ(harness.status.kind(), StatusKind::kUser);
  EXPECT_THAT(harness.status.message(), AllOf(HasSubstr("stream other"), HasSubstr("stream in")));

  harness.Stop();
  harness.status = Status::Ok();
  const std::string arn =
      R"({"version":1,"stream":"in","arn":"arn:aws:kinesis:eu-west-1:000000000000:stream/in","shards":[]})";
  harness.StartFrom(&arn, 1);
  EXPECT_FALSE(harness.RunUntil([] { return false; }));
  EXPECT_EQ(harness.status.kind(), StatusKind::kUser);
  EXPECT_THAT(harness.status.message(), AllOf(HasSubstr("eu-west-1"), HasSubstr("arn:aws:kinesis:model")));
  EXPECT_THAT(harness.status.hint(), HasSubstr("--fresh"));
}

TEST(KinesisPosition, ABoundedReadGoesOnWhereTheLastOneEnded) {
  SourceHarness harness(8);
  ModelKinesis& model = harness.world.model;
  harness.world.context.until_caught_up = true;
  model.CreateStream("in", 2);
  harness.PutMany(20, 500);
  model.SplitShard("in", model.OpenShards("in")[0]);
  harness.PutMany(20, 500);
  harness.Start(SourceOffset::kEarliest, 2);
  for (int run = 0; run < 4; run++) {
    ASSERT_TRUE(harness.RunUntil([&] { return harness.AllEnded(); })) << harness.status.ToString();
    EXPECT_EQ(harness.lines.size(), harness.put_count());
    const Checkpoint checkpoint = harness.TakeCheckpoint();
    harness.PutMany(20, 300);
    if (run % 2 == 0) model.SplitShard("in", model.OpenShards("in")[1]);
    harness.PutMany(20, 300);
    harness.Restart(checkpoint, 1 + run);
  }
  ASSERT_TRUE(harness.RunUntil([&] { return harness.AllEnded(); }));
  EXPECT_EQ(harness.lines.size(), harness.put_count());
  EXPECT_EQ(harness.Disorder(), "");
  EXPECT_EQ(harness.WrongOrderKey(), "");
}

// A batch ends within a record: the rows before are not read again, those behind are.
TEST(KinesisPosition, ACheckpointWithinARecordOfManyRows) {
  SourceHarness harness(9);
  harness.world.model.CreateStream("in", 1);
  harness.Put("key");
  std::string record;
  for (int i = 1; i < 7000; i++) record += "key " + std::to_string(i) + "\n";
  harness.world.model.Put("in", "key", record);
  harness.Start(SourceOffset::kEarliest, 1);
  std::set<ShardPosition::Kind> kinds;
  while (harness.lines.size() < 7000) {
    const size_t before = harness.lines.size();
    ASSERT_TRUE(harness.RunUntil([&] { return harness.Ready() && harness.lines.size() > before; }));
    const Checkpoint checkpoint = harness.TakeCheckpoint();
    kinds.insert(Parsed(checkpoint).shards[0].position.kind);
    harness.Restart(checkpoint, 1);
  }
  EXPECT_EQ(kinds.count(ShardPosition::Kind::kAt), 1u);
  EXPECT_EQ(harness.Disorder(), "");
  EXPECT_EQ(harness.WrongOrderKey(), "");
}

TEST(KinesisPosition, ACheckpointWithinAnAggregatedRecord) {
  SourceHarness harness(10);
  harness.world.model.CreateStream("in", 1);
  for (int i = 0; i < 3; i++) {
    harness.Put("key");
    harness.PutAggregated("key", 5000);
  }
  harness.Start(SourceOffset::kEarliest, 1);
  bool within = false;
  while (harness.lines.size() < harness.put_count()) {
    const size_t before = harness.lines.size();
    ASSERT_TRUE(harness.RunUntil([&] { return harness.Ready() && harness.lines.size() > before; }));
    const Checkpoint checkpoint = harness.TakeCheckpoint();
    within = within || Parsed(checkpoint).shards[0].position.sub_sequence_number > 0;
    harness.Restart(checkpoint, 1);
  }
  EXPECT_TRUE(within);
  EXPECT_EQ(harness.lines.size(), 15'003u);
  EXPECT_EQ(harness.Disorder(), "");
  EXPECT_EQ(harness.WrongOrderKey(), "");
  EXPECT_THAT(harness.origins[3], AllOf(HasSubstr("sequence number 49"), HasSubstr(", sub-sequence number 1")));
  EXPECT_THAT(harness.origins[0], Not(HasSubstr("sub-sequence")));
}

TEST(KinesisPosition, ABadUserRecordIsNamedByItsSubSequenceNumber) {
  SourceHarness harness(11);
  harness.world.model.CreateStream("in", 1);
  harness.world.model.Put("in", "key", Aggregate({{"key", "key 0"}, {"key", "key 1\nbad"}}));
  harness.Start(SourceOffset::kEarliest, 1);
  EXPECT_FALSE(harness.RunUntil([] { return false; }));
  EXPECT_THAT(harness.status.message(), HasSubstr(", sub-sequence number 1, line 2"));
}

TEST(KinesisPosition, AggregatedRecordsOfOtherShardsAreDroppedAndCounted) {
  for (const bool check : {true, false}) {
    SourceHarness harness(12);
    ModelKinesis& model = harness.world.model;
    model.CreateStream("in", 2);
    harness.settings.check_range = check;
    // Of the keys 0, 1 ..., the first one that is not in the shard of "key".
    std::string other;
    for (int i = 0; other.empty(); i++) {
      const std::string candidate = std::to_string(i);
      if ((HashKeyOf(candidate) >> 127) != (HashKeyOf("key") >> 127)) other = candidate;
    }
    model.Put("in", "key", Aggregate({{"key", "key 0"}, {other, "key 1"}}));
    model.Put("in", "key", Aggregate({{"key", "key 2"}}));
    harness.Start(SourceOffset::kEarliest, 1);
    ASSERT_TRUE(harness.RunFor(kMicrosPerSecond));
    if (check) {
      EXPECT_THAT(harness.lines, ElementsAre("key 2"));
    } else {
      EXPECT_THAT(harness.lines, ElementsAre("key 0", "key 1", "key 2"));
    }
    EXPECT_EQ(harness.world.metrics.out_of_range_records.Get(), check ? 1u : 0u);
  }
}

class DataLoss : public testing::TestWithParam<OnDataLoss> {
 protected:
  void Begin(SourceHarness* harness) {
    harness->settings.on_data_loss = GetParam();
    harness->world.model.CreateStream("in", 1);
    harness->PutMany(1, 100);
    harness->Start(SourceOffset::kEarliest, 1);
    CHECK(harness->RunUntil([&] { return harness->lines.size() == 100; }));
  }
  // kFail: stops with those words, the shard and the last sequence number. kResume: counts one gap, and gives `lines`
  // rows.
  void Expect(SourceHarness* harness, const std::string& words, size_t lines) {
    if (GetParam() == OnDataLoss::kFail) {
      EXPECT_FALSE(harness->RunUntil([] { return false; }));
      EXPECT_EQ(harness->status.kind(), StatusKind::kEnvironment);
      EXPECT_EQ(harness->status.code(), "DataLoss");
      EXPECT_THAT(harness->status.message(),
                  AllOf(HasSubstr("stream in"), HasSubstr("shardId-000000000000"), HasSubstr("sequence number 49"),
                        HasSubstr("everything up to 20"), HasSubstr(words)));
      EXPECT_THAT(harness->status.hint(), AllOf(HasSubstr("on_data_loss = 'resume'"), HasSubstr("--fresh")));
      EXPECT_EQ(harness->world.metrics.data_gaps.Get(), 0u);
      return;
    }
    ASSERT_TRUE(harness->RunUntil([&] { return harness->lines.size() >= lines; })) << harness->status.ToString();
    ASSERT_TRUE(harness->RunFor(5 * kMicrosPerSecond));
    EXPECT_EQ(harness->lines.size(), lines);
    EXPECT_EQ(harness->world.metrics.data_gaps.Get(), 1u);
    // It is told once, also over a restart.
    harness->Restart(harness->TakeCheckpoint(), 1);
    ASSERT_TRUE(harness->RunFor(5 * kMicrosPerSecond)) << harness->status.ToString();
    EXPECT_EQ(harness->world.metrics.data_gaps.Get(), 1u);
    EXPECT_EQ(harness->lines.size(), lines);
  }
};
INSTANTIATE_TEST_SUITE_P(KinesisPosition, DataLoss, testing::Values(OnDataLoss::kFail, OnDataLoss::kResume));

TEST_P(DataLoss, ALongerPauseThanTheRetention) {
  SourceHarness harness(20);
  Begin(&harness);
  const Checkpoint checkpoint = harness.TakeCheckpoint();
  harness.Stop();
  harness.PutMany(1, 100);
  harness.world.clock.Advance(25 * kPositionHour);
  harness.PutMany(1, 100);
  harness.world.model.TrimShard("in", "shardId-000000000000", 100);
  harness.Restart(checkpoint, 1);
  Expect(&harness, "the stream holds what arrived from 20", 200);
}

// The suspicion is wrong: nothing is gone, and nothing comes twice.
TEST_P(DataLoss, ALongPauseOfAStreamThatKeepsAll) {
  SourceHarness harness(21);
  Begin(&harness);
  const Checkpoint checkpoint = harness.TakeCheckpoint();
  harness.Stop();
  harness.world.clock.Advance(25 * kPositionHour);
  harness.PutMany(1, 100);
  harness.Restart(checkpoint, 1);
  Expect(&harness, "retention", 200);
}

TEST_P(DataLoss, ARefusedSequenceNumber) {
  ModelOptions options;
  options.refuses_trimmed = true;
  SourceHarness harness(22, options);
  Begin(&harness);
  const Checkpoint checkpoint = harness.TakeCheckpoint();
  harness.Stop();
  harness.PutMany(1, 100);
  harness.world.model.TrimShard("in", "shardId-000000000000", 50);
  harness.Restart(checkpoint, 1);
  Expect(&harness, "is trimmed", 150);
}

TEST_P(DataLoss, AShardThatIsGone) {
  SourceHarness harness(23);
  Begin(&harness);
  const Checkpoint checkpoint = harness.TakeCheckpoint();
  harness.Stop();
  harness.PutMany(1, 100);
  harness.world.model.SplitShard("in", "shardId-000000000000");
  harness.PutMany(1, 100);
  harness.world.model.ExpireShard("in", "shardId-000000000000");
  harness.Restart(checkpoint, 1);
  Expect(&harness, "no longer has this shard", 200);
}

TEST_P(DataLoss, TheRestOfARecord) {
  SourceHarness harness(24);
  Begin(&harness);
  harness.PutAggregated("key0", 5000);
  ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() > 100; }));
  const Checkpoint checkpoint = harness.TakeCheckpoint();
  ASSERT_LT(checkpoint.lines.size(), 5100u);
  harness.Stop();
  harness.PutMany(1, 100);
  harness.world.model.TrimShard("in", "shardId-000000000000", 100);
  harness.Restart(checkpoint, 1);
  Expect(&harness, "read in part", checkpoint.lines.size() + 100);
}

// While it runs, too: under back-pressure for longer than the retention.
TEST_P(DataLoss, AnIteratorThatExpiredLongAgo) {
  SourceHarness harness(25);
  Begin(&harness);
  harness.HoldBack(0, true);
  harness.world.clock.Advance(25 * kPositionHour);
  harness.PutMany(1, 100);
  harness.HoldBack(0, false);
  Expect(&harness, "retention", 200);
}

// A shard that was silent for longer than the retention is complete all the same.
TEST(KinesisPosition, ASilentShardHasNoGap) {
  ModelOptions options;
  options.retention_hours = 1;
  for (const bool buffered : {false, true}) {
    SourceHarness harness(26, options);
    harness.world.model.CreateStream("in", 1);
    harness.PutMany(1, 10);
    harness.Start(SourceOffset::kEarliest, 1);
    ASSERT_TRUE(harness.RunFor(2 * kPositionHour));
    Checkpoint checkpoint = harness.TakeCheckpoint();
    if (buffered) {  // a record is fetched and not given out when the checkpoint is taken
      harness.Stop();
      harness.world.context.hold_rows = true;
      harness.Restart(checkpoint, 1);
      ASSERT_TRUE(harness.RunFor(2 * kPositionHour));
      harness.PutMany(1, 10);
      ASSERT_TRUE(harness.RunFor(60 * kMicrosPerSecond));
      checkpoint = harness.TakeCheckpoint();
    } else {
      harness.PutMany(1, 10);
    }
    harness.Restart(checkpoint, 1);
    harness.Release();
    ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() == 20; })) << harness.status.ToString();
    EXPECT_EQ(harness.Disorder(), "");
  }
}

}  // namespace
}  // namespace laminar::kinesis
