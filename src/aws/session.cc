#include "aws/session.h"

#include <utility>

#include "aws/assume_role.h"
#include "aws/credentials_cache.h"
#include "aws/credentials_chain.h"
#include "aws/instance_metadata.h"
#include "aws/region.h"
#include "aws/service_endpoint.h"

namespace laminar::aws {

namespace {

class KeysProvider final : public CredentialsProvider {
 public:
  explicit KeysProvider(KeySource keys) : keys_(std::move(keys)) {}
  void Get(CredentialsCallback done) override {
    Result<Credentials> made = keys_();
    if (!made.ok()) return done(made.status());
    done(std::make_shared<const Credentials>(std::move(made).value()));
  }

 private:
  const KeySource keys_;
};

}  // namespace

Session::Session(const Clock* clock, uint64_t seed, Environment environment)
    : clock_(clock),
      environment_(std::move(environment)),
      runtime_(Runtime::Acquire()),
      profile_(*runtime_, environment_),
      random_(seed) {}

Result<std::string> Session::Region() {
  ASSIGN_OR_RETURN(std::string configured, ConfiguredRegion(environment_, profile_.Get("region")));
  if (!configured.empty()) return configured;
  std::lock_guard lock(mutex_);
  if (!instance_region_) instance_region_ = InstanceRegion(runtime_, environment_);
  return *instance_region_;
}

std::string Session::Endpoint(std::string_view service, const std::string& region) const {
  return ServiceEndpoint(service, region, environment_, profile_.Get("endpoint_url"));
}

Result<std::shared_ptr<CredentialsProvider>> Session::Credentials(const Role& role, const std::string& region,
                                                                  KeySource keys) {
  if (role.arn.empty() && !role.external_id.empty())
    return Status::User("aws_external_id is set without aws_role_arn", "Set aws_role_arn too, or remove it");
  if (!role.arn.empty() && (!role.arn.starts_with("arn:") || role.arn.find(":role/") == std::string::npos)) {
    return Status::User("'" + role.arn + "' is not the ARN of a role",
                        "Write aws_role_arn as arn:aws:iam::ACCOUNT:role/NAME");
  }
  ASSIGN_OR_RETURN(const auto tls, Tls());
  std::lock_guard lock(mutex_);
  if (keys) {
    auto own = std::make_shared<CredentialsCache>(std::make_unique<KeysProvider>(std::move(keys)), clock_);
    if (role.arn.empty()) return std::shared_ptr<CredentialsProvider>(std::move(own));
    return Assume(role, region, tls, std::move(own));
  }
  if (!chain_) chain_ = std::make_shared<CredentialsCache>(MakeCredentialsChain(runtime_, tls, environment_), clock_);
  if (role.arn.empty()) return chain_;
  auto& provider = roles_[{role.arn, role.external_id, region}];
  if (!provider) {
    ASSIGN_OR_RETURN(provider, Assume(role, region, tls, chain_));
  }
  return provider;
}

Result<std::shared_ptr<CredentialsProvider>> Session::Assume(const Role& role, const std::string& region,
                                                             std::shared_ptr<TlsContext> tls,
                                                             std::shared_ptr<CredentialsProvider> base) {
  ASSIGN_OR_RETURN(HttpEndpoint endpoint, ParseEndpoint(Endpoint("sts", region)));
  auto sts = std::make_unique<HttpClient>(runtime_, endpoint.tls ? std::move(tls) : nullptr, endpoint,
                                          HttpOptions{.max_connections = 2});
  const std::string name = "laminar-" + std::to_string(random_.Uniform(1'000'000'000));
  return std::shared_ptr<CredentialsProvider>(std::make_shared<CredentialsCache>(
      MakeAssumeRoleProvider(std::move(sts), std::move(base), {role.arn, role.external_id, name, region}, clock_),
      clock_));
}

Result<std::unique_ptr<HttpClient>> Session::Connect(HttpEndpoint endpoint, HttpOptions options) {
  std::shared_ptr<TlsContext> tls;
  if (endpoint.tls) {
    ASSIGN_OR_RETURN(tls, Tls());
  }
  return std::make_unique<HttpClient>(runtime_, std::move(tls), std::move(endpoint), options);
}

Result<std::shared_ptr<TlsContext>> Session::Tls() {
  std::lock_guard lock(mutex_);
  if (!tls_) {
    std::string ca_file = environment_("AWS_CA_BUNDLE");
    if (ca_file.empty()) ca_file = environment_("SSL_CERT_FILE");
    if (ca_file.empty()) ca_file = profile_.Get("ca_bundle");
    ASSIGN_OR_RETURN(tls_, TlsContext::Create(*runtime_, ca_file));
  }
  return tls_;
}

}  // namespace laminar::aws
