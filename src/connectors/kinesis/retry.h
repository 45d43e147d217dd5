// Retry: a request that is repeated until it succeeds. Says when to try again, counts the failure and logs it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/backoff.h"
#include "base/metrics.h"
#include "base/random.h"
#include "connectors/kinesis/kinesis_api.h"

namespace laminar::kinesis {

constexpr int64_t kRetryBaseMicros = 100'000;
constexpr int64_t kRetryCapMicros = 5'000'000;

// Which failures are worth a line in the log, over all requests of one kind of one owner: the first, then at intervals
// that double up to a minute; after a minute without a failure the next one is a first again. Not thread-safe.
class RetryLog {
 public:
  // Counts a failure. True: write a line.
  bool OnFailure(int64_t now_micros);
  // Failures since the last line, that one included.
  int64_t TakeCount() { return std::exchange(count_, 0); }

 private:
  int64_t count_ = 0;
  int64_t interval_micros_ = 0;
  int64_t next_line_micros_ = 0;
  int64_t last_failure_micros_ = 0;
};

// Not thread-safe.
class Retry {
 public:
  // operation: a constant such as "GetRecords". All pointers are borrowed and outlive the object.
  Retry(std::string_view operation, Random* random, PipelineMetrics* metrics, RetryLog* log)
      : operation_(operation), backoff_(random, kRetryBaseMicros, kRetryCapMicros), metrics_(metrics), log_(log) {}

  // The request failed for a reason that may pass. Returns the SteadyMicros at which to send it again (full jitter).
  // The 1st, 2nd, 4th, 8th ... failure in a row is logged. `where`: the stream or shard, for the log.
  int64_t OnFailure(const ApiError& error, std::string_view where, int64_t now_micros);
  // Part of a request was refused and is sent again; `code` and `message` are those of one refused record.
  int64_t OnPartialFailure(size_t refused, size_t sent, const std::string& code, const std::string& message,
                           std::string_view where, int64_t now_micros);
  void OnSuccess() { backoff_.Reset(); }

 private:
  const std::string_view operation_;
  Backoff backoff_;
  PipelineMetrics* const metrics_;
  RetryLog* const log_;
};

}  // namespace laminar::kinesis
