#include "engine/restart_policy.h"

#include <utility>

namespace laminar {

namespace {

constexpr int64_t kMicrosPerHour = 3'600 * kMicrosPerSecond;
constexpr int64_t kFirstRestartMicros = 1'000'000, kLongestRestartMicros = 60'000'000;

}  // namespace

RestartPolicy::RestartPolicy(int most_an_hour, const Clock* clock, Random random)
    : most_an_hour_(static_cast<size_t>(most_an_hour)),
      clock_(clock),
      random_(std::move(random)),
      backoff_(&random_, kFirstRestartMicros, kLongestRestartMicros) {}

bool RestartPolicy::MayPass(const Status& status) {
  if (status.kind() == StatusKind::kBug) return true;
  return status.kind() == StatusKind::kEnvironment && status.code().empty();
}

std::optional<int64_t> RestartPolicy::AfterFailure(const Status& status, bool ran) {
  const int64_t now = clock_->SteadyMicros();
  while (!restarted_.empty() && now - restarted_.front() >= kMicrosPerHour) restarted_.pop_front();
  if (!MayPass(status) || !(ran || !restarted_.empty()) || restarted_.size() >= most_an_hour_) return std::nullopt;
  restarted_.push_back(now);
  return kFirstRestartMicros / 2 + backoff_.NextDelayMicros();
}

}  // namespace laminar
