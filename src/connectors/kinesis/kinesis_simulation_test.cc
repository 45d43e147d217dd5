// Seeded runs of source and sink against the model with everything at once: faults, reshards, expiring iterators, slow
// listings, small answers, several workers. A failing seed replays: --gtest_filter=... with the seed that the message
// names.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "connectors/kinesis/kinesis_sink.h"
#include "connectors/kinesis/random_world_for_test.h"
#include "connectors/kinesis/source_harness_for_test.h"

namespace laminar::kinesis {
namespace {

constexpr int kSourceSeeds = 200;

void PutSome(SourceHarness* harness, Random* rng) {
  const uint64_t count = rng->Uniform(100);
  const bool with_bad = harness->world.table.bad_data == BadDataPolicy::kDrop;
  for (uint64_t i = 0; i < count; i++) {
    const std::string key = "key" + std::to_string(rng->Uniform(30));
    harness->Put(key);
    for (uint64_t bad = with_bad ? rng->Uniform(5) : 0; bad > 0; bad--) harness->world.model.Put("in", key, "bad");
  }
}

// Puts and reshards while the readers run.
void Churn(SourceHarness* harness, Random* rng) {
  const uint64_t rounds = 5 + rng->Uniform(20);
  for (uint64_t i = 0; i < rounds; i++) {
    PutSome(harness, rng);
    if (rng->Uniform(3) == 0) Reshard(&harness->world.model, rng);
    if (rng->Uniform(5) == 0) harness->world.clock.Advance(static_cast<int64_t>(rng->Uniform(5 * kMicrosPerSecond)));
    for (uint64_t steps = rng->Uniform(300); steps > 0; steps--) ASSERT_TRUE(harness->Step());
  }
}

TEST(KinesisSimulation, EarliestGivesEveryRecordOnceAndInOrder) {
  for (uint64_t seed = 1; seed <= kSourceSeeds; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random rng(seed);
    SourceHarness harness(seed, RandomOptions(&rng));
    harness.world.context.source_buffer_bytes = rng.Uniform(2) == 0 ? 64 << 20 : 500;
    harness.world.table.bad_data = rng.Uniform(2) == 0 ? BadDataPolicy::kDrop : BadDataPolicy::kFail;
    harness.world.model.CreateStream("in", 1 + static_cast<int>(rng.Uniform(4)));
    harness.world.model.SetFaults(RandomFaults(&rng));
    for (int i = 0; i < 5; i++) {
      PutSome(&harness, &rng);
      Reshard(&harness.world.model, &rng);
    }
    harness.downstream_micros = static_cast<int64_t>(rng.Uniform(2) * 300'000);
    harness.Start(SourceOffset::kEarliest, 1 + static_cast<int>(rng.Uniform(4)));
    ASSERT_NO_FATAL_FAILURE(Churn(&harness, &rng));
    ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() >= harness.put_count(); }))
        << harness.status.ToString();
    ASSERT_TRUE(harness.RunFor(2 * kMicrosPerSecond));
    ASSERT_EQ(harness.lines.size(), harness.put_count());
    ASSERT_EQ(harness.Disorder(), "");
    ASSERT_TRUE(harness.world.model.counts().violations.empty()) << harness.world.model.counts().violations[0];
  }
}

