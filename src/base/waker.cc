#include "base/waker.h"

#include <chrono>

namespace laminar {

void ThreadWaker::Wake() {
  if (woken_.exchange(true, std::memory_order_acq_rel)) return;
  { std::lock_guard lock(mutex_); }  // whoever waits has either seen it or is waiting by now
  condition_.notify_one();
}

void ThreadWaker::WaitUntil(const Clock& clock, int64_t deadline_micros) {
  std::unique_lock lock(mutex_);
  if (deadline_micros == kNever) {
    condition_.wait(lock, [this] { return woken_.load(); });
  } else {
    const int64_t left = deadline_micros - clock.SteadyMicros();
    if (left > 0) condition_.wait_for(lock, std::chrono::microseconds(left), [this] { return woken_.load(); });
  }
  woken_.exchange(false, std::memory_order_acq_rel);
}

}  // namespace laminar
