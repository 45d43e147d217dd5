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
#include "stream/runtime/task.h"

namespace laminar {

namespace {

// A buffer smaller than this cannot hold one GetRecords answer or one PutRecords request; a larger one gains nothing.
constexpr int64_t kLeastBuffer = 16 << 20;
constexpr int64_t kLargestBuffer = 256 << 20;

int64_t BufferShare(int64_t memory_limit, size_t sharers) {
  return std::clamp(memory_limit / 4 / static_cast<int64_t>(std::max<size_t>(sharers, 1)), kLeastBuffer,
                    kLargestBuffer);
}

// A table without a position stands in no script: it has no name that the user knows.
Status InTable(const sql::BoundTable& table, const Status& status) {
  return table.position.known() ? Status(status).WithContext("table " + table.spec.name) : status;
}

class PipelineImpl final : public Pipeline {
 public:
  PipelineImpl(const sql::CompiledScript& script, const PipelineOptions& options, const PipelineWorld& world)
      : script_(script), options_(options), world_(world) {
    for (int w = 0; w < options_.parallelism; w++) wakers_.push_back(std::make_unique<ThreadWaker>());
  }

  Status MakeConnectors() {
    ConnectorContext context;
    context.clock = world_.clock;
    context.random = world_.random;
    context.metrics = &metrics_;
    context.until_caught_up = options_.until_caught_up;
    context.source_buffer_bytes = BufferShare(options_.memory_limit_bytes, script_.sources.size());
    context.sink_buffer_bytes = BufferShare(options_.memory_limit_bytes, script_.sinks.size());
    for (const auto& [name, table] : script_.sources) {
      auto source = table.connector->MakeSource(table.spec, context);
      if (!source.ok()) return InTable(table, source.status()).At(table.position);
      sources_[name] = std::move(source).value();
    }
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
    for (const auto& [name, source] : sources_)
      RETURN_IF_ERROR(InTable(script_.sources.at(name), source->Start(wakers)));
    for (const auto& [name, sink] : sinks_) RETURN_IF_ERROR(InTable(script_.sinks.at(name), sink->Start(wakers)));

    // Sessions outlive the tasks whose expressions they evaluate; both end before the connectors.
    std::vector<std::unique_ptr<DuckSession>> sessions;
    std::vector<std::unique_ptr<Task>> tasks;
    for (int w = 0; w < options_.parallelism; w++) {
      sessions.push_back(world_.database->NewSession());
      tasks.push_back(MakeTask(w, sessions.back().get()));
    }
    std::vector<std::thread> threads;
    for (int w = 1; w < options_.parallelism; w++) {
      threads.emplace_back(
          [this, w, task = tasks[static_cast<size_t>(w)].get(), &on_reading] { RunWorker(w, task, on_reading); });
    }
    RunWorker(0, tasks[0].get(), on_reading);
    for (std::thread& thread : threads) thread.join();
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

 private:
  std::unique_ptr<Task> MakeTask(int worker, DuckSession* session) {
    Task::Parts parts;
    parts.plan = &script_.plan;
    parts.session = session;
    parts.metrics = &metrics_;
    parts.makes_values = worker == 0;
    for (const auto& [name, source] : sources_) {
      parts.readers[name] = source->CreateReader(worker);
      parts.bad_data[name] = script_.sources.at(name).spec.bad_data;
    }
    for (const auto& [name, sink] : sinks_) parts.writers[name] = sink->CreateWriter(worker);
    return std::make_unique<Task>(std::move(parts));
  }

  void RunWorker(int worker, Task* task, const std::function<void()>& on_reading) {
    int64_t give_up_at = kNever;
    while (!abort_) {
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
      if (!step->progress)
        wakers_[static_cast<size_t>(worker)]->WaitUntil(*world_.clock, std::min(step->deadline, give_up_at));
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
    Stop();
  }

  Status Outcome() {
    std::lock_guard lock(mutex_);
    const uint64_t handed = metrics_.rows_to_sinks.Get(), acknowledged = metrics_.rows_out.Get();
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
  PipelineMetrics metrics_;
  std::vector<std::unique_ptr<ThreadWaker>> wakers_;        // one a worker
  std::map<std::string, std::unique_ptr<Sink>> sinks_;      // by table
  std::map<std::string, std::unique_ptr<Source>> sources_;  // by table
  std::atomic<bool> stop_{false}, abort_{false}, announced_{false}, drain_timed_out_{false};
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
