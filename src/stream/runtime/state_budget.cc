#include "stream/runtime/state_budget.h"

#include <algorithm>

namespace laminar {

StateBudget::StateBudget(const Limits& limits, size_t nodes, const Clock* clock, std::vector<Waker*> wakers)
    : limits_(limits),
      nodes_(nodes),
      clock_(clock),
      wakers_(std::move(wakers)),
      held_(std::make_unique<std::atomic<int64_t>[]>(wakers_.size() * nodes)),
      workers_(wakers_.size(), Worker::kBusy) {}

void StateBudget::Hold(int worker, NodeId node, int64_t bytes) {
  std::atomic<int64_t>& held = At(worker, node);
  const int64_t before = held.load(std::memory_order_relaxed);
  if (before == bytes) return;
  held.store(bytes, std::memory_order_relaxed);
  total_.fetch_add(bytes - before, std::memory_order_relaxed);
}

void StateBudget::EndStep(int worker, bool busy) {
  if (!Exceeded() && !was_exceeded_.load(std::memory_order_relaxed)) return;
  if (SetBusy(worker, busy)) {
    for (Waker* waker : wakers_) waker->Wake();
  }
}

void StateBudget::Finish(int worker) {
  {
    std::lock_guard lock(mutex_);
    workers_[static_cast<size_t>(worker)] = Worker::kFinished;
  }
  if (SetBusy(worker, false)) {
    for (Waker* waker : wakers_) waker->Wake();
  }
}

// Whether the workers should be woken: to say whether they are busy, to wait for the end, or to read again. Only when
// one of these begins, or they would wake each other for ever.
bool StateBudget::SetBusy(int worker, bool busy) {
  std::lock_guard lock(mutex_);
  const bool exceeded = Exceeded();
  const bool changed = was_exceeded_.exchange(exceeded) != exceeded;
  if (changed && exceeded) {
    for (Worker& any : workers_) any = any == Worker::kFinished ? any : Worker::kBusy;
  }
  Worker& own = workers_[static_cast<size_t>(worker)];
  if (own != Worker::kFinished) own = busy ? Worker::kBusy : Worker::kIdle;
  const bool quiet = exceeded && std::find(workers_.begin(), workers_.end(), Worker::kBusy) == workers_.end();
  const bool begins = quiet && quiet_since_ == kNever;
  if (!quiet) quiet_since_ = kNever;
  if (begins) quiet_since_ = clock_->SteadyMicros();
  return changed || begins;
}

// Measured now and then: it is asked for after every few batches.
int64_t StateBudget::ResidentBytes() {
  constexpr int64_t kEveryMicros = 5'000;
  if (limits_.meter == nullptr) return 0;
  const int64_t now = clock_->SteadyMicros();
  if (now >= measure_at_.load(std::memory_order_relaxed)) {
    measure_at_.store(now + kEveryMicros, std::memory_order_relaxed);
    resident_.store(limits_.meter->ResidentBytes(), std::memory_order_relaxed);
  }
  return resident_.load(std::memory_order_relaxed);
}

std::optional<StateBudget::Verdict> StateBudget::GivesUp() {
  if (total() <= limits_.share_bytes / kSmallPart) return std::nullopt;
  const int64_t resident = ResidentBytes();
  const bool no_room = resident > limits_.process_bytes;
  if (!no_room && (!Exceeded() || clock_->SteadyMicros() < Deadline())) return std::nullopt;
  std::lock_guard lock(mutex_);
  if (verdict_) return verdict_;
  verdict_ = Verdict{0, 0, no_room ? resident : 0};
  for (size_t node = 0; node < nodes_; node++) {
    int64_t bytes = 0;
    for (size_t worker = 0; worker < wakers_.size(); worker++)
      bytes += At(static_cast<int>(worker), static_cast<NodeId>(node)).load(std::memory_order_relaxed);
    if (bytes <= verdict_->bytes) continue;
    verdict_->node = static_cast<NodeId>(node);
    verdict_->bytes = bytes;
  }
  return verdict_;
}

}  // namespace laminar
