#include "aws/http_client.h"

#include <aws/auth/credentials.h>
#include <aws/auth/signable.h>
#include <aws/auth/signing.h>
#include <aws/auth/signing_config.h>
#include <aws/auth/signing_result.h>
#include <aws/http/connection.h>
#include <aws/http/connection_manager.h>
#include <aws/http/request_response.h>
#include <aws/http/status_code.h>
#include <aws/io/channel_bootstrap.h>
#include <aws/io/socket.h>
#include <aws/io/stream.h>
#include <aws/io/tls_channel_handler.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <unordered_set>

#include "base/check.h"

// The life of a call: Send signs the request and asks the pool for a connection (the call then stands in
// Core::waiting); on_connection sends it; on_complete ends it. Two things are counted per call: its callback, and the
// CRT's chain of callbacks. They end together, except when a TLS handshake fails: the CRT reports that only after the
// TLS library's blinding delay (10 to 30 s), so the handshake's own callback ends all calls that wait for a connection,
// and their chains follow later.
namespace laminar::aws {

namespace {
aws_byte_cursor CursorOf(std::string_view s) {
  return {s.size(), reinterpret_cast<uint8_t*>(const_cast<char*>(s.data()))};
}
std::string_view View(aws_byte_cursor c) {
  return {reinterpret_cast<const char*>(c.ptr), c.len};
}

HttpFailure Classify(int error) {
  switch (error) {
    case AWS_IO_SOCKET_CONNECTION_REFUSED:
    case AWS_IO_SOCKET_NO_ROUTE_TO_HOST:
    case AWS_IO_SOCKET_NETWORK_DOWN:
    case AWS_IO_SOCKET_CONNECT_ABORTED:
      return HttpFailure::kUnreachable;
    case AWS_IO_DNS_QUERY_FAILED:
    case AWS_IO_DNS_INVALID_NAME:
    case AWS_IO_DNS_NO_ADDRESS_FOR_HOST:
    case AWS_IO_DNS_HOST_REMOVED_FROM_CACHE:
      return HttpFailure::kUnknownHost;
    case AWS_IO_SOCKET_TIMEOUT:
    case AWS_IO_TLS_NEGOTIATION_TIMEOUT:
    case AWS_ERROR_HTTP_RESPONSE_FIRST_BYTE_TIMEOUT:
    case AWS_ERROR_HTTP_CHANNEL_THROUGHPUT_FAILURE:
    case AWS_ERROR_HTTP_CONNECTION_MANAGER_ACQUISITION_TIMEOUT:
      return HttpFailure::kTimeout;
    case AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE:
      return HttpFailure::kTls;
    case AWS_ERROR_HTTP_CONNECTION_CLOSED:
    case AWS_ERROR_HTTP_SERVER_CLOSED:
    case AWS_IO_SOCKET_CLOSED:
      return HttpFailure::kLost;
    case AWS_ERROR_HTTP_PROTOCOL_ERROR:
      return HttpFailure::kGarbage;
    case AWS_ERROR_SHORT_BUFFER:  // as OnBody ends a call
      return HttpFailure::kTooLarge;
    case AWS_ERROR_HTTP_CONNECTION_MANAGER_SHUTTING_DOWN:
    case AWS_ERROR_HTTP_STREAM_CANCELLED:
      return HttpFailure::kShutdown;
    default:
      return HttpFailure::kOther;
  }
}

bool IsAboutCertificate(std::string_view tls_error) {
  for (const char* word : {"ertificate", "trust", "ostname"}) {
    if (tls_error.find(word) != std::string_view::npos) return true;
  }
  return false;
}
}  // namespace

std::string_view HttpReply::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

Result<HttpEndpoint> ParseEndpoint(std::string_view url) {
  const auto bad = [&] {
    return Status::User("'" + std::string(url) + "' is not an endpoint",
                        "Write it as https://host or http://host:port");
  };
  HttpEndpoint endpoint;
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
    endpoint.tls = false;
    endpoint.port = 80;
  } else {
    return bad();
  }
  if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
    endpoint.path = rest.substr(slash);
    rest = rest.substr(0, slash);
  }
  endpoint.authority = rest;
  std::string_view host = rest, port;
  if (rest.starts_with('[')) {  // an IPv6 address
    const size_t close = rest.find(']');
    if (close == std::string_view::npos) return bad();
    host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    if (!rest.empty()) {
      if (rest[0] != ':') return bad();
      port = rest.substr(1);
      if (port.empty()) return bad();
    }
  } else if (const size_t colon = rest.find(':'); colon != std::string_view::npos) {
    host = rest.substr(0, colon);
    port = rest.substr(colon + 1);
    if (port.empty()) return bad();
  }
  if (host.empty() || url.find_first_of(" \t\r\n?#@") != std::string_view::npos) return bad();
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (error != std::errc() || end != port.data() + port.size() || endpoint.port == 0) return bad();
  }
  endpoint.host = host;
  return endpoint;
}

