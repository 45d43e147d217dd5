// How a network callback tells a worker that it has something to do: callbacks put their result into a Mailbox and wake
// its owner; all real work happens on the worker's own thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace laminar {

// Thread-safe. Wake() may be called at any time, also before anyone waits: the next wait then returns at once. Waking
// one that is awake, or was woken and has not come round yet, costs an atomic exchange.
class Waker {
 public:
  virtual ~Waker() = default;
  virtual void Wake() = 0;
};

class ThreadWaker final : public Waker {
 public:
  void Wake() override;
  // Waits until Wake() or until clock.SteadyMicros() >= deadline_micros (kNever = no deadline). Only for a SystemClock.
  void WaitUntil(const Clock& clock, int64_t deadline_micros);

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  std::atomic<bool> woken_{false};
};

// Many producers, one consumer. Its bound is the number of requests its owner has in flight.
template <class T>
class Mailbox {
 public:
  explicit Mailbox(Waker* waker) : waker_(waker) {}  // borrowed; outlives the mailbox
  void Put(T item) {
    {
      std::lock_guard lock(mutex_);
      items_.push_back(std::move(item));
    }
    waker_->Wake();
  }
  // Everything that arrived since the last call, oldest first.
  std::vector<T> TakeAll() {
    std::lock_guard lock(mutex_);
    return std::exchange(items_, {});
  }
  bool Empty() const {
    std::lock_guard lock(mutex_);
    return items_.empty();
  }

 private:
  Waker* const waker_;
  mutable std::mutex mutex_;
  std::vector<T> items_;  // guarded by mutex_
};

}  // namespace laminar
