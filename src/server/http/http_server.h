// HttpServer: HTTP/1.1 for many clients, of which some are slow or hostile: none of them holds up another.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/listen_address.h"
#include "base/status.h"
#include "server/http/message.h"

namespace laminar::server {

struct HttpServerOptions {
  ListenAddress address;
  std::string tls_cert, tls_key;  // PEM files, the certificate with its chain; both or none
  int handler_threads = 16;       // some wait: for a pipeline to stop, for a schema registry
  int slow_threads = 8;  // for HttpResponse::rest; whoever gives more of them at once makes them wait for each other
  int most_connections = 1024;          // more are told 503 and closed
  size_t most_header_bytes = 16 << 10;  // also of the header of a chunk, and of what is behind the last one
  size_t most_body_bytes = 2 << 20;
  // For all of: the headers, from their first byte; a body; an answer. Then the connection is closed.
  int64_t header_timeout_millis = 10'000, body_timeout_millis = 30'000, write_timeout_millis = 30'000;
  int64_t idle_timeout_millis = 60'000;  // between requests
};

// One thread does all reading and writing; handlers run on others.
class HttpServer {
 public:
  // Answers from when it returns. Error: kUser = the host is none of this machine's, or the certificate cannot be used;
  // kEnvironment = the port is taken or may not be had.
  static Result<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options, HttpHandler handler,
                                                   HttpRefusal refusal);
  virtual ~HttpServer() = default;  // as Stop

  virtual const ListenAddress& address() const = 0;  // with the port that it has
  virtual int connections() const = 0;
  // Takes no more connections, waits for handlers that run and sends their answers, for so long at most.
  virtual void Stop(int64_t timeout_millis) = 0;
};

}  // namespace laminar::server
