#include "engine/pipeline.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/waker.h"
#include "connectors/source_watermark.h"
#include "engine/memory_shares.h"
#include "stream/runtime/edge.h"
#include "stream/runtime/state_budget.h"
#include "stream/runtime/task.h"

namespace laminar {

namespace {

// Whether somebody asks for the event times of the source.
bool HasEventTime(const StreamPlan& plan, const std::string& table) {
  return std::any_of(plan.nodes.begin(), plan.nodes.end(), [&](const PlanNode& node) {
    const auto* source = std::get_if<SourceNode>(&node.op);
    return source != nullptr && source->table == table && source->event_time.has_value();
  });
}

// A table without a position stands in no script: it has no name that the user knows.
Status InTable(const sql::BoundTable& table, const Status& status) {
  return table.position.known() ? Status(status).WithContext("table " + table.spec.name) : status;
}

class PipelineImpl final : public Pipeline {
 public:
  PipelineImpl(const sql::CompiledScript& script, const PipelineOptions& options, const PipelineWorld& world)
      : script_(script),
        options_(options),
        world_(world),
        shares_(DivideMemory(options.memory_limit_bytes, script.plan)),
        cpu_micros_(static_cast<size_t>(options.parallelism)) {
    for (int w = 0; w < options_.parallelism; w++) wakers_.push_back(std::make_unique<ThreadWaker>());
  }

  Status MakeConnectors() {
    ConnectorContext context;
    context.clock = world_.clock;
    context.random = world_.random;
    context.metrics = &metrics_;
    context.until_caught_up = options_.until_caught_up;
    context.source_buffer_bytes = shares_.source;
    context.sink_buffer_bytes = shares_.sink;
    for (const auto& [name, table] : script_.sources) {
      context.watermark = MakeWatermark(name);
      auto source = table.connector->MakeSource(table.spec, context);
      if (!source.ok()) return InTable(table, source.status()).At(table.position);
      sources_[name] = std::move(source).value();
    }
    context.watermark = nullptr;
    for (const auto& [name, table] : script_.sinks) {
      auto sink = table.connector->MakeSink(table.spec, context);
      if (!sink.ok()) return InTable(table, sink.status()).At(table.position);
      sinks_[name] = std::move(sink).value();
    }
    return Status::Ok();
  }

  Status Run(const std::function<void()>& on_reading) override {
    std::vector<Waker*> wakers;
    for (const auto& waker : wakers_) wakers.push_back(waker.get());
    for (const auto& [name, watermark] : watermarks_) watermark->SetWakers(wakers);
    for (const auto& [name, source] : sources_)
      RETURN_IF_ERROR(InTable(script_.sources.at(name), source->Start(wakers)));
    for (const auto& [name, sink] : sinks_) RETURN_IF_ERROR(InTable(script_.sinks.at(name), sink->Start(wakers)));

    // Sessions and edges outlive the tasks that use them; all end before the connectors.
    const Edges edges(script_.plan, wakers, shares_.edges);
    StateBudget budget({shares_.state, options_.memory_limit_bytes, world_.memory}, script_.plan.nodes.size(),
                       world_.clock, wakers);
    std::vector<std::unique_ptr<DuckSession>> sessions;
    std::vector<std::unique_ptr<Task>> tasks;
    for (int w = 0; w < options_.parallelism; w++) {
      sessions.push_back(world_.database->NewSession());
      tasks.push_back(MakeTask(w, sessions.back().get(), edges, &budget));
    }
    // A source that knows nothing of splits has one a reader, and all of them have been made.
    for (const auto& [name, watermark] : watermarks_) {
      if (!sources_.at(name)->ReportsSplits()) watermark->NoMoreSplits();
    }
    std::vector<std::thread> threads;
    for (int w = 1; w < options_.parallelism; w++) {
      threads.emplace_back(
          [this, w, task = tasks[static_cast<size_t>(w)].get(), &on_reading] { RunWorker(w, task, on_reading); });
    }
    RunWorker(0, tasks[0].get(), on_reading);
    for (std::thread& thread : threads) thread.join();
    ReportDiscarded(tasks);
    return Outcome();
  }

  void Stop() override {
    stop_ = true;
    WakeAll();
  }

  void Abort() override {
    abort_ = true;
    WakeAll();
  }

  const PipelineMetrics& metrics() const override { return metrics_; }
  const std::map<std::string, SourceMetrics>& source_metrics() const override { return source_metrics_; }
  std::vector<int64_t> worker_cpu_micros() const override { return cpu_micros_; }

 private:
  // nullptr: nobody asks for its event time.
  SourceWatermark* MakeWatermark(const std::string& table) {
    if (!HasEventTime(script_.plan, table)) return nullptr;
    const auto settings = script_.event_times.find(table);
    auto& watermark = watermarks_[table];
    watermark = std::make_unique<SourceWatermark>(
        settings == script_.event_times.end() ? EventTimeSettings() : settings->second.settings, world_.clock,
        &source_metrics_[table]);
    return watermark.get();
  }

