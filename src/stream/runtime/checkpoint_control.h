// CheckpointControl: how the workers of a pipeline take a checkpoint together.
//
//   Request(n)   every task stops polling its sources, once what they gave out has been pushed, and arrives
//   all arrived  the last one lets the positions of the sources be taken: they are of one moment for all workers
//   barriers     go through the tasks and, in band, over the edges between them
//   HandIn       each task gives the state of its operators, and goes on reading
//   HandIn       each of its writers becomes ready (SinkWriter::EpochReady)
//   complete     everything is in hand: whoever writes checkpoints is told
//
// One checkpoint at a time. Thread-safe; the tasks' own calls come from their threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/waker.h"
#include "connectors/connector.h"
#include "state/operator_state.h"
#include "stream/plan.h"

namespace laminar {

// What a checkpoint holds of one operator of a worker.
struct NodeState {
  NodeId node = 0;
  int64_t watermark = 0;  // Operator::watermark
  std::vector<StatePart> parts;
};

// What it holds of a worker.
struct TaskState {
  std::vector<NodeState> nodes;
  std::map<std::string, SinkState> sinks;  // by table
};

class CheckpointControl {
 public:
  struct Parts {
    std::vector<Waker*> wakers;  // one a worker; borrowed
    // Takes the positions of the sources; called while no source is polled, by one of the workers.
    std::function<Status()> take_positions;
    // Everything is in hand, by worker. Called by one of the workers; must not block.
    std::function<void(int64_t epoch, std::vector<TaskState>)> complete;
    // All workers have come to the end of what they read: the last checkpoint is due. Called by one of the workers.
    std::function<void()> at_end;
  };
  explicit CheckpointControl(Parts parts);

  // Requires that the one before is complete. Numbers rise. last: all workers are at their end, and finish after it.
  void Request(int64_t epoch, bool last = false);
  // From now on what writers sent on behalf of this epoch may be sent (SinkWriter::EpochCommitted).
  void Committed(int64_t epoch);

  // ---- the tasks'
  int64_t requested() const { return requested_.load(std::memory_order_acquire); }
  int64_t last() const { return last_.load(std::memory_order_acquire); }  // 0: not requested yet
  int64_t committed() const { return committed_.load(std::memory_order_acquire); }
  // The worker polls no source until its barrier. Error: the positions could not be taken.
  Status Arrive(int worker, int64_t epoch);
  bool AllArrived(int64_t epoch) const { return arrived_epoch_.load(std::memory_order_acquire) >= epoch; }
  void HandIn(int worker, int64_t epoch, TaskState state);
  // The worker has nothing more to read or to compute; it still takes checkpoints, up to the last one.
  void AtEnd(int worker);
  // The worker is done: it takes no more checkpoints.
  void Leave(int worker);
  // How long no source was read for a checkpoint, over all workers, at most (microseconds); said by each.
  void Paused(int64_t micros);
  int64_t longest_pause_micros() const { return longest_pause_.load(std::memory_order_relaxed); }
  int64_t last_pause_micros() const { return last_pause_.load(std::memory_order_relaxed); }

 private:
  struct Worker {
    int64_t arrived = 0, handed_in = 0;  // epochs
    bool at_end = false, left = false;
    TaskState state;
  };
  // mutex_ is held.
  Status ArriveLocked();
  bool CompleteLocked(std::vector<TaskState>* states);

  const Parts parts_;
  std::atomic<int64_t> requested_{0}, arrived_epoch_{0}, committed_{0}, last_{0};
  std::atomic<int64_t> longest_pause_{0}, last_pause_{0};
  std::mutex mutex_;
  std::vector<Worker> workers_;  // guarded by mutex_
  int64_t completed_ = 0;        // guarded by mutex_
  bool end_said_ = false;        // guarded by mutex_
};

}  // namespace laminar
