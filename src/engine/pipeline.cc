#include "engine/pipeline.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/log_scope.h"
#include "base/thread_name.h"
#include "base/waker.h"
#include "connectors/bad_data.h"
#include "connectors/source_watermark.h"
#include "duck/engine_failure.h"
#include "engine/checkpointer.h"
#include "engine/figure_book.h"
#include "engine/kept_state.h"
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

// After a stop, for sinks that still send what the last checkpoint holds; the next run sends the rest.
constexpr int64_t kGraceMicros = 5 * kMicrosPerSecond;

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
    FigureBook::Parts figures;
    figures.plan = &script.plan;
    figures.workers = options.parallelism;
    figures.clock = world.clock;
    figures.metrics = &metrics_;
    figures.event_times = &source_metrics_;
    figures.watermarks = &watermarks_;
    for (const auto& [name, table] : script.sources) figures.sources.push_back(name);
    for (const auto& [name, table] : script.sinks) figures.sinks.push_back(name);
    figures_ = std::make_unique<FigureBook>(std::move(figures));
  }

  Status LoadCheckpoint() {
    if (options_.checkpoints.store == nullptr) return Status::Ok();
    RecoverySettings settings;
    settings.pipeline = options_.checkpoints.pipeline;
    settings.fresh = options_.checkpoints.fresh;
    settings.accept_duplicates = options_.checkpoints.accept_duplicates;
    for (const auto& [name, sink] : sinks_) settings.exactly_once = settings.exactly_once || sink->NeedsCheckpoints();
    ASSIGN_OR_RETURN(kept_, KeptState::Load(script_, options_.checkpoints.store, settings, world_.random->Fork()));
    return Status::Ok();
  }

  Status MakeConnectors() {
    ConnectorContext context;
    context.clock = world_.clock;
    context.random = world_.random;
    context.metrics = &metrics_;
    context.until_caught_up = options_.until_caught_up;
    context.source_buffer_bytes = shares_.source;
    context.sink_buffer_bytes = shares_.sink;
    RETURN_IF_ERROR(CheckSecrets());
    RETURN_IF_ERROR(MakeSinks(context));
    RETURN_IF_ERROR(LoadCheckpoint());
    for (const auto& [name, table] : script_.sources) {
      context.watermark = MakeWatermark(name);
      context.hold_rows = kept_ != nullptr && kept_->BeginsHere(name);
      context.bad_data = MakeBadData(table.spec);
      auto source = table.connector->MakeSource(table.spec, context);
      if (!source.ok()) return InTable(table, source.status()).At(table.position);
      sources_[name] = std::move(source).value();
      if (kept_ == nullptr) continue;
      const Status resumed = kept_->ResumeSource(name, sources_.at(name).get(), context.watermark);
      RETURN_IF_ERROR(InTable(table, resumed).At(table.position));
    }
    for (const auto& [name, sink] : sinks_) {
      if (kept_ != nullptr) RETURN_IF_ERROR(InTable(script_.sinks.at(name), kept_->ResumeSink(name, sink.get())));
    }
    return Status::Ok();
  }

  // Here they are told with their place in the script.
  Status CheckSecrets() const {
    for (const auto* tables : {&script_.sources, &script_.sinks}) {
      for (const auto& [name, table] : *tables)
        RETURN_IF_ERROR(InTable(table, table.spec.options.CheckSecrets()).At(table.position));
    }
    return Status::Ok();
  }

  Status MakeSinks(const ConnectorContext& context) {
    for (const auto& [name, table] : script_.sinks) {
      if (table.spec.format != nullptr) {
        const Status prepared = table.spec.format->PrepareSink(table.spec.schema, table.spec.options);
        if (!prepared.ok()) return InTable(table, prepared).At(table.position);
      }
      auto sink = table.connector->MakeSink(table.spec, context);
      if (!sink.ok()) return InTable(table, sink.status()).At(table.position);
      if (sink.value()->NeedsCheckpoints() && options_.checkpoints.store == nullptr) {
        return InTable(table, Status::User("sink.delivery = 'exactly_once' needs checkpoints, and this pipeline keeps "
                                           "no state",
                                           "Name a directory with --state-dir"))
            .At(table.position);
      }
      sinks_[name] = std::move(sink).value();
    }
    return Status::Ok();
  }

  const Recovery* recovery() const override { return kept_ == nullptr ? nullptr : &kept_->recovery(); }

  Status Run(const std::function<void()>& on_reading) override {
    std::vector<Waker*> wakers;
    for (const auto& waker : wakers_) wakers.push_back(waker.get());
    for (const auto& [name, watermark] : watermarks_) watermark->SetWakers(wakers);
    for (const auto& [name, source] : sources_)
      RETURN_IF_ERROR(InTable(script_.sources.at(name), source->Start(wakers)));
    for (const auto& [name, sink] : sinks_) RETURN_IF_ERROR(InTable(script_.sinks.at(name), sink->Start(wakers)));

    // Sessions and edges outlive the tasks that use them; all end before the connectors.
    const Edges edges(script_.plan, wakers, shares_.edges);
    const int64_t process_limit = options_.process_limit_bytes.value_or(options_.memory_limit_bytes);
    StateBudget budget({shares_.state, process_limit, world_.memory}, script_.plan.nodes.size(), world_.clock, wakers);
    MakeCheckpointer(wakers, on_reading);
    if (GoesOn()) saved_nodes_ = kept_->Nodes();
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
    std::thread checkpoints;
    const std::shared_ptr<const LogOwner> owner = LogScope::Current();
    if (checkpointer_) {
      checkpoints = std::thread([this, owner] {
        NameThread("checkpoints");
        const LogScope scope(owner);
        RunCheckpointer();
      });
    }
    std::vector<std::thread> threads;
    for (int w = 1; w < options_.parallelism; w++) {
      threads.emplace_back([this, w, owner, task = tasks[static_cast<size_t>(w)].get(), &on_reading] {
        NameThread("worker");
        const LogScope scope(owner);
        RunWorker(w, task, on_reading);
      });
    }
    RunWorker(0, tasks[0].get(), on_reading);
    for (std::thread& thread : threads) thread.join();
    if (checkpointer_) {
      workers_done_ = true;
      checkpoint_waker_.Wake();
      checkpoints.join();
    }
    ReportDiscarded(tasks);
    return Outcome();
  }

  void Stop() override {
    stop_ = true;
    WakeAll();
  }

  void EndInput() override {
    end_ = true;
    WakeAll();
  }

  void Abort() override {
    abort_ = true;
    WakeAll();
  }

  PipelineFigures Figures() const override { return figures_->Take(); }
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

  BadData* MakeBadData(const TableSpec& table) {
    BadData::Settings settings;
    settings.table = table.name;
    settings.policy = table.bad_data;
    settings.letters = {table.name, options_.checkpoints.pipeline, table.options.StringOr("format", ""), {}};
    if (table.format != nullptr) {
      settings.letters.header_bytes = [&table](std::string_view data) {
        return table.format->HeaderBytes(data, table.options);
      };
    }
    if (table.options.Has("bad_data.max_rate")) settings.most_per_minute = table.options.Integer("bad_data.max_rate");
    settings.observer = world_.on_bad_record;
    auto& bad_data = bad_data_[table.name];
    bad_data = std::make_unique<BadData>(std::move(settings), options_.parallelism, world_.clock, &metrics_);
    return bad_data.get();
  }

  // ---- checkpoints

  bool GoesOn() const { return kept_ != nullptr && kept_->goes_on(); }

  // The end of a source is then an end of time: windows that are open are given out.
  bool EndsCloseWindows() const {
    return options_.checkpoints.store == nullptr || !options_.until_caught_up || options_.checkpoints.close_windows ||
           end_;
  }

  Status TakePositions(std::map<std::string, Manifest::Source>* positions) {
    for (const auto& [table, source] : sources_) {
      const auto watermark = watermarks_.find(table);
      const Status taken = kept_->TakePosition(
          table, *source, watermark == watermarks_.end() ? nullptr : watermark->second.get(), positions);
      RETURN_IF_ERROR(InTable(script_.sources.at(table), taken));
    }
    return Status::Ok();
  }

  // on_reading outlives the threads that call it.
  void MakeCheckpointer(const std::vector<Waker*>& workers, const std::function<void()>& on_reading) {
    if (kept_ == nullptr) return;
    Checkpointer::Parts parts;
    parts.store = kept_->store();
    parts.clock = world_.clock;
    checkpoint_random_ = world_.random->Fork();
    parts.random = &checkpoint_random_;
    parts.metrics = &metrics_;
    parts.workers = workers;
    parts.own_thread = &checkpoint_waker_;
    parts.interval_micros = options_.checkpoints.interval_micros;
    parts.most_failures = options_.checkpoints.most_failures;
    parts.base.checkpoint = kept_->recovery().newest;
    parts.base.pipeline = options_.checkpoints.pipeline;
    parts.base.state_id = kept_->state_id();
    parts.base.instance = kept_->store()->instance();
    parts.base.version = options_.checkpoints.version;
    parts.base.parallelism = options_.parallelism;
    parts.shapes = StateShapes(script_.plan);
    parts.take_positions = [this](std::map<std::string, Manifest::Source>* out) { return TakePositions(out); };
    parts.could_not = [this](const Status& status, int failures) {
      {
        std::lock_guard lock(mutex_);
        checkpoint_error_ = status;
      }
      if (failures == 1 && world_.on_checkpoint_failure) world_.on_checkpoint_failure(status);
    };
    parts.fail = [this](const Status& status) { Fail(status); };
    parts.ready_at_end = [this, &on_reading] {
      if (!stop_) Announce(on_reading);
      return announced_.load();
    };
    parts.ends_without = [this] {
      LogInfo("stopped before every source stood at its position: the next run goes on from where this one did");
      leave_ = true;
      WakeAll();
    };
    parts.committed = [this](int64_t checkpoint) {
      {
        std::lock_guard lock(mutex_);
        checkpoint_error_ = Status::Ok();
      }
      const int64_t last = checkpointer_->control()->last();
      if (last != 0 && checkpoint >= last) {
        last_committed_at_ = world_.clock->SteadyMicros();
        last_committed_ = true;
        WakeAll();
      }
      if (std::exchange(released_, true)) return;
      for (const auto& [table, source] : sources_) source->Release();
      if (on_first_checkpoint_) on_first_checkpoint_();
    };
    parts.finished = [this] { return EndsCloseWindows() && !stop_ && !failed_; };
    checkpointer_ = std::make_unique<Checkpointer>(std::move(parts));
  }

  void RunCheckpointer() {
    int64_t give_up_at = kNever;
    while (true) {
      const bool last_round = workers_done_;
      int64_t deadline = kNever;
      try {
        deadline = checkpointer_->Step();
      } catch (const std::exception& exception) {
        return Fail(EngineFailure(exception, "writing a checkpoint"));
      }
      if (last_round) {
        if (failed_ || abort_ || drain_timed_out_ || checkpointer_->Idle()) return;
        const int64_t now = world_.clock->SteadyMicros();
        if (give_up_at == kNever) give_up_at = now + options_.drain_timeout_millis * kMicrosPerMilli;
        if (now >= give_up_at) {
          last_checkpoint_lost_ = true;
          return;
        }
      }
      checkpoint_waker_.WaitUntil(*world_.clock, std::min(deadline, give_up_at));
    }
  }

  std::unique_ptr<Task> MakeTask(int worker, DuckSession* session, const Edges& edges, StateBudget* budget) {
    Task::Parts parts;
    parts.plan = &script_.plan;
    parts.session = session;
    parts.clock = world_.clock;
    parts.metrics = &metrics_;
    parts.worker = worker;
    parts.edges = options_.parallelism > 1 ? &edges : nullptr;
    if (checkpointer_) parts.checkpoints = checkpointer_->control();
    parts.restores = GoesOn();
    parts.ends_close_windows = EndsCloseWindows();
    if (options_.partial_trial_rows) parts.partial_trial_rows = *options_.partial_trial_rows;
    parts.budget = budget;
    parts.operators = figures_->operators(worker);
    for (const auto& [name, source] : sources_) {
      SourceInput::Parts& input = parts.sources[name];
      input.reader = source->CreateReader(worker);
      input.bad_data = bad_data_.at(name).get();
      input.worker = worker;
      input.reports_splits = source->ReportsSplits();
      if (const auto watermark = watermarks_.find(name); watermark != watermarks_.end()) {
        input.watermark = watermark->second.get();
        input.metrics = &source_metrics_.at(name);
      }
    }
    for (const auto& [name, sink] : sinks_) parts.writers[name] = sink->CreateWriter(worker);
    for (const auto& [table, sink] : script_.dead_letters)
      parts.dead_letters[sink] = bad_data_.at(table)->letters(worker);
    return std::make_unique<Task>(std::move(parts));
  }

  void RunWorker(int worker, Task* task, const std::function<void()>& on_reading) {
    const int64_t cpu_before = world_.clock->ThreadCpuMicros();
    // What is thrown ends this pipeline, not all that the process runs. The worker's part in it cannot go on.
    try {
      Restore(task);
      StepUntilDone(worker, task, on_reading);
    } catch (const std::exception& exception) {
      Fail(EngineFailure(exception, "working on a batch"));
    }
    cpu_micros_[static_cast<size_t>(worker)] = world_.clock->ThreadCpuMicros() - cpu_before;
  }

  void Restore(Task* task) {
    if (!GoesOn()) return;
    const Status restored = task->Restore(saved_nodes_);
    if (!restored.ok()) Fail(restored);
    if (++restored_ == options_.parallelism) {
      saved_nodes_.clear();
      kept_->ForgetParts();
    }
  }

  void StepUntilDone(int worker, Task* task, const std::function<void()>& on_reading) {
    ThreadWaker* const waker = wakers_[static_cast<size_t>(worker)].get();
    int64_t give_up_at = kNever;
    while (!abort_) {
      if (failed_ || leave_) task->Abandon();
      if (end_) task->EndInput();
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
      if (checkpointer_ && task->WantsCheckpoint()) checkpointer_->Want();
      if (step->done) {
        if (checkpointer_) checkpointer_->control()->Leave(worker);
        return;
      }
      // What the last checkpoint holds need not be waited for long.
      if (give_up_at != kNever && last_committed_)
        give_up_at = std::min(give_up_at, last_committed_at_.load() + kGraceMicros);
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
    if (announced_.exchange(true)) return;
    // Where a source begins is kept before anything is read from it, and before anybody is told that it is read.
    const bool begins =
        kept_ != nullptr && (!GoesOn() || std::any_of(sources_.begin(), sources_.end(), [this](const auto& source) {
          return kept_->BeginsHere(source.first);
        }));
    if (begins) on_first_checkpoint_ = on_reading;
    if (checkpointer_) checkpointer_->SourcesReady(/*at_once=*/begins);
    if (on_reading && !begins) on_reading();
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
    if (!stop_ || failed_ || checkpointer_) return;
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
    const std::string seconds = std::to_string(options_.drain_timeout_millis / 1000) + " s";
    const bool only_checkpoint = drain_timed_out_ && !last_committed_ && unsent.empty() && !checkpoint_error_.ok();
    if (last_checkpoint_lost_ || only_checkpoint) {
      const std::string why = checkpoint_error_.ok() ? "" : ": " + checkpoint_error_.message();
      return Status::Environment("the last checkpoint could not be written within " + seconds + " after the " +
                                     (only_checkpoint ? "stop" : "end") + why,
                                 checkpoint_error_.hint().empty()
                                     ? "What came after the one before it is computed again by the next run"
                                     : checkpoint_error_.hint());
    }
    // What the last checkpoint holds is not lost: the next run sends it.
    if (drain_timed_out_ && last_committed_) {
      LogInfo("not everything was acknowledged in time; the last checkpoint holds it, and the next run sends it");
      return Status::Ok();
    }
    if (drain_timed_out_) {
      return Status::Environment("the sinks did not acknowledge everything within " + seconds + " after the stop" +
                                 (unsent.empty() ? "" : ": " + unsent));
    }
    CHECK_MSG(unsent.empty() || checkpointer_, "a drained sink has acknowledged every row");
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
  std::map<std::string, std::unique_ptr<BadData>> bad_data_;            // by source table; outlive the sources
  std::unique_ptr<FigureBook> figures_;                                 // of all of these
  std::vector<int64_t> cpu_micros_;                                     // by worker; each writes its own
  std::vector<std::unique_ptr<ThreadWaker>> wakers_;                    // one a worker
  std::map<std::string, std::unique_ptr<Sink>> sinks_;                  // by table
  std::map<std::string, std::unique_ptr<Source>> sources_;              // by table
  std::unique_ptr<KeptState> kept_;                                     // nullptr: no state is kept
  std::map<NodeId, std::vector<NodeState>> saved_nodes_;                // of kept_; until all workers have taken theirs
  ThreadWaker checkpoint_waker_;
  Random checkpoint_random_{0};                 // of the checkpointer's thread; forked by Run
  std::unique_ptr<Checkpointer> checkpointer_;  // made by Run
  std::atomic<int64_t> last_committed_at_{0};   // SteadyMicros
  std::atomic<bool> leave_{false};              // stopped without a last checkpoint
  std::atomic<bool> workers_done_{false}, last_checkpoint_lost_{false}, last_committed_{false};
  std::atomic<int> restored_{0};               // workers
  std::function<void()> on_first_checkpoint_;  // written before the first one is asked for
  bool released_ = false;                      // of the checkpointer's thread: rows are given out
  std::atomic<bool> stop_{false}, end_{false}, failed_{false}, abort_{false}, announced_{false},
      drain_timed_out_{false};
  std::mutex mutex_;
  Status first_error_;       // guarded by mutex_
  Status checkpoint_error_;  // guarded by mutex_: since one was written the last time; what comes after that fails
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
