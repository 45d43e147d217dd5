#include "connectors/kinesis/retry.h"

#include <string>

#include "base/log.h"

namespace laminar::kinesis {

int64_t Retry::OnFailure(const ApiError& error, std::string_view where, int64_t now_micros) {
  ++failures_;
  if (metrics_ != nullptr) {
    metrics_->retries.Add(1);
    if (error.error_class == ErrorClass::kThrottled) metrics_->throttles.Add(1);
  }
  if (WorthLogging()) {
    LogWarning("a request failed and is sent again", {{"operation", std::string(operation_)},
                                                      {"where", std::string(where)},
                                                      {"cause", error.status.ToString()},
                                                      {"failures_in_a_row", std::to_string(failures_)}});
  }
  return now_micros + backoff_.NextDelayMicros();
}

int64_t Retry::OnPartialFailure(size_t refused, size_t sent, const std::string& code, const std::string& message,
                                std::string_view where, int64_t now_micros) {
  ++failures_;
  if (metrics_ != nullptr) {
    metrics_->retries.Add(refused);
    if (code == "ProvisionedThroughputExceededException") metrics_->throttles.Add(refused);
  }
  if (WorthLogging()) {
    LogWarning("some records of a request were refused and are sent again",
               {{"operation", std::string(operation_)},
                {"where", std::string(where)},
                {"refused", std::to_string(refused) + " of " + std::to_string(sent)},
                {"code", code},
                {"cause", message}});
  }
  // Progress: the service takes at least half of what it is given, so the wait need not grow.
  if (refused * 2 <= sent) backoff_.Reset();
  return now_micros + backoff_.NextDelayMicros();
}

void Retry::OnSuccess() {
  failures_ = 0;
  backoff_.Reset();
}

}  // namespace laminar::kinesis
