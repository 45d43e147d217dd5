// How a task takes its part in a checkpoint (checkpoint_control.h), and how it goes on from one.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "stream/runtime/task.h"

namespace laminar {

namespace {

// Its rows all go to the first worker.
bool HasNoKeys(const PlanNode& node) {
  if (const auto* window = std::get_if<WindowAggregateNode>(&node.op)) return window->keys.empty();
  if (const auto* over = std::get_if<OverNode>(&node.op)) return over->partition.empty();
  if (const auto* over = std::get_if<WindowedOverNode>(&node.op)) return over->partition.empty();
  return false;
}

}  // namespace

Status Task::StepCheckpoint(bool* progress) {
  CheckpointControl* const control = parts_.checkpoints;
  if (control == nullptr) return Status::Ok();
  if (phase_ == Phase::kNone && control->requested() > epoch_ && MayTakeCheckpoint()) {
    epoch_ = control->requested();
    phase_ = Phase::kArrived;
    arrived_micros_ = parts_.clock->SteadyMicros();
    RETURN_IF_ERROR(control->Arrive(parts_.worker, epoch_));
  }
  if (phase_ == Phase::kArrived && control->AllArrived(epoch_)) {
    phase_ = Phase::kAligning;
    // A barrier may have come in by an edge already, from a worker that was quicker.
    for (TaskGraph::Port& port : graph_->ports()) port.aligned = port.aligned || port.edge == nullptr;
  }
  if (phase_ == Phase::kAligning) {
    PassBarriers(progress);
    const auto& members = graph_->members();
    const bool passed =
        std::all_of(members.begin(), members.end(), [](const TaskGraph::Member& member) { return member.aligned; });
    if (passed && !HasPending()) RETURN_IF_ERROR(BeginSaving());
  }
  if (phase_ == Phase::kSaving) RETURN_IF_ERROR(SaveMore(progress));
  return Status::Ok();
}

// Rows of VALUES have no position: a checkpoint holds them all. And what waits for the bounded side of a join could not
// let a barrier pass.
bool Task::MayTakeCheckpoint() const {
  const auto& ports = graph_->ports();
  return std::all_of(ports.begin(), ports.end(), [this](const TaskGraph::Port& port) {
    const auto node = static_cast<size_t>(port.node);
    return port.closed || !(read_anew_[node] || std::holds_alternative<ValuesNode>(parts_.plan->nodes[node].op));
  });
}

// Members stand upstream first, so a barrier goes as far as it can in one pass.
void Task::PassBarriers(bool* progress) {
  for (TaskGraph::Member& member : graph_->members()) {
    if (member.aligned || member.op->HasPending() || graph_->MayGetMoreBeforeBarrier(member)) continue;
    member.aligned = true;
    member.op->OnBarrier();
    if (member.exchange != nullptr) member.exchange->SendBarrier(epoch_);
    *progress = true;
  }
}

Status Task::BeginSaving() {
  phase_ = Phase::kSaving;
  for (TaskGraph::Port& port : graph_->ports()) port.aligned = false;
  for (Writer& writer : writers_) writer.writer->EndEpoch(epoch_);
  state_ = TaskState();
  auto& members = graph_->members();
  for (size_t m = 0; m < members.size(); m++) {
    members[m].aligned = false;
    if (!members[m].keeps_state) continue;
    // The others get no rows, and know nothing of the event time of the first.
    if (parts_.worker != 0 && HasNoKeys(parts_.plan->nodes[static_cast<size_t>(members[m].node)])) continue;
    Saving saving{m, state_.nodes.size(), std::make_unique<StateOutput>()};
    RETURN_IF_ERROR(members[m].op->Save(saving.out.get()));
    state_.nodes.push_back({members[m].node, members[m].op->SavedWatermark(), {}});
    saving_.push_back(std::move(saving));
  }
  parts_.checkpoints->Paused(parts_.clock->SteadyMicros() - arrived_micros_);
  return Status::Ok();
}

Status Task::SaveMore(bool* progress) {
  *progress = true;
  if (!saving_.empty()) {
    Saving& saving = saving_.back();
    ASSIGN_OR_RETURN(const bool all, graph_->members()[saving.member].op->SaveMore(saving.out.get()));
    if (!all) return Status::Ok();
    state_.nodes[saving.node].parts = saving.out->Take();
    saving_.pop_back();
  }
  if (saving_.empty()) phase_ = Phase::kNone;
  return Status::Ok();
}

void Task::HandInWhenReady() {
  if (parts_.checkpoints == nullptr || phase_ != Phase::kNone || handed_in_ == epoch_ || abandoned_) return;
  for (const Writer& writer : writers_) {
    if (!writer.writer->EpochReady(epoch_)) return;
  }
  for (const Writer& writer : writers_) state_.sinks[writer.table] = writer.writer->State(epoch_);
  handed_in_ = epoch_;
  parts_.checkpoints->HandIn(parts_.worker, epoch_, std::exchange(state_, {}));
}

void Task::TellWritersOfCommits() {
  if (parts_.checkpoints == nullptr) return;
  const int64_t committed = parts_.checkpoints->committed();
  if (committed <= std::exchange(committed_, committed)) return;
  for (const Writer& writer : writers_) writer.writer->EpochCommitted(committed);
}

bool Task::LastCheckpointTaken() const {
  const int64_t last = parts_.checkpoints->last();
  return last != 0 && epoch_ >= last && phase_ == Phase::kNone;
}

bool Task::WantsCheckpoint() const {
  return std::any_of(writers_.begin(), writers_.end(),
                     [](const Writer& writer) { return writer.writer->WantsCheckpoint(); });
}

Status Task::Restore(const std::map<NodeId, std::vector<NodeState>>& nodes) {
  const int workers = parts_.edges == nullptr ? 1 : parts_.edges->workers();
  for (TaskGraph::Member& member : graph_->members()) {
    const auto found = nodes.find(member.node);
    if (!member.keeps_state || found == nodes.end()) continue;
    // What one of them has given out must not be given out again: keys change their worker.
    int64_t watermark = kNoWatermark;
    std::vector<StatePart> parts;
    for (const NodeState& state : found->second) {
      watermark = std::max(watermark, state.watermark);
      parts.insert(parts.end(), state.parts.begin(), state.parts.end());
    }
    const StateInput in(std::move(parts), parts_.worker, workers,
                        HasNoKeys(parts_.plan->nodes[static_cast<size_t>(member.node)]));
    RETURN_IF_ERROR(member.op->Restore(in, watermark));
  }
  return Status::Ok();
}

}  // namespace laminar