struct HttpClient::Core {
  HttpEndpoint endpoint;
  HttpOptions options;
  aws_allocator* allocator = nullptr;
  aws_http_connection_manager* manager = nullptr;
  std::shared_ptr<TlsContext> tls;  // shared: see HttpClient

  std::mutex mutex;
  std::condition_variable idle;
  bool closing = false;               // guarded by mutex
  int entering = 0;                   // guarded by mutex: threads inside the pool's acquire function
  int open = 0;                       // guarded by mutex: callbacks and chains that have not ended
  std::unordered_set<Call*> waiting;  // guarded by mutex: calls without a connection, not answered
  std::unordered_set<Call*> sending;  // guarded by mutex: calls with a stream

  void Ended(int n) {
    std::lock_guard lock(mutex);
    open -= n;
    idle.notify_all();
  }
  static void OnNegotiated(aws_channel_handler*, aws_channel_slot*, int error, void* user);
};

struct HttpClient::Call {
  std::shared_ptr<Core> core;  // shared: see HttpClient
  Done done;
  std::shared_ptr<const std::string> body;  // shared: see HttpRequest
  HttpReply reply;
  aws_http_message* message = nullptr;
  aws_input_stream* stream_in = nullptr;
  aws_http_connection* connection = nullptr;
  aws_http_stream* stream = nullptr;
  bool taken = false;          // guarded by core->mutex: a failed handshake answers this call, its chain must not
  std::shared_ptr<Call> self;  // shared: by the chain (this reference, dropped at its end) and a failed handshake

  // Gives the outcome to the caller. Once per call.
  void Answer(HttpFailure failure, std::string text) {
    if (failure != HttpFailure::kNone) {
      reply = {};
      reply.failure = failure;
      reply.failure_text = std::move(text);
    }
    auto callback = std::move(done);
    callback(std::move(reply));
    callback = nullptr;
    core->Ended(1);
  }
  // The end of the CRT's chain: answers unless taken, frees everything.
  void End(int error) {
    const auto keep = std::move(self);
    bool answer;
    {
      std::lock_guard lock(core->mutex);
      core->waiting.erase(this);
      core->sending.erase(this);
      answer = !taken;
    }
    if (stream) aws_http_stream_release(stream);
    if (connection) aws_http_connection_manager_release_connection(core->manager, connection);
    aws_http_message_release(message);
    aws_input_stream_release(stream_in);
    if (answer) Answer(error ? Classify(error) : HttpFailure::kNone, error ? CrtErrorText(error) : "");
    core->Ended(1);
  }
  static void OnConnection(aws_http_connection* connection, int error, void* user);
  static int OnHeaders(aws_http_stream* stream, aws_http_header_block block, const aws_http_header* headers,
                       size_t count, void* user);
  static int OnBody(aws_http_stream*, const aws_byte_cursor* data, void* user);
  static void OnComplete(aws_http_stream* stream, int error, void* user) {
    auto* call = static_cast<Call*>(user);
    // An answer may have no headers at all, and OnHeaders then does not come.
    if (!error) aws_http_stream_get_incoming_response_status(stream, &call->reply.status);
    call->End(error);
  }
  int Build(const HttpRequest& request);
  int Sign(const SigV4& sign);
};

