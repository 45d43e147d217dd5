// A running pipeline: the compiled script's connectors, its workers and their threads. What it logs is the owner's of
// the thread that calls Create and Run (base/log_scope.h).
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/memory_meter.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/status.h"
#include "connectors/bad_record.h"
#include "duck/database.h"
#include "engine/recovery.h"
#include "metrics/pipeline_figures.h"
#include "sql/compiler.h"
#include "state/blob_store.h"

namespace laminar {

// How a pipeline keeps its state. Without a store it keeps none.
struct CheckpointOptions {
  BlobStore* store = nullptr;  // borrowed; nobody else writes to it
  std::string pipeline;        // whose state it is; dead letters name it, without a store too; "" = it has no name
  int64_t interval_micros = 10'000'000;
  int most_failures = 30;  // attempts to write one, in a row, before the pipeline ends
  bool fresh = false;
  bool accept_duplicates = false;
  std::string version;         // of Laminar
  bool close_windows = false;  // with until_caught_up: the end is an end of time too
};

struct PipelineOptions {
  int parallelism = 1;
  bool until_caught_up = false;
  int64_t memory_limit_bytes = int64_t{1} << 30;  // divided as engine/memory_shares.h says
  std::optional<int64_t> process_limit_bytes;     // of all that run in the process; nullopt: memory_limit_bytes
  std::optional<size_t> partial_trial_rows;       // of PartialsPay, where it is not to be its own: for tests
  CheckpointOptions checkpoints;
  int64_t drain_timeout_millis = 30'000;  // after a stop or a failure: how long to wait for acknowledgements
};

struct PipelineWorld {
  const Clock* clock = nullptr;  // all borrowed, outlive the pipeline
  Random* random = nullptr;
  DuckDatabase* database = nullptr;
  const MemoryMeter* memory = nullptr;   // nullptr: only what is counted is kept within the limit
  BadRecordObserver on_bad_record = {};  // called by the workers; empty: nobody asks
  // A checkpoint could not be written for the first time after one could; the pipeline goes on, and it is tried again.
  // Called on a thread of the pipeline's; empty: nobody asks.
  std::function<void(const Status&)> on_checkpoint_failure = {};
};

class Pipeline {
 public:
  // script is borrowed and outlives the pipeline. Reads the last checkpoint, where state is kept, and makes the
  // connectors; contacts nobody else yet.
  static Result<std::unique_ptr<Pipeline>> Create(const sql::CompiledScript& script, const PipelineOptions& options,
                                                  const PipelineWorld& world);
  virtual ~Pipeline() = default;

  // After Create: what it goes on from, and what the user should know about that. nullptr: it keeps no state.
  virtual const Recovery* recovery() const = 0;

  // Runs to the end of the sources, to a failure or until Stop; blocks. Everything accepted has then been acknowledged,
  // or the Status says what was not. on_reading is called once, when every source is pinned on all its shards, and that
  // is kept.
  virtual Status Run(const std::function<void()>& on_reading) = 0;
  // Stop reading, send what was accepted, return: windows that the watermark has not passed are not given out. Thread-
  // safe and safe in a signal handler's thread.
  virtual void Stop() = 0;
  // As if every source ended here: open windows are given out, and what is kept says that there is nothing to go on
  // with. Thread-safe.
  virtual void EndInput() = 0;
  // Give up at once: what was not acknowledged is reported. Thread-safe.
  virtual void Abort() = 0;
  // All figures at this moment, also after Run. Thread-safe.
  virtual PipelineFigures Figures() const = 0;
  virtual const PipelineMetrics& metrics() const = 0;
  // By table, of the sources whose event time somebody asks for. The map does not change after Create.
  virtual const std::map<std::string, SourceMetrics>& source_metrics() const = 0;
  // By worker, once Run has returned.
  virtual std::vector<int64_t> worker_cpu_micros() const = 0;
};

}  // namespace laminar
