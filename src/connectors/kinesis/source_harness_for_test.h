// For tests of the source: its readers run in a seeded order under a manual clock. What a reader hands out counts as
// delivered when the reader is polled again, which is what the runtime promises; so a child that is read before its
// parent is acknowledged shows up as rows out of order.
//
// With event time (settings for a SourceWatermark) a line is "key number time", its time so long before its arrival as
// PutTimed says, and the harness does what a task does: it reports every batch. A row is late when its time is below
// the source's watermark at the moment it is decoded.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/check.h"
#include "connectors/kinesis/kinesis_source.h"
#include "connectors/kinesis/kpl_writer_for_test.h"
#include "connectors/kinesis/world_for_test.h"

namespace laminar::kinesis {

class SourceHarness {
 public:
  explicit SourceHarness(uint64_t seed, ModelOptions options = {}) : world(seed, options), order_(seed + 2) {}
  ~SourceHarness() {
    readers_.clear();
    source_.reset();
  }

  void Start(SourceOffset offset, int workers) {
    settings.offset = offset;
    StartFrom(nullptr, workers);
  }

  // What a checkpoint would hold: every row that was given out, and the position behind them.
  struct Checkpoint {
    std::string position;
    std::vector<std::string> lines, origins;
    std::vector<uint64_t> order_keys;
  };
  // Requires Ready().
  Checkpoint TakeCheckpoint() const {
    auto position = source_->Position();
    CHECK_MSG(position.ok(), position.status().message().c_str());
    Checkpoint checkpoint{*position, lines, origins, order_keys};
    for (const Worker& worker : readers_) {
      for (const Row& row : worker.undelivered) {
        checkpoint.lines.push_back(row.line);
        checkpoint.origins.push_back(row.origin);
        checkpoint.order_keys.push_back(row.order_key);
      }
    }
    return checkpoint;
  }
  // The process dies.
  void Stop() {
    readers_.clear();
    source_.reset();
    mark.reset();
    reached.clear();
  }
  // Everything after the checkpoint is forgotten.
  void Restart(const Checkpoint& checkpoint, int workers) {
    Stop();
    lines = checkpoint.lines;
    origins = checkpoint.origins;
    order_keys = checkpoint.order_keys;
    StartFrom(&checkpoint.position, workers);
  }
  void Release() { source_->Release(); }

  void StartFrom(const std::string* position, int workers) {
    const std::vector<Waker*> wakers = world.Wakers(workers);
    if (event_time) {
      mark = std::make_unique<SourceWatermark>(*event_time, &world.clock, &source_metrics);
      mark->SetWakers(wakers);
      world.context.watermark = mark.get();
    }
    source_ = std::make_unique<KinesisSource>(world.model.Connect("in"), world.table, settings, world.context);
    if (position != nullptr) status = source_->Resume(*position);
    if (!status.ok()) return;
    status = source_->Start(wakers);
    for (int i = 0; i < workers; i++) {
      Worker& worker = readers_.emplace_back();
      worker.reader = source_->CreateReader(i);
      worker.waker = static_cast<CountingWaker*>(wakers[static_cast<size_t>(i)]);
    }
  }
  bool Ready() const { return source_->Ready(); }
  SourceReader& reader(int worker) { return *readers_[static_cast<size_t>(worker)].reader; }

  // "key number": numbers of a key count from 0.
  void Put(const std::string& key) { world.model.Put("in", key, key + " " + std::to_string(put_[key]++)); }
  // `count` rows of a key in one aggregated record, two rows in each of its user records.
  void PutAggregated(const std::string& key, int count) {
    std::vector<UserRecord> records;
    for (int i = 0; i < count; i++) {
      const std::string line = key + " " + std::to_string(put_[key]++);
      if (i % 2 == 0) records.push_back({key, ""});
      records.back().data += line + "\n";
    }
    world.model.Put("in", key, Aggregate(records));
  }
  // A row that is as old at its arrival as `lag_micros` says.
  void PutTimed(const std::string& key, int64_t lag_micros) {
    const std::string time = std::to_string(world.clock.WallMicros() - lag_micros);
    world.model.Put("in", key, key + " " + std::to_string(put_[key]++) + " " + time);
  }
  void PutMany(int keys, int count) {
    for (int i = 0; i < count; i++) Put("key" + std::to_string(i % keys));
  }
  uint64_t put_count() const {
    uint64_t sum = 0;
    for (const auto& [key, count] : put_) sum += static_cast<uint64_t>(count);
    return sum;
  }
  const std::map<std::string, int>& put() const { return put_; }

