// Seeded runs of a source with event time against the model: faults, splits and merges, uneven and silent shards. A
// failing seed replays: --gtest_filter=... with the seed that the message names.
#include <gtest/gtest.h>

#include "connectors/kinesis/random_world_for_test.h"
#include "connectors/kinesis/source_harness_for_test.h"

namespace laminar::kinesis {
namespace {

constexpr int kEventTimeSeeds = 200;
// A poll of a silent shard, a late start of the second in the Date header, the sketch's rounding.
constexpr int64_t kIdleErrorMicros = 2 * kMicrosPerSecond;

// Everybody's rows are equally old when they arrive, so the event times of a shard are in order.
struct Producer {
  SourceHarness* harness;
  Random* rng;
  int64_t lag_micros;
  int keys;

  void Put(uint64_t most) const {
    for (uint64_t count = rng->Uniform(most + 1); count > 0; count--) {
      // The square makes shards uneven, and some silent.
      const auto key = static_cast<int>(rng->UniformDouble() * rng->UniformDouble() * keys);
      harness->PutTimed("key" + std::to_string(key), lag_micros);
      if (rng->Uniform(4) == 0) harness->world.clock.Advance(static_cast<int64_t>(rng->Uniform(kMicrosPerSecond / 10)));
    }
  }
};

TEST(EventTimeSimulation, NoRowInOrderIsLateAndNoShardHoldsBackForEver) {
  for (uint64_t seed = 1; seed <= kEventTimeSeeds; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random rng(seed);
    ModelOptions options = RandomOptions(&rng);
    SourceHarness harness(seed, options);
    harness.world.context.source_buffer_bytes = rng.Uniform(2) == 0 ? 64 << 20 : 500;
    harness.world.model.CreateStream("in", 1 + static_cast<int>(rng.Uniform(4)));
    // Arrivals in whole seconds make the lag up to a second too short: that much delay makes up for it.
    const int64_t delay = options.whole_second_arrivals ? kMicrosPerSecond : 0;
    const int64_t skew = static_cast<int64_t>(rng.Uniform(3)) * kMicrosPerSecond;
    harness.event_time = EventTimeSettings{delay, 3600 * kMicrosPerSecond, skew};
    const Producer producer{&harness, &rng, static_cast<int64_t>(rng.Uniform(20)) * kMicrosPerSecond / 2,
                            1 + static_cast<int>(rng.Uniform(30))};
    harness.world.model.SetFaults(RandomFaults(&rng));
    for (int i = 0; i < 5; i++) {
      producer.Put(100);
      Reshard(&harness.world.model, &rng);
    }
    producer.Put(20);
    harness.downstream_micros = static_cast<int64_t>(rng.Uniform(2) * 300'000);
    harness.Start(SourceOffset::kEarliest, 1 + static_cast<int>(rng.Uniform(4)));
    for (uint64_t rounds = 5 + rng.Uniform(20); rounds > 0; rounds--) {
      producer.Put(100);
      if (rng.Uniform(3) == 0) Reshard(&harness.world.model, &rng);
      if (rng.Uniform(5) == 0) harness.world.clock.Advance(static_cast<int64_t>(rng.Uniform(5 * kMicrosPerSecond)));
      for (uint64_t steps = rng.Uniform(300); steps > 0; steps--) ASSERT_TRUE(harness.Step());
    }
    harness.PutTimed("key0", producer.lag_micros);
    const int64_t last = harness.world.clock.WallMicros() - producer.lag_micros;
    ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() >= harness.put_count(); }))
        << harness.status.ToString();
    ASSERT_EQ(harness.lines.size(), harness.put_count());
    ASSERT_EQ(harness.Disorder(), "");
    ASSERT_EQ(harness.late, 0);
    // The stream falls silent: its last row is passed all the same, by every shard.
    harness.world.model.SetFaults({});
    ASSERT_TRUE(harness.RunUntil([&] { return harness.mark->watermark() > last; }));
    ASSERT_TRUE(harness.RunFor(70 * kMicrosPerSecond));
    const int64_t now = harness.world.clock.WallMicros();
    ASSERT_GE(harness.mark->watermark(),
              now - producer.lag_micros - producer.lag_micros / 64 - delay - kIdleErrorMicros);
    ASSERT_LE(harness.mark->watermark(), now - producer.lag_micros + kMicrosPerSecond);
  }
}

