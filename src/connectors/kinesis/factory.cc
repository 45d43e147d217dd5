#include "connectors/kinesis/factory.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "aws/http_client.h"
#include "connectors/kinesis/client.h"
#include "connectors/kinesis/resolve.h"

namespace laminar::kinesis {

namespace {

class HttpKinesisApiFactory final : public KinesisApiFactory {
 public:
  explicit HttpKinesisApiFactory(std::shared_ptr<aws::Session> session) : session_(std::move(session)) {}

  Result<std::unique_ptr<KinesisApi>> Open(const StreamOptions& options) override {
    if (options.stream_name.empty() && options.stream_arn.empty()) {
      return Status::User("no stream is named", "Set stream_name or stream_arn");
    }
    return OpenService(options);
  }

  Result<std::unique_ptr<KinesisApi>> OpenService(const StreamOptions& options) override {
    const aws::Environment& environment = session_->environment();
    const ProfileSetting profile = [this](const std::string& key) { return session_->profile().Get(key); };
    ASSIGN_OR_RETURN(std::optional<std::string> region, ResolveRegion(options, environment, profile));
    if (!region) {
      ASSIGN_OR_RETURN(region, session_->Region());
    }
    if (region->empty()) return NoRegion(options);
    Target target{options.stream_name, options.stream_arn, *region,
                  ResolveEndpoint(options, *region, environment, profile)};
    if (target.stream_name.empty() && !target.stream_arn.empty()) {
      ASSIGN_OR_RETURN(const StreamArn arn, ParseStreamArn(options.stream_arn));
      target.stream_name = arn.stream_name;
    }
    ASSIGN_OR_RETURN(aws::HttpEndpoint endpoint, aws::ParseEndpoint(target.endpoint));
    ASSIGN_OR_RETURN(auto credentials,
                     session_->Credentials({options.role_arn, options.external_id}, *region, options.keys));
    aws::HttpOptions http_options;
    http_options.max_connections = static_cast<size_t>(std::max(1, options.max_connections));
    ASSIGN_OR_RETURN(auto http, session_->Connect(std::move(endpoint), http_options));
    auto state = StateOf(target.endpoint, http->endpoint().host);
    return std::unique_ptr<KinesisApi>(
        std::make_unique<HttpKinesisApi>(std::move(target), std::move(http), std::move(credentials), std::move(state)));
  }

 private:
  std::shared_ptr<EndpointState> StateOf(const std::string& endpoint, const std::string& host) {
    std::lock_guard lock(mutex_);
    auto& state = states_[endpoint];
    if (!state) {
      state = std::make_shared<EndpointState>(&session_->clock());
      const std::string disabled = session_->environment()("AWS_CBOR_DISABLE");
      if (disabled == "1" || disabled == "true") {
        state->wire = WireState::kJson;
      } else if (IsAwsHost(host)) {
        state->wire = WireState::kCbor;
      }
    }
    return state;
  }

  const std::shared_ptr<aws::Session> session_;  // shared: with all AWS clients of the process
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<EndpointState>> states_;  // guarded by mutex_; by endpoint
};

}  // namespace

std::unique_ptr<KinesisApiFactory> MakeHttpKinesisApiFactory(std::shared_ptr<aws::Session> session) {
  return std::make_unique<HttpKinesisApiFactory>(std::move(session));
}

}  // namespace laminar::kinesis
