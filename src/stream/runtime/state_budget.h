// StateBudget: how much the operators of all workers hold (Operator::StateBytes), against their share of
// --memory-limit.
//
// Above that share no worker reads its sources: windows that are being closed, and rows on their way between workers,
// may bring it down again. When no worker has either, for kPatience, nothing will: the pipeline has to end. It ends at
// once when the whole process is above its limit and the state is not a small part of it (kSmallPart): there is no room
// to wait in. Some state is known only from the process: DuckDB's MIN and MAX keep strings outside of all counting.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/memory_meter.h"
#include "base/waker.h"
#include "stream/plan.h"

namespace laminar {

class StateBudget {
 public:
  static constexpr int64_t kPatienceMicros = 1'000'000;
  static constexpr int64_t kSmallPart = 8;  // of its share: an eighth

  struct Limits {
    int64_t share_bytes = INT64_MAX;     // of all operators of all workers
    int64_t process_bytes = INT64_MAX;   // of everything
    const MemoryMeter* meter = nullptr;  // borrowed; nullptr: the process is not measured
  };

  // nodes: of the plan. clock and wakers (one a worker) are borrowed.
  StateBudget(const Limits& limits, size_t nodes, const Clock* clock, std::vector<Waker*> wakers);

  // A worker says after each batch what a node holds; 0 at first. Only that worker may say it.
  void Hold(int worker, NodeId node, int64_t bytes);
  // After each step, whether it has results to give out or rows of other workers to take. May wake the workers.
  void EndStep(int worker, bool busy);
  // The worker makes no more steps.
  void Finish(int worker);

  const Limits& limits() const { return limits_; }
  int64_t total() const { return total_.load(std::memory_order_relaxed); }
  bool Exceeded() const { return total() > limits_.share_bytes; }

  // When to ask GivesUp again; kNever while the limit is kept or a worker is busy.
  int64_t Deadline() const { return quiet_since_ == kNever ? kNever : quiet_since_ + kPatienceMicros; }
  struct Verdict {
    NodeId node = 0;            // which holds most
    int64_t bytes = 0;          // that it holds, over all workers
    int64_t process_bytes = 0;  // that the process holds, where that is too much; else 0
  };
  // Why the pipeline has to end; from then on the same. nullopt: it need not.
  std::optional<Verdict> GivesUp();

 private:
  enum class Worker { kBusy, kIdle, kFinished };
  bool SetBusy(int worker, bool busy);
  int64_t ResidentBytes();
  std::atomic<int64_t>& At(int worker, NodeId node) const {
    return held_[static_cast<size_t>(worker) * nodes_ + static_cast<size_t>(node)];
  }

  const Limits limits_;
  const size_t nodes_;
  const Clock* const clock_;
  const std::vector<Waker*> wakers_;
  const std::unique_ptr<std::atomic<int64_t>[]> held_;  // by worker and node
  std::atomic<int64_t> total_{0};
  std::atomic<bool> was_exceeded_{false};
  std::atomic<int64_t> quiet_since_{kNever};
  std::atomic<int64_t> resident_{0}, measure_at_{INT64_MIN};
  std::mutex mutex_;
  std::vector<Worker> workers_;     // guarded by mutex_; meaningful while the limit is exceeded
  std::optional<Verdict> verdict_;  // guarded by mutex_
};

}  // namespace laminar
