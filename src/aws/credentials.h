// AWS credentials and where they come from.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/status.h"

namespace laminar::aws {

struct Credentials {
  std::string access_key_id, secret_access_key, session_token;
  int64_t expires_micros = kNever;  // wall clock
};

// Code of a failure that may pass by itself: the token service did not answer, or what worked before fails now.
constexpr char kCredentialsUnavailable[] = "CredentialsUnavailable";

// Makes credentials that do not expire; called again now and then, as what they are made of may change. Any thread.
using KeySource = std::function<Result<Credentials>()>;

using CredentialsResult =
    Result<std::shared_ptr<const Credentials>>;  // shared: by the cache and the requests signed with them
using CredentialsCallback = std::function<void(CredentialsResult)>;

// Thread-safe. `done` runs exactly once, on any thread, possibly before Get returns.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;  // waits for requests in flight; not to be called in a callback
  virtual void Get(CredentialsCallback done) = 0;
  // The service refused them as expired: the next Get fetches new ones. Default: nothing is cached.
  virtual void Invalidate() {}
};

}  // namespace laminar::aws
