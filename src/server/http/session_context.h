// SessionContext: what the connections of a server share.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <set>

#include "server/http/http_server.h"

namespace laminar::server {

namespace asio = boost::asio;

class AnySession {
 public:
  virtual ~AnySession() = default;
  // Ends a connection that waits for a request.
  virtual void EndIfIdle() = 0;
};

// What the sessions of a server share; outlives them. But for the handler it is the io thread's.
struct SessionContext {
  HttpServerOptions options;
  HttpHandler handler;
  HttpRefusal refusal;
  asio::thread_pool* handlers = nullptr;
  asio::thread_pool* slow_handlers = nullptr;
  std::function<void()> ended;  // called once for each session, when it is in `sessions` no more
  std::set<AnySession*> sessions;
  bool stopping = false;  // no request is read any more
};

}  // namespace laminar::server