TEST(EventTimeSimulation, TheLastWindowOfASilentStreamIsOutInTime) {
  for (uint64_t seed = 1; seed <= kEventTimeSeeds; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random rng(seed);
    ModelOptions options;
    options.says_millis_behind = rng.Uniform(2) == 0;
    SourceHarness harness(seed, options);
    harness.world.model.CreateStream("in", 4);
    ModelFaults way;
    way.max_delay_micros = 30'000;
    harness.world.model.SetFaults(way);
    const int64_t delay = static_cast<int64_t>(rng.Uniform(100)) * kMicrosPerSecond;
    const int64_t lag = static_cast<int64_t>(rng.Uniform(20)) * kMicrosPerSecond;
    harness.event_time = EventTimeSettings{delay, 3600 * kMicrosPerSecond, 60 * kMicrosPerSecond};
    harness.Start(SourceOffset::kLatest, 1 + static_cast<int>(rng.Uniform(2)));
    ASSERT_TRUE(harness.RunUntil([&] { return harness.Ready(); }));
    // Long enough for many Date headers; one shard or a few, the others silent all the time.
    const auto keys = 1 + rng.Uniform(3);
    for (uint64_t i = 30 + rng.Uniform(40); i > 0; i--) {
      harness.PutTimed("key" + std::to_string(rng.Uniform(keys)), lag);
      ASSERT_TRUE(harness.RunFor(static_cast<int64_t>(rng.Uniform(300'000))));
    }
    const int64_t end = harness.world.clock.WallMicros() - lag + kMicrosPerSecond;  // of the last window
    ASSERT_TRUE(harness.RunUntil([&] { return harness.mark->watermark() >= end; }));
    ASSERT_LE(harness.world.clock.WallMicros(), end + delay + lag + 2 * kMicrosPerSecond);
    ASSERT_EQ(harness.late, 0);
  }
}

TEST(EventTimeSimulation, ABacklogOfUnevenShardsStaysWithinTheSkew) {
  for (uint64_t seed = 1; seed <= kEventTimeSeeds; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random rng(seed);
    ModelOptions options = RandomOptions(&rng);
    options.whole_second_arrivals = false;
    options.max_answer_records = 1 + rng.Uniform(20);
    SourceHarness harness(seed, options);
    harness.world.context.source_buffer_bytes = rng.Uniform(2) == 0 ? 64 << 20 : 500;
    harness.world.model.CreateStream("in", 4);
    const int64_t skew = kMicrosPerSecond + static_cast<int64_t>(rng.Uniform(30 * kMicrosPerSecond));
    harness.event_time = EventTimeSettings{0, 3600 * kMicrosPerSecond, skew};
    // 20 rows of a shard are never more than 20 steps apart.
    constexpr int64_t kStep = kMicrosPerSecond / 2;
    const int keys = 1 + static_cast<int>(rng.Uniform(12));
    for (int i = 0; i < 1000; i++) {
      harness.PutTimed("key" + std::to_string(static_cast<int>(rng.UniformDouble() * rng.UniformDouble() * keys)), 0);
      harness.world.clock.Advance(static_cast<int64_t>(rng.Uniform(kStep)));
    }
    harness.world.model.SetFaults(RandomFaults(&rng));
    harness.Start(SourceOffset::kEarliest, 1 + static_cast<int>(rng.Uniform(4)));
    ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() >= harness.put_count(); }))
        << harness.status.ToString();
    ASSERT_EQ(harness.late, 0);
    ASSERT_LE(harness.most_skew_micros, skew);
  }
}

TEST(EventTimeSimulation, ABoundedReadEndsTime) {
  for (uint64_t seed = 1; seed <= kEventTimeSeeds; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random rng(seed);
    SourceHarness harness(seed, RandomOptions(&rng));
    harness.world.context.until_caught_up = true;
    harness.world.model.CreateStream("in", 1 + static_cast<int>(rng.Uniform(4)));
    harness.world.model.SetFaults(RandomFaults(&rng));
    harness.event_time = EventTimeSettings{kMicrosPerSecond, 3600 * kMicrosPerSecond, static_cast<int64_t>(rng.Uniform(5)) * kMicrosPerSecond};
    const Producer producer{&harness, &rng, kMicrosPerSecond, 20};
    for (int i = 0; i < 5; i++) {
      producer.Put(100);
      Reshard(&harness.world.model, &rng);
    }
    harness.downstream_micros = static_cast<int64_t>(rng.Uniform(2) * 300'000);
    harness.Start(SourceOffset::kEarliest, 1 + static_cast<int>(rng.Uniform(4)));
    const bool ended = harness.RunUntil([&] {
      if (rng.Uniform(200) == 0) producer.Put(100);
      if (rng.Uniform(500) == 0) Reshard(&harness.world.model, &rng);
      return harness.AllEnded();
    });
    ASSERT_TRUE(ended) << harness.status.ToString();
    ASSERT_EQ(harness.late, 0);
    ASSERT_EQ(harness.mark->watermark(), kEndOfTime);
  }
}

}  // namespace
}  // namespace laminar::kinesis
