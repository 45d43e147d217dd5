// Seeded runs of the sink's two guarantees: lost answers, requests that take effect late, refused and half-failed
// requests, deaths at any step, reshards, another number of workers after each start. A failing seed, which the message
// names, replays.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "connectors/kinesis/sink_run_for_test.h"

namespace laminar::kinesis {
namespace {

constexpr uint64_t kSeeds = 60;
constexpr int64_t kLongestDelayMicros = 100'000;
constexpr int64_t kMostLateMicros = 800'000;  // longer than a read-back that does not wait would take

struct Written {
  std::map<int, int> times;                // by row
  std::map<int, std::vector<int>> by_key;  // in the order of writing
};

Written ReadAll(ModelKinesis* model, int keys) {
  std::vector<ModelKinesis::StoredRecord> records = model->Records("out");
  std::sort(records.begin(), records.end(),
            [](const auto& a, const auto& b) { return a.sequence_number < b.sequence_number; });
  Written written;
  for (const auto& record : records) {
    const int row = std::stoi(record.data);
    if (written.times[row]++ == 0) written.by_key[row % keys].push_back(row);
  }
  return written;
}

struct Plan {
  bool exactly_once = false;
  bool keyed = false;
  int total = 0, keys = 1;
  int deaths = 0;  // at most
};

// Runs to the end; checks what was written.
void RunPlan(uint64_t seed, const Plan& plan) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random rng(seed * 7919);
  SinkSettings settings;
  settings.exactly_once = plan.exactly_once;
  settings.fence_wait_micros = kMostLateMicros + 2 * kLongestDelayMicros;
  settings.batch.records = 1 + static_cast<int64_t>(rng.Uniform(200));
  settings.batch.bytes = 200 + static_cast<int64_t>(rng.Uniform(20'000));
  settings.batch.interval_micros = static_cast<int64_t>(rng.Uniform(kMicrosPerSecond));
  settings.requests_in_flight = 1 + static_cast<int>(rng.Uniform(8));
  if (plan.keyed) settings.partition_key = {1};
  SinkRun run(seed, settings, plan.keys, RandomOptions(&rng));
  run.world.context.sink_buffer_bytes = rng.Uniform(2) == 0 ? 64 << 20 : 60'000;
  run.world.model.CreateStream("out", 1 + static_cast<int>(rng.Uniform(4)));
  ModelFaults faults = RandomFaults(&rng);
  faults.late_request = rng.Uniform(2) == 0 ? 0 : 0.2 * rng.UniformDouble();
  faults.failed_written_record = rng.Uniform(2) == 0 ? 0 : 0.05 * rng.UniformDouble();
  faults.orphaned_request = rng.UniformDouble();
  faults.most_late_micros = kMostLateMicros;
  faults.max_delay_micros = static_cast<int64_t>(rng.Uniform(kLongestDelayMicros));
  run.world.model.SetFaults(faults);

  run.Start(1 + static_cast<int>(rng.Uniform(3)));
  ASSERT_TRUE(run.status.ok()) << run.status.ToString();
  run.deaths = plan.deaths;
  uint64_t reshards = rng.Uniform(8);
  bool finished = false;
  const uint64_t death_every = 100 + rng.Uniform(3000);
  for (int steps = 0;; steps++) {
    ASSERT_LT(steps, 1'000'000) << run.Describe();
    // With few keys and many lost answers nearly every row would be a read-back of its own.
    if (steps == 50'000) run.world.model.SetFaults({});
    ASSERT_TRUE(run.Step(plan.total)) << run.status.ToString();
    if (reshards > 0 && rng.Uniform(500) == 0) {
      reshards--;
      Reshard(&run.world.model, &rng, "out");
    }
    if (run.deaths > 0 && (run.death_wish || rng.Uniform(death_every) == 0)) {
      run.deaths--;
      run.Kill();
      run.death_wish = false;
      finished = false;
      run.Start(1 + static_cast<int>(rng.Uniform(3)));
      ASSERT_TRUE(run.status.ok()) << run.status.ToString();
    }
    if (run.pushed == plan.total && !std::exchange(finished, true)) run.Finish();
    if (run.pushed == plan.total && run.committed_position() == plan.total && run.Drained()) break;
  }

  const Written written = ReadAll(&run.world.model, plan.keys);
  ASSERT_EQ(written.times.size(), static_cast<size_t>(plan.total));
  if (plan.exactly_once) {
    for (const auto& [row, times] : written.times) ASSERT_EQ(times, 1) << "row " << row;
  }
  if (plan.keyed) {
    for (const auto& [key, rows] : written.by_key) ASSERT_TRUE(std::is_sorted(rows.begin(), rows.end())) << key;
  }
  const ModelKinesis::Counts counts = run.world.model.counts();
  ASSERT_TRUE(counts.violations.empty()) << counts.violations[0];
  ASSERT_LE(counts.most_put_records, static_cast<size_t>(settings.batch.records));
  ASSERT_LE(counts.most_put_bytes, static_cast<size_t>(settings.batch.bytes));
  ASSERT_GT(run.checkpoints, 0);
  run.Kill();
  ASSERT_EQ(run.world.metrics.buffered_bytes.Get(), 0);
}

void RunSeeds(uint64_t first, uint64_t count, bool exactly_once, bool keyed) {
  for (uint64_t seed = first; seed < first + count; seed++) {
    Random rng(seed);
    Plan plan{.exactly_once = exactly_once, .keyed = keyed};
    plan.total = 500 + static_cast<int>(rng.Uniform(2500));
    plan.keys = 1 + static_cast<int>(rng.Uniform(keyed && rng.Uniform(3) == 0 ? 20 : 700));
    plan.deaths = static_cast<int>(rng.Uniform(6));
    RunPlan(seed, plan);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(SinkSimulation, ExactlyOnceWritesEveryRowOnce) {
  RunSeeds(1, kSeeds, true, false);
}

TEST(SinkSimulation, ExactlyOnceKeepsTheOrderOfAKey) {
  RunSeeds(10'000, kSeeds, true, true);
}

TEST(SinkSimulation, AtLeastOnceLosesNothing) {
  RunSeeds(20'000, kSeeds, false, false);
}

TEST(SinkSimulation, AtLeastOnceKeepsTheOrderOfAKey) {
  RunSeeds(30'000, kSeeds, false, true);
}

}  // namespace
}  // namespace laminar::kinesis
