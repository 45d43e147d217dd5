#include "connectors/kinesis/factory.h"

#include <map>
#include <mutex>
#include <optional>
#include <tuple>

#include "aws/assume_role.h"
#include "aws/credentials_cache.h"
#include "aws/credentials_chain.h"
#include "aws/http_client.h"
#include "aws/instance_metadata.h"
#include "aws/profile.h"
#include "aws/runtime.h"
#include "aws/service_endpoint.h"
#include "base/random.h"
#include "connectors/kinesis/client.h"
#include "connectors/kinesis/resolve.h"

namespace laminar::kinesis {

namespace {

class HttpKinesisApiFactory final : public KinesisApiFactory {
 public:
  HttpKinesisApiFactory(const Clock* clock, uint64_t seed, aws::Environment environment)
      : clock_(clock),
        environment_(std::move(environment)),
        runtime_(aws::Runtime::Acquire()),
        profile_(*runtime_, environment_),
        random_(seed) {}

  Result<std::unique_ptr<KinesisApi>> Open(const StreamOptions& options) override {
    if (options.stream_name.empty() && options.stream_arn.empty()) {
      return Status::User("no stream is named", "Set stream_name or stream_arn");
    }
    const ProfileSetting profile = [this](const std::string& key) { return profile_.Get(key); };
    ASSIGN_OR_RETURN(std::optional<std::string> region, ResolveRegion(options, environment_, profile));
    if (!region) region = InstanceRegion();
    if (region->empty()) return NoRegion(options);
    Target target{options.stream_name, options.stream_arn, *region,
                  ResolveEndpoint(options, *region, environment_, profile)};
    if (target.stream_name.empty()) {
      ASSIGN_OR_RETURN(const StreamArn arn, ParseStreamArn(options.stream_arn));
      target.stream_name = arn.stream_name;
    }
    ASSIGN_OR_RETURN(aws::HttpEndpoint endpoint, aws::ParseEndpoint(target.endpoint));
    ASSIGN_OR_RETURN(std::shared_ptr<aws::CredentialsProvider> credentials, CredentialsFor(options, *region));
    std::shared_ptr<aws::TlsContext> tls;
    if (endpoint.tls) {
      ASSIGN_OR_RETURN(tls, Tls());
    }
    aws::HttpOptions http_options;
    http_options.max_connections = static_cast<size_t>(std::max(1, options.max_connections));
    auto http = std::make_unique<aws::HttpClient>(runtime_, tls, std::move(endpoint), http_options);
    auto state = StateOf(target.endpoint, http->endpoint().host);
    return std::unique_ptr<KinesisApi>(std::make_unique<HttpKinesisApi>(
        std::move(target), std::move(http), std::move(credentials), std::move(state), clock_));
  }

 private:
  Result<std::shared_ptr<aws::TlsContext>> Tls() {
    std::lock_guard lock(mutex_);
    if (!tls_) {
      std::string ca_file = environment_("AWS_CA_BUNDLE");
      if (ca_file.empty()) ca_file = environment_("SSL_CERT_FILE");
      if (ca_file.empty()) ca_file = profile_.Get("ca_bundle");
      ASSIGN_OR_RETURN(tls_, aws::TlsContext::Create(*runtime_, ca_file));
    }
    return tls_;
  }

  std::string InstanceRegion() {
    std::lock_guard lock(mutex_);
    if (!instance_region_) instance_region_ = aws::InstanceRegion(runtime_, environment_);
    return *instance_region_;
  }

  Result<std::shared_ptr<aws::CredentialsProvider>> CredentialsFor(const StreamOptions& options,
                                                                   const std::string& region) {
    ASSIGN_OR_RETURN(auto tls, Tls());
    std::lock_guard lock(mutex_);
    if (!chain_)
      chain_ = std::make_shared<aws::CredentialsCache>(aws::MakeCredentialsChain(runtime_, tls, environment_), clock_);
    if (options.role_arn.empty()) {
      if (!options.external_id.empty())
        return Status::User("aws_external_id is set without aws_role_arn", "Set aws_role_arn too, or remove it");
      return chain_;
    }
    if (!options.role_arn.starts_with("arn:") || options.role_arn.find(":role/") == std::string::npos) {
      return Status::User("'" + options.role_arn + "' is not the ARN of a role",
                          "Write aws_role_arn as arn:aws:iam::ACCOUNT:role/NAME");
    }
    auto& role = roles_[{options.role_arn, options.external_id, region}];
    if (!role) {
      ASSIGN_OR_RETURN(aws::HttpEndpoint endpoint, aws::ParseEndpoint(aws::ServiceEndpoint(
                                                       "sts", region, environment_, profile_.Get("endpoint_url"))));
      auto sts = std::make_unique<aws::HttpClient>(runtime_, endpoint.tls ? tls : nullptr, endpoint,
                                                   aws::HttpOptions{.max_connections = 2});
      const std::string session = "laminar-" + std::to_string(random_.Uniform(1'000'000'000));
      role = std::make_shared<aws::CredentialsCache>(
          aws::MakeAssumeRoleProvider(std::move(sts), chain_, {options.role_arn, options.external_id, session, region},
                                      clock_),
          clock_);
    }
    return role;
  }

  std::shared_ptr<EndpointState> StateOf(const std::string& endpoint, const std::string& host) {
    std::lock_guard lock(mutex_);
    auto& state = states_[endpoint];
    if (!state) {
      state = std::make_shared<EndpointState>();
      const std::string disabled = environment_("AWS_CBOR_DISABLE");
      if (disabled == "1" || disabled == "true") {
        state->wire = WireState::kJson;
      } else if (IsAwsHost(host)) {
        state->wire = WireState::kCbor;
      }
    }
    return state;
  }

  const Clock* const clock_;
  const aws::Environment environment_;
  const std::shared_ptr<aws::Runtime> runtime_;
  const aws::Profile profile_;
  std::mutex mutex_;
  Random random_;                                    // guarded by mutex_
  std::shared_ptr<aws::TlsContext> tls_;             // guarded by mutex_
  std::optional<std::string> instance_region_;       // guarded by mutex_; "" = there is none
  std::shared_ptr<aws::CredentialsProvider> chain_;  // guarded by mutex_
  // guarded by mutex_; by role, external id and region
  std::map<std::tuple<std::string, std::string, std::string>, std::shared_ptr<aws::CredentialsProvider>> roles_;
  std::map<std::string, std::shared_ptr<EndpointState>> states_;  // guarded by mutex_; by endpoint
};

}  // namespace

std::unique_ptr<KinesisApiFactory> MakeHttpKinesisApiFactory(const Clock* clock, uint64_t seed,
                                                             aws::Environment environment) {
  return std::make_unique<HttpKinesisApiFactory>(clock, seed, std::move(environment));
}

}  // namespace laminar::kinesis
