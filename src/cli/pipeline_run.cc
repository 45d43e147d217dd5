#include "cli/pipeline_run.h"

#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <mutex>
#include <vector>

#include "base/health.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/metrics_text.h"
#include "cli/signals.h"
#include "cli/status_line.h"
#include "engine/memory_shares.h"

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

int64_t ProcessCpuMicros() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto micros = [](const timeval& time) { return time.tv_sec * kMicrosPerSecond + time.tv_usec; };
  return micros(used.ru_utime) + micros(used.ru_stime);
}

// What is wrong with the pipeline, "" = nothing.
std::string Problems(const Health& health, const PipelineMetrics& metrics) {
  std::string problems = health.Problems();
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
                    {"late_rows", number(LateRows(pipeline.source_metrics())), true},
                    {"ahead_rows", number(AheadRows(pipeline.source_metrics())), true},
                    {"retries", number(metrics.retries.Get()), true},
                    {"peak_state_bytes", std::to_string(metrics.peak_state_bytes.Get()), true},
                    {"peak_state_rows", std::to_string(metrics.peak_state_rows.Get()), true},
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
    if (finished) return;
    if (pipeline == nullptr) {
      LogInfo("stopped before anything was read");
      _exit(kDone);
    }
    if (count == 1) {
      LogInfo("stopping: sending what was accepted; once more stops at once");
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

  void SetFinished() {
    std::lock_guard lock(mutex);
    pipeline = nullptr;
    status_line = nullptr;
    finished = true;
  }

  bool Aborted() {
    std::lock_guard lock(mutex);
    return aborted;
  }

  // Null if nobody asked for it. pipeline: borrowed, outlives it.
  Result<std::unique_ptr<MetricsServer>> StartMetrics(const Pipeline& pipeline, const World& world) {
    if (!metrics_address) return std::unique_ptr<MetricsServer>();
    MetricsServer::Pages pages;
    pages.problems = [this, &pipeline] { return Problems(health, pipeline.metrics()); };
    pages.metrics = [this, &pipeline, &world] {
      return MetricsText(pipeline.metrics(), pipeline.source_metrics(),
                         {.version = LAMINAR_VERSION,
                          .healthy = Problems(health, pipeline.metrics()).empty(),
                          .resident_bytes = world.memory().ResidentBytes(),
                          .cpu_micros = ProcessCpuMicros()});
    };
    ASSIGN_OR_RETURN(auto server, MetricsServer::Start(*metrics_address, std::move(pages)));
    LogInfo("serving /metrics and /healthz", {{"address", "http://" + server->address().ToString()}});
    return server;
  }

  const RunArguments arguments;
  std::optional<ListenAddress> metrics_address;
  Health health;
  std::mutex mutex;
  Pipeline* pipeline = nullptr;       // guarded by mutex
  StatusLine* status_line = nullptr;  // guarded by mutex
  bool finished = false;              // guarded by mutex: the pipeline has run
  bool aborted = false;               // guarded by mutex
  SignalWatcher signals;              // last: its thread uses the rest
};

PipelineRun::PipelineRun(const RunArguments& arguments) : rep_(std::make_unique<Rep>(arguments)) {}
PipelineRun::~PipelineRun() = default;

void PipelineRun::ServeMetrics(const ListenAddress& address) {
  rep_->metrics_address = address;
}

void PipelineRun::Stop() {
  std::lock_guard lock(rep_->mutex);
  if (rep_->pipeline != nullptr) rep_->pipeline->Stop();
}

int PipelineRun::Run(const Script& script, const sql::CompiledScript& compiled, const PipelineOptions& options,
                     World* world, bool shows_progress) {
  const bool json = rep_->arguments.log_format == "json";
  const auto report = [&](const Status& status) {
    if (json) {
      const SqlPosition at = status.position();
      LogError(status.message(), {{"hint", status.hint()},
                                  {"code", status.code()},
                                  {"line", at.known() ? std::to_string(at.line) : "", true},
                                  {"column", at.known() ? std::to_string(at.column) : "", true}});
    } else {
      PrintScriptError(script.name, script.text, status);
    }
  };
  auto created = Pipeline::Create(compiled, options, world->pipeline_world());
  if (!created.ok()) {
    report(created.status());
    return created.status().kind() == StatusKind::kUser ? kWrongInput : kFailed;
  }
  const std::unique_ptr<Pipeline> pipeline = std::move(created).value();
  rep_->health.Set(kPipeline, "starting: not all sources stand at their position");
  auto metrics_server = rep_->StartMetrics(*pipeline, *world);
  if (!metrics_server.ok()) {
    report(metrics_server.status());
    return metrics_server.status().kind() == StatusKind::kUser ? kWrongInput : kFailed;
  }
  const int64_t started = world->clock().SteadyMicros();
  const bool quiet = rep_->arguments.quiet || !shows_progress;
  // Where rows go to the same terminal, a line that moves would be in their way.
  const bool prints = std::any_of(compiled.sinks.begin(), compiled.sinks.end(),
                                  [](const auto& sink) { return sink.second.connector->name() == "stdout"; });
  const bool rows_on_terminal = prints && isatty(STDOUT_FILENO) == 1;
  std::unique_ptr<StatusLine> line;
  if (!quiet && !json && !rows_on_terminal && isatty(STDERR_FILENO) == 1) {
    line = std::make_unique<StatusLine>(STDERR_FILENO, pipeline->metrics(), pipeline->source_metrics(), world->clock());
  }
  rep_->SetRunning(pipeline.get(), line.get());
  const Status status = pipeline->Run([&] {
    LogInfo("reading");
    rep_->health.Set(kPipeline, "");
    if (line != nullptr) line->SetState("reading");
  });
  rep_->SetFinished();
  line.reset();

  const bool cancelled = status.kind() == StatusKind::kCancelled && !rep_->Aborted();
  if (!quiet) {
    const int64_t elapsed = world->clock().SteadyMicros() - started;
    if (json) {
      LogTotal(status.ok() || cancelled ? "done" : "failed", *pipeline, elapsed);
    } else {
      LogDebug("cpu time", {{"worker_cpu_seconds", CpuSeconds(pipeline->worker_cpu_micros()), true}});
      std::fprintf(stderr, "%s\n", DescribeTotal(pipeline->metrics(), pipeline->source_metrics(), elapsed).c_str());
    }
  }
  if (status.ok()) return kDone;
  if (cancelled) {
    if (!quiet) LogInfo(status.message());
    return kDone;
  }
  report(status);
  return kFailed;
}

}  // namespace laminar::cli
