#include "connectors/kinesis/retry.h"

#include <algorithm>
#include <string>

#include "base/log.h"

namespace laminar::kinesis {

namespace {
constexpr int64_t kFirstIntervalMicros = 1'000'000;
constexpr int64_t kLongestIntervalMicros = 60'000'000;
}  // namespace

bool RetryLog::OnFailure(int64_t now_micros) {
  if (now_micros - last_failure_micros_ > kLongestIntervalMicros) interval_micros_ = 0;
  last_failure_micros_ = now_micros;
  count_++;
  if (interval_micros_ > 0 && now_micros < next_line_micros_) return false;
  interval_micros_ =
      interval_micros_ == 0 ? kFirstIntervalMicros : std::min(2 * interval_micros_, kLongestIntervalMicros);
  next_line_micros_ = now_micros + interval_micros_;
  return true;
}

int64_t Retry::OnFailure(const ApiError& error, std::string_view where, int64_t now_micros, std::string_view shard) {
  metrics_->retries.Add(1);
  Failed();
  const bool throttled = error.error_class == ErrorClass::kThrottled;
  if (throttled) metrics_->throttles.Add(1);
  log_->Count(operation_, error.status.code(), 1, throttled ? 1 : 0);
  if (log_->OnFailure(now_micros)) {
    const std::string cause = error.status.ToString();  // mostly says the rest, too
    const auto unless_said = [&](std::string_view text) {
      return cause.find(text) == std::string::npos ? std::string(text) : "";
    };
    LogWarning("a request failed and is sent again", {{"operation", unless_said(operation_)},
                                                      {"where", unless_said(where)},
                                                      {"shard", std::string(shard)},
                                                      {"cause", cause},
                                                      {"failures", std::to_string(log_->TakeCount()), true}});
  }
  return now_micros + backoff_.NextDelayMicros();
}

int64_t Retry::OnPartialFailure(const Refused& refused, std::string_view where, int64_t now_micros) {
  metrics_->retries.Add(refused.records);
  refused.records < refused.of ? Answered() : Failed();
  for (const auto& [code, records] : refused.by_code) {
    const bool throttled = code == "ProvisionedThroughputExceededException";
    if (throttled) metrics_->throttles.Add(records);
    log_->Count(operation_, code, records, throttled ? records : 0);
  }
  if (log_->OnFailure(now_micros)) {
    LogWarning("some records of a request were refused and are sent again",
               {{"operation", std::string(operation_)},
                {"where", std::string(where)},
                {"refused", std::to_string(refused.records) + " of " + std::to_string(refused.of)},
                {"code", refused.code},
                {"cause", refused.message},
                {"failures", std::to_string(log_->TakeCount()), true}});
  }
  // Progress: the service takes at least half of what it is given, so the wait need not grow.
  if (refused.records * 2 <= refused.of) backoff_.Reset();
  return now_micros + backoff_.NextDelayMicros();
}

}  // namespace laminar::kinesis
