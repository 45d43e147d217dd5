#include "server/jobs/job.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/log.h"
#include "base/thread_name.h"
#include "engine/restart_policy.h"
#include "server/jobs/output_connector.h"
#include "server/jobs/problem.h"

namespace laminar::server {

namespace {

using nlohmann::json;

// A preview gives out so many rows at once, then so many a second: people read them.
constexpr OutputPace kPreviewPace = {2'000, 200};
constexpr size_t kMostWaitingErrors = 100;

// What was read and sent since its first checkpoint would be read again, or passed over.
Status StateIsGone(const BlobStore& store) {
  return Status::Environment("the pipeline has had checkpoints, and there are none in " + store.Describe(""),
                             "Bring back what was there, or start the server with the --state-dir that it had; "
                             "--fresh begins anew, without what it had read");
}

}  // namespace

Job::Job(Parts parts, const JobWorld& world)
    : world_(world),
      pipeline_name_(std::move(parts.pipeline_name)),
      settings_(parts.settings),
      preview_(parts.record.preview),
      resumed_(parts.resumed),
      started_micros_(world.clock->SteadyMicros()),
      random_(world.random->Fork()),
      began_(std::move(parts.began)),
      ended_(std::move(parts.ended)),
      log_(std::make_shared<const LogOwner>(LogOwner{pipeline_name_, std::make_shared<LogLines>()})),
      output_(world.clock),
      output_connector_(MakeOutputConnector(&output_, world.registry, preview_ ? kPreviewPace : OutputPace())),
      before_(std::move(parts.before)),
      record_(std::move(parts.record)),
      fresh_(parts.fresh),
      accept_duplicates_(parts.accept_duplicates),
      has_state_(parts.has_state) {}

Job::~Job() {
  if (thread_.joinable()) thread_.join();
}

void Job::Start() {
  thread_ = std::thread([this] {
    NameThread("job");
    const LogScope scope(log_);
    Run();
    output_.End();
    log_->lines->Close();
    std::lock_guard lock(mutex_);
    gone_ = true;
    changed_.notify_all();
  });
}

// ---- what others ask of it

void Job::Stop(StopMode mode) {
  std::lock_guard lock(mutex_);
  if (HasEnded(record_.state) || (stop_ && mode <= *stop_)) return;
  stop_ = mode;
  Apply(mode);
  changed_.notify_all();
  if (mode != StopMode::kForce) {
    if (record_.state != JobState::kStopping) {
      record_.state = JobState::kStopping;
      KeepRecord(record_);
    }
    return;
  }
  forced_ = true;
  record_.state = JobState::kStopped;
  record_.finished_at = world_.clock->WallMicros();
  KeepRecord(record_);
}

void Job::Suspend() {
  std::lock_guard lock(mutex_);
  if (HasEnded(record_.state) || stop_) return;
  suspended_ = true;
  stop_ = StopMode::kCheckpoint;
  Apply(*stop_);
  changed_.notify_all();
}

bool Job::suspended_well() {
  std::lock_guard lock(mutex_);
  return !suspended_badly_;
}

void Job::Apply(StopMode mode) {
  if (pipeline_ == nullptr) return;
  switch (mode) {
    case StopMode::kCheckpoint:
      return pipeline_->Stop();
    case StopMode::kGraceful:
      return pipeline_->EndInput();
    case StopMode::kImmediate:
    case StopMode::kForce:
      return pipeline_->Abort();
  }
}

bool Job::WaitGone(int64_t timeout_millis) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::milliseconds(timeout_millis), [this] { return gone_; });
}

bool Job::WaitEnded(int64_t timeout_millis) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::milliseconds(timeout_millis),
                           [this] { return gone_ || HasEnded(record_.state); });
}

JobRecord Job::record() {
  std::lock_guard lock(mutex_);
  return record_;
}

std::vector<JobError> Job::TakeErrors() {
  std::lock_guard lock(mutex_);
  return std::exchange(errors_, {});
}

std::optional<PipelineFigures> Job::Figures() {
  std::lock_guard lock(mutex_);
  return pipeline_ == nullptr ? figures_ : pipeline_->Figures();
}

void Job::Sample() {
  std::lock_guard lock(mutex_);
  if (pipeline_ != nullptr) series_.Add(world_.clock->WallMicros(), pipeline_->Figures());
}

