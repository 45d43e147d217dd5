// World: everything real that a command needs - clock, randomness, DuckDB, the connectors and formats of this build -
// made in one place.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/file_access.h"
#include "base/random.h"
#include "base/status.h"
#include "connectors/kinesis/kinesis_api.h"
#include "connectors/registry.h"
#include "duck/database.h"
#include "engine/pipeline.h"
#include "formats/schema_registry.h"
#include "formats/secrets.h"

namespace laminar::cli {

struct WorldOptions {
  FileAccess files = FileAccess::Any();  // that tables may name
  std::unique_ptr<Secrets> secrets;      // nullptr: the environment, and any file
};

class World {
 public:
  // memory_limit_bytes: of the whole process; engine/memory_shares.h divides it. Error: libduckdb.so is not ours.
  static Result<std::unique_ptr<World>> Make(int64_t memory_limit_bytes, WorldOptions options = {});
  ~World();

  const Clock& clock() const { return clock_; }
  const MemoryMeter& memory() const { return memory_; }
  const Registry& registry() const { return registry_; }
  DuckSession* session() { return session_.get(); }  // of the thread that made the world
  Random ForkRandom() { return random_.Fork(); }
  const Secrets& secrets() const { return *secrets_; }
  DuckDatabase* database() { return database_.get(); }
  PipelineWorld pipeline_world() { return {&clock_, &random_, database_.get(), &memory_}; }

 private:
  World();
  SystemClock clock_;
  SystemMemoryMeter memory_;
  Random random_;
  std::unique_ptr<Secrets> secrets_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckSession> session_;
  std::unique_ptr<kinesis::KinesisApiFactory> kinesis_;
  std::unique_ptr<SchemaRegistries> registries_;
  Registry registry_;  // borrows all of the above
};

// Half of the memory that this process may use: of the machine's, or of its control group's limit; no less than
// kLeastMemoryLimit.
int64_t DefaultMemoryLimit();

}  // namespace laminar::cli
