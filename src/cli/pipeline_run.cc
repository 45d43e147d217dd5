#include "cli/pipeline_run.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <vector>

#include "base/health.h"
#include "base/units.h"
#include "base/waker.h"
#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/signals.h"
#include "cli/status_line.h"
#include "engine/memory_shares.h"
#include "engine/restart_policy.h"
#include "metrics/prometheus_text.h"

namespace laminar::cli {

namespace {

// [1.234,1.198]: by worker.
std::string CpuSeconds(const std::vector<int64_t>& micros) {
  std::string out = "[";
  for (const int64_t used : micros) {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.3f", static_cast<double>(used) / 1e6);
    out += (out.size() > 1 ? "," : "") + std::string(seconds);
  }
  return out + "]";
}

std::string Mebibytes(int64_t bytes) {
  return std::to_string(bytes >> 20) + "MiB";
}

constexpr char kPipeline[] = "pipeline";  // who speaks of its start and its stop

// What is wrong with the pipeline, "" = nothing.
std::string Problems(const Health& health, const PipelineMetrics& metrics) {
  std::string problems = health.Problems();
  if (const int64_t failures = metrics.checkpoint_failures_in_a_row.Get(); failures > 0) {
    problems += (problems.empty() ? "" : "; ") + std::string("checkpoints: the last ") +
                (failures == 1 ? "attempt" : std::to_string(failures) + " attempts") + " to write one failed";
  }
  if (const int64_t failing = metrics.failing_requests.Get(); failing > 0) {
    problems += (problems.empty() ? "" : "; ") + std::string("requests: ") + std::to_string(failing) +
                " failed again and again and " + (failing == 1 ? "is" : "are") + " tried on; the log has the cause";
  }
  return problems;
}

void LogTotal(std::string_view message, const Pipeline& pipeline, int64_t elapsed_micros) {
  const PipelineMetrics& metrics = pipeline.metrics();
  const auto number = [](uint64_t value) { return std::to_string(value); };
  LogInfo(message, {{"rows_in", number(metrics.rows_in.Get()), true},
                    {"bytes_in", number(metrics.bytes_in.Get()), true},
                    {"rows_out", number(metrics.rows_out.Get()), true},
                    {"bytes_out", number(metrics.bytes_out.Get()), true},
                    {"bad_rows", number(metrics.bad_rows.Get()), true},
                    {"dead_letters", number(metrics.dead_letters.Get()), true},
                    {"late_rows", number(LateRows(pipeline.source_metrics())), true},
                    {"ahead_rows", number(AheadRows(pipeline.source_metrics())), true},
                    {"read_requests", number(metrics.read_requests.Get()), true},
                    {"write_requests", number(metrics.write_requests.Get()), true},
                    {"retries", number(metrics.retries.Get()), true},
                    {"peak_state_bytes", std::to_string(metrics.peak_state_bytes.Get()), true},
                    {"peak_state_rows", std::to_string(metrics.peak_state_rows.Get()), true},
                    {"checkpoints", number(metrics.checkpoints.Get()), true},
                    {"checkpoint_bytes", number(metrics.checkpoint_bytes.Get()), true},
                    {"longest_checkpoint_pause_ms", std::to_string(metrics.longest_checkpoint_pause_ms.Get()), true},
                    {"worker_cpu_seconds", CpuSeconds(pipeline.worker_cpu_micros()), true},
                    {"elapsed_ms", number(static_cast<uint64_t>(elapsed_micros / kMicrosPerMilli)), true}});
}

}  // namespace

void RunArguments::AddTo(CLI::App* command) {
  command->add_flag("-q,--quiet", quiet, "No status line, no summary; log only warnings and errors");
  command
      ->add_option("--memory-limit", memory_limit,
                   "How much memory the process may use, its program's " + Mebibytes(kProgramBytes) +
                       " among it: 512MiB, 4GB; at least " + Mebibytes(kLeastMemoryLimit) +
                       " (default: half of the machine)")
      ->option_text("SIZE");
  command->add_option("--log-format", log_format, "text for people, json for machines")
      ->option_text("text|json")
      ->check(CLI::IsMember({"text", "json"}));
  command->add_option("--log-level", log_level, "The least important log lines to write")
      ->option_text("debug|info|warning|error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
}

Result<int64_t> RunArguments::MemoryLimit() const {
  if (memory_limit.empty()) return DefaultMemoryLimit();
  const Result<int64_t> bytes = ParseBytes(memory_limit);
  if (!bytes.ok()) return Status::User("--memory-limit " + memory_limit + " is not a size", bytes.status().hint());
  if (*bytes < kLeastMemoryLimit) {
    return Status::User("--memory-limit " + memory_limit + " is too little",
                        "It takes at least " + Mebibytes(kLeastMemoryLimit) + ": the program itself has " +
                            Mebibytes(kProgramBytes) + " of them");
  }
  return *bytes;
}

void RunArguments::Apply() const {
  LogLevel level = quiet ? LogLevel::kWarning : LogLevel::kInfo;
  if (log_level == "debug") level = LogLevel::kDebug;
  if (log_level == "warning") level = LogLevel::kWarning;
  if (log_level == "error") level = LogLevel::kError;
  InitLogging(log_format == "json" ? LogFormat::kJson : LogFormat::kText, level);
}

struct PipelineRun::Rep {
  explicit Rep(const RunArguments& arguments) : arguments(arguments), signals([this](int count) { OnSignal(count); }) {}

  // Before anything is read there is nothing to send, and afterwards only the result to say.
  void OnSignal(int count) {
    std::lock_guard lock(mutex);
    if (count > 2 || (finished && count > 1)) _exit(kFailed);
    if (finished && works_on) {
      LogInfo("stopped: nothing is printed");
      _exit(kDone);
    }
    if (finished) return;
    stopping = true;
    if (paused) {
      LogInfo("stopped while waiting to start again");
      _exit(kFailed);
    }
    if (pipeline == nullptr) {
      LogInfo("stopped before anything was read");
      _exit(kDone);
    }
    if (count == 1) {
      LogInfo(words);
      health.Set(kPipeline, "stopping");
      if (status_line != nullptr) status_line->SetState("stopping");
      pipeline->Stop();
    } else {
      aborted = true;
      pipeline->Abort();
    }
  }

  void SetRunning(Pipeline* running, StatusLine* line) {
    std::lock_guard lock(mutex);
    pipeline = running;
    status_line = line;
  }

  void SetStopped() {
    std::lock_guard lock(mutex);
    pipeline = nullptr;
    status_line = nullptr;
  }
  void SetFinished() {
    std::lock_guard lock(mutex);
    finished = true;
  }
  bool Stopping() {
    std::lock_guard lock(mutex);
    return stopping;
  }
  // Before another attempt; a signal ends the process.
  void Pause(const Clock& clock, int64_t micros) {
    {
      std::lock_guard lock(mutex);
      paused = true;
    }
    ThreadWaker nobody;
    nobody.WaitUntil(clock, clock.SteadyMicros() + micros);
    std::lock_guard lock(mutex);
    paused = false;
  }

  bool Aborted() {
    std::lock_guard lock(mutex);
    return aborted;
  }

  // Null if nobody asked for it. pipeline: borrowed, outlives it.
  Result<std::unique_ptr<MetricsServer>> StartMetrics(const Pipeline& pipeline) {
    if (!metrics_address) return std::unique_ptr<MetricsServer>();
    MetricsServer::Pages pages;
    pages.problems = [this, &pipeline] { return Problems(health, pipeline.metrics()); };
    pages.metrics = [this, &pipeline] {
      return PrometheusText({{"", pipeline.Figures()}}, {.version = LAMINAR_VERSION,
                                                         .healthy = Problems(health, pipeline.metrics()).empty(),
                                                         .process = ReadProcessFigures()});
    };
    ASSIGN_OR_RETURN(auto server, MetricsServer::Start(*metrics_address, std::move(pages)));
    LogInfo("serving /metrics and /healthz", {{"address", "http://" + server->address().ToString()}});
    return server;
  }

  const RunArguments arguments;
  std::optional<ListenAddress> metrics_address;
  std::string words = "stopping: sending what was accepted; once more stops at once";  // of the first signal
  bool works_on = false;                                                               // when the pipeline has run
  Health health;
  uint64_t rows_written = 0;
  std::mutex mutex;
  Pipeline* pipeline = nullptr;       // guarded by mutex
  StatusLine* status_line = nullptr;  // guarded by mutex
  bool finished = false;              // guarded by mutex: the pipeline has run
  bool stopping = false;              // guarded by mutex: a signal has come
  bool paused = false;                // guarded by mutex: between two attempts
  bool aborted = false;               // guarded by mutex
  SignalWatcher signals;              // last: its thread uses the rest
};

PipelineRun::PipelineRun(const RunArguments& arguments) : rep_(std::make_unique<Rep>(arguments)) {}
PipelineRun::~PipelineRun() = default;

void PipelineRun::ServeMetrics(const ListenAddress& address) {
  rep_->metrics_address = address;
}

void PipelineRun::WorksOnAfterRun(std::string stopping) {
  std::lock_guard lock(rep_->mutex);
  rep_->words = std::move(stopping);
  rep_->works_on = true;
}

bool PipelineRun::Stopping() const {
  return rep_->Stopping();
}

uint64_t PipelineRun::rows_written() const {
  return rep_->rows_written;
}

void PipelineRun::Stop() {
  std::lock_guard lock(rep_->mutex);
  if (rep_->pipeline != nullptr) rep_->pipeline->Stop();
}

namespace {

void SayWhereFrom(const Pipeline& pipeline, const CheckpointOptions& options, const Clock& clock) {
  const Recovery* const recovery = pipeline.recovery();
  if (recovery == nullptr) return;
  for (const std::string& note : recovery->notes) LogWarning(note);
  const std::string place = options.store->Describe("");
  if (recovery->from) {
    const Manifest* const from = &recovery->from->manifest;
    const int64_t age = std::max<int64_t>(clock.WallMicros() - from->taken_micros, 0);
    LogInfo("goes on from a checkpoint", {{"checkpoint", std::to_string(from->checkpoint), true},
                                          {"age", FormatDuration(age)},
                                          {"state", FormatBytes(static_cast<uint64_t>(from->Bytes()))},
                                          {"state_dir", place}});
    if (from->finished)
      LogInfo("the last run had come to the end of its sources: reads what has come since; --fresh begins anew");
  } else {
    LogInfo("begins anew; its checkpoints are kept", {{"state_dir", place}});
  }
}

}  // namespace

struct PipelineRun::Attempt {
  Status status;
  bool reached_reading = false;
  bool created = false;  // the pipeline could be made
};

PipelineRun::Attempt PipelineRun::RunOnce(const sql::CompiledScript& compiled, const PipelineOptions& options,
                                          World* world, bool quiet) {
  const bool json = rep_->arguments.log_format == "json";
  auto created = Pipeline::Create(compiled, options, world->pipeline_world());
  if (!created.ok()) return {created.status(), false, false};
  const std::unique_ptr<Pipeline> pipeline = std::move(created).value();
  SayWhereFrom(*pipeline, options.checkpoints, world->clock());
  rep_->health.Set(kPipeline, "starting: not all sources stand at their position");
  auto metrics_server = rep_->StartMetrics(*pipeline);
  if (!metrics_server.ok()) {
    return {metrics_server.status(), false, false};
  }
  const int64_t started = world->clock().SteadyMicros();
  // Where rows go to the same terminal, a line that moves would be in their way.
  const bool prints = std::any_of(compiled.sinks.begin(), compiled.sinks.end(),
                                  [](const auto& sink) { return sink.second.connector->name() == "stdout"; });
  const bool rows_on_terminal = prints && isatty(STDOUT_FILENO) == 1;
  std::unique_ptr<StatusLine> line;
  if (!quiet && !json && !rows_on_terminal && isatty(STDERR_FILENO) == 1) {
    line = std::make_unique<StatusLine>(STDERR_FILENO, pipeline->metrics(), pipeline->source_metrics(), world->clock());
  }
  rep_->SetRunning(pipeline.get(), line.get());
  std::atomic<bool> reading{false};
  const Status status = pipeline->Run([&] {
    reading = true;
    LogInfo("reading");
    rep_->health.Set(kPipeline, "");
    if (line != nullptr) line->SetState("reading");
  });
  rep_->SetStopped();
  rep_->rows_written = pipeline->metrics().rows_out.Get();
  line.reset();

  const bool cancelled = status.kind() == StatusKind::kCancelled && !rep_->Aborted();
  if (!quiet) {
    const int64_t elapsed = world->clock().SteadyMicros() - started;
    if (json) {
      LogTotal(status.ok() || cancelled ? "done" : "failed", *pipeline, elapsed);
    } else {
      LogDebug("cpu time", {{"worker_cpu_seconds", CpuSeconds(pipeline->worker_cpu_micros()), true}});
      const bool failed = !status.ok() && !cancelled;
      std::fprintf(stderr, "%s\n",
                   DescribeTotal(pipeline->metrics(), pipeline->source_metrics(), elapsed, failed).c_str());
    }
  }
  return {status, reading, true};
}

int PipelineRun::Run(const Script& script, const sql::CompiledScript& compiled, const PipelineOptions& options,
                     World* world, bool shows_progress, int restarts) {
  const bool quiet = rep_->arguments.quiet || !shows_progress;
  const auto report = [&](const Status& status) {
    if (rep_->arguments.log_format == "json") {
      const SqlPosition at = status.position();
      LogError(status.message(), {{"hint", status.hint()},
                                  {"code", status.code()},
                                  {"line", at.known() ? std::to_string(at.line) : "", true},
                                  {"column", at.known() ? std::to_string(at.column) : "", true}});
    } else {
      PrintScriptError(script.name, script.text, status);
    }
  };
  PipelineOptions attempt = options;
  RestartPolicy policy(restarts, &world->clock(), world->ForkRandom());
  while (true) {
    const Attempt result = RunOnce(compiled, attempt, world, quiet);
    const Status& status = result.status;
    const bool cancelled = status.kind() == StatusKind::kCancelled && !rep_->Aborted();
    std::optional<int64_t> pause;
    if (!status.ok() && !cancelled && options.checkpoints.store != nullptr && !rep_->Stopping())
      pause = policy.AfterFailure(status, result.reached_reading);
    if (!pause) {
      rep_->SetFinished();
      if (status.ok()) return kDone;
      if (cancelled) {
        if (!quiet) LogInfo(status.message());
        return kDone;
      }
      report(status);
      return !result.created && status.kind() == StatusKind::kUser ? kWrongInput : kFailed;
    }
    report(status);
    LogWarning("starting again from the last checkpoint",
               {{"in_ms", std::to_string(*pause / kMicrosPerMilli), true},
                {"restarts_in_the_last_hour", std::to_string(policy.restarts_in_the_last_hour()), true},
                {"at_most", std::to_string(restarts), true}});
    rep_->Pause(world->clock(), *pause);
    attempt.checkpoints.fresh = attempt.checkpoints.accept_duplicates = false;
  }
}

}  // namespace laminar::cli