void HttpClient::Core::OnNegotiated(aws_channel_handler*, aws_channel_slot*, int error, void* user) {
  if (!error) return;
  auto core = *static_cast<std::shared_ptr<Core>*>(user);
  const std::string reason = LastTlsError();
  std::vector<std::shared_ptr<Call>> calls;
  {
    std::lock_guard lock(core->mutex);
    ++core->open;  // Shutdown waits for this function
    for (Call* call : core->waiting) {
      call->taken = true;
      calls.push_back(call->self);
    }
    core->waiting.clear();
  }
  const auto failure = IsAboutCertificate(reason) ? HttpFailure::kCertificate : HttpFailure::kTls;
  for (const auto& call : calls) call->Answer(failure, reason.empty() ? "TLS handshake failed" : reason);
  core->Ended(1);
}

int HttpClient::Call::Build(const HttpRequest& request) {
  message = aws_http_message_new_request(core->allocator);
  const auto add = [&](std::string_view name, std::string_view value) {
    return aws_http_message_add_header(message, {CursorOf(name), CursorOf(value), AWS_HTTP_HEADER_COMPRESSION_USE_CACHE});
  };
  const std::string length = std::to_string(body ? body->size() : 0);
  int bad = aws_http_message_set_request_method(message, CursorOf(request.method));
  bad |= aws_http_message_set_request_path(message, CursorOf(request.path.empty() ? core->endpoint.path : request.path));
  bad |= add("host", core->endpoint.authority);
  for (const auto& [name, value] : request.headers) bad |= add(name, value);
  if (body || request.method != "GET") bad |= add("content-length", length);
  if (body) {
    const aws_byte_cursor cursor = CursorOf(*body);
    stream_in = aws_input_stream_new_from_cursor(core->allocator, &cursor);
    aws_http_message_set_body_stream(message, stream_in);
  }
  if (bad) return aws_last_error();
  return request.sign ? Sign(*request.sign) : 0;
}

