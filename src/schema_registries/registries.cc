#include "schema_registries/registries.h"

#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "aws/base64.h"
#include "aws/http_client.h"
#include "aws/region.h"
#include "base/random.h"
#include "schema_registries/cached_registry.h"
#include "schema_registries/confluent_client.h"
#include "schema_registries/glue_client.h"

namespace laminar {
namespace {

constexpr aws::HttpOptions kHttpOptions{.max_connections = 2};

class HttpSchemaRegistries final : public SchemaRegistries {
 public:
  HttpSchemaRegistries(std::shared_ptr<aws::Session> session, uint64_t seed)
      : session_(std::move(session)), random_(seed) {}

  Result<std::shared_ptr<SchemaRegistry>> Open(const SchemaRegistryOptions& options) override {
    std::lock_guard lock(mutex_);
    auto& registry = registries_[KeyOf(options)];
    if (registry != nullptr) return registry;
    ASSIGN_OR_RETURN(auto client, options.kind == RegistryKind::kGlue ? Glue(options) : Confluent(options));
    CachedRegistrySettings settings;
    settings.start_timeout_micros = options.start_timeout_ms * kMicrosPerMilli;
    registry = std::make_shared<CachedRegistry>(std::move(client), &session_->clock(), random_.Next(), settings);
    return registry;
  }

 private:
  using Client = std::unique_ptr<RegistryClient>;
  using Key = std::tuple<RegistryKind, std::string, std::string, std::string, std::string, int64_t, std::string,
                         std::string, std::string, std::string, std::string>;

  static Key KeyOf(const SchemaRegistryOptions& options) {
    const GlueRegistryOptions& glue = options.glue;
    return {options.kind,  options.endpoint,         options.username,  options.password,
            options.token, options.start_timeout_ms, glue.name,         glue.region,
            glue.role_arn, glue.external_id,         glue.compatibility};
  }

  Result<Client> Confluent(const SchemaRegistryOptions& options) {
    ASSIGN_OR_RETURN(aws::HttpEndpoint endpoint, EndpointOf(options.endpoint));
    ASSIGN_OR_RETURN(std::string authorization, Authorization(options));
    ASSIGN_OR_RETURN(auto http, session_->Connect(std::move(endpoint), kHttpOptions));
    return MakeConfluentClient(std::move(http), std::move(authorization));
  }

  Result<Client> Glue(const SchemaRegistryOptions& options) {
    GlueRegistryOptions glue = options.glue;
    if (glue.region.empty()) {
      ASSIGN_OR_RETURN(glue.region, session_->Region());
    }
    if (glue.region.empty()) {
      return Status::User(
          "no AWS region for the schema registry: looked at schema_registry.region, the stream's region, AWS_REGION, "
          "AWS_DEFAULT_REGION, the profile and the instance's metadata",
          "Add 'schema_registry.region' = '...', like us-east-1");
    }
    if (!aws::IsRegionName(glue.region)) {
      return Status::User("'" + glue.region + "' (schema_registry.region) is not the name of a region",
                          "Write it like us-east-1");
    }
    const bool is_named = !options.endpoint.empty();
    ASSIGN_OR_RETURN(aws::HttpEndpoint endpoint, is_named
                                                     ? EndpointOf(options.endpoint)
                                                     : aws::ParseEndpoint(session_->Endpoint("glue", glue.region)));
    ASSIGN_OR_RETURN(auto credentials, session_->Credentials({glue.role_arn, glue.external_id}, glue.region));
    ASSIGN_OR_RETURN(auto http, session_->Connect(std::move(endpoint), kHttpOptions));
    return MakeGlueClient(std::move(http), std::move(credentials), glue, &session_->clock());
  }

  static Result<aws::HttpEndpoint> EndpointOf(const std::string& url) {
    Result<aws::HttpEndpoint> endpoint = aws::ParseEndpoint(url);
    if (!endpoint.ok()) return Status(endpoint.status()).WithContext("schema_registry.endpoint");
    return endpoint;
  }

  Result<std::string> Authorization(const SchemaRegistryOptions& options) const {
    if (!options.token.empty()) {
      ASSIGN_OR_RETURN(const std::string token, Secret("schema_registry.token", options.token));
      return "Bearer " + token;
    }
    if (options.username.empty()) return std::string();
    ASSIGN_OR_RETURN(const std::string username, Secret("schema_registry.username", options.username));
    ASSIGN_OR_RETURN(const std::string password, Secret("schema_registry.password", options.password));
    std::string header = "Basic ";
    aws::Base64Append(username + ":" + password, &header);
    return header;
  }

  // The value itself, or, of "${NAME}", that variable's.
  Result<std::string> Secret(const std::string& option, const std::string& written) const {
    if (!written.starts_with("${") || !written.ends_with('}')) return written;
    const std::string name = written.substr(2, written.size() - 3);
    std::string value = session_->environment()(name);
    if (value.empty())
      return Status::User("the environment variable " + name + ", which " + option + " names, is not set",
                          "Set it where laminar is started");
    return value;
  }

  const std::shared_ptr<aws::Session> session_;  // shared: with all AWS clients of the process
  std::mutex mutex_;
  Random random_;                                              // guarded by mutex_
  std::map<Key, std::shared_ptr<SchemaRegistry>> registries_;  // guarded by mutex_; shared: by tables
};

}  // namespace

std::unique_ptr<SchemaRegistries> MakeHttpSchemaRegistries(std::shared_ptr<aws::Session> session, uint64_t seed) {
  return std::make_unique<HttpSchemaRegistries>(std::move(session), seed);
}

}  // namespace laminar
