#include "stream/runtime/task.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "stream/operators/filter_project.h"
#include "stream/operators/pass_through.h"
#include "stream/operators/unnest.h"
#include "stream/runtime/expression_failures.h"
#include "stream/runtime/sink_operator.h"
#include "stream/runtime/values_reader.h"

namespace laminar {

namespace {

// A source that always has something at hand must let the sinks and the other sources have their turn.
constexpr int kBatchesPerTurn = 16;

// bad_data of a node's rows: the strictest of the sources they come from; a row that was made here (VALUES) fails.
std::vector<BadDataPolicy> PolicyByNode(const StreamPlan& plan, const std::map<std::string, BadDataPolicy>& by_table) {
  std::vector<BadDataPolicy> policies(plan.nodes.size(), BadDataPolicy::kFail);
  for (size_t id = 0; id < plan.nodes.size(); id++) {
    const PlanNode& node = plan.nodes[id];
    if (const auto* source = std::get_if<SourceNode>(&node.op)) {
      policies[id] = by_table.at(source->table);
    } else if (!node.inputs.empty()) {
      const bool all_drop = std::all_of(node.inputs.begin(), node.inputs.end(), [&](NodeId input) {
        return policies[static_cast<size_t>(input)] == BadDataPolicy::kDrop;
      });
      policies[id] = all_drop ? BadDataPolicy::kDrop : BadDataPolicy::kFail;
    }
  }
  return policies;
}

// For each node, the sink tables that its rows can reach.
std::vector<std::set<std::string>> SinksByNode(const StreamPlan& plan) {
  std::vector<std::set<std::string>> reached(plan.nodes.size());
  for (size_t id = plan.nodes.size(); id-- > 0;) {
    if (const auto* sink = std::get_if<SinkNode>(&plan.nodes[id].op)) reached[id].insert(sink->table);
    for (const NodeId input : plan.nodes[id].inputs)
      reached[static_cast<size_t>(input)].insert(reached[id].begin(), reached[id].end());
  }
  return reached;
}

}  // namespace

Task::Task(Parts parts) : parts_(std::move(parts)) {
  const StreamPlan& plan = *parts_.plan;
  std::map<std::string, SinkWriter*> writer_of;
  for (auto& [table, writer] : parts_.writers) {
    writer_of[table] = writer.get();
    writers_.push_back({table, std::move(writer)});
  }
  const auto policies = PolicyByNode(plan, parts_.bad_data);
  const auto sinks = SinksByNode(plan);

  for (size_t id = 0; id < plan.nodes.size(); id++) {
    const PlanNode& node = plan.nodes[id];
    auto failures = [&] {
      failure_handlers_.push_back(std::make_unique<ExpressionFailures>(policies[id], parts_.metrics));
      return failure_handlers_.back().get();
    };
    auto input_schema = [&]() -> const Schema& { return plan.nodes[static_cast<size_t>(node.inputs.at(0))].schema; };
    std::unique_ptr<Operator> op;
    std::unique_ptr<SourceReader> reader;
    if (const auto* source = std::get_if<SourceNode>(&node.op)) {
      op = std::make_unique<PassThrough>(1);
      reader = std::move(parts_.readers.at(source->table));
      CHECK_MSG(reader != nullptr, "a source table has one SourceNode");
    } else if (const auto* values = std::get_if<ValuesNode>(&node.op)) {
      op = std::make_unique<PassThrough>(1);
      static const ValuesNode kNoRows;
      reader = std::make_unique<ValuesReader>(parts_.makes_values ? values : &kNoRows, node.schema, parts_.session);
    } else if (const auto* project = std::get_if<FilterProjectNode>(&node.op)) {
      op = std::make_unique<FilterProjectOperator>(*project, node.schema, parts_.session, failures());
    } else if (const auto* unnest = std::get_if<UnnestNode>(&node.op)) {
      op = std::make_unique<UnnestOperator>(*unnest, input_schema(), node.schema, parts_.session, failures());
    } else if (std::holds_alternative<UnionAllNode>(node.op)) {
      op = std::make_unique<PassThrough>(node.inputs.size());
    } else {
      CHECK(std::holds_alternative<SinkNode>(node.op));
      op = std::make_unique<SinkOperator>(writer_of.at(std::get<SinkNode>(node.op).table), parts_.metrics);
    }
    for (size_t i = 0; i < node.inputs.size(); i++)
      operators_.at(static_cast<size_t>(node.inputs[i]))->AddOutput(op.get(), i);
    if (reader) {
      Input input{std::move(reader), op.get(), {}, Batch(node.schema)};
      for (const std::string& table : sinks[id]) input.reaches.push_back(writer_of.at(table));
      inputs_.push_back(std::move(input));
    }
    operators_.push_back(std::move(op));
  }
}

Task::~Task() = default;

Status Task::PollWriters() {
  for (Writer& writer : writers_) {
    if (writer.failed) continue;
    const Status status = writer.writer->Poll();
    if (!status.ok()) {
      writer.failed = true;
      return status;
    }
  }
  return Status::Ok();
}

bool Task::Accepted(const Input& input) {
  return std::all_of(input.reaches.begin(), input.reaches.end(),
                     [](SinkWriter* writer) { return writer->CanAccept(); });
}

Status Task::PollInputs(bool* progress) {
  for (Input& input : inputs_) {
    for (int turn = 0; turn < kBatchesPerTurn && !input.ended; turn++) {
      if (!Accepted(input)) break;
      ASSIGN_OR_RETURN(const PollState state, input.reader->Poll(&input.batch));
      if (state == PollState::kIdle) break;
      *progress = true;
      if (state == PollState::kEnd) {
        input.ended = true;
        RETURN_IF_ERROR(input.entry->OnEnd(0));
      } else {
        RETURN_IF_ERROR(input.entry->Push(0, &input.batch));
      }
    }
  }
  return Status::Ok();
}

void Task::StopReading() {
  if (finishing_) return;
  finishing_ = true;
  for (Input& input : inputs_) input.ended = true;
  for (Writer& writer : writers_) writer.writer->Finish();
}

Result<Task::Progress> Task::Step() {
  Progress result;
  RETURN_IF_ERROR(PollWriters());
  RETURN_IF_ERROR(PollInputs(&result.progress));
  if (std::all_of(inputs_.begin(), inputs_.end(), [](const Input& input) { return input.ended; })) StopReading();
  // What the inputs just pushed may be due already: writers then say so by a deadline in the past. A source that a sink
  // holds back has no deadline of its own: the sink's acknowledgement wakes the task.
  for (const Input& input : inputs_) {
    if (!input.ended && Accepted(input)) result.deadline = std::min(result.deadline, input.reader->NextDeadline());
  }
  result.done = finishing_;
  for (const Writer& writer : writers_) {
    if (writer.failed) continue;
    result.done = result.done && writer.writer->Drained();
    result.deadline = std::min(result.deadline, writer.writer->NextDeadline());
  }
  return result;
}

}  // namespace laminar
