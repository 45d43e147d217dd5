// Checkpointer: when checkpoints are taken, and how they get into their store. It asks for one (CheckpointControl), is
// given what the workers hand in, writes it while they go on, commits it, and tells them.
//
// What cannot be written is tried again, with growing pauses and an error in the log each time; the pipeline goes on
// meanwhile, and ends when it has failed too often. Steps block on the disk or the network: they have a thread of
// their own, or are made one by one by a simulation.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/waker.h"
#include "engine/checkpoint_store.h"
#include "stream/runtime/checkpoint_control.h"
#include "stream/state_shape.h"

namespace laminar {

class Checkpointer {
 public:
  struct Parts {
    CheckpointStore* store = nullptr;  // all pointers are borrowed
    const Clock* clock = nullptr;
    Random* random = nullptr;  // only for forking, in the constructor
    PipelineMetrics* metrics = nullptr;
    std::vector<Waker*> workers;
    Waker* own_thread = nullptr;  // woken when Step has something to do
    int64_t interval_micros = 10'000'000;
    int most_failures = 30;  // in a row
    size_t kept = 3;
    Manifest base;  // all but what a checkpoint is about; its number: of the one before the first
    std::vector<StateShape> shapes;
    // The sources, by table. No source is polled while it runs.
    std::function<Status(std::map<std::string, Manifest::Source>*)> take_positions;
    // One could not be written, and will be tried again; failures: how many times in a row.
    std::function<void(const Status&, int failures)> could_not = {};
    // Checkpoints cannot be taken any more: the pipeline has to end.
    std::function<void(const Status&)> fail;
    // All workers are at their end, and SourcesReady has not been called. Calls it, or is about to on another thread,
    // if all positions are fixed all the same: workers that reach their end at once may not have come to say so yet.
    // False: they are not.
    std::function<bool()> ready_at_end;
    // It is false: there will be no last checkpoint.
    std::function<void()> ends_without;
    // After each commit.
    std::function<void(int64_t checkpoint)> committed;
    // Whether the last checkpoint is one of a pipeline that came to its end: there is nothing to go on with.
    std::function<bool()> finished;
  };
  explicit Checkpointer(Parts parts);

  CheckpointControl* control() { return &control_; }

  // Any thread. All positions are fixed: the first checkpoint may be taken. at_once: it should be.
  void SourcesReady(bool at_once);
  // A sink holds much that waits for a checkpoint.
  void Want();

  // Does what is due; SteadyMicros when to come back if nobody wakes it before.
  int64_t Step();
  // The last checkpoint is committed, or there will be none.
  bool Idle() const;

 private:
  struct Taken {
    int64_t epoch = 0;
    std::map<std::string, Manifest::Source> sources;
    std::vector<TaskState> tasks;
    bool last = false;
    int64_t requested_micros = 0;
  };
  Status Store(Taken* taken);
  Manifest ManifestOf(const Taken& taken) const;
  void OnFailure(const Status& status, int64_t now_micros);
  void RequestIfDue(int64_t now_micros);

  const Parts parts_;
  Random random_;
  Backoff backoff_;  // of failures in a row
  CheckpointControl control_;

  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, Manifest::Source> positions_;
  std::optional<Taken> taken_;  // in hand
  bool ready_ = false, wanted_ = false, at_end_ = false, in_flight_ = false, last_requested_ = false, failed_ = false;
  int64_t next_;  // number
  int64_t due_micros_ = kNever, retry_micros_ = 0, requested_micros_ = 0;
};

}  // namespace laminar