TEST(KinesisSimulation, LatestGivesWhatIsPutAfterReady) {
  for (uint64_t seed = 1; seed <= kSourceSeeds; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random rng(seed);
    SourceHarness harness(seed, RandomOptions(&rng));
    harness.world.model.CreateStream("in", 1 + static_cast<int>(rng.Uniform(4)));
    for (int i = 0; i < 5; i++) {
      PutSome(&harness, &rng);
      Reshard(&harness.world.model, &rng);
    }
    // Only a pin whose iterator is lost before any record is seen depends on the service's whole seconds.
    harness.world.clock.Advance(2 * kMicrosPerSecond);
    harness.world.model.SetFaults(RandomFaults(&rng));
    std::map<std::string, int> before = harness.put();
    harness.downstream_micros = static_cast<int64_t>(rng.Uniform(2) * 300'000);
    harness.Start(SourceOffset::kLatest, 1 + static_cast<int>(rng.Uniform(4)));
    if (rng.Uniform(2) == 0) Reshard(&harness.world.model, &rng);
    ASSERT_TRUE(harness.RunUntil([&] { return harness.Ready(); }));
    ASSERT_NO_FATAL_FAILURE(Churn(&harness, &rng));
    const uint64_t expected = [&] {
      uint64_t sum = 0;
      for (const auto& [key, count] : harness.put()) sum += static_cast<uint64_t>(count - before[key]);
      return sum;
    }();
    ASSERT_TRUE(harness.RunUntil([&] { return harness.lines.size() >= expected; })) << harness.status.ToString();
    ASSERT_TRUE(harness.RunFor(2 * kMicrosPerSecond));
    ASSERT_EQ(harness.lines.size(), expected);
    ASSERT_EQ(harness.Disorder(before), "");
  }
}

TEST(KinesisSimulation, ABoundedReadHasAllThatWasThereAtItsStart) {
  for (uint64_t seed = 1; seed <= kSourceSeeds; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random rng(seed);
    SourceHarness harness(seed, RandomOptions(&rng));
    harness.world.context.until_caught_up = true;
    harness.world.model.CreateStream("in", 1 + static_cast<int>(rng.Uniform(4)));
    harness.world.model.SetFaults(RandomFaults(&rng));
    for (int i = 0; i < 5; i++) {
      PutSome(&harness, &rng);
      Reshard(&harness.world.model, &rng);
    }
    const std::map<std::string, int> before = harness.put();
    harness.downstream_micros = static_cast<int64_t>(rng.Uniform(2) * 300'000);
    harness.Start(SourceOffset::kEarliest, 1 + static_cast<int>(rng.Uniform(4)));
    const bool ended = harness.RunUntil([&] {
      if (rng.Uniform(200) == 0) PutSome(&harness, &rng);
      if (rng.Uniform(500) == 0) Reshard(&harness.world.model, &rng);
      return harness.AllEnded();
    });
    ASSERT_TRUE(ended) << harness.status.ToString();
    ASSERT_EQ(harness.Disorder(), "");
    std::map<std::string, int> seen;
    for (const std::string& line : harness.lines) seen[line.substr(0, line.find(' '))]++;
    for (const auto& [key, count] : before) ASSERT_GE(seen[key], count) << key;
  }
}

TEST(KinesisSimulation, TheSinkWritesEveryRowAndRefusedOnesOnce) {
  for (uint64_t seed = 1; seed <= kSourceSeeds; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random rng(seed);
    TestWorld world(seed, RandomOptions(&rng));
    ModelFaults faults = RandomFaults(&rng);
    const bool exact = rng.Uniform(2) == 0;
    if (exact) faults.lost_answer = 0;  // then nothing may be there twice
    world.model.CreateStream("out", 3);
    world.model.SetFaults(faults);
    SinkSettings settings;
    settings.batch.records = 1 + static_cast<int64_t>(rng.Uniform(500));
    settings.batch.bytes = 100 + static_cast<int64_t>(rng.Uniform(20'000));
    settings.batch.interval_micros = static_cast<int64_t>(rng.Uniform(kMicrosPerSecond));
    settings.requests_in_flight = 1 + static_cast<int>(rng.Uniform(8));
    world.context.sink_buffer_bytes = rng.Uniform(2) == 0 ? 64 << 20 : 20'000;
    KinesisSink sink(world.model.Connect("out"), world.table, settings, world.context);
    ASSERT_TRUE(sink.Start(world.Wakers(1)).ok());
    std::unique_ptr<SinkWriter> writer = sink.CreateWriter(0);

    int pushed = 0;
    const int total = 1000 + static_cast<int>(rng.Uniform(2000));
    int steps = 0;
    while (!writer->Drained() || pushed < total) {
      ASSERT_LT(steps++, 1'000'000);
      if (pushed < total && writer->CanAccept() && rng.Uniform(3) == 0) {
        std::vector<std::string> lines;
        for (uint64_t i = 1 + rng.Uniform(200); i > 0 && pushed < total; i--) {
          lines.push_back(std::to_string(pushed++) + std::string(rng.Uniform(30), 'x'));
        }
        ASSERT_TRUE(writer->Push(line_format::MakeBatch(lines)).ok());
        if (pushed == total) writer->Finish();
      } else if (!world.model.Step()) {
        const int64_t next = std::min(writer->NextDeadline(), world.model.NextDue());
        if (next != kNever) world.clock.Advance(std::max<int64_t>(0, next - world.clock.SteadyMicros()));
      }
      ASSERT_TRUE(writer->Poll().ok());
    }
    const ModelKinesis::Counts counts = world.model.counts();
    ASSERT_TRUE(counts.violations.empty()) << counts.violations[0];
    ASSERT_LE(counts.most_put_records, static_cast<size_t>(settings.batch.records));
    ASSERT_LE(counts.most_put_bytes, static_cast<size_t>(settings.batch.bytes));
    std::multiset<int> written;
    for (const auto& record : world.model.Records("out")) written.insert(std::stoi(record.data));
    ASSERT_EQ(std::set<int>(written.begin(), written.end()).size(), static_cast<size_t>(total));
    if (exact) ASSERT_EQ(written.size(), static_cast<size_t>(total));
    ASSERT_EQ(world.metrics.rows_out.Get(), static_cast<uint64_t>(total));
    writer.reset();
    ASSERT_EQ(world.metrics.buffered_bytes.Get(), 0);
  }
}

}  // namespace
}  // namespace laminar::kinesis
