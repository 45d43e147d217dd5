#include "engine/checkpointer.h"

#include <algorithm>
#include <utility>

#include "base/event_time.h"
#include "base/log.h"

namespace laminar {

namespace {

// After a failure.
constexpr int64_t kLeastPauseMicros = 500'000, kFirstPauseMicros = 1'000'000, kLongestPauseMicros = 30'000'000;

std::optional<int64_t> Micros(int64_t watermark) {
  return watermark == kNoWatermark ? std::nullopt : std::optional(watermark);
}

}  // namespace

Checkpointer::Checkpointer(Parts parts)
    : parts_(std::move(parts)),
      random_(parts_.random->Fork()),
      backoff_(&random_, kFirstPauseMicros, kLongestPauseMicros),
      control_({parts_.workers,
                [this] {
                  std::map<std::string, Manifest::Source> positions;
                  RETURN_IF_ERROR(parts_.take_positions(&positions));
                  std::lock_guard lock(mutex_);
                  positions_ = std::move(positions);
                  return Status::Ok();
                },
                [this](int64_t epoch, std::vector<TaskState> tasks) {
                  {
                    std::lock_guard lock(mutex_);
                    taken_ = Taken{epoch, std::exchange(positions_, {}), std::move(tasks), last_requested_,
                                   requested_micros_};
                  }
                  parts_.own_thread->Wake();
                },
                [this] {
                  {
                    std::lock_guard lock(mutex_);
                    at_end_ = true;
                  }
                  parts_.own_thread->Wake();
                }}),
      next_(parts_.base.checkpoint + 1) {}

void Checkpointer::SourcesReady(bool at_once) {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(ready_, true)) return;
    due_micros_ = parts_.clock->SteadyMicros() + (at_once ? 0 : parts_.interval_micros);
  }
  parts_.own_thread->Wake();
}

void Checkpointer::Want() {
  {
    std::lock_guard lock(mutex_);
    if (in_flight_ || std::exchange(wanted_, true)) return;
  }
  parts_.own_thread->Wake();
}

bool Checkpointer::Idle() const {
  std::lock_guard lock(mutex_);
  return failed_ || !in_flight_;
}

void Checkpointer::RequestIfDue(int64_t now_micros) {
  int64_t epoch = 0;
  bool last = false, unready = false;
  {
    std::lock_guard lock(mutex_);
    if (in_flight_ || last_requested_ || failed_) return;
    unready = !ready_ && at_end_;
  }
  if (unready && !parts_.ready_at_end()) {
    {
      std::lock_guard lock(mutex_);
      failed_ = true;
    }
    return parts_.ends_without();
  }
  {
    std::lock_guard lock(mutex_);
    if (!ready_) return;
    last = at_end_;
    if (!last && !wanted_ && now_micros < due_micros_) return;
    wanted_ = false;
    in_flight_ = true;
    last_requested_ = last;
    requested_micros_ = now_micros;
    epoch = next_++;
  }
  control_.Request(epoch, last);
}

int64_t Checkpointer::Step() {
  int64_t now = parts_.clock->SteadyMicros();
  RequestIfDue(now);
  std::optional<Taken> taken;
  {
    std::lock_guard lock(mutex_);
    if (taken_ && now >= retry_micros_) taken = std::exchange(taken_, std::nullopt);
    if (!taken) return taken_ ? retry_micros_ : in_flight_ || !ready_ ? kNever : due_micros_;
  }
  const Status stored = Store(&*taken);
  now = parts_.clock->SteadyMicros();
  if (!stored.ok()) {
    {
      std::lock_guard lock(mutex_);
      taken_ = std::move(taken);
    }
    OnFailure(stored, now);
    return now;
  }
  {
    std::lock_guard lock(mutex_);
    in_flight_ = false;
    retry_micros_ = 0;
    due_micros_ = std::max(taken->requested_micros + parts_.interval_micros, now);
  }
  backoff_.Reset();
  PipelineMetrics& metrics = *parts_.metrics;
  metrics.checkpoints.Add(1);
  metrics.checkpoint_failures_in_a_row.Set(0);
  metrics.checkpoint_ms.Set((now - taken->requested_micros) / kMicrosPerMilli);
  metrics.checkpoint_pause_ms.Set(control_.last_pause_micros() / kMicrosPerMilli);
  metrics.longest_checkpoint_pause_ms.Set(control_.longest_pause_micros() / kMicrosPerMilli);
  metrics.last_checkpoint_micros.Set(parts_.clock->WallMicros());
  control_.Committed(taken->epoch);
  if (parts_.committed) parts_.committed(taken->epoch);
  return now;
}

