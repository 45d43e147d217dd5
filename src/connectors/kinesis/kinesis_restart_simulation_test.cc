// Seeded runs of the source with crashes at any step: faults, reshards, aggregated records, other numbers of workers.
// What a run gives is what its last checkpoint held and what came after it. A failing seed replays: --gtest_filter=...
// with the seed that the message names.
#include <gtest/gtest.h>

#include "connectors/kinesis/random_world_for_test.h"
#include "connectors/kinesis/source_harness_for_test.h"

namespace laminar::kinesis {
namespace {

constexpr int kRestartSeeds = 60;
using Checkpoint = SourceHarness::Checkpoint;

int RandomWorkers(Random* rng) {
  return 1 + static_cast<int>(rng->Uniform(4));
}

void PutMixed(SourceHarness* harness, Random* rng) {
  for (uint64_t count = rng->Uniform(100); count > 0; count--) {
    const std::string key = "key" + std::to_string(rng->Uniform(30));
    if (rng->Uniform(4) == 0) {
      harness->PutAggregated(key, static_cast<int>(rng->Uniform(10)) + (rng->Uniform(50) == 0 ? 4000 : 0));
    } else {
      harness->Put(key);
    }
  }
}

void Prepare(SourceHarness* harness, Random* rng) {
  harness->world.context.source_buffer_bytes = rng->Uniform(2) == 0 ? 64 << 20 : 500;
  harness->world.model.CreateStream("in", 1 + static_cast<int>(rng->Uniform(4)));
  harness->downstream_micros = static_cast<int64_t>(rng->Uniform(2) * 300'000);
}

// Puts, reshards, checkpoints and crashes. `checkpoint`: the newest one.
void ChurnAndCheckpoint(SourceHarness* harness, Random* rng, std::optional<Checkpoint>* checkpoint) {
  for (uint64_t rounds = 5 + rng->Uniform(20); rounds > 0; rounds--) {
    PutMixed(harness, rng);
    if (rng->Uniform(3) == 0) Reshard(&harness->world.model, rng);
    if (rng->Uniform(5) == 0) harness->world.clock.Advance(static_cast<int64_t>(rng->Uniform(5 * kMicrosPerSecond)));
    for (uint64_t steps = rng->Uniform(300); steps > 0; steps--) {
      ASSERT_TRUE(harness->Step()) << harness->status.ToString();
      if (harness->Ready() && rng->Uniform(100) == 0) *checkpoint = harness->TakeCheckpoint();
    }
    if (*checkpoint && rng->Uniform(3) == 0) {
      harness->Stop();
      for (uint64_t reshards = rng->Uniform(3); reshards > 0; reshards--) {
        PutMixed(harness, rng);
        Reshard(&harness->world.model, rng);
      }
      harness->Restart(**checkpoint, RandomWorkers(rng));
      ASSERT_TRUE(harness->status.ok()) << harness->status.ToString();
    }
  }
}

void ExpectAll(SourceHarness* harness, const std::map<std::string, int>& before) {
  uint64_t expected = harness->put_count();
  for (const auto& [key, count] : before) expected -= static_cast<uint64_t>(count);
  ASSERT_TRUE(harness->RunUntil([&] { return harness->lines.size() >= expected; }))
      << harness->status.ToString() << ": " << harness->lines.size() << " of " << expected;
  ASSERT_TRUE(harness->RunFor(2 * kMicrosPerSecond));
  ASSERT_EQ(harness->lines.size(), expected);
  ASSERT_EQ(harness->Disorder(before), "");
  ASSERT_EQ(harness->WrongOrderKey(), "");
  ASSERT_TRUE(harness->world.model.counts().violations.empty()) << harness->world.model.counts().violations[0];
  ASSERT_EQ(harness->world.metrics.data_gaps.Get(), 0u);
  ASSERT_EQ(harness->world.metrics.out_of_range_records.Get(), 0u);
}

TEST(KinesisRestartSimulation, EveryRecordOnceAndInOrder) {
  for (uint64_t seed = 1; seed <= kRestartSeeds; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random rng(seed);
    SourceHarness harness(seed, RandomOptions(&rng));
    Prepare(&harness, &rng);
    harness.world.model.SetFaults(RandomFaults(&rng));
    for (int i = 0; i < 5; i++) {
      PutMixed(&harness, &rng);
      Reshard(&harness.world.model, &rng);
    }
    harness.Start(SourceOffset::kEarliest, RandomWorkers(&rng));
    std::optional<Checkpoint> checkpoint;
    ASSERT_NO_FATAL_FAILURE(ChurnAndCheckpoint(&harness, &rng, &checkpoint));
    ASSERT_NO_FATAL_FAILURE(ExpectAll(&harness, {}));
  }
}

// The first checkpoint holds the pins; no row is given out before it.
TEST(KinesisRestartSimulation, LatestIsPinnedOnce) {
  for (uint64_t seed = 1; seed <= kRestartSeeds; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random rng(seed);
    SourceHarness harness(seed, RandomOptions(&rng));
    Prepare(&harness, &rng);
    for (int i = 0; i < 5; i++) {
      PutMixed(&harness, &rng);
      Reshard(&harness.world.model, &rng);
    }
    harness.world.clock.Advance(2 * kMicrosPerSecond);  // pins are whole seconds
    harness.world.model.SetFaults(RandomFaults(&rng));
    const std::map<std::string, int> before = harness.put();
    harness.world.context.hold_rows = true;
    harness.Start(SourceOffset::kLatest, RandomWorkers(&rng));
    if (rng.Uniform(2) == 0) Reshard(&harness.world.model, &rng);
    ASSERT_TRUE(harness.RunUntil([&] { return harness.Ready(); })) << harness.status.ToString();
    std::optional<Checkpoint> checkpoint = harness.TakeCheckpoint();
    if (rng.Uniform(2) == 0) {
      ASSERT_NO_FATAL_FAILURE(ChurnAndCheckpoint(&harness, &rng, &checkpoint));
      ASSERT_TRUE(harness.lines.empty());
    }
    harness.Release();
    harness.world.context.hold_rows = false;
    ASSERT_NO_FATAL_FAILURE(ChurnAndCheckpoint(&harness, &rng, &checkpoint));
    ASSERT_NO_FATAL_FAILURE(ExpectAll(&harness, before));
  }
}

TEST(KinesisRestartSimulation, ABoundedReadGoesOnWithTheNext) {
  for (uint64_t seed = 1; seed <= kRestartSeeds; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random rng(seed);
    SourceHarness harness(seed, RandomOptions(&rng));
    Prepare(&harness, &rng);
    harness.world.context.until_caught_up = true;
    harness.world.model.SetFaults(RandomFaults(&rng));
    harness.Start(SourceOffset::kEarliest, RandomWorkers(&rng));
    for (int run = 0; run < 5; run++) {
      ASSERT_TRUE(harness.RunUntil([&] {
        if (rng.Uniform(200) == 0) PutMixed(&harness, &rng);
        if (rng.Uniform(500) == 0) Reshard(&harness.world.model, &rng);
        return harness.AllEnded();
      })) << harness.status.ToString();
      const Checkpoint checkpoint = harness.TakeCheckpoint();
      PutMixed(&harness, &rng);
      Reshard(&harness.world.model, &rng);
      PutMixed(&harness, &rng);
      harness.Restart(checkpoint, RandomWorkers(&rng));
    }
    ASSERT_TRUE(harness.RunUntil([&] { return harness.AllEnded(); })) << harness.status.ToString();
    ASSERT_EQ(harness.lines.size(), harness.put_count());
    ASSERT_EQ(harness.Disorder(), "");
    ASSERT_EQ(harness.WrongOrderKey(), "");
  }
}

// Shards that wait, and children that are not even listed, hold event time back after a restart as they did before.
TEST(KinesisRestartSimulation, NoRowIsLateAfterARestart) {
  for (uint64_t seed = 1; seed <= kRestartSeeds; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random rng(seed);
    ModelOptions options = RandomOptions(&rng);
    options.whole_second_arrivals = false;
    SourceHarness harness(seed, options);
    Prepare(&harness, &rng);
    harness.event_time = EventTimeSettings{0, 3600 * kMicrosPerSecond, 10 * kMicrosPerSecond};
    harness.world.model.SetFaults(RandomFaults(&rng));
    const auto put = [&] {
      for (uint64_t count = rng.Uniform(50); count > 0; count--) {
        harness.PutTimed("key" + std::to_string(rng.Uniform(10)), kMicrosPerSecond);
        if (rng.Uniform(4) == 0) harness.world.clock.Advance(static_cast<int64_t>(rng.Uniform(100'000)));
      }
    };
    harness.Start(SourceOffset::kEarliest, RandomWorkers(&rng));
    std::optional<Checkpoint> checkpoint;
    for (int round = 0; round < 15; round++) {
      put();
      if (rng.Uniform(2) == 0) Reshard(&harness.world.model, &rng);
      for (uint64_t steps = rng.Uniform(300); steps > 0; steps--) {
        ASSERT_TRUE(harness.Step()) << harness.status.ToString();
        if (harness.Ready() && rng.Uniform(100) == 0) checkpoint = harness.TakeCheckpoint();
      }
      if (!checkpoint || rng.Uniform(3) > 0) continue;
      harness.Stop();
      put();
      if (rng.Uniform(2) == 0) Reshard(&harness.world.model, &rng);
      harness.Restart(*checkpoint, RandomWorkers(&rng));
    }
    ASSERT_NO_FATAL_FAILURE(ExpectAll(&harness, {}));
    ASSERT_EQ(harness.late, 0);
  }
}

}  // namespace
}  // namespace laminar::kinesis
