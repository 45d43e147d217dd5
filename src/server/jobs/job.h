// Job: one run of a pipeline, from its start to its end, on a thread of its own: compiles, runs, and after a failure
// that may pass goes on from the last checkpoint.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log_scope.h"
#include "base/random.h"
#include "connectors/registry.h"
#include "duck/database.h"
#include "engine/pipeline.h"
#include "server/jobs/figure_series.h"
#include "server/jobs/job_output.h"
#include "server/jobs/log_followers.h"
#include "server/store/jobs.h"
#include "server/store/pipelines.h"
#include "sql/compiler.h"
#include "state/blob_store.h"

namespace laminar::server {

// What jobs run in. All that is borrowed outlives them.
struct JobWorld {
  const Clock* clock = nullptr;
  Random* random = nullptr;  // only for forking
  DuckDatabase* duck = nullptr;
  const Registry* registry = nullptr;
  const MemoryMeter* memory = nullptr;
  Jobs* jobs = nullptr;
  int64_t process_limit_bytes = 0;   // of all jobs together
  int64_t pipeline_limit_bytes = 0;  // of one, where it says nothing
  std::string version;               // of Laminar
  std::function<sql::CompileResult(const std::string& query, DuckSession* session)> compile;
  // The state of a pipeline, which from then on nobody else may write.
  std::function<Result<std::unique_ptr<BlobStore>>(const std::string& pipeline_id)> open_state;
};

class Job {
 public:
  struct Parts {
    JobRecord record;
    std::string pipeline_name;
    PipelineSettings settings;
    bool fresh = false, accept_duplicates = false;
    bool has_state = false;       // there were checkpoints of the pipeline: where none are left, it does not begin anew
    bool resumed = false;         // ran before, in a server that has ended
    std::shared_ptr<Job> before;  // the pipeline's last, which may still be ending
    // It reads its sources, and stands in its first checkpoint, or goes on from one; anew: as it was to. Called on a
    // thread of its own, once a run; not of a preview.
    std::function<void(bool anew)> began;
    // It has ended, by itself or as it was told; called on its thread, once.
    std::function<void(const JobRecord&)> ended;
  };
  Job(Parts parts, const JobWorld& world);
  // Waits until its thread has ended.
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  void Start();  // once
  // Later ones may only be harder. kForce: it counts as ended at once, whatever its thread still does.
  void Stop(StopMode mode);
  // As kCheckpoint, but it is to go on when the server starts again.
  void Suspend();
  // Once gone: false where it was suspended, and ended without its last checkpoint.
  bool suspended_well();

  // Whether its thread has ended; waits for that, for so long at most.
  bool WaitGone(int64_t timeout_millis);
  bool gone() { return WaitGone(0); }
  // Whether it counts as ended.
  bool WaitEnded(int64_t timeout_millis);

  JobRecord record();
  const std::string& pipeline_name() const { return pipeline_name_; }
  JobOutput& output() { return output_; }
  bool preview() const { return preview_; }
  int64_t started_micros() const { return started_micros_; }  // SteadyMicros
  // Errors of the job to be kept, since the last call.
  std::vector<JobError> TakeErrors();

  // Of this moment, or of when its last run ended. nullopt: none has begun.
  std::optional<PipelineFigures> Figures();
  // A sample for the series; not more often than FigureSeries::kIntervalMicros.
  void Sample();
  nlohmann::json Series(size_t most);
  // What it logs; as events, which Pump sends.
  const LogLines& log() const { return *log_->lines; }
  std::shared_ptr<EventStream> FollowLog(int64_t after) { return followers_.Add(after, *log_->lines); }
  // False: nobody follows.
  bool PumpLog() { return followers_.Pump(*log_->lines); }

 private:
  struct Attempt {
    Status status;
    bool reached_reading = false;
  };
  void Run();
  void RunUntilEnd();
  Attempt RunOnce();
  Result<std::unique_ptr<sql::CompiledScript>> Compile(DuckSession* session);
  void TakeOutputs(sql::CompiledScript* script);
  PipelineOptions Options(BlobStore* store) const;
  void SetState(JobState state);
  void End(JobState state, const Status& status);
  void KeepRecord(const JobRecord& record) const;
  void AddError(std::string_view kind, const Status& status);
  void OnCheckpointFailure(const Status& status);
  void Apply(StopMode mode);      // mutex_ is held
  void AddError(JobError error);  // mutex_ is not held
  void OnBadRecord(const BadRecordEvent& event);
  bool StopAsked();
  // False: a stop came first.
  bool Pause(int64_t micros);

  const JobWorld world_;
  const std::string pipeline_name_;
  const PipelineSettings settings_;
  const bool preview_, resumed_;
  const int64_t started_micros_;
  Random random_;  // of the job's thread
  std::function<void(bool)> began_;
  std::function<void(const JobRecord&)> ended_;
  const std::shared_ptr<const LogOwner> log_;  // shared with threads that work for the job
  LogFollowers followers_;
  JobOutput output_;
  const std::unique_ptr<Connector> output_connector_;
  std::shared_ptr<Job> before_;  // of the job's thread
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable changed_;
  JobRecord record_;                // guarded by mutex_, as all below
  bool fresh_, accept_duplicates_;  // until a run has got to its pipeline
  bool has_state_;
  Pipeline* pipeline_ = nullptr;  // that runs; borrowed from RunOnce
  std::optional<StopMode> stop_;  // that was asked for
  bool suspended_ = false, forced_ = false, gone_ = false;
  bool suspended_badly_ = false;  // it ended without the checkpoint that it was told to take
  std::vector<JobError> errors_;
  std::optional<PipelineFigures> figures_;  // of the last run, once it has ended
  FigureSeries series_;
};

}  // namespace laminar::server
