#include "base/waker.h"

#include <chrono>

namespace laminar {

void ThreadWaker::Wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  condition_.notify_one();
}

void ThreadWaker::WaitUntil(const Clock& clock, int64_t deadline_micros) {
  std::unique_lock lock(mutex_);
  if (deadline_micros == kNever) {
    condition_.wait(lock, [this] { return woken_; });
  } else {
    const int64_t left = deadline_micros - clock.SteadyMicros();
    if (left > 0) condition_.wait_for(lock, std::chrono::microseconds(left), [this] { return woken_; });
  }
  woken_ = false;
}

}  // namespace laminar
