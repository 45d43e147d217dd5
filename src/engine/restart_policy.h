// RestartPolicy: whether a pipeline that has failed is started again from its last checkpoint, and after how long.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/status.h"

namespace laminar {

// One thread.
class RestartPolicy {
 public:
  // clock: borrowed.
  RestartPolicy(int most_an_hour, const Clock* clock, Random random);

  // A run has failed. ran: it had come to reading its sources; one that never did in all its runs has no cause that
  // passes. nullopt: it stays failed; else the microseconds to wait before the next run.
  std::optional<int64_t> AfterFailure(const Status& status, bool ran);
  // Whether another run may succeed: not where the script, the data, a permission or another process is the reason.
  static bool MayPass(const Status& status);

  size_t restarts_in_the_last_hour() const { return restarted_.size(); }

 private:
  const size_t most_an_hour_;
  const Clock* const clock_;
  Random random_;
  Backoff backoff_;
  std::deque<int64_t> restarted_;  // SteadyMicros, within the last hour
};

}  // namespace laminar
