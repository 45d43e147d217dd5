#include "schema_registries/registries.h"

#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "aws/base64.h"
#include "aws/http_client.h"
#include "aws/runtime.h"
#include "base/random.h"
#include "schema_registries/cached_registry.h"
#include "schema_registries/confluent_client.h"

namespace laminar {
namespace {

class HttpSchemaRegistries final : public SchemaRegistries {
 public:
  HttpSchemaRegistries(const Clock* clock, uint64_t seed, aws::Environment environment)
      : clock_(clock), environment_(std::move(environment)), random_(seed) {}

  Result<std::shared_ptr<SchemaRegistry>> Open(const SchemaRegistryOptions& options) override {
    std::lock_guard lock(mutex_);
    auto& registry =
        registries_[{options.endpoint, options.username, options.password, options.token, options.start_timeout_ms}];
    if (registry != nullptr) return registry;
    Result<aws::HttpEndpoint> endpoint = aws::ParseEndpoint(options.endpoint);
    if (!endpoint.ok()) return Status(endpoint.status()).WithContext("schema_registry.endpoint");
    ASSIGN_OR_RETURN(std::string authorization, Authorization(options));
    if (runtime_ == nullptr) runtime_ = aws::Runtime::Acquire();
    if (endpoint->tls && tls_ == nullptr) {
      std::string ca_file = environment_("AWS_CA_BUNDLE");
      if (ca_file.empty()) ca_file = environment_("SSL_CERT_FILE");
      ASSIGN_OR_RETURN(tls_, aws::TlsContext::Create(*runtime_, ca_file));
    }
    auto http = std::make_unique<aws::HttpClient>(runtime_, endpoint->tls ? tls_ : nullptr, *endpoint,
                                                  aws::HttpOptions{.max_connections = 2});
    CachedRegistrySettings settings;
    settings.start_timeout_micros = options.start_timeout_ms * kMicrosPerMilli;
    registry = std::make_shared<CachedRegistry>(MakeConfluentClient(std::move(http), std::move(authorization)), clock_,
                                                random_.Next(), settings);
    return registry;
  }

 private:
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
    std::string value = environment_(name);
    if (value.empty())
      return Status::User("the environment variable " + name + ", which " + option + " names, is not set",
                          "Set it where laminar is started");
    return value;
  }

  const Clock* const clock_;
  const aws::Environment environment_;
  std::mutex mutex_;
  Random random_;                          // guarded by mutex_
  std::shared_ptr<aws::Runtime> runtime_;  // guarded by mutex_; shared: with all network users of the process
  std::shared_ptr<aws::TlsContext> tls_;   // guarded by mutex_; shared: by clients
  // guarded by mutex_; by options
  std::map<std::tuple<std::string, std::string, std::string, std::string, int64_t>, std::shared_ptr<SchemaRegistry>>
      registries_;
};

}  // namespace

std::unique_ptr<SchemaRegistries> MakeHttpSchemaRegistries(const Clock* clock, uint64_t seed,
                                                           aws::Environment environment) {
  return std::make_unique<HttpSchemaRegistries>(clock, seed, std::move(environment));
}

}  // namespace laminar
