// The time that requests to one endpoint are signed with.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "aws/http_client.h"
#include "base/clock.h"

namespace laminar::aws {

// Thread-safe.
class SigningClock {
 public:
  // A Date header further from our clock than this makes a refused signature the clock's fault.
  static constexpr int64_t kMostSkewMicros = 4 * 60 * kMicrosPerSecond;

  // clock: borrowed.
  explicit SigningClock(const Clock* clock) : clock_(clock) {}

  // This machine's time, or, once that was corrected, the service's.
  int64_t WallMicros() const { return clock_->WallMicros() + offset_micros_; }
  // The service refused a signature, perhaps for its time. True: our time was wrong, by the answer's Date header, and
  // is right from now on; the request is worth repeating. endpoint: for the log.
  bool Correct(const HttpReply& refusal, const std::string& endpoint);

 private:
  const Clock* const clock_;
  std::atomic<int64_t> offset_micros_{0};  // the service's clock minus ours
};

}  // namespace laminar::aws
