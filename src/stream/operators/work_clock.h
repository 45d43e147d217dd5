// WorkClock: which operator of a task is at work, so that the time of its thread can be told apart.
#pragma once

#include <cstdint>
#include <utility>

#include "base/clock.h"
#include "base/counter.h"

namespace laminar {

// Of one task, on its thread.
class WorkClock {
 public:
  // Borrowed.
  explicit WorkClock(const Clock* clock) : clock_(clock) {}
  WorkClock(const WorkClock&) = delete;

  // From now on the time (microseconds) is added to `to`; nullptr: to nothing. Returns what it was added to before.
  OwnCounter* Switch(OwnCounter* to) {
    const int64_t now = clock_->SteadyMicros();
    if (to_ != nullptr) to_->Add(static_cast<uint64_t>(now - since_micros_));
    since_micros_ = now;
    return std::exchange(to_, to);
  }

 private:
  const Clock* const clock_;
  OwnCounter* to_ = nullptr;
  int64_t since_micros_ = 0;
};

}  // namespace laminar
