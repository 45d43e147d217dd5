// Retry: a request that is repeated until it succeeds. Says when to try again, counts the failure and logs it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/backoff.h"
#include "base/metrics.h"
#include "base/random.h"
#include "connectors/kinesis/kinesis_api.h"

namespace laminar::kinesis {

constexpr int64_t kRetryBaseMicros = 100'000;
constexpr int64_t kRetryCapMicros = 10'000'000;

// Not thread-safe.
class Retry {
 public:
  // operation: a constant such as "GetRecords". Everything is borrowed and outlives the object; metrics may be nullptr.
  Retry(std::string_view operation, Random* random, PipelineMetrics* metrics)
      : operation_(operation), backoff_(random, kRetryBaseMicros, kRetryCapMicros), metrics_(metrics) {}

  // The request failed for a reason that may pass. Returns the SteadyMicros at which to send it again (full jitter).
  // The 1st, 2nd, 4th, 8th ... failure in a row is logged. `where`: the stream or shard, for the log.
  int64_t OnFailure(const ApiError& error, std::string_view where, int64_t now_micros);
  // Part of a request was refused and is sent again; `code` and `message` are those of one refused record.
  int64_t OnPartialFailure(size_t refused, size_t sent, const std::string& code, const std::string& message,
                           std::string_view where, int64_t now_micros);
  void OnSuccess();
  int failures() const { return failures_; }  // in a row

 private:
  bool WorthLogging() const { return (failures_ & (failures_ - 1)) == 0; }

  const std::string_view operation_;
  Backoff backoff_;
  PipelineMetrics* const metrics_;
  int failures_ = 0;
};

}  // namespace laminar::kinesis
