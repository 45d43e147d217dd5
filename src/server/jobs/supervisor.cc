#include "server/jobs/supervisor.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace laminar::server {

namespace {

constexpr int64_t kHouseMicros = 1'000'000, kFollowedMicros = 200'000;  // where a log is followed

Status IsRunning(const std::string& name) {
  return Status::User("the pipeline " + name + " runs", "Stop it first").WithCode(Supervisor::kRunning);
}

}  // namespace

Supervisor::Supervisor(World world)
    : world_(std::move(world)), random_(world_.job.random->Fork()), housekeeper_([this] { KeepHouse(); }) {}

Supervisor::~Supervisor() {
  Shutdown(0);
  housekeeper_ends_ = true;
  housekeeper_waker_.Wake();
  housekeeper_.join();
  // Outside the lock: their threads report their end. `before` chains are held by the jobs themselves.
  std::map<std::string, std::shared_ptr<Job>> current, doomed;
  std::vector<std::shared_ptr<Job>> leaving;
  std::lock_guard lock(mutex_);
  current.swap(current_);
  doomed.swap(doomed_);
  leaving.swap(leaving_);
}

Status Supervisor::Resume() {
  ASSIGN_OR_RETURN(const auto previews, world_.pipelines->List(/*previews=*/true));
  for (const PipelineRecord& preview : previews) RETURN_IF_ERROR(world_.pipelines->Delete(preview.id).status());
  ASSIGN_OR_RETURN(const auto pipelines, world_.pipelines->List());
  ASSIGN_OR_RETURN(const auto newest, world_.job.jobs->Newest());
  std::lock_guard lock(mutex_);
  for (const PipelineRecord& pipeline : pipelines) {
    const auto found =
        std::find_if(newest.begin(), newest.end(), [&](const auto& job) { return job.pipeline_id == pipeline.id; });
    if (found != newest.end() && !HasEnded(found->state)) {
      JobRecord record = *found;
      if (pipeline.runs) {
        record.run++;
        record.state = JobState::kCreated;
        Launch(pipeline, std::move(record), {.fresh = pipeline.fresh}, /*resumed=*/true);
        continue;
      }
      // It was being stopped.
      record.state = JobState::kStopped;
      record.finished_at = world_.job.clock->WallMicros();
      RETURN_IF_ERROR(world_.job.jobs->Update(record));
    } else if (pipeline.runs) {
      RETURN_IF_ERROR(StartLocked(pipeline, {.fresh = pipeline.fresh}).status());
    }
  }
  return Status::Ok();
}

bool Supervisor::Runs(const std::string& pipeline_id) {
  const auto found = current_.find(pipeline_id);
  return found != current_.end() && !HasEnded(found->second->record().state);
}

Status Supervisor::ReadAgain(PipelineRecord* pipeline) const {
  ASSIGN_OR_RETURN(auto found, world_.pipelines->Find(pipeline->id));
  if (!found) return Status::User("there is no pipeline " + pipeline->id).WithCode(kMissing);
  *pipeline = *std::move(found);
  return Status::Ok();
}

Result<JobRecord> Supervisor::Start(PipelineRecord* pipeline, const StartOptions& options) {
  std::lock_guard lock(mutex_);
  if (closing_) return Status::Environment("the server is stopping");
  RETURN_IF_ERROR(ReadAgain(pipeline));
  if (Runs(pipeline->id)) return IsRunning(pipeline->name);
  pipeline->runs = true;
  pipeline->stop.reset();
  pipeline->fresh = pipeline->fresh || options.fresh;
  RETURN_IF_ERROR(world_.pipelines->UpdateWanted(pipeline));
  return StartLocked(*pipeline, {pipeline->fresh, options.accept_duplicates});
}

Result<JobRecord> Supervisor::StartLocked(const PipelineRecord& pipeline, const StartOptions& options) {
  JobRecord record;
  record.pipeline_id = pipeline.id;
  record.query = pipeline.query;
  record.preview = pipeline.preview;
  ASSIGN_OR_RETURN(record, world_.job.jobs->Create(std::move(record)));
  Launch(pipeline, record, options, /*resumed=*/false);
  return record;
}

