// Jobs of the REST API: the runs of pipelines, from a start to an end, with the restarts between.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "server/store/metadata.h"

namespace laminar::server {

enum class JobState : uint8_t {
  kCreated,
  kScheduling,  // waits for what ran before, compiles, finds its place in its sources
  kRunning,
  kStopping,
  kRestarting,  // has failed, and waits before it goes on from its last checkpoint
  kStopped,     // this and what follows: has ended
  kFinished,    // its sources have
  kFailed,
};
std::string_view JobStateName(JobState state);
inline bool HasEnded(JobState state) {
  return state >= JobState::kStopped;
}

struct JobRecord {
  std::string id;  // job_...
  std::string pipeline_id;
  std::string query;  // that it runs
  JobState state = JobState::kCreated;
  int64_t run = 1;       // rises with each restart, also of the server
  int64_t restarts = 0;  // after failures
  bool preview = false;
  int64_t created_at = 0;  // microseconds since 1970, as those below
  std::optional<int64_t> started_at, finished_at;
  std::string failure;  // JSON: message, hint, line, column; "" = none
};

struct JobError {
  int64_t id = 0;
  int64_t at = 0;       // microseconds since 1970
  std::string details;  // JSON: kind, message, hint, ...
};

// Thread-safe.
class Jobs {
 public:
  static constexpr int64_t kKeptJobs = 20, kKeptErrors = 200;  // of a pipeline; of a job

  // Both borrowed.
  Jobs(Metadata* metadata, const Clock* clock) : metadata_(metadata), clock_(clock) {}

  // Gives it an id and its time, and forgets the oldest of the pipeline's.
  Result<JobRecord> Create(JobRecord job);
  // Its state, run, restarts, times and failure.
  Status Update(const JobRecord& job);
  Result<std::optional<JobRecord>> Find(const std::string& id) const;
  // The newest first. pipeline_id "": those of all pipelines but previews.
  Result<std::vector<JobRecord>> List(const std::string& pipeline_id) const;
  // The newest of each pipeline.
  Result<std::vector<JobRecord>> Newest() const;

  // Adds those, and forgets the oldest of the job's.
  Status AddErrors(const std::string& job_id, const std::vector<JobError>& errors);
  Result<std::vector<JobError>> Errors(const std::string& job_id) const;  // the newest first

 private:
  Metadata* const metadata_;
  const Clock* const clock_;
};

}  // namespace laminar::server
