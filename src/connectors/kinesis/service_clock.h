// ServiceClock: the time of the service's own clock, from the Date headers of its answers.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "base/clock.h"

namespace laminar::kinesis {

// Thread-safe.
class ServiceClock {
 public:
  // clock: borrowed.
  explicit ServiceClock(const Clock* clock) : clock_(clock) {}

  // An answer with this Date header (0 = none) was here at SteadyMicros now.
  void Observe(int64_t date_micros, int64_t now_micros);
  // The service's time at SteadyMicros t: never above it, and below it by no more than the quickest answer of the last
  // minutes took, once Dates with different fractions were seen. Without any Date: the local clock's whole second.
  int64_t At(int64_t steady_micros) const;

 private:
  const Clock* const clock_;
  mutable std::mutex mutex_;  // guards all below
  // The largest Date - SteadyMicros of this period and of the one before.
  std::optional<int64_t> offset_, offset_before_;
  int64_t period_ = 0;
};

}  // namespace laminar::kinesis
