#include "schema_registries/registries.h"

#include <map>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

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
  using Key = std::tuple<RegistryKind, int64_t, std::vector<std::string>>;

  static Key KeyOf(const SchemaRegistryOptions& options) {
    const GlueRegistryOptions& glue = options.glue;
    return {options.kind,
            options.start_timeout_ms,
            {options.endpoint, options.username, options.password, options.token, glue.name, glue.region, glue.role_arn,
             glue.external_id, glue.compatibility, glue.access_key_id, glue.secret_access_key, glue.session_token}};
  }

  Result<Client> Confluent(const SchemaRegistryOptions& options) {
    ASSIGN_OR_RETURN(aws::HttpEndpoint endpoint, EndpointOf(options.endpoint));
    ASSIGN_OR_RETURN(auto http, session_->Connect(std::move(endpoint), kHttpOptions));
    return MakeConfluentClient(std::move(http), Authorization(options));
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
    aws::KeySource keys;
    if (!glue.access_key_id.empty()) keys = [options] { return Keys(options); };
    ASSIGN_OR_RETURN(auto credentials,
                     session_->Credentials({glue.role_arn, glue.external_id}, glue.region, std::move(keys)));
    ASSIGN_OR_RETURN(auto http, session_->Connect(std::move(endpoint), kHttpOptions));
    return MakeGlueClient(std::move(http), std::move(credentials), glue, &session_->clock());
  }

  static Result<aws::HttpEndpoint> EndpointOf(const std::string& url) {
    Result<aws::HttpEndpoint> endpoint = aws::ParseEndpoint(url);
    if (!endpoint.ok()) return Status(endpoint.status()).WithContext("schema_registry.endpoint");
    return endpoint;
  }

  // Revealed for each request, of which there are few: a secret that has been changed counts at once.
  static AuthorizationSource Authorization(const SchemaRegistryOptions& options) {
    if (!options.token.empty()) {
      return [options]() -> Result<std::string> {
        ASSIGN_OR_RETURN(const std::string token, Reveal(options, "schema_registry.token", options.token));
        return "Bearer " + token;
      };
    }
    if (options.username.empty()) return nullptr;
    return [options]() -> Result<std::string> {
      ASSIGN_OR_RETURN(const std::string username, Reveal(options, "schema_registry.username", options.username));
      ASSIGN_OR_RETURN(const std::string password, Reveal(options, "schema_registry.password", options.password));
      std::string header = "Basic ";
      aws::Base64Append(username + ":" + password, &header);
      return header;
    };
  }

  static Result<aws::Credentials> Keys(const SchemaRegistryOptions& options) {
    const GlueRegistryOptions& glue = options.glue;
    aws::Credentials keys;
    ASSIGN_OR_RETURN(keys.access_key_id, Reveal(options, "aws_access_key_id", glue.access_key_id));
    ASSIGN_OR_RETURN(keys.secret_access_key, Reveal(options, "aws_secret_access_key", glue.secret_access_key));
    ASSIGN_OR_RETURN(keys.session_token, Reveal(options, "aws_session_token", glue.session_token));
    return keys;
  }

  static Result<std::string> Reveal(const SchemaRegistryOptions& options, std::string_view option,
                                    const std::string& written) {
    return options.reveal && !written.empty() ? options.reveal(option) : Result<std::string>(written);
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