json Job::Series(size_t most) {
  std::lock_guard lock(mutex_);
  return series_.ToJson(most);
}

// ---- its thread

bool Job::StopAsked() {
  std::lock_guard lock(mutex_);
  return stop_.has_value();
}

bool Job::Pause(int64_t micros) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, std::chrono::microseconds(micros), [this] { return stop_.has_value(); });
}

void Job::KeepRecord(const JobRecord& record) const {
  const Status kept = world_.jobs->Update(record);
  if (!kept.ok()) LogError("the state of a job could not be kept", {{"job", record.id}, {"error", kept.message()}});
}

void Job::SetState(JobState state) {
  std::lock_guard lock(mutex_);
  if (forced_ || stop_ || record_.state == state) return;
  record_.state = state;
  if (state == JobState::kRunning && !record_.started_at) record_.started_at = world_.clock->WallMicros();
  KeepRecord(record_);
  changed_.notify_all();
}

void Job::AddError(std::string_view kind, const Status& status) {
  json details = ProblemOf(status);
  details["kind"] = kind;
  details["table"] = nullptr;
  details["record"] = nullptr;
  AddError({0, world_.clock->WallMicros(), details.dump(-1, ' ', false, json::error_handler_t::replace)});
}

void Job::AddError(JobError error) {
  std::lock_guard lock(mutex_);
  if (errors_.size() < kMostWaitingErrors) errors_.push_back(std::move(error));
}

void Job::OnCheckpointFailure(const Status& status) {
  AddError("checkpoint", Status(status).WithContext("a checkpoint could not be written, and is tried again"));
}

void Job::OnBadRecord(const BadRecordEvent& event) {
  AddError({0, world_.clock->WallMicros(), BadRecordText(event)});
}

// A job that is to go on with the next server keeps its state: it is found by that.
void Job::End(JobState state, const Status& status) {
  const bool failed = !status.ok() && status.kind() != StatusKind::kCancelled;
  JobRecord record;
  bool suspended;
  {
    std::lock_guard lock(mutex_);
    if (failed) record_.failure = ProblemText(status);
    if (!forced_ && !suspended_) {
      record_.state = state;
      record_.finished_at = world_.clock->WallMicros();
    }
    KeepRecord(record_);
    record = record_;
    suspended = suspended_;
    suspended_badly_ = suspended && failed;
    if (!suspended) changed_.notify_all();
  }
  if (suspended) {
    if (failed)
      LogError("a pipeline has taken no last checkpoint: it goes on from the one before",
               {{"job", record.id}, {"error", status.message()}, {"hint", status.hint()}});
    return;
  }
  LogInfo("a job has ended", {{"job", record.id}, {"state", std::string(JobStateName(record.state))}});
  if (ended_) ended_(record);
}

void Job::Run() {
  SetState(JobState::kScheduling);
  // Its state has one owner, and its sinks' rows an order.
  while (before_ != nullptr && !before_->WaitGone(100)) {
    bool given_up;
    {
      std::lock_guard lock(mutex_);
      given_up = stop_.has_value();
    }
    if (given_up) break;
  }
  before_.reset();
  RunUntilEnd();
}

void Job::RunUntilEnd() {
  RestartPolicy policy(static_cast<int>(settings_.restarts_per_hour), world_.clock, random_.Fork());
  bool ran = resumed_;
  while (true) {
    if (StopAsked()) return End(JobState::kStopped, Status::Ok());
    SetState(JobState::kScheduling);
    const Attempt attempt = RunOnce();
    ran = ran || attempt.reached_reading;
    const Status& status = attempt.status;
    const bool stopped = StopAsked();
    if (status.ok()) return End(stopped ? JobState::kStopped : JobState::kFinished, status);
    if (status.kind() == StatusKind::kCancelled) return End(JobState::kStopped, status);
    AddError("failure", status);
    if (stopped) return End(JobState::kStopped, status);
    const std::optional<int64_t> pause = preview_ ? std::nullopt : policy.AfterFailure(status, ran);
    if (!pause) {
      LogError("a pipeline has failed", {{"error", status.ToString()}});
      return End(JobState::kFailed, status);
    }
    LogWarning("a pipeline has failed and starts again from its last checkpoint",
               {{"error", status.ToString()},
                {"in_ms", std::to_string(*pause / kMicrosPerMilli), true},
                {"restarts_in_the_last_hour", std::to_string(policy.restarts_in_the_last_hour()), true}});
    SetState(JobState::kRestarting);
    if (!Pause(*pause)) return End(JobState::kStopped, Status::Ok());
    std::lock_guard lock(mutex_);
    record_.run++;
    record_.restarts++;
  }
}

