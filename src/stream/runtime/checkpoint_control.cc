#include "stream/runtime/checkpoint_control.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace laminar {

CheckpointControl::CheckpointControl(Parts parts) : parts_(std::move(parts)), workers_(parts_.wakers.size()) {}

void CheckpointControl::Request(int64_t epoch, bool last) {
  {
    std::lock_guard lock(mutex_);
    CHECK(epoch > requested_.load(std::memory_order_relaxed));
    CHECK(last_.load(std::memory_order_relaxed) == 0);
    if (last) last_.store(epoch, std::memory_order_release);
    requested_.store(epoch, std::memory_order_release);
  }
  for (Waker* waker : parts_.wakers) waker->Wake();
}

void CheckpointControl::Committed(int64_t epoch) {
  committed_.store(epoch, std::memory_order_release);
  for (Waker* waker : parts_.wakers) waker->Wake();
}

Status CheckpointControl::ArriveLocked() {
  const int64_t epoch = requested_.load(std::memory_order_relaxed);
  if (arrived_epoch_.load(std::memory_order_relaxed) >= epoch) return Status::Ok();
  for (const Worker& worker : workers_) {
    if (!worker.left && worker.arrived < epoch) return Status::Ok();
  }
  RETURN_IF_ERROR(parts_.take_positions());
  arrived_epoch_.store(epoch, std::memory_order_release);
  for (Waker* waker : parts_.wakers) waker->Wake();
  return Status::Ok();
}

Status CheckpointControl::Arrive(int worker, int64_t epoch) {
  std::lock_guard lock(mutex_);
  workers_[static_cast<size_t>(worker)].arrived = epoch;
  return ArriveLocked();
}

bool CheckpointControl::CompleteLocked(std::vector<TaskState>* states) {
  const int64_t epoch = requested_.load(std::memory_order_relaxed);
  if (completed_ >= epoch || arrived_epoch_.load(std::memory_order_relaxed) < epoch) return false;
  for (const Worker& worker : workers_) {
    if (!worker.left && worker.handed_in < epoch) return false;
  }
  completed_ = epoch;
  for (Worker& worker : workers_) states->push_back(std::exchange(worker.state, {}));
  return true;
}

void CheckpointControl::HandIn(int worker, int64_t epoch, TaskState state) {
  std::vector<TaskState> states;
  {
    std::lock_guard lock(mutex_);
    Worker& of = workers_[static_cast<size_t>(worker)];
    of.handed_in = epoch;
    of.state = std::move(state);
    if (!CompleteLocked(&states)) return;
  }
  parts_.complete(epoch, std::move(states));
}

void CheckpointControl::AtEnd(int worker) {
  {
    std::lock_guard lock(mutex_);
    workers_[static_cast<size_t>(worker)].at_end = true;
    if (end_said_) return;
    for (const Worker& each : workers_) {
      if (!each.at_end && !each.left) return;
    }
    end_said_ = true;
  }
  parts_.at_end();
}

void CheckpointControl::Leave(int worker) {
  std::vector<TaskState> states;
  int64_t epoch = 0;
  {
    std::lock_guard lock(mutex_);
    workers_[static_cast<size_t>(worker)].left = true;
    epoch = requested_.load(std::memory_order_relaxed);
    if (!ArriveLocked().ok()) return;  // the pipeline is failing already, or the others learn it at their own arrival
    if (!CompleteLocked(&states)) return;
  }
  parts_.complete(epoch, std::move(states));
}

void CheckpointControl::Paused(int64_t micros) {
  last_pause_.store(micros, std::memory_order_relaxed);
  int64_t longest = longest_pause_.load(std::memory_order_relaxed);
  while (longest < micros && !longest_pause_.compare_exchange_weak(longest, micros, std::memory_order_relaxed)) {
  }
}

}  // namespace laminar
