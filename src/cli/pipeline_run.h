// Runs a compiled script in the foreground: signals, the status line, the summary, the exit code.
#pragma once

#include <optional>
#include <string>

#include "base/log.h"
#include "cli/metrics_server.h"
#include "cli/script.h"
#include "cli/wiring.h"
#include "engine/pipeline.h"

namespace CLI {
class App;
}

namespace laminar::cli {

// The arguments that every command which runs a pipeline has.
struct RunArguments {
  std::string log_format = "text", log_level = "info", memory_limit;
  bool quiet = false;
  void AddTo(CLI::App* command);
  // Bytes; the default when nothing was given. Error (kUser): not a size, or too little.
  Result<int64_t> MemoryLimit() const;
  // Also starts logging as told. To be called once, first.
  void Apply() const;
};

// What the SIGINT and SIGTERM of a process do, before and while a pipeline runs. Make it before the world, whose
// threads must not get them.
class PipelineRun {
 public:
  explicit PipelineRun(const RunArguments& arguments);
  ~PipelineRun();

  // What Run serves while it runs: /metrics and /healthz. To be called before it.
  void ServeMetrics(const ListenAddress& address);
  // script: for messages; borrowed with compiled and world during the call. shows_progress: status line and summary,
  // unless quiet. restarts: how many times an hour a pipeline that keeps state and fails is started again from its last
  // checkpoint.
  int Run(const Script& script, const sql::CompiledScript& compiled, const PipelineOptions& options, World* world,
          bool shows_progress, int restarts = 0);
  // For a command that makes something of what was read: what the first signal says while the pipeline runs. One that
  // comes after it ends the process.
  void WorksOnAfterRun(std::string stopping);
  // A signal has come. Thread-safe.
  bool Stopping() const;
  // How many rows the sinks of the last Run have acknowledged.
  uint64_t rows_written() const;
  // Stops the pipeline that runs, as the first signal does, but without a word. Thread-safe.
  void Stop();

 private:
  struct Attempt;
  Attempt RunOnce(const sql::CompiledScript& compiled, const PipelineOptions& options, World* world, bool quiet);
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace laminar::cli
