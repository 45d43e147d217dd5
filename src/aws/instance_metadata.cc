#include "aws/instance_metadata.h"

#include <future>

#include "aws/http_client.h"

namespace laminar::aws {

namespace {
constexpr int kTimeoutMs = 1'000;

HttpReply Ask(HttpClient& client, HttpRequest request) {
  std::promise<HttpReply> promise;
  client.Send(std::move(request), [&](HttpReply reply) { promise.set_value(std::move(reply)); });
  return promise.get_future().get();
}
}  // namespace

std::string InstanceRegion(const std::shared_ptr<Runtime>& runtime, const Environment& environment) {
  if (environment("AWS_EC2_METADATA_DISABLED") == "true") return "";
  std::string url = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (url.empty()) url = "http://169.254.169.254";
  auto endpoint = ParseEndpoint(url);
  if (!endpoint.ok() || endpoint->tls) return "";
  HttpOptions options;
  options.connect_timeout_ms = options.acquire_timeout_ms = options.answer_timeout_ms = kTimeoutMs;
  HttpClient client(runtime, nullptr, std::move(endpoint).value(), options);
  HttpRequest token_request;
  token_request.method = "PUT";
  token_request.path = "/latest/api/token";
  token_request.headers = {{"x-aws-ec2-metadata-token-ttl-seconds", "60"}};
  const HttpReply token = Ask(client, std::move(token_request));
  if (token.failure != HttpFailure::kNone || token.status != 200) return "";
  HttpRequest region_request;
  region_request.method = "GET";
  region_request.path = "/latest/meta-data/placement/region";
  region_request.headers = {{"x-aws-ec2-metadata-token", token.body}};
  const HttpReply region = Ask(client, std::move(region_request));
  return region.failure == HttpFailure::kNone && region.status == 200 ? region.body : "";
}

}  // namespace laminar::aws
