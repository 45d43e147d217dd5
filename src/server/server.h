// Server: the REST API over a database of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "connectors/registry.h"
#include "duck/database.h"
#include "server/http/http_server.h"
#include "server/store/tokens.h"

namespace laminar::server {

struct ServerOptions {
  HttpServerOptions http;
  std::string database;                 // a file; ":memory:" in tests
  int64_t requests_per_second = 1'000;  // of each token; 0 = any number
  std::string version;                  // of Laminar
};

// What it runs in. All borrowed, outlive the server.
struct ServerWorld {
  const Clock* clock = nullptr;
  DuckDatabase* duck = nullptr;
  const Registry* registry = nullptr;
};

class Server {
 public:
  // Answers from when it returns. Error: the database or the address cannot be had.
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options, const ServerWorld& world);
  virtual ~Server() = default;

  virtual const ListenAddress& address() const = 0;
  // Where the database was empty: a token that may do everything, to be shown once.
  virtual const std::optional<NewToken>& first_token() const = 0;
  // Answers what is being answered, for so long at most.
  virtual void Stop(int64_t timeout_millis) = 0;
};

}  // namespace laminar::server
