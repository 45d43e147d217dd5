#include "aws/credentials_cache.h"

#include <algorithm>

namespace laminar::aws {

void CredentialsCache::Get(CredentialsCallback done) {
  {
    std::unique_lock lock(mutex_);
    const int64_t now = clock_->WallMicros();
    const bool usable = current_ && now < current_->expires_micros;
    if (usable && (fetching_ || now < refresh_at_micros_)) {
      const auto current = current_;
      lock.unlock();
      done(current);
      return;
    }
    waiting_.push_back(std::move(done));
    if (fetching_) return;
    fetching_ = true;
  }
  source_->Get([this](CredentialsResult result) { Fetched(std::move(result)); });
}

void CredentialsCache::Invalidate() {
  std::lock_guard lock(mutex_);
  current_ = nullptr;
}

void CredentialsCache::Fetched(CredentialsResult result) {
  std::vector<CredentialsCallback> waiting;
  {
    std::lock_guard lock(mutex_);
    const int64_t now = clock_->WallMicros();
    if (result.ok()) {
      current_ = result.value();
      ever_fetched_ = true;
      const int64_t expires = current_->expires_micros;
      refresh_at_micros_ = now + kMostAgeMicros;
      if (expires != kNever) refresh_at_micros_ = std::min(refresh_at_micros_, expires - kRefreshBeforeExpiryMicros);
    } else if (current_ && now < current_->expires_micros) {
      result = current_;
      refresh_at_micros_ = now + kRetryMicros;
    } else if (ever_fetched_) {
      result = Status::Environment(result.status().message(), result.status().hint()).WithCode(kCredentialsUnavailable);
    }
    fetching_ = false;
    waiting.swap(waiting_);
  }
  for (auto& done : waiting) done(result);
}

}  // namespace laminar::aws
