// One HTTP/1.1 endpoint: connection pool, time-outs, SigV4. One call is one attempt; retries belong to the caller.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/credentials.h"
#include "aws/runtime.h"
#include "base/status.h"

namespace laminar::aws {

struct HttpEndpoint {
  bool tls = true;
  std::string host;
  uint16_t port = 443;
  std::string authority;  // the Host header: the port only where the URL names one
  std::string path = "/";
  std::string ToString() const { return (tls ? "https://" : "http://") + authority; }
};
// "https://host[:port][/path]". Nothing else is an endpoint.
Result<HttpEndpoint> ParseEndpoint(std::string_view url);

// The service "s3" is signed by its own rules: the path as it is, and the body's hash in x-amz-content-sha256.
struct SigV4 {
  std::shared_ptr<const Credentials> credentials;  // shared: with the cache that they came from
  std::string region, service;
  int64_t wall_micros = 0;  // the time to sign with, corrected by the caller where the clock is known to be wrong
};

struct HttpRequest {
  std::string method = "POST";
  std::string path;                                          // "" = the endpoint's
  std::vector<std::pair<std::string, std::string>> headers;  // without host and content-length, which are added
  std::shared_ptr<const std::string> body;                   // shared: with a caller who may send it again; null = none
  std::optional<SigV4> sign;
};

// Why there is no answer.
enum class HttpFailure {
  kNone,
  kUnreachable,  // nobody listens there, no route
  kUnknownHost,  // no such name
  kTimeout,      // no connection or no answer in time
  kCertificate,  // the server's certificate is not trusted, expired, or for another name
  kTls,          // another failure of the TLS handshake
  kLost,         // the connection broke
  kGarbage,      // the answer is no HTTP
  kTooLarge,     // the answer is longer than kMaxResponseBytes
  kShutdown,     // the client is being closed
  kOther,
};

struct HttpReply {
  HttpFailure failure = HttpFailure::kNone;
  std::string failure_text;  // for people; set with failure
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // with capacity for kBodySlack more bytes

  std::string_view Header(std::string_view name) const;  // "" = absent
};

struct HttpOptions {
  size_t max_connections = 16;
  int connect_timeout_ms = 5'000;   // TCP
  int acquire_timeout_ms = 20'000;  // name resolution, connecting, and waiting for a free connection
  int answer_timeout_ms = 20'000;   // from the request sent to the answer's first byte
  int stall_timeout_ms =
      10'000;  // whole seconds: a body that trickles with less than kMinBytesPerSecond for so long is given up
  int idle_close_ms = 30'000;  // connections unused for so long are closed
};

// Thread-safe.
class HttpClient {
 public:
  static constexpr size_t kBodySlack = 64;
  static constexpr size_t kMaxResponseBytes = 64 << 20;
  static constexpr int kMinBytesPerSecond = 512;
  using Done = std::function<void(HttpReply)>;

  // tls: null for an http:// endpoint.
  HttpClient(std::shared_ptr<Runtime> runtime, std::shared_ptr<TlsContext> tls, HttpEndpoint endpoint,
             HttpOptions options);
  ~HttpClient();  // Shutdown(); not to be called in a callback
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Returns at once. `done` runs exactly once, on a network thread or before Send returns. Signing (a hash over the
  // body) happens in Send.
  void Send(HttpRequest request, Done done);
  // Calls in flight and later ones end with kShutdown; waits until the last callback has returned.
  void Shutdown();

  const HttpEndpoint& endpoint() const;

 private:
  struct Core;
  struct Call;
  std::shared_ptr<Runtime> runtime_;
  std::shared_ptr<Core> core_;  // shared: with the CRT's callbacks, some of which come after Shutdown
};

}  // namespace laminar::aws