int HttpClient::Call::Sign(const SigV4& sign) {
  struct Outcome {
    Call* call;
    int error = AWS_ERROR_UNKNOWN;
  } outcome{this};
  aws_credentials* credentials = aws_credentials_new(core->allocator, CursorOf(sign.credentials->access_key_id),
                                                     CursorOf(sign.credentials->secret_access_key),
                                                     CursorOf(sign.credentials->session_token), UINT64_MAX);
  if (!credentials) return aws_last_error();
  aws_signable* signable = aws_signable_new_http_request(core->allocator, message);
  aws_signing_config_aws config{};
  config.config_type = AWS_SIGNING_CONFIG_AWS;
  config.algorithm = AWS_SIGNING_ALGORITHM_V4;
  config.signature_type = AWS_ST_HTTP_REQUEST_HEADERS;
  config.region = CursorOf(sign.region);
  config.service = CursorOf(sign.service);
  const bool s3 = sign.service == "s3";
  config.flags.use_double_uri_encode = !s3;
  config.flags.should_normalize_uri_path = !s3;
  config.signed_body_header = s3 ? AWS_SBHT_X_AMZ_CONTENT_SHA256 : AWS_SBHT_NONE;
  config.credentials = credentials;
  aws_date_time_init_epoch_millis(&config.date, static_cast<uint64_t>(sign.wall_micros / 1'000));
  // With credentials at hand the CRT signs at once and calls back before it returns.
  const auto on_signed = [](aws_signing_result* result, int error, void* user) {
    auto* outcome = static_cast<Outcome*>(user);
    outcome->error = error;
    if (!error &&
        aws_apply_signing_result_to_http_request(outcome->call->message, outcome->call->core->allocator, result)) {
      outcome->error = aws_last_error();
    }
  };
  if (aws_sign_request_aws(core->allocator, signable, reinterpret_cast<aws_signing_config_base*>(&config), on_signed,
                           &outcome)) {
    outcome.error = aws_last_error();
  }
  aws_signable_destroy(signable);
  aws_credentials_release(credentials);
  if (!outcome.error && stream_in && aws_input_stream_seek(stream_in, 0, AWS_SSB_BEGIN))
    outcome.error = aws_last_error();
  return outcome.error;
}

int HttpClient::Call::OnHeaders(aws_http_stream*, aws_http_header_block block, const aws_http_header* headers,
                                size_t count, void* user) {
  auto* call = static_cast<Call*>(user);
  if (block != AWS_HTTP_HEADER_BLOCK_MAIN) return AWS_OP_SUCCESS;
  for (size_t i = 0; i < count; ++i) {
    std::string name(View(headers[i].name));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    std::string value(View(headers[i].value));
    if (name == "content-length") {
      size_t length = 0;
      std::from_chars(value.data(), value.data() + value.size(), length);
      call->reply.body.reserve(std::min(length, kMaxResponseBytes) + kBodySlack);
    }
    call->reply.headers.emplace_back(std::move(name), std::move(value));
  }
  return AWS_OP_SUCCESS;
}

int HttpClient::Call::OnBody(aws_http_stream*, const aws_byte_cursor* data, void* user) {
  auto& body = static_cast<Call*>(user)->reply.body;
  if (body.size() + data->len > kMaxResponseBytes) return aws_raise_error(AWS_ERROR_SHORT_BUFFER);
  body.append(View(*data));
  return AWS_OP_SUCCESS;
}

void HttpClient::Call::OnConnection(aws_http_connection* connection, int error, void* user) {
  auto* call = static_cast<Call*>(user);
  call->connection = connection;
  if (error) return call->End(error);
  const auto core = call->core;
  const auto keep = call->self;
  const auto closing_now = [&] {
    std::lock_guard lock(core->mutex);
    return core->closing;
  };
  {
    std::lock_guard lock(core->mutex);
    core->waiting.erase(call);
  }
  if (call->taken) return call->End(AWS_ERROR_HTTP_STREAM_CANCELLED);  // only set for a call in `waiting`: stable now
  if (closing_now()) return call->End(AWS_ERROR_HTTP_CONNECTION_MANAGER_SHUTTING_DOWN);
  aws_http_make_request_options options{};
  options.self_size = sizeof options;
  options.request = call->message;
  options.user_data = call;
  options.on_response_headers = OnHeaders;
  options.on_response_body = OnBody;
  options.on_complete = OnComplete;
  call->stream = aws_http_connection_make_request(connection, &options);
  if (!call->stream) return call->End(aws_last_error());
  if (aws_http_stream_activate(call->stream)) return call->End(aws_last_error());  // then nothing is called back
  // Shutdown cancels what stands in `sending`; this thread is the connection's, so the call cannot end before this
  // function does.
  std::lock_guard lock(core->mutex);
  core->sending.insert(call);
  if (core->closing) aws_http_stream_cancel(call->stream, AWS_ERROR_HTTP_STREAM_CANCELLED);
}

HttpClient::HttpClient(std::shared_ptr<Runtime> runtime, std::shared_ptr<TlsContext> tls, HttpEndpoint endpoint,
                       HttpOptions options)
    : runtime_(std::move(runtime)), core_(std::make_shared<Core>()) {
  CHECK(endpoint.tls == (tls != nullptr));
  core_->endpoint = std::move(endpoint);
  core_->options = options;
  core_->allocator = runtime_->allocator();
  core_->tls = std::move(tls);

  aws_socket_options socket{};
  socket.type = AWS_SOCKET_STREAM;
  socket.domain = AWS_SOCKET_IPV4;  // replaced by the resolved address's
  socket.connect_timeout_ms = static_cast<uint32_t>(options.connect_timeout_ms);
  socket.tcp_nodelay = AWS_SOCKET_TCP_NODELAY_ON;
  aws_http_connection_monitoring_options monitoring{};
  monitoring.minimum_throughput_bytes_per_second = kMinBytesPerSecond;
  monitoring.allowable_throughput_failure_interval_seconds =
      static_cast<uint32_t>(std::max(1, options.stall_timeout_ms / 1'000));
  aws_http_connection_manager_options manager{};
  manager.bootstrap = runtime_->bootstrap();
  manager.initial_window_size = SIZE_MAX;
  manager.socket_options = &socket;
  manager.host = CursorOf(core_->endpoint.host);
  manager.port = core_->endpoint.port;
  manager.max_connections = options.max_connections;
  manager.max_connection_idle_in_milliseconds = static_cast<uint64_t>(options.idle_close_ms);
  manager.connection_acquisition_timeout_ms = static_cast<uint64_t>(options.acquire_timeout_ms);
  manager.response_first_byte_timeout_ms = static_cast<uint64_t>(options.answer_timeout_ms);
  manager.monitoring_options = &monitoring;
  auto* context = new std::shared_ptr<Core>(core_);
  manager.shutdown_complete_callback = [](void* user) { delete static_cast<std::shared_ptr<Core>*>(user); };
  manager.shutdown_complete_user_data = context;
  aws_tls_connection_options tls_options{};
  if (core_->tls) {
    aws_tls_connection_options_init_from_ctx(&tls_options, core_->tls->get());
    const aws_byte_cursor name = CursorOf(core_->endpoint.host);
    aws_tls_connection_options_set_server_name(&tls_options, core_->allocator, &name);
    aws_tls_connection_options_set_callbacks(&tls_options, Core::OnNegotiated, nullptr, nullptr, context);
    manager.tls_connection_options = &tls_options;
  }
  core_->manager = aws_http_connection_manager_new(core_->allocator, &manager);
  if (core_->tls) aws_tls_connection_options_clean_up(&tls_options);
  CHECK_MSG(core_->manager != nullptr, "the AWS CRT cannot make a connection pool");
}

HttpClient::~HttpClient() {
  Shutdown();
}

void HttpClient::Send(HttpRequest request, Done done) {
  const auto owner = std::make_shared<Call>();
  Call* const call = owner.get();
  call->self = owner;
  call->core = core_;
  call->done = std::move(done);
  call->body = request.body;
  bool closing;
  {
    std::lock_guard lock(core_->mutex);
    core_->open += 2;
    closing = core_->closing;
  }
  if (closing) return call->End(AWS_ERROR_HTTP_CONNECTION_MANAGER_SHUTTING_DOWN);
  if (const int error = call->Build(request)) return call->End(error);
  {
    std::lock_guard lock(core_->mutex);
    closing = core_->closing;
    if (!closing) {
      ++core_->entering;
      core_->waiting.insert(call);
    }
  }
  if (closing) return call->End(AWS_ERROR_HTTP_CONNECTION_MANAGER_SHUTTING_DOWN);
  auto core = core_;
  aws_http_connection_manager_acquire_connection(core->manager, Call::OnConnection, call);
  std::lock_guard lock(core->mutex);
  --core->entering;
  core->idle.notify_all();
}

void HttpClient::Shutdown() {
  std::unique_lock lock(core_->mutex);
  if (!core_->closing) {
    core_->closing = true;
    core_->idle.wait(lock, [&] { return core_->entering == 0; });
    for (Call* call : core_->sending) aws_http_stream_cancel(call->stream, AWS_ERROR_HTTP_STREAM_CANCELLED);
    lock.unlock();
    aws_http_connection_manager_release(core_->manager);  // calls that wait for a connection end here
    lock.lock();
  }
  core_->idle.wait(lock, [&] { return core_->open == 0; });
}

const HttpEndpoint& HttpClient::endpoint() const {
  return core_->endpoint;
}

}  // namespace laminar::aws
