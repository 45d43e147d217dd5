// A request as it came and the answer to it, for handlers that know nothing of connections.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/http/event_stream.h"

namespace laminar::server {

struct HttpRequest {
  std::string method;                               // in upper case; HEAD comes as GET
  std::string path;                                 // from '/', decoded; never with a NUL
  std::string query = {};                           // behind '?', as it was written
  std::map<std::string, std::string> headers = {};  // names in lower case; of one that came twice, the first
  std::string body = {};
  std::string peer = {};  // "127.0.0.1"

  // "" = absent. name in lower case.
  const std::string& Header(const std::string& name) const {
    static const std::string kAbsent;
    const auto found = headers.find(name);
    return found == headers.end() ? kAbsent : found->second;
  }
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  // besides Content-Type, Content-Length, Connection
  std::shared_ptr<EventStream> events = {};  // instead of `body`: Server-Sent Events; shared with whoever fills it
  // Instead of all of the above: it waits for something else, and gives the response. Called once, on a thread for such
  // work, while the request is still there; not at all when the server ends before.
  std::function<HttpResponse()> rest = {};
};

// Called on one of the server's handler threads, several at a time.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;
// What answers a request that no handler sees, such as one that is too large.
using HttpRefusal = std::function<HttpResponse(int status, const std::string& why)>;

}  // namespace laminar::server
