#include "server/api/rate_limit.h"

#include <algorithm>

namespace laminar::server {

int64_t RateLimit::Take(const std::string& caller) {
  if (per_second_ == 0) return 0;
  const int64_t now = clock_->SteadyMicros();
  const std::lock_guard lock(mutex_);
  const auto [found, is_new] = buckets_.try_emplace(caller);
  Bucket& bucket = found->second;
  if (is_new) {
    bucket = {static_cast<double>(burst_), now};
    if (buckets_.size() > kMostCallers) {
      auto oldest = std::min_element(buckets_.begin(), buckets_.end(),
                                     [](const auto& a, const auto& b) { return a.second.at < b.second.at; });
      if (oldest != found) buckets_.erase(oldest);
    }
  }
  const double gained = static_cast<double>(now - bucket.at) * static_cast<double>(per_second_) / 1e6;
  bucket.tokens = std::min(static_cast<double>(burst_), bucket.tokens + gained);
  bucket.at = now;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return 0;
  }
  return static_cast<int64_t>((1 - bucket.tokens) * 1e6 / static_cast<double>(per_second_)) + 1;
}

}  // namespace laminar::server
