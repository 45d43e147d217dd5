// Task: one worker's instance of a pipeline's plan - its operators, its readers of the sources, its writers to the
// sinks. Runs on one thread at a time and is driven: Step() does what can be done now and says when to come back. A
// production thread waits between steps; the simulation steps all tasks of a process from one thread.
//
// A stateless plan needs no edge between workers: each runs the whole graph over its own share of the shards, so the
// order of a key, which lives in one shard, is kept from source to sink. Keyed operators will cut the graph into stages
// joined by queues (ARCHITECTURE.md).
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/status.h"
#include "connectors/connector.h"
#include "duck/database.h"
#include "duck/filter_project.h"
#include "stream/operators/operator.h"
#include "stream/plan.h"

namespace laminar {

class Task {
 public:
  struct Parts {
    const StreamPlan* plan = nullptr;  // borrowed, like all pointers here: outlive the task
    DuckSession* session = nullptr;    // this task's own
    PipelineMetrics* metrics = nullptr;
    bool makes_values = false;                                     // one task of the pipeline makes the rows of VALUES
    std::map<std::string, std::unique_ptr<SourceReader>> readers;  // by source table, every source of the plan
    std::map<std::string, std::unique_ptr<SinkWriter>> writers;    // by sink table, every sink of the plan
    std::map<std::string, BadDataPolicy> bad_data;  // by source table: also for rows on which an expression fails
  };
  struct Progress {
    bool progress = false;      // call again at once
    bool done = false;          // sources have ended (or were stopped) and everything accepted is acknowledged
    int64_t deadline = kNever;  // else: after a wake-up, or at this SteadyMicros
  };

  explicit Task(Parts parts);
  ~Task();

  // An error is final: the caller stops the pipeline with it; StopReading and further steps then drain the sinks that
  // still work.
  Result<Progress> Step();
  // No more rows are taken from the sources; what was accepted is sent. Idempotent.
  void StopReading();

 private:
  struct Input {
    std::unique_ptr<SourceReader> reader;
    Operator* entry = nullptr;
    std::vector<SinkWriter*> reaches;  // back-pressure: read only while all of these accept
    Batch batch;
    bool ended = false;
  };
  struct Writer {
    std::string table;
    std::unique_ptr<SinkWriter> writer;
    bool failed = false;  // left alone from then on
  };
  static bool Accepted(const Input& input);  // every sink that it reaches takes rows
  Status PollWriters();
  Status PollInputs(bool* progress);

  Parts parts_;
  std::vector<std::unique_ptr<FailureHandler>> failure_handlers_;
  std::vector<std::unique_ptr<Operator>> operators_;  // by node id
  std::vector<Writer> writers_;
  std::vector<Input> inputs_;
  bool finishing_ = false;
};

}  // namespace laminar