  // One step of the world, picked at random; the clock moves only when nothing else can happen. False: nothing will
  // ever happen again, or a reader failed (see status).
  bool Step() {
    const size_t actors = readers_.size() + 1;
    const size_t first = order_.Uniform(actors);
    for (size_t i = 0; i < actors; i++) {
      const size_t actor = (first + i) % actors;
      if (actor == readers_.size() ? world.model.Step() : Poll(&readers_[actor])) return status.ok();
      if (!status.ok()) return false;
    }
    int64_t next = world.model.NextDue();
    for (const Worker& worker : readers_) {
      if (worker.ended || worker.held_back) continue;
      next = std::min(next, std::max(worker.busy_until_micros, worker.reader->NextDeadline()));
      if (worker.Due()) next = std::min(next, worker.busy_until_micros);
    }
    if (next == kNever) return false;
    const int64_t now = world.clock.SteadyMicros();
    // An answer that waits in a mailbox gives no deadline; the rounds above have taken it already.
    CHECK(next > now || ++stuck_ < 10'000);
    if (next > now) stuck_ = 0;
    if (next > now) world.clock.Advance(next - now);
    return true;
  }
  template <class Condition>
  bool RunUntil(Condition condition, int most_steps = 1'000'000) {
    for (int i = 0; i < most_steps; i++) {
      if (condition()) return true;
      if (!Step()) return condition();
    }
    return false;
  }
  bool RunFor(int64_t micros) {
    const int64_t end = world.clock.SteadyMicros() + micros;
    return RunUntil([&] { return world.clock.SteadyMicros() >= end; });
  }
  bool AllEnded() const {
    return std::all_of(readers_.begin(), readers_.end(), [](const Worker& worker) { return worker.ended; });
  }
  // A worker that is held back is not polled, as under back-pressure.
  void HoldBack(int worker, bool held) { readers_[static_cast<size_t>(worker)].held_back = held; }

  // The longest that a batch takes downstream.
  int64_t downstream_micros = 0;
  // Everything delivered, in its order.
  std::vector<std::string> lines;
  std::vector<std::string> origins;  // of lines
  std::vector<uint64_t> order_keys;  // of lines
  Status status;
  TestWorld world;

  // Set before Start.
  SourceSettings settings;
  std::optional<EventTimeSettings> event_time;
  std::unique_ptr<SourceWatermark> mark;
  SourceMetrics source_metrics;
  int late = 0;                         // rows
  int64_t most_skew_micros = 0;         // how far above the source's watermark a split was when it was decoded
  std::map<uint32_t, int64_t> reached;  // the highest event time by split

  // "" when every key's rows came once and in their order, beginning with the number that `first` names (0 if it names
  // none).
  std::string Disorder(const std::map<std::string, int>& first = {}) const {
    std::map<std::string, int> next = first;
    for (const std::string& line : lines) {
      const size_t space = line.find(' ');
      const std::string key = line.substr(0, space);
      const int number = std::stoi(line.substr(space + 1));
      const int expected = next[key]++;
      if (number != expected)
        return "key " + key + ": row " + std::to_string(number) + " where " + std::to_string(expected) + " is due";
    }
    return "";
  }

  // "" when no two rows stand at one place, and those of a shard at rising ones.
  std::string WrongOrderKey() const {
    std::map<std::string, uint64_t> last;
    std::set<uint64_t> all;
    for (size_t i = 0; i < lines.size(); i++) {
      const std::string shard = origins[i].substr(0, origins[i].find(", sequence"));
      const auto [before, first] = last.try_emplace(shard, order_keys[i]);
      if (!first && before->second >= order_keys[i]) return "row '" + lines[i] + "' of " + origins[i] + " goes back";
      before->second = order_keys[i];
      if (!all.insert(order_keys[i]).second) return "row '" + lines[i] + "' stands where another one does";
    }
    return "";
  }

 private:
  struct Row {
    std::string line, origin;
    uint64_t order_key;
  };
  struct Worker {
    std::unique_ptr<SourceReader> reader;
    Batch batch;
    std::vector<Row> undelivered;
    bool ended = false, held_back = false, batch_out = false;
    const CountingWaker* waker = nullptr;
    int wakes_seen = -1;
    int64_t busy_until_micros = 0;  // with the batch that it handed out
    bool Due() const { return batch_out || waker->wakes() != wakes_seen; }
  };

  bool Poll(Worker* worker) {
    // As the runtime does: after a batch, a wake-up, or at its deadline; so a wake-up that is missing shows up as a
    // test that stalls.
    const int64_t now = world.clock.SteadyMicros();
    if (worker->ended || worker->held_back || worker->busy_until_micros > now) return false;
    const int wakes = worker->waker->wakes();
    if (!worker->Due() && worker->reader->NextDeadline() > now) return false;
    worker->wakes_seen = wakes;
    for (Row& row : worker->undelivered) {
      lines.push_back(std::move(row.line));
      origins.push_back(std::move(row.origin));
      order_keys.push_back(row.order_key);
    }
    worker->undelivered.clear();
    auto state = worker->reader->Poll(&worker->batch);
    if (!state.ok()) {
      status = state.status();
      return false;
    }
    worker->ended = *state == PollState::kEnd;
    worker->batch_out = *state == PollState::kBatch;
    if (!worker->batch_out) return true;
    worker->busy_until_micros =
        now + static_cast<int64_t>(order_.Uniform(static_cast<uint64_t>(downstream_micros) + 1));
    CHECK(worker->batch.rows() > 0);
    for (size_t i = 0; i < worker->batch.rows(); i++) {
      worker->undelivered.push_back({worker->batch.chunk().GetValue(0, i).ToString(), worker->batch.DescribeOrigin(i),
                                     worker->batch.order_key + i});
    }
    if (mark) Report(*worker);
    return true;
  }

  void Report(const Worker& worker) {
    const Batch& batch = worker.batch;
    const int64_t before = mark->watermark();
    const auto split = reached.find(batch.split);
    if (split != reached.end() && before != kNoWatermark)
      most_skew_micros = std::max(most_skew_micros, split->second - before);
    std::vector<int64_t> times, arrivals;
    for (size_t i = 0; i < batch.rows(); i++) {
      const std::string& line = worker.undelivered[i].line;
      times.push_back(std::stoll(line.substr(line.rfind(' '))));
      arrivals.push_back(batch.origins->ArrivalMicros(batch.OriginRow(i)));
      late += times.back() < before ? 1 : 0;
    }
    int64_t& highest = reached.try_emplace(batch.split, kNoWatermark).first->second;
    highest = std::max(highest, *std::max_element(times.begin(), times.end()));
    mark->OnRows(batch.split, times, arrivals);
  }

  Random order_;
  std::unique_ptr<KinesisSource> source_;
  std::vector<Worker> readers_;
  std::map<std::string, int> put_;
  int stuck_ = 0;
};

}  // namespace laminar::kinesis
