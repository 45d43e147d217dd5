// Transport: requests to one server and their answers. Production's is over HTTP (http_transport.h); tests have others.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace laminar::client {

struct Request {
  std::string method, path;  // "/v1/pipelines?limit=100", escaped
  std::string body;          // JSON; "" = none
};

struct Reply {
  int status = 0;
  std::string body;
};

// One thread at a time.
class Transport {
 public:
  virtual ~Transport() = default;
  // Error: nobody answers (kEnvironment), or who does cannot be trusted (kUser): in a sentence, with what to change.
  virtual Result<Reply> Send(const Request& request) = 0;
  // Server-Sent Events: `on_bytes` gets what a 200 brings, as it comes, until it returns false or the server has ended
  // it; the reply's body is then empty. Another answer is as that of Send. Error: also where the connection is lost, or
  // silent for longer than a server is.
  virtual Result<Reply> Follow(const Request& request, const std::function<bool(std::string_view)>& on_bytes) = 0;
};

}  // namespace laminar::client