Result<std::unique_ptr<sql::CompiledScript>> Job::Compile(DuckSession* session) {
  sql::CompileResult result;
  try {
    result = world_.compile(record().query, session);
  } catch (const std::exception& error) {
    // Of this job alone, not of all that the process runs. It may pass.
    return Status::Environment(std::string("the script could not be compiled: ") + error.what());
  }
  if (result.script == nullptr) return result.problems.front();
  for (const Status& warning : result.script->warnings) LogWarning(warning.message(), {{"hint", warning.hint()}});
  TakeOutputs(result.script.get());
  return std::move(result.script);
}

// Here nobody looks at the standard output, and a preview writes nowhere else.
void Job::TakeOutputs(sql::CompiledScript* script) {
  for (auto& [name, table] : script->sinks) {
    if (!preview_ && table.connector->name() != "stdout") continue;
    table.connector = output_connector_.get();
    table.spec.format = nullptr;
  }
}

PipelineOptions Job::Options(BlobStore* store) const {
  PipelineOptions options;
  options.parallelism = static_cast<int>(settings_.parallelism);
  options.memory_limit_bytes =
      settings_.memory_limit_bytes > 0 ? settings_.memory_limit_bytes : world_.pipeline_limit_bytes;
  options.process_limit_bytes = world_.process_limit_bytes;
  CheckpointOptions& checkpoints = options.checkpoints;
  checkpoints.store = store;
  checkpoints.pipeline = record_.pipeline_id;
  checkpoints.interval_micros = settings_.checkpoint_interval_micros;
  checkpoints.fresh = fresh_;
  checkpoints.accept_duplicates = accept_duplicates_;
  checkpoints.version = world_.version;
  return options;
}

Job::Attempt Job::RunOnce() {
  const std::unique_ptr<DuckSession> session = world_.duck->NewSession();
  const auto script = Compile(session.get());
  if (!script.ok()) return {script.status()};
  std::unique_ptr<BlobStore> store;
  if (!preview_) {
    auto opened = world_.open_state(record().pipeline_id);
    if (!opened.ok()) return {opened.status()};
    store = std::move(opened).value();
  }
  PipelineOptions options;
  {
    std::lock_guard lock(mutex_);
    options = Options(store.get());
  }
  Random random = random_.Fork();
  auto created = Pipeline::Create(
      **script, options,
      {world_.clock, &random, world_.duck, world_.memory, [this](const BadRecordEvent& event) { OnBadRecord(event); },
       [this](const Status& status) { OnCheckpointFailure(status); }});
  if (!created.ok()) return {created.status()};
  const std::unique_ptr<Pipeline> pipeline = std::move(created).value();
  if (pipeline->recovery() != nullptr) {
    std::lock_guard lock(mutex_);
    if (has_state_ && !fresh_ && pipeline->recovery()->newest == 0) return {StateIsGone(*store)};
  }
  if (const Recovery* const recovery = pipeline->recovery()) {
    for (const std::string& note : recovery->notes) LogWarning(note);
  }
  {
    std::lock_guard lock(mutex_);
    pipeline_ = pipeline.get();
    if (stop_) Apply(*stop_);
  }
  std::atomic<bool> reading{false};
  const Status status = pipeline->Run([&] {
    reading = true;
    if (!preview_ && began_) began_(options.checkpoints.fresh);
    SetState(JobState::kRunning);
    const JobRecord now = record();
    LogInfo("a job runs", {{"job", now.id}, {"run", std::to_string(now.run), true}});
  });
  std::lock_guard lock(mutex_);
  figures_ = pipeline->Figures();
  pipeline_ = nullptr;
  if (reading) {
    fresh_ = accept_duplicates_ = false;
    has_state_ = !preview_;
  }
  return {status, reading};
}

}  // namespace laminar::server
