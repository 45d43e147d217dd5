// Keeps a provider's answer until shortly before it expires. A source that has worked before and fails now gives
// kCredentialsUnavailable.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "aws/credentials.h"

namespace laminar::aws {

class CredentialsCache final : public CredentialsProvider {
 public:
  static constexpr int64_t kRefreshBeforeExpiryMicros = 5 * 60 * kMicrosPerSecond;
  static constexpr int64_t kMostAgeMicros = 15 * 60 * kMicrosPerSecond;  // so that changed files are noticed
  // After a failed refresh the old credentials serve until they expire; the source is asked again after this time.
  static constexpr int64_t kRetryMicros = 10 * kMicrosPerSecond;

  // clock: borrowed, outlives the object.
  CredentialsCache(std::unique_ptr<CredentialsProvider> source, const Clock* clock)
      : source_(std::move(source)), clock_(clock) {}
  ~CredentialsCache() override { source_.reset(); }  // its outstanding answer arrives before the members below go

  void Get(CredentialsCallback done) override;
  void Invalidate() override;

 private:
  void Fetched(CredentialsResult result);

  std::unique_ptr<CredentialsProvider> source_;
  const Clock* const clock_;
  std::mutex mutex_;
  std::shared_ptr<const Credentials> current_;  // guarded by mutex_; shared: with requests signed with them
  int64_t refresh_at_micros_ = 0;               // guarded by mutex_; wall clock
  bool ever_fetched_ = false;                   // guarded by mutex_
  bool fetching_ = false;                       // guarded by mutex_
  std::vector<CredentialsCallback> waiting_;    // guarded by mutex_
};

}  // namespace laminar::aws
