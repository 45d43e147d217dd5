// Retries with exponential backoff and full jitter: the n-th delay is uniform in [0, min(cap, base * 2^n)], so that
// clients that failed together do not come back together. Source: M. Brooker, "Exponential Backoff And Jitter", AWS
// Architecture Blog, 2015.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "base/random.h"

namespace laminar {

// Not thread-safe. How often to try is the caller's decision: attempts() counts.
class Backoff {
 public:
  // random: borrowed, outlives the object. 0 < base <= cap, microseconds.
  Backoff(Random* random, int64_t base_micros, int64_t cap_micros)
      : random_(random), base_micros_(base_micros), cap_micros_(cap_micros) {
    CHECK(base_micros > 0 && base_micros <= cap_micros);
  }

  // How long to wait before the next attempt, microseconds.
  int64_t NextDelayMicros() {
    int64_t ceiling = base_micros_;
    for (int i = 0; i < attempts_ && ceiling < cap_micros_; ++i)
      ceiling = ceiling > cap_micros_ / 2 ? cap_micros_ : ceiling * 2;
    ceiling = std::min(ceiling, cap_micros_);
    ++attempts_;
    return static_cast<int64_t>(random_->Uniform(static_cast<uint64_t>(ceiling) + 1));
  }
  void Reset() { attempts_ = 0; }             // after a success
  int attempts() const { return attempts_; }  // delays handed out since the last success

 private:
  Random* const random_;
  const int64_t base_micros_, cap_micros_;
  int attempts_ = 0;
};

}  // namespace laminar
