#include "stream/runtime/task.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "stream/runtime/state_failure.h"
#include "stream/runtime/values_reader.h"
#include "stream/state_shape.h"

namespace laminar {

namespace {

// A source that always has something at hand must let the sinks and the other sources have their turn; so must an edge,
// and an operator with a large window to give out.
constexpr int kBatchesPerTurn = 16;

}  // namespace

Task::Task(Parts parts) : parts_(std::move(parts)), work_(parts_.clock) {
  const StreamPlan& plan = *parts_.plan;
  held_.resize(plan.nodes.size());
  rows_held_.resize(plan.nodes.size());
  if (parts_.operators == nullptr) {
    own_operators_ = std::vector<OperatorMetrics>(plan.nodes.size());
    parts_.operators = own_operators_.data();
  }
  TaskGraph::Parts graph;
  graph.plan = &plan;
  graph.session = parts_.session;
  graph.metrics = parts_.metrics;
  graph.guard = this;
  graph.worker = parts_.worker;
  graph.edges = parts_.edges;
  graph.partial_trial_rows = parts_.partial_trial_rows;
  graph.restores = parts_.restores;
  graph.operators = parts_.operators;
  graph.clock = &work_;
  for (auto& [table, writer] : parts_.writers) {
    graph.writers[table] = writer.get();
    writers_.push_back({table, std::move(writer), false, BusyOfSink(table)});
  }
  for (const auto& [sink, letters] : parts_.dead_letters) dead_letters_.emplace_back(letters, graph.writers.at(sink));
  for (const auto& [table, source] : parts_.sources) {
    graph.bad_data[table] = source.bad_data;
    if (source.metrics != nullptr) graph.late_rows[table] = &source.metrics->late_rows;
  }
  graph_ = std::make_unique<TaskGraph>(graph);

  read_anew_ = ReadAnew(plan);
  const SourceInput::World world{parts_.session, parts_.clock, parts_.metrics};
  for (const TaskGraph::Port& port : graph_->ports()) {
    const PlanNode& node = plan.nodes[static_cast<size_t>(port.node)];
    std::unique_ptr<SourceInput> input;
    if (const auto* source = std::get_if<SourceNode>(&node.op)) {
      input = std::make_unique<SourceInput>(node, std::move(parts_.sources.at(source->table)), world);
    } else if (const auto* values = std::get_if<ValuesNode>(&node.op)) {
      static const ValuesNode kNoRows;
      SourceInput::Parts made_here;
      const bool had_before = parts_.restores && !read_anew_[static_cast<size_t>(port.node)];
      made_here.reader = std::make_unique<ValuesReader>(parts_.worker == 0 && !had_before ? values : &kNoRows,
                                                        node.schema, parts_.session);
      input = std::make_unique<SourceInput>(node, std::move(made_here), world);
    }
    sources_.push_back(std::move(input));
  }
  const auto rows_wait = [this](size_t p) {
    const Edge* const edge = graph_->ports()[p].edge;
    return edge == nullptr ? sources_[p]->HasRows() : !edge->Empty();
  };
  backpressure_ =
      std::make_unique<Backpressure>(graph_.get(), parts_.operators, plan.nodes.size(), parts_.clock, rows_wait);
}

OwnCounter* Task::BusyOfSink(const std::string& table) const {
  for (size_t id = 0; id < parts_.plan->nodes.size(); id++) {
    const auto* sink = std::get_if<SinkNode>(&parts_.plan->nodes[id].op);
    if (sink != nullptr && sink->table == table) return &parts_.operators[id].busy_micros;
  }
  return nullptr;
}

Task::~Task() {
  backpressure_->End();
}

Status Task::PollWriters() {
  for (Writer& writer : writers_) {
    if (writer.failed) continue;
    OwnCounter* const before = work_.Switch(writer.busy_micros);
    const Status status = writer.writer->Poll();
    work_.Switch(before);
    if (!status.ok()) {
      writer.failed = true;
      return status;
    }
  }
  return Status::Ok();
}

Status Task::SendDeadLetters() {
  for (const auto& [letters, writer] : dead_letters_) {
    if (!letters->empty()) RETURN_IF_ERROR(letters->Flush(writer, parts_.metrics));
  }
  return Status::Ok();
}

bool Task::DeadLettersAccepted() const {
  return std::all_of(dead_letters_.begin(), dead_letters_.end(),
                     [](const auto& letters) { return letters.second->CanAccept(); });
}

// Downstream first: what lies behind an operator must have given out its own results before it takes new ones.
Status Task::ResumePending(bool* progress) {
  auto& members = graph_->members();
  for (auto member = members.rbegin(); member != members.rend(); ++member) {
    for (int turn = 0; turn < kBatchesPerTurn && member->op->HasPending() && member->reach.Accepts(); turn++) {
      *progress = true;
      RETURN_IF_ERROR(member->op->Resume());
      RETURN_IF_ERROR(MayGoOn());  // what is closed here may grow behind it
    }
  }
  return Status::Ok();
}

Status Task::PollEdge(TaskGraph::Port* port, bool* progress) {
  for (int turn = 0; turn < kBatchesPerTurn && !port->closed && !port->aligned && port->reach.Accepts(); turn++) {
    auto item = port->edge->Take();
    if (!item) break;
    *progress = true;
    switch (item->kind) {
      case Edge::Item::Kind::kRows:
        RETURN_IF_ERROR(port->to->Take(port->input, &item->rows));
        port->edge->GiveBack(std::move(item->rows));
        RETURN_IF_ERROR(MayGoOn());
        break;
      case Edge::Item::Kind::kWatermark:
        RETURN_IF_ERROR(port->to->AdvanceWatermark(port->input, item->watermark));
        break;
      case Edge::Item::Kind::kEnd:
        port->closed = true;
        RETURN_IF_ERROR(port->to->OnEnd(port->input));
        break;
      case Edge::Item::Kind::kStop:
        port->closed = true;
        break;
      case Edge::Item::Kind::kBarrier:
        port->aligned = true;
        break;
    }
  }
  return Status::Ok();
}

bool Task::MayPoll(const TaskGraph::Port& source) const {
  return !source.closed && !Paused() && source.reach.Accepts() && DeadLettersAccepted();
}

Result<PollState> Task::Read(const TaskGraph::Port& port, SourceInput* source, Batch** batch) {
  OwnCounter* const before = work_.Switch(&parts_.operators[port.node].busy_micros);
  auto state = source->Poll(batch);
  work_.Switch(before);
  return state;
}

// The source's watermark is asked for after the rows are through. It is that of all workers together: it may have risen
// because of another's rows, and then goes on without any of our own.
Status Task::PollSource(TaskGraph::Port* port, SourceInput* source, bool* progress) {
  for (int turn = 0; turn < kBatchesPerTurn && MayPoll(*port); turn++) {
    Batch* batch = nullptr;
    PollState state = PollState::kEnd;
    if (!input_ended_) {
      ASSIGN_OR_RETURN(state, Read(*port, source, &batch));
      RETURN_IF_ERROR(SendDeadLetters());
    }
    if (state == PollState::kEnd) {
      *progress = true;
      port->closed = true;
      return parts_.ends_close_windows || input_ended_ ? port->to->OnEnd(port->input) : Status::Ok();
    }
    if (state == PollState::kBatch) {
      *progress = true;
      if (batch->rows() > 0) RETURN_IF_ERROR(port->to->Take(port->input, batch));
      RETURN_IF_ERROR(MayGoOn());
      if (!port->reach.Accepts()) return Status::Ok();  // the watermark waits for its turn as well
    }
    RETURN_IF_ERROR(port->to->AdvanceWatermark(port->input, source->watermark()));
    if (state == PollState::kIdle) {
      // What the watermark closed is given out at the next step.
      *progress = *progress || HasPending();
      break;
    }
  }
  return Status::Ok();
}

bool Task::HasPending() const {
  return std::any_of(graph_->members().begin(), graph_->members().end(),
                     [](const TaskGraph::Member& member) { return member.op->HasPending(); });
}

// An exchange that more can reach neither from an input nor from a window being closed says so to the other workers.
// One whose inputs have ended has done that already.
void Task::CloseExchanges() {
  const auto& ports = graph_->ports();
  if (std::none_of(ports.begin(), ports.end(), [](const TaskGraph::Port& port) { return port.closed; })) return;
  for (const TaskGraph::Member& member : graph_->members()) {
    if (member.exchange == nullptr || member.exchange->Closed() || graph_->MayGetMore(member)) continue;
    if (parts_.checkpoints != nullptr) FlushBefore(member);
    if (!graph_->MayGetMore(member)) member.exchange->Stop();
  }
}

// What partial aggregates hold goes into the last checkpoint, as state of those that merge it.
void Task::FlushBefore(const TaskGraph::Member& exchange) {
  for (const TaskGraph::Member& member : graph_->members()) {
    if (member.reach.Contains(exchange.op.get())) member.op->OnBarrier();
  }
}

void Task::SayWhatIsHeld() {
  std::fill(held_.begin(), held_.end(), 0);
  std::fill(rows_held_.begin(), rows_held_.end(), 0);
  for (const TaskGraph::Member& member : graph_->members()) {
    held_[static_cast<size_t>(member.node)] += member.op->StateBytes();
    rows_held_[static_cast<size_t>(member.node)] += member.op->StateRows();
  }
  for (size_t node = 0; node < held_.size(); node++) {
    parts_.operators[node].state_bytes.Set(held_[node]);
    parts_.operators[node].state_rows.Set(rows_held_[node]);
  }
  PipelineMetrics* const metrics = parts_.metrics;
  const int64_t bytes = std::accumulate(held_.begin(), held_.end(), int64_t{0});
  const int64_t rows = std::accumulate(rows_held_.begin(), rows_held_.end(), int64_t{0});
  metrics->state_bytes.Add(bytes - std::exchange(held_bytes_, bytes));
  metrics->state_rows.Add(rows - std::exchange(held_rows_, rows));
  metrics->peak_state_bytes.RaiseTo(metrics->state_bytes.Get());
  metrics->peak_state_rows.RaiseTo(metrics->state_rows.Get());
  if (parts_.budget == nullptr) return;
  for (size_t node = 0; node < held_.size(); node++)
    parts_.budget->Hold(parts_.worker, static_cast<NodeId>(node), held_[node]);
}

Status Task::MayGoOn() {
  SayWhatIsHeld();
  if (parts_.budget == nullptr) return Status::Ok();
  const auto verdict = parts_.budget->GivesUp();
  return verdict ? StateDoesNotFit(*parts_.plan, *verdict, parts_.budget->limits()) : Status::Ok();
}

// The budget learns whether some of what is held will be given out.
void Task::SayWhetherBusy() {
  if (parts_.budget == nullptr) return;
  const bool rows_wait = std::any_of(graph_->ports().begin(), graph_->ports().end(), [](const TaskGraph::Port& port) {
    return port.edge != nullptr && !port.closed && !port.edge->Empty();
  });
  parts_.budget->EndStep(parts_.worker, rows_wait || HasPending());
}

Status Task::Compute(bool* progress) {
  RETURN_IF_ERROR(ResumePending(progress));
  auto& ports = graph_->ports();
  for (size_t p = ports.size(); p-- > 0;) {
    if (ports[p].edge != nullptr) RETURN_IF_ERROR(PollEdge(&ports[p], progress));
  }
  const bool stand_still = phase_ == Phase::kArrived || phase_ == Phase::kAligning;
  for (size_t p = 0; p < ports.size() && !Paused() && !stand_still; p++) {
    if (sources_[p] != nullptr) RETURN_IF_ERROR(PollSource(&ports[p], sources_[p].get(), progress));
  }
  for (const TaskGraph::Member& member : graph_->members()) {
    if (member.exchange != nullptr) member.exchange->Flush();
  }
  CloseExchanges();
  SayWhatIsHeld();
  SayWhetherBusy();
  RETURN_IF_ERROR(MayGoOn());
  RETURN_IF_ERROR(SendDeadLetters());  // of rows on which expressions failed
  RETURN_IF_ERROR(StepCheckpoint(progress));
  if (!AllClosed() || HasPending()) return Status::Ok();
  if (parts_.checkpoints == nullptr || LastCheckpointTaken()) {
    FinishWriters();
  } else if (!std::exchange(at_end_, true)) {
    parts_.checkpoints->AtEnd(parts_.worker);
  }
  return Status::Ok();
}

bool Task::AllClosed() const {
  const auto& ports = graph_->ports();
  return std::all_of(ports.begin(), ports.end(), [](const TaskGraph::Port& port) { return port.closed; });
}

bool Task::Paused() const {
  return parts_.budget != nullptr && parts_.budget->Exceeded();
}

void Task::FinishWriters() {
  if (std::exchange(finishing_, true)) return;
  if (parts_.budget != nullptr) parts_.budget->Finish(parts_.worker);
  for (Writer& writer : writers_) writer.writer->Finish();
}

void Task::StopReading() {
  for (size_t p = 0; p < sources_.size(); p++) {
    if (sources_[p] != nullptr) graph_->ports()[p].closed = true;
  }
}

void Task::Abandon() {
  abandoned_ = true;
  FinishWriters();
}

int64_t Task::StateRows() const {
  int64_t rows = 0;
  for (const TaskGraph::Member& member : graph_->members()) rows += member.op->StateRows();
  return rows;
}

Result<Task::Progress> Task::Step() {
  Progress result;
  TellWritersOfCommits();
  Status status = PollWriters();
  if (backpressure_->any()) backpressure_->Update(Paused() || !DeadLettersAccepted());
  if (status.ok() && !finishing_) status = Compute(&result.progress);
  backpressure_->Update(Paused() || !DeadLettersAccepted());
  if (status.ok()) HandInWhenReady();
  if (!status.ok()) {
    Abandon();
    return status;
  }
  // What comes behind the last checkpoint is computed again after a restart.
  if (abandoned_ && parts_.checkpoints != nullptr) {
    result.done = true;
    return result;
  }
  // What the inputs just pushed may be due already: writers then say so by a deadline in the past. A source that is
  // held back has no deadline of its own: what it waits for wakes the task.
  if (!finishing_) {
    for (size_t p = 0; p < sources_.size() && !Paused(); p++) {
      const TaskGraph::Port& port = graph_->ports()[p];
      if (sources_[p] != nullptr && MayPoll(port))
        result.deadline = std::min(result.deadline, sources_[p]->NextDeadline());
    }
    if (Paused()) result.deadline = std::min(result.deadline, parts_.budget->Deadline());
  }
  result.done = finishing_ && (parts_.checkpoints == nullptr || handed_in_ == epoch_);
  for (const Writer& writer : writers_) {
    if (writer.failed) continue;
    result.done = result.done && writer.writer->Drained();
    result.deadline = std::min(result.deadline, writer.writer->NextDeadline());
  }
  return result;
}

}  // namespace laminar
