// Pipelines of the REST API: what was asked for, and whether it is to run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "server/store/metadata.h"

namespace laminar::server {

// How a pipeline is stopped.
enum class StopMode : uint8_t {
  kCheckpoint,  // a last checkpoint; what was accepted is sent
  kGraceful,    // the end of the input: open windows are given out
  kImmediate,   // without a checkpoint
  kForce,       // without waiting for anything
};
std::optional<StopMode> FindStopMode(std::string_view name);  // "checkpoint", "graceful", "immediate", "force"
std::string_view StopModeName(StopMode mode);

struct PipelineSettings {
  int64_t parallelism = 1;
  int64_t checkpoint_interval_micros = 10'000'000;
  int64_t restarts_per_hour = 10;
  int64_t memory_limit_bytes = 0;  // 0: what the server gives each
};

struct PipelineRecord {
  std::string id;  // pipe_...
  std::string name, query;
  PipelineSettings settings;
  bool preview = false;
  bool runs = false;                       // what is wanted, also after a crash of the server
  std::optional<StopMode> stop;            // that was asked for last; nullopt: none, it is to run
  bool fresh = false;                      // its next start begins anew
  bool has_state = false;                  // there were checkpoints of it
  std::string plan;                        // JSON, of the query: graph, outputs, tables
  int64_t created_at = 0, updated_at = 0;  // microseconds since 1970
};

// Thread-safe.
class Pipelines {
 public:
  static constexpr int64_t kMost = 1'000;

  // Both borrowed.
  Pipelines(Metadata* metadata, const Clock* clock) : metadata_(metadata), clock_(clock) {}

  // Gives it an id and its times; a preview, which nobody names, a name. Error: kUnique = the name is taken; kUser =
  // there are kMost.
  Result<PipelineRecord> Create(PipelineRecord pipeline);
  Result<std::optional<PipelineRecord>> Find(const std::string& id) const;
  Result<std::vector<PipelineRecord>> List(bool previews = false) const;  // the oldest first; these, or those
  // What it is: its name, query and settings. Error: kUnique.
  Status UpdateDefinition(PipelineRecord* pipeline);
  // What is wanted of it: runs, stop, fresh.
  Status UpdateWanted(PipelineRecord* pipeline);
  // Its next start is to begin anew: `fresh` alone.
  Status BeginAnew(const std::string& id);
  // It stands in its first checkpoint, or goes on from one; anew: and has begun anew, as it was to.
  Status HasBegun(const std::string& id, bool anew);
  // It has ended by itself.
  Status HasEnded(const std::string& id);
  // With its jobs. False: there was none.
  Result<bool> Delete(const std::string& id);

 private:
  Status Run(const char* statement, const std::string& id);
  Metadata* const metadata_;
  const Clock* const clock_;
};

}  // namespace laminar::server
