// Server: the REST API over a database of its own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/memory_meter.h"
#include "base/random.h"
#include "base/status.h"
#include "connectors/registry.h"
#include "duck/database.h"
#include "server/connections/server_secrets.h"
#include "server/http/http_server.h"
#include "server/store/tokens.h"
#include "state/blob_store.h"

namespace laminar::server {

struct ServerOptions {
  HttpServerOptions http;
  std::string database;                 // a file; ":memory:" in tests
  int64_t requests_per_second = 1'000;  // of each token; 0 = any number
  int64_t memory_limit_bytes = 0;       // of all pipelines together
  int64_t pipeline_memory_bytes = 0;    // of a pipeline that says nothing
  std::string version;                  // of Laminar
  bool metrics = true;                  // serves /metrics, without a token
};

// Where pipelines keep their state. Thread-safe.
class StatePlaces {
 public:
  virtual ~StatePlaces() = default;
  // From then on, and as long as it is there, nobody else may write it.
  virtual Result<std::unique_ptr<BlobStore>> Own(const std::string& pipeline_id) = 0;
  // It may have an owner. nullptr: there is none yet.
  virtual Result<std::unique_ptr<BlobStore>> Read(const std::string& pipeline_id) = 0;
  virtual Status Delete(const std::string& pipeline_id) = 0;
};

// What it runs in. All borrowed, outlive the server.
struct ServerWorld {
  const Clock* clock = nullptr;
  DuckDatabase* duck = nullptr;
  const Registry* registry = nullptr;
  const MemoryMeter* memory = nullptr;
  Random* random = nullptr;
  StatePlaces* states = nullptr;
  const ServerSecrets* secrets = nullptr;  // those of the registry
};

class Server {
 public:
  // Answers from when it returns. Error: the database or the address cannot be had; another server has the database.
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options, const ServerWorld& world);
  virtual ~Server() = default;

  virtual const ListenAddress& address() const = 0;
  // Where the database was empty: a token that may do everything, to be shown once.
  virtual const std::optional<NewToken>& first_token() const = 0;
  // It could not be shown: the database is as it was, and the next start has another.
  virtual Status ForgetFirstToken() = 0;
  // Answers what is being answered, and lets every pipeline take a last checkpoint, for so long at most. False: some
  // pipelines have not ended.
  virtual bool Stop(int64_t timeout_millis) = 0;
};

}  // namespace laminar::server