void Checkpointer::OnFailure(const Status& status, int64_t now_micros) {
  // A full disk is not asked many times a second.
  const int64_t pause = kLeastPauseMicros + backoff_.NextDelayMicros();
  const int failures = backoff_.attempts();
  {
    std::lock_guard lock(mutex_);
    retry_micros_ = now_micros + pause;
  }
  parts_.metrics->checkpoint_failures.Add(1);
  parts_.metrics->checkpoint_failures_in_a_row.Set(failures);
  const bool taken = status.code() == CheckpointStore::kTaken;
  if (!taken && failures < parts_.most_failures) {
    LogError("a checkpoint could not be written: the pipeline goes on, and a restart would begin at the one before",
             {{"error", status.message()},
              {"hint", status.hint()},
              {"failures", std::to_string(failures), true},
              {"stops_at", std::to_string(parts_.most_failures), true},
              {"again_in_ms", std::to_string(pause / kMicrosPerMilli), true}});
    if (parts_.could_not) parts_.could_not(status, failures);
    return;
  }
  {
    std::lock_guard lock(mutex_);
    failed_ = true;
    taken_.reset();
  }
  parts_.fail(taken ? status
                    : Status(status)
                          .WithContext("no checkpoint could be written in " + std::to_string(failures) + " attempts")
                          .WithCode(CheckpointStore::kCannotWrite));
}

Status Checkpointer::Store(Taken* taken) {
  int64_t bytes = 0;
  const auto write = [&](CheckpointPart* part) {
    bytes += static_cast<int64_t>(part->bytes.size());
    return parts_.store->Write(taken->epoch, part);
  };
  for (TaskState& task : taken->tasks) {
    for (NodeState& node : task.nodes) {
      for (StatePart& part : node.parts) RETURN_IF_ERROR(write(part.part.get()));
    }
    for (auto& [table, sink] : task.sinks) {
      for (const auto& part : sink.parts) RETURN_IF_ERROR(write(part.get()));
    }
  }
  parts_.metrics->checkpoint_bytes.Add(static_cast<uint64_t>(bytes));
  RETURN_IF_ERROR(parts_.store->Commit(ManifestOf(*taken)));
  // What cannot be deleted now is at the next checkpoint.
  const Status deleted = parts_.store->DeleteOld(taken->epoch, parts_.kept);
  if (!deleted.ok()) LogWarning("old checkpoints could not be deleted", {{"error", deleted.message()}});
  return Status::Ok();
}

Manifest Checkpointer::ManifestOf(const Taken& taken) const {
  Manifest manifest = parts_.base;
  manifest.checkpoint = taken.epoch;
  manifest.taken_micros = parts_.clock->WallMicros();
  manifest.finished = taken.last && parts_.finished();
  manifest.sources = taken.sources;
  for (const StateShape& shape : parts_.shapes) manifest.operators[shape.id].shape = shape.text;
  for (size_t worker = 0; worker < taken.tasks.size(); worker++) {
    for (const NodeState& node : taken.tasks[worker].nodes) {
      const auto shape = std::find_if(parts_.shapes.begin(), parts_.shapes.end(),
                                      [&](const StateShape& each) { return each.node == node.node; });
      CHECK(shape != parts_.shapes.end());
      Manifest::Operator& op = manifest.operators[shape->id];
      op.watermark_micros = std::max(op.watermark_micros, Micros(node.watermark));
      for (const StatePart& part : node.parts)
        op.parts.push_back({static_cast<int>(worker), part.section, part.part->file, part.part->size});
    }
    for (const auto& [table, sink] : taken.tasks[worker].sinks) {
      Manifest::Writer writer{sink.progress, {}};
      for (const auto& part : sink.parts)
        writer.parts.push_back({static_cast<int>(worker), "", part->file, part->size});
      if (!writer.progress.empty() || !writer.parts.empty()) manifest.writers[table].push_back(std::move(writer));
    }
  }
  return manifest;
}

}  // namespace laminar
