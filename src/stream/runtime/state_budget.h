// StateBudget: how much the operators of all workers hold (Operator::StateBytes), against their share of
// --memory-limit.
//
// Above the limit no worker reads its sources: windows that are being closed, and rows on their way between workers,
// may bring it down again. When no worker has either, for kPatience, nothing will: the pipeline has to end.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/waker.h"
#include "stream/plan.h"

namespace laminar {

class StateBudget {
 public:
  static constexpr int64_t kPatienceMicros = 1'000'000;

  // nodes: of the plan. clock and wakers (one a worker) are borrowed.
  StateBudget(int64_t limit_bytes, size_t nodes, const Clock* clock, std::vector<Waker*> wakers);

  // A worker says after each batch what a node holds; 0 at first. Only that worker may say it.
  void Hold(int worker, NodeId node, int64_t bytes);
  // After each step, whether it has results to give out or rows of other workers to take. May wake the workers.
  void EndStep(int worker, bool busy);
  // The worker makes no more steps.
  void Finish(int worker);

  int64_t limit() const { return limit_; }
  int64_t total() const { return total_.load(std::memory_order_relaxed); }
  bool Exceeded() const { return total() > limit_; }

  // When to ask GivesUp again; kNever while the limit is kept or a worker is busy.
  int64_t Deadline() const { return quiet_since_ == kNever ? kNever : quiet_since_ + kPatienceMicros; }
  struct Holder {
    NodeId node = 0;
    int64_t bytes = 0;  // over all workers
  };
  // Who holds most, when nothing will come free any more.
  std::optional<Holder> GivesUp() const;

 private:
  enum class Worker { kBusy, kIdle, kFinished };
  bool SetBusy(int worker, bool busy);
  std::atomic<int64_t>& At(int worker, NodeId node) const {
    return held_[static_cast<size_t>(worker) * nodes_ + static_cast<size_t>(node)];
  }

  const int64_t limit_;
  const size_t nodes_;
  const Clock* const clock_;
  const std::vector<Waker*> wakers_;
  const std::unique_ptr<std::atomic<int64_t>[]> held_;  // by worker and node
  std::atomic<int64_t> total_{0};
  std::atomic<bool> was_exceeded_{false};
  std::atomic<int64_t> quiet_since_{kNever};
  std::mutex mutex_;
  std::vector<Worker> workers_;  // guarded by mutex_; meaningful while the limit is exceeded
};

}  // namespace laminar
