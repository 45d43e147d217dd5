// Supervisor: which jobs there are. What is to run is kept in the database, so that a server that was killed goes on
// with it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/waker.h"
#include "server/jobs/job.h"
#include "server/store/jobs.h"
#include "server/store/pipelines.h"

namespace laminar::server {

struct StartOptions {
  bool fresh = false;              // begin anew, whatever checkpoints there are
  bool accept_duplicates = false;  // go on from an older checkpoint where the newest is damaged
};

// Thread-safe.
class Supervisor {
 public:
  static constexpr const char* kRunning = "PipelineRuns";  // codes of errors
  static constexpr const char* kMissing = "NoPipeline";
  static constexpr int64_t kPreviewMicros = 600'000'000;          // a preview ends by itself
  static constexpr int64_t kUnwatchedPreviewMicros = 60'000'000;  // and when nobody has asked for so long

  struct World {
    JobWorld job;
    Pipelines* pipelines = nullptr;  // borrowed
    std::function<Status(const std::string& pipeline_id)> delete_state;
  };
  explicit Supervisor(World world);
  // As Shutdown, and waits for what does not end.
  ~Supervisor();

  // Once, first: forgets previews, and goes on with every pipeline that is to run.
  Status Resume();

  // These read the record again, as what a job has written since counts, and keep what is wanted in it, and in the
  // database, before they do it. Error (kUser, code kMissing): there is no such pipeline any more.
  // Error (kUser, code kRunning): it runs.
  Result<JobRecord> Start(PipelineRecord* pipeline, const StartOptions& options);
  // Of one that does not run: nothing happens.
  Status Stop(PipelineRecord* pipeline, StopMode mode);
  // Stops the job that runs, if one does; another begins when it has ended.
  Result<JobRecord> Restart(PipelineRecord* pipeline, StopMode mode, const StartOptions& options);
  // Its next start is to begin anew; nothing else changes.
  Status BeginAnew(PipelineRecord* pipeline);
  // With its jobs and its state. Error (kUser, code kRunning): it runs, and force is not said. False: there is none.
  Result<bool> Delete(const std::string& pipeline_id, bool force);

  // The pipeline's newest job, if it has been there since the server began; nullptr.
  std::shared_ptr<Job> OfPipeline(const std::string& pipeline_id);
  std::shared_ptr<Job> Find(const std::string& job_id);
  // The newest job of every pipeline that has one, ended or not.
  std::vector<std::shared_ptr<Job>> All();

  // Lets every job take a last checkpoint; they go on when the server starts again. False: some have not ended in time,
  // or without it.
  bool Shutdown(int64_t timeout_millis);
  // Whether that has begun: nothing starts any more.
  bool closing();

  // What has gone wrong since the last time goes into the database.
  void KeepErrors(const std::shared_ptr<Job>& job) const;

 private:
  // mutex_ is held.
  Status ReadAgain(PipelineRecord* pipeline) const;
  Result<JobRecord> StartLocked(const PipelineRecord& pipeline, const StartOptions& options);
  void Launch(const PipelineRecord& pipeline, JobRecord record, const StartOptions& options, bool resumed);
  bool Runs(const std::string& pipeline_id);
  void OnEnded(const JobRecord& record);
  void KeepHouse();
  bool LetGo();  // whether the log of one of them is followed
  void PumpDoomed(const std::string& pipeline_id);
  void EndPreviews();
  void DeleteDoomed();

  const World world_;
  Random random_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Job>> current_;  // guarded by mutex_: by pipeline; its newest
  std::vector<std::shared_ptr<Job>> leaving_;  // guarded by mutex_: older ones, whose threads may still be there
  std::map<std::string, std::shared_ptr<Job>> doomed_;  // guarded by mutex_: of deleted pipelines
  bool closing_ = false;                                // guarded by mutex_
  ThreadWaker housekeeper_waker_;
  std::atomic<bool> housekeeper_ends_{false};
  std::thread housekeeper_;
};

}  // namespace laminar::server