void Supervisor::Launch(const PipelineRecord& pipeline, JobRecord record, const StartOptions& options, bool resumed) {
  Job::Parts parts;
  parts.record = std::move(record);
  parts.pipeline_name = pipeline.name;
  parts.settings = pipeline.settings;
  parts.fresh = options.fresh;
  parts.accept_duplicates = options.accept_duplicates;
  parts.has_state = pipeline.has_state;
  parts.resumed = resumed;
  parts.ended = [this](const JobRecord& ended) { OnEnded(ended); };
  parts.began = [this, id = pipeline.id](bool anew) {
    const Status kept = world_.pipelines->HasBegun(id, anew);
    if (!kept.ok()) LogError("the state of a pipeline could not be kept", {{"error", kept.message()}});
  };
  std::shared_ptr<Job>& current = current_[pipeline.id];
  if (current != nullptr) {
    parts.before = current;
    leaving_.push_back(current);
  }
  JobWorld world = world_.job;
  world.random = &random_;
  current = std::make_shared<Job>(std::move(parts), world);
  current->Start();
}

Status Supervisor::Stop(PipelineRecord* pipeline, StopMode mode) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(ReadAgain(pipeline));
  pipeline->runs = false;
  pipeline->stop = mode;
  RETURN_IF_ERROR(world_.pipelines->UpdateWanted(pipeline));
  if (const auto found = current_.find(pipeline->id); found != current_.end()) found->second->Stop(mode);
  return Status::Ok();
}

Result<JobRecord> Supervisor::Restart(PipelineRecord* pipeline, StopMode mode, const StartOptions& options) {
  std::lock_guard lock(mutex_);
  if (closing_) return Status::Environment("the server is stopping");
  RETURN_IF_ERROR(ReadAgain(pipeline));
  pipeline->runs = true;
  pipeline->stop.reset();
  pipeline->fresh = pipeline->fresh || options.fresh;
  RETURN_IF_ERROR(world_.pipelines->UpdateWanted(pipeline));
  if (const auto found = current_.find(pipeline->id); found != current_.end()) found->second->Stop(mode);
  return StartLocked(*pipeline, {pipeline->fresh, options.accept_duplicates});
}

Status Supervisor::BeginAnew(PipelineRecord* pipeline) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(world_.pipelines->BeginAnew(pipeline->id));
  return ReadAgain(pipeline);
}

Result<bool> Supervisor::Delete(const std::string& pipeline_id, bool force) {
  std::lock_guard lock(mutex_);
  const bool runs = Runs(pipeline_id);
  if (runs && !force) return IsRunning(current_.at(pipeline_id)->pipeline_name());
  // The database first: where it cannot be written, nothing has happened.
  ASSIGN_OR_RETURN(const bool was_there, world_.pipelines->Delete(pipeline_id));
  const auto found = current_.find(pipeline_id);
  std::shared_ptr<Job> job = found == current_.end() ? nullptr : std::move(found->second);
  if (found != current_.end()) current_.erase(found);
  if (runs) job->Stop(StopMode::kForce);
  // Its end is not awaited here: its thread may be about to tell it, and wants the lock for that.
  if (was_there) {
    doomed_[pipeline_id] = std::move(job);
  } else if (job != nullptr) {
    leaving_.push_back(std::move(job));
  }
  housekeeper_waker_.Wake();
  return was_there;
}

std::shared_ptr<Job> Supervisor::OfPipeline(const std::string& pipeline_id) {
  std::lock_guard lock(mutex_);
  const auto found = current_.find(pipeline_id);
  return found == current_.end() ? nullptr : found->second;
}

std::shared_ptr<Job> Supervisor::Find(const std::string& job_id) {
  for (std::shared_ptr<Job>& job : All()) {
    if (job->record().id == job_id) return std::move(job);
  }
  return nullptr;
}

std::vector<std::shared_ptr<Job>> Supervisor::All() {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Job>> jobs;
  jobs.reserve(current_.size());
  for (const auto& [id, job] : current_) jobs.push_back(job);
  return jobs;
}

bool Supervisor::closing() {
  std::lock_guard lock(mutex_);
  return closing_;
}

