// Retry: a request that is repeated until it succeeds. Says when to try again, counts the failure and logs it.
#pragma once

#include <cstdint>
#include <map>
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
  // counts: where failures are counted by their code; borrowed; nullptr: nowhere.
  explicit RetryLog(FailureCounts* counts = nullptr) : counts_(counts) {}
  RetryLog(const RetryLog&) = delete;

  void Count(std::string_view operation, std::string_view code, uint64_t retries, uint64_t throttles) {
    if (counts_ != nullptr) counts_->Add(operation, code.empty() ? kNoCode : code, retries, throttles);
  }
  // Counts a failure. True: write a line.
  bool OnFailure(int64_t now_micros);
  // Failures since the last line, that one included.
  int64_t TakeCount() { return std::exchange(count_, 0); }

 private:
  static constexpr std::string_view kNoCode = "NoAnswer";  // where the service did not give one
  FailureCounts* const counts_;
  int64_t count_ = 0;
  int64_t interval_micros_ = 0;
  int64_t next_line_micros_ = 0;
  int64_t last_failure_micros_ = 0;
};

// Not thread-safe.
class Retry {
 public:
  // From so many failures in a row on, some seconds after the first one, the request counts as failing.
  static constexpr int kFailingAfter = 8;

  // operation: a constant such as "GetRecords". All pointers are borrowed and outlive the object.
  Retry(std::string_view operation, Random* random, PipelineMetrics* metrics, RetryLog* log)
      : operation_(operation), backoff_(random, kRetryBaseMicros, kRetryCapMicros), metrics_(metrics), log_(log) {}
  ~Retry() { Answered(); }
  Retry(Retry&& other) noexcept
      : operation_(other.operation_),
        backoff_(other.backoff_),
        metrics_(other.metrics_),
        log_(other.log_),
        failures_(std::exchange(other.failures_, 0)) {}

  // The request failed for a reason that may pass. Returns the SteadyMicros at which to send it again (full jitter).
  // RetryLog says which failures are logged. `where`: the stream; shard: of it, "" = none of them.
  int64_t OnFailure(const ApiError& error, std::string_view where, int64_t now_micros, std::string_view shard = {});
  // Part of a request was refused and is sent again.
  struct Refused {
    size_t records = 0, of = 0;
    std::map<std::string, size_t> by_code;  // of the records
    std::string code, message;              // of one of them
  };
  int64_t OnPartialFailure(const Refused& refused, std::string_view where, int64_t now_micros);
  void OnSuccess() {
    backoff_.Reset();
    Answered();
  }

 private:
  void Failed() {
    if (++failures_ == kFailingAfter) metrics_->failing_requests.Add(1);
  }
  void Answered() {
    if (failures_ >= kFailingAfter) metrics_->failing_requests.Add(-1);
    failures_ = 0;
  }

  const std::string_view operation_;
  Backoff backoff_;
  PipelineMetrics* const metrics_;
  RetryLog* const log_;
  int failures_ = 0;  // in a row
};

}  // namespace laminar::kinesis
