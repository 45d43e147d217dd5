// Seeded runs of the sink's two guarantees: lost answers, requests that take effect late, refused and half-failed
// requests, deaths at any step, reshards, another number of workers after each start. A failing seed, which the message
// names, replays.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "connectors/kinesis/hash_key.h"
#include "connectors/kinesis/kpl.h"
#include "connectors/kinesis/record_id.h"
#include "connectors/kinesis/sink_run_for_test.h"

namespace laminar::kinesis {
namespace {

constexpr uint64_t kSeeds = 60;
constexpr int64_t kLongestDelayMicros = 100'000;
constexpr int64_t kMostLateMicros = 800'000;  // longer than a read-back that does not wait would take

struct Plan {
  bool exactly_once = false;
  bool keyed = false;
  bool key_columns = false;  // the rows' keys and explicit hash keys are metadata columns
  bool aggregated = false;
  int total = 0, keys = 1;
  int deaths = 0;  // at most
};

struct Written {
  std::map<int, int> times;                // by row
  std::map<int, std::vector<int>> by_key;  // in the order of writing
  size_t records = 0;
};

// Aggregated records as a consumer takes them, whose shard may have been split around the record's own hash key: user
// records with any other hash key would be dropped.
Written ReadAll(ModelKinesis* model, const Plan& plan) {
  std::vector<ModelKinesis::StoredRecord> records = model->Records("out");
  std::sort(records.begin(), records.end(),
            [](const auto& a, const auto& b) { return a.sequence_number < b.sequence_number; });
  Written written;
  written.records = records.size();
  for (const auto& record : records) {
    const HashKey hash = record.explicit_hash_key.empty() ? HashKeyOf(record.partition_key)
                                                          : ParseHashKey(record.explicit_hash_key).value();
    const HashKeyRange exact{hash, hash};
    std::vector<KplRecord> rows;
    const KplOutcome outcome = Deaggregate(record.data, &exact, &rows);
    if (outcome == KplOutcome::kPlain) rows.push_back({record.data, record.partition_key});
    EXPECT_NE(outcome, KplOutcome::kOutOfRange);
    if (plan.key_columns) {
      const std::string key = HashKeyText(std::stoi(record.data) % plan.keys);
      EXPECT_EQ(record.explicit_hash_key, key);
    }
    for (const KplRecord& user : rows) {
      const int row = std::stoi(std::string(user.data));
      if (written.times[row]++ == 0) written.by_key[row % plan.keys].push_back(row);
      const std::string key = "key " + std::to_string(row % plan.keys);
      if (plan.keyed) EXPECT_EQ(user.partition_key.substr(0, user.partition_key.find(kIdSeparator)), key);
    }
  }
  return written;
}

// Runs to the end; checks what was written, and adds up the records.
void RunPlan(uint64_t seed, const Plan& plan, size_t* records) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random rng(seed * 7919);
  SinkSettings settings;
  settings.exactly_once = plan.exactly_once;
  settings.fence_wait_micros = kMostLateMicros + 2 * kLongestDelayMicros;
  settings.batch.records = 1 + static_cast<int64_t>(rng.Uniform(200));
  settings.batch.bytes = 200 + static_cast<int64_t>(rng.Uniform(20'000));
  settings.batch.interval_micros = static_cast<int64_t>(rng.Uniform(kMicrosPerSecond));
  settings.requests_in_flight = 1 + static_cast<int>(rng.Uniform(8));
  if (plan.keyed && !plan.key_columns) settings.partition_key = {1};
  if (plan.aggregated) {
    settings.aggregation = AggregationLimits{.bytes = 64 + static_cast<int64_t>(rng.Uniform(4000)),
                                             .rows = 1 + static_cast<int64_t>(rng.Uniform(300)),
                                             .key_groups = 1 + static_cast<uint32_t>(rng.Uniform(20))};
  }
  SinkRun run(seed, settings, plan.keys, plan.key_columns, RandomOptions(&rng));
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

  const Written written = ReadAll(&run.world.model, plan);
  *records += written.records;
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

// kind.total, keys and deaths are drawn. Returns how many rows shared a record, on average.
double RunSeeds(uint64_t first, uint64_t count, const Plan& kind) {
  size_t rows = 0, records = 0;
  for (uint64_t seed = first; seed < first + count; seed++) {
    Random rng(seed);
    Plan plan = kind;
    plan.total = 500 + static_cast<int>(rng.Uniform(2500));
    plan.keys = 1 + static_cast<int>(rng.Uniform(plan.keyed && rng.Uniform(3) == 0 ? 20 : 700));
    plan.deaths = static_cast<int>(rng.Uniform(6));
    RunPlan(seed, plan, &records);
    rows += static_cast<size_t>(plan.total);
    if (testing::Test::HasFailure()) break;
  }
  return static_cast<double>(rows) / static_cast<double>(records);
}

TEST(SinkSimulation, ExactlyOnceWritesEveryRowOnce) {
  RunSeeds(1, kSeeds, {.exactly_once = true});
}

TEST(SinkSimulation, ExactlyOnceKeepsTheOrderOfAKey) {
  RunSeeds(10'000, kSeeds, {.exactly_once = true, .keyed = true});
}

TEST(SinkSimulation, AtLeastOnceLosesNothing) {
  RunSeeds(20'000, kSeeds, {});
}

TEST(SinkSimulation, AtLeastOnceKeepsTheOrderOfAKey) {
  RunSeeds(30'000, kSeeds, {.keyed = true});
}

TEST(SinkSimulation, ExactlyOnceKeepsTheKeysOfColumns) {
  RunSeeds(80'000, kSeeds, {.exactly_once = true, .keyed = true, .key_columns = true});
}

TEST(SinkSimulation, AtLeastOnceKeepsTheKeysOfColumns) {
  RunSeeds(90'000, kSeeds, {.keyed = true, .key_columns = true});
}

TEST(SinkSimulation, AggregatedExactlyOnceWritesEveryRowOnce) {
  EXPECT_GT(RunSeeds(40'000, kSeeds, {.exactly_once = true, .aggregated = true}), 3);
}

TEST(SinkSimulation, AggregatedExactlyOnceKeepsTheOrderOfAKey) {
  EXPECT_GT(RunSeeds(50'000, kSeeds, {.exactly_once = true, .keyed = true, .aggregated = true}), 3);
}

TEST(SinkSimulation, AggregatedAtLeastOnceLosesNothing) {
  EXPECT_GT(RunSeeds(60'000, kSeeds, {.aggregated = true}), 3);
}

TEST(SinkSimulation, AggregatedAtLeastOnceKeepsTheOrderOfAKey) {
  EXPECT_GT(RunSeeds(70'000, kSeeds, {.keyed = true, .aggregated = true}), 3);
}

}  // namespace
}  // namespace laminar::kinesis