bool Supervisor::Shutdown(int64_t timeout_millis) {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  const auto jobs = All();
  for (const auto& job : jobs) {
    if (job->preview()) {
      job->Stop(StopMode::kImmediate);
    } else {
      job->Suspend();
    }
  }
  const int64_t deadline = world_.job.clock->SteadyMicros() + timeout_millis * kMicrosPerMilli;
  bool all = true;
  for (const auto& job : jobs) {
    const int64_t left = std::max<int64_t>(deadline - world_.job.clock->SteadyMicros(), 0);
    all = job->WaitGone(left / kMicrosPerMilli) && job->suspended_well() && all;
    KeepErrors(job);
  }
  return all;
}

// On the job's thread.
void Supervisor::OnEnded(const JobRecord& record) {
  std::lock_guard lock(mutex_);
  const auto found = current_.find(record.pipeline_id);
  if (found == current_.end() || found->second->record().id != record.id) return;  // another has begun since
  const Status kept = world_.pipelines->HasEnded(record.pipeline_id);
  if (!kept.ok()) LogError("the state of a pipeline could not be kept", {{"error", kept.message()}});
}

// ---- housekeeping, on a thread of its own

void Supervisor::KeepHouse() {
  int64_t sample_at = 0;
  while (!housekeeper_ends_) {
    const bool samples = world_.job.clock->SteadyMicros() >= sample_at;
    if (samples) sample_at = world_.job.clock->SteadyMicros() + FigureSeries::kIntervalMicros;
    bool followed = false;
    for (const auto& job : All()) {
      KeepErrors(job);
      if (samples) job->Sample();
      followed = job->PumpLog() || followed;
    }
    EndPreviews();
    DeleteDoomed();
    followed = LetGo() || followed;
    housekeeper_waker_.WaitUntil(*world_.job.clock,
                                 world_.job.clock->SteadyMicros() + (followed ? kFollowedMicros : kHouseMicros));
  }
}

void Supervisor::KeepErrors(const std::shared_ptr<Job>& job) const {
  const std::vector<JobError> errors = job->TakeErrors();
  if (errors.empty()) return;
  const Status kept = world_.job.jobs->AddErrors(job->record().id, errors);
  if (!kept.ok()) LogError("the errors of a job could not be kept", {{"error", kept.message()}});
}

// Of jobs that are nobody's current one: those who follow their logs get the rest, and the end.
bool Supervisor::LetGo() {
  std::vector<std::shared_ptr<Job>> there, gone;
  {
    std::lock_guard lock(mutex_);
    const auto first_gone =
        std::stable_partition(leaving_.begin(), leaving_.end(), [](const auto& job) { return !job->gone(); });
    gone.assign(first_gone, leaving_.end());
    leaving_.erase(first_gone, leaving_.end());
    there = leaving_;
  }
  bool followed = false;
  for (const auto& job : gone) job->PumpLog();
  for (const auto& job : there) followed = job->PumpLog() || followed;
  return followed;
}

void Supervisor::EndPreviews() {
  const int64_t now = world_.job.clock->SteadyMicros();
  for (const auto& job : All()) {
    if (!job->preview()) continue;
    const bool unwatched = now - job->output().asked_at() >= kUnwatchedPreviewMicros;
    if (unwatched || now - job->started_micros() >= kPreviewMicros) job->Stop(StopMode::kImmediate);
    if (!unwatched || !job->gone()) continue;
    const auto deleted = Delete(job->record().pipeline_id, /*force=*/true);
    if (!deleted.ok()) LogError("a preview could not be deleted", {{"error", deleted.status().message()}});
  }
}

void Supervisor::PumpDoomed(const std::string& pipeline_id) {
  std::shared_ptr<Job> job;
  {
    std::lock_guard lock(mutex_);
    job = doomed_[pipeline_id];
  }
  if (job != nullptr) job->PumpLog();
}

void Supervisor::DeleteDoomed() {
  std::vector<std::string> ids;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, job] : doomed_) {
      if (job == nullptr || job->gone()) ids.push_back(id);
    }
  }
  for (const std::string& id : ids) {
    PumpDoomed(id);
    const Status deleted = world_.delete_state(id);
    if (!deleted.ok())
      LogError("the state of a pipeline that was deleted could not be deleted", {{"error", deleted.ToString()}});
    std::lock_guard lock(mutex_);
    doomed_.erase(id);
  }
}

}  // namespace laminar::server
