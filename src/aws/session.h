// What the clients of AWS services in one process share: the user's profile, TLS settings, credentials, the region.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>

#include "aws/credentials.h"
#include "aws/environment.h"
#include "aws/http_client.h"
#include "aws/profile.h"
#include "aws/runtime.h"
#include "base/clock.h"
#include "base/random.h"

namespace laminar::aws {

// As a table's options name it.
struct Role {
  std::string arn, external_id;  // arn "" = none is assumed
};

// Thread-safe.
class Session {
 public:
  // clock: borrowed, outlives the object and everything that it gave. seed: for the names of assumed roles' sessions.
  Session(const Clock* clock, uint64_t seed, Environment environment = ProcessEnvironment());

  const Clock& clock() const { return *clock_; }
  const Environment& environment() const { return environment_; }
  const Profile& profile() const { return profile_; }

  // The region that the settings name, else the instance's; "" = neither says. May wait as aws::InstanceRegion does.
  Result<std::string> Region();
  // The configured endpoint of a service, else AWS's own.
  std::string Endpoint(std::string_view service, const std::string& region) const;

  // Those of `keys`, or, where it is empty, of the default chain; or of a role that they assume. kUser: the options
  // contradict each other. Shared: by all clients of the default chain's with the same role.
  Result<std::shared_ptr<CredentialsProvider>> Credentials(const Role& role, const std::string& region,
                                                           KeySource keys = {});

  // Certificates are checked against AWS_CA_BUNDLE, SSL_CERT_FILE, the profile's ca_bundle, or the system's.
  Result<std::unique_ptr<HttpClient>> Connect(HttpEndpoint endpoint, HttpOptions options);

 private:
  Result<std::shared_ptr<TlsContext>> Tls();
  // mutex_ is held.
  Result<std::shared_ptr<CredentialsProvider>> Assume(const Role& role, const std::string& region,
                                                      std::shared_ptr<TlsContext> tls,
                                                      std::shared_ptr<CredentialsProvider> base);

  const Clock* const clock_;
  const Environment environment_;
  const std::shared_ptr<Runtime> runtime_;  // shared: with all network users of the process
  const Profile profile_;
  std::mutex mutex_;
  Random random_;                               // guarded by mutex_
  std::shared_ptr<TlsContext> tls_;             // guarded by mutex_; shared: by clients
  std::optional<std::string> instance_region_;  // guarded by mutex_; "" = there is none
  std::shared_ptr<CredentialsProvider> chain_;  // guarded by mutex_; shared: by clients and roles
  // guarded by mutex_; by role, external id and region
  std::map<std::tuple<std::string, std::string, std::string>, std::shared_ptr<CredentialsProvider>> roles_;
};

}  // namespace laminar::aws