  std::unique_ptr<Task> MakeTask(int worker, DuckSession* session, const Edges& edges, StateBudget* budget) {
    Task::Parts parts;
    parts.plan = &script_.plan;
    parts.session = session;
    parts.clock = world_.clock;
    parts.metrics = &metrics_;
    parts.worker = worker;
    parts.edges = options_.parallelism > 1 ? &edges : nullptr;
    if (options_.partial_trial_rows) parts.partial_trial_rows = *options_.partial_trial_rows;
    parts.budget = budget;
    for (const auto& [name, source] : sources_) {
      SourceInput::Parts& input = parts.sources[name];
      input.reader = source->CreateReader(worker);
      input.bad_data = script_.sources.at(name).spec.bad_data;
      input.reports_splits = source->ReportsSplits();
      if (const auto watermark = watermarks_.find(name); watermark != watermarks_.end()) {
        input.watermark = watermark->second.get();
        input.metrics = &source_metrics_.at(name);
      }
    }
    for (const auto& [name, sink] : sinks_) parts.writers[name] = sink->CreateWriter(worker);
    return std::make_unique<Task>(std::move(parts));
  }

  void RunWorker(int worker, Task* task, const std::function<void()>& on_reading) {
    const int64_t cpu_before = world_.clock->ThreadCpuMicros();
    StepUntilDone(wakers_[static_cast<size_t>(worker)].get(), task, on_reading);
    cpu_micros_[static_cast<size_t>(worker)] = world_.clock->ThreadCpuMicros() - cpu_before;
  }

  void StepUntilDone(ThreadWaker* waker, Task* task, const std::function<void()>& on_reading) {
    int64_t give_up_at = kNever;
    while (!abort_) {
      if (failed_) task->Abandon();
      if (stop_ && give_up_at == kNever) {
        task->StopReading();
        give_up_at = world_.clock->SteadyMicros() + options_.drain_timeout_millis * kMicrosPerMilli;
      }
      const auto step = task->Step();
      if (!step.ok()) {
        Fail(step.status());
        continue;
      }
      if (!stop_) Announce(on_reading);
      if (step->done) return;
      if (world_.clock->SteadyMicros() >= give_up_at) {
        drain_timed_out_ = true;
        return;
      }
      if (!step->progress) waker->WaitUntil(*world_.clock, std::min(step->deadline, give_up_at));
    }
  }

  void Announce(const std::function<void()>& on_reading) {
    if (announced_) return;
    for (const auto& [name, source] : sources_) {
      if (!source->Ready()) return;
    }
    if (!announced_.exchange(true) && on_reading) on_reading();
  }

  void Fail(const Status& status) {
    {
      std::lock_guard lock(mutex_);
      if (first_error_.ok()) {
        first_error_ = status;
      } else if (status.ToString() != first_error_.ToString()) {
        LogError("another failure while stopping", {{"error", status.ToString()}});
      }
    }
    failed_ = true;  // what the other workers still had to send one another has nowhere to go
    Stop();
  }

  // A stop is no end of the input: what windows hold is not a result yet, and nothing keeps it.
  void ReportDiscarded(const std::vector<std::unique_ptr<Task>>& tasks) {
    if (!stop_ || failed_) return;
    int64_t rows = 0;
    for (const auto& task : tasks) rows += task->StateRows();
    if (rows > 0) {
      LogWarning("open windows were discarded: a stop is not the end of the input, and state is not kept",
                 {{"rows_of_state", std::to_string(rows), true}});
    }
  }

  Status Outcome() {
    std::lock_guard lock(mutex_);
    const uint64_t handed = metrics_.rows_to_sinks.Get();
    const uint64_t acknowledged = metrics_.rows_out.Get() + metrics_.oversize_rows.Get();
    std::string unsent;
    if (handed > acknowledged)
      unsent = std::to_string(handed - acknowledged) + " rows handed to the sinks were not acknowledged";
    if (!first_error_.ok()) {
      // A reader of stdout that went away wants no more rows.
      if (!unsent.empty() && first_error_.kind() != StatusKind::kCancelled) LogError(unsent);
      return first_error_;
    }
    if (abort_) return Status::Cancelled(unsent.empty() ? "stopped at once" : "stopped at once: " + unsent);
    if (drain_timed_out_) {
      return Status::Environment("the sinks did not acknowledge everything within " +
                                 std::to_string(options_.drain_timeout_millis / 1000) + " s after the stop" +
                                 (unsent.empty() ? "" : ": " + unsent));
    }
    CHECK_MSG(unsent.empty(), "a drained sink has acknowledged every row");
    return Status::Ok();
  }

  void WakeAll() {
    for (const auto& waker : wakers_) waker->Wake();
  }

  const sql::CompiledScript& script_;  // borrowed
  const PipelineOptions options_;
  const PipelineWorld world_;
  const MemoryShares shares_;
  PipelineMetrics metrics_;
  std::map<std::string, SourceMetrics> source_metrics_;                 // by table
  std::map<std::string, std::unique_ptr<SourceWatermark>> watermarks_;  // by table; outlive the sources
  std::vector<int64_t> cpu_micros_;                                     // by worker; each writes its own
  std::vector<std::unique_ptr<ThreadWaker>> wakers_;                    // one a worker
  std::map<std::string, std::unique_ptr<Sink>> sinks_;                  // by table
  std::map<std::string, std::unique_ptr<Source>> sources_;              // by table
  std::atomic<bool> stop_{false}, failed_{false}, abort_{false}, announced_{false}, drain_timed_out_{false};
  std::mutex mutex_;
  Status first_error_;  // guarded by mutex_
};

}  // namespace

Result<std::unique_ptr<Pipeline>> Pipeline::Create(const sql::CompiledScript& script, const PipelineOptions& options,
                                                   const PipelineWorld& world) {
  CHECK(options.parallelism >= 1);
  auto pipeline = std::make_unique<PipelineImpl>(script, options, world);
  RETURN_IF_ERROR(pipeline->MakeConnectors());
  return std::unique_ptr<Pipeline>(std::move(pipeline));
}

}  // namespace laminar
