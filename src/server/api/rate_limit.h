// RateLimit: so many requests a second of each caller, with a burst: token buckets (RFC 2697's, without colours).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"

namespace laminar::server {

// Thread-safe.
class RateLimit {
 public:
  // clock: borrowed. per_second: 0 = any number.
  RateLimit(int64_t per_second, int64_t burst, const Clock* clock)
      : per_second_(per_second), burst_(burst), clock_(clock) {}

  // Takes one of the caller's. 0: it was there; else the microseconds until one is.
  int64_t Take(const std::string& caller);

 private:
  // More callers than these are forgotten, those that have been quiet the longest first.
  static constexpr size_t kMostCallers = 10'000;
  struct Bucket {
    double tokens = 0;
    int64_t at = 0;
  };

  const int64_t per_second_, burst_;
  const Clock* const clock_;
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;  // guarded by mutex_
};

}  // namespace laminar::server
