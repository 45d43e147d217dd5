#include "stream/runtime/task_graph.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "stream/operators/filter_project.h"
#include "stream/operators/lookup_join.h"
#include "stream/operators/over.h"
#include "stream/operators/pass_through.h"
#include "stream/operators/unnest.h"
#include "stream/operators/window_aggregate.h"
#include "stream/operators/windowed_over.h"
#include "stream/runtime/sink_operator.h"

namespace laminar {

namespace {

RowPolicy StrictestOf(const std::vector<RowPolicy>& policies, const std::vector<NodeId>& inputs) {
  RowPolicy strictest = {BadDataPolicy::kDrop, "", nullptr};
  std::set<std::string> tables;
  for (const NodeId input : inputs) {
    const RowPolicy& policy = policies[static_cast<size_t>(input)];
    if (policy.policy == BadDataPolicy::kFail) strictest.policy = BadDataPolicy::kFail;
    const bool keeps = strictest.bad_data != nullptr && strictest.bad_data->policy() == BadDataPolicy::kDeadLetter;
    if (!keeps && policy.bad_data != nullptr) strictest.bad_data = policy.bad_data;
    if (policy.tables.empty() || !tables.insert(policy.tables).second) continue;
    strictest.tables += (strictest.tables.empty() ? "" : ", ") + policy.tables;
  }
  return strictest;
}

// bad_data of a node's rows: the strictest of the sources they come from; a row that was made here (VALUES) fails. A
// row that was joined with a table is one of the stream.
std::vector<RowPolicy> PolicyByNode(const StreamPlan& plan, const std::map<std::string, BadData*>& by_table) {
  std::vector<RowPolicy> policies(plan.nodes.size());
  for (size_t id = 0; id < plan.nodes.size(); id++) {
    const PlanNode& node = plan.nodes[id];
    if (const auto* source = std::get_if<SourceNode>(&node.op)) {
      policies[id].bad_data = by_table.at(source->table);
      if (policies[id].bad_data != nullptr) policies[id].policy = policies[id].bad_data->policy();
      if (policies[id].policy == BadDataPolicy::kFail) policies[id].tables = source->table;
    } else if (std::holds_alternative<LookupJoinNode>(node.op)) {
      policies[id] = policies[static_cast<size_t>(node.inputs[0])];
    } else if (!node.inputs.empty()) {
      policies[id] = StrictestOf(policies, node.inputs);
    }
  }
  return policies;
}

// Whether the exchange deals by what the aggregate groups by.
bool DealsByGroup(const ExchangeNode& exchange, const WindowAggregateNode& window) {
  if (exchange.to != ExchangeNode::To::kOwnerOfKey) return exchange.to == ExchangeNode::To::kFirstWorker;
  return std::set<size_t>(exchange.keys.begin(), exchange.keys.end()) ==
         std::set<size_t>(window.keys.begin(), window.keys.end());
}

bool HoldsRowsBack(const PlanNode& node) {
  return std::holds_alternative<WindowAggregateNode>(node.op) || std::holds_alternative<OverNode>(node.op) ||
         std::holds_alternative<WindowedOverNode>(node.op);
}

}  // namespace

bool TaskGraph::Reach::Accepts() const {
  for (const auto& [op, input] : inputs_) {
    if (op->HasPending() || !op->Accepts(input)) return false;
  }
  for (const SinkWriter* writer : writers_) {
    if (!writer->CanAccept()) return false;
  }
  return true;
}

bool TaskGraph::Reach::Contains(const Operator* op) const {
  return std::any_of(inputs_.begin(), inputs_.end(), [op](const auto& input) { return input.first == op; });
}

TaskGraph::TaskGraph(const Parts& parts)
    : parts_(parts),
      plan_(*parts.plan),
      workers_(parts.edges == nullptr ? 1 : parts.edges->workers()),
      policies_(PolicyByNode(plan_, parts.bad_data)),
      yields_(plan_.nodes.size()) {
  for (size_t id = 0; id < plan_.nodes.size(); id++) AddNode(static_cast<NodeId>(id));
  for (Member& member : members_) member.reach = ReachOf(member.outputs);
  for (Port& port : ports_) {
    const auto at = std::find_if(members_.begin(), members_.end(),
                                 [&](const Member& member) { return member.op.get() == port.to; });
    port.reach = ReachOf({{static_cast<size_t>(at - members_.begin()), port.input}});
  }
}

TaskGraph::~TaskGraph() = default;

const PlanNode& TaskGraph::Input(NodeId id, size_t input) const {
  return plan_.nodes.at(static_cast<size_t>(plan_.nodes[static_cast<size_t>(id)].inputs.at(input)));
}

FailureHandler* TaskGraph::Failures(NodeId id) {
  failure_handlers_.push_back(std::make_unique<ExpressionFailures>(policies_[static_cast<size_t>(id)], parts_.worker));
  return failure_handlers_.back().get();
}

// Of the source upstream; of several, the first.
Counter* TaskGraph::LateRows(NodeId id) {
  const PlanNode& node = plan_.nodes[static_cast<size_t>(id)];
  if (const auto* source = std::get_if<SourceNode>(&node.op)) {
    const auto found = parts_.late_rows.find(source->table);
    return found == parts_.late_rows.end() ? &nobodys_late_rows_ : found->second;
  }
  return node.inputs.empty() ? &nobodys_late_rows_ : LateRows(node.inputs.front());
}

size_t TaskGraph::Add(NodeId node, std::unique_ptr<Operator> op, Counted counted) {
  OperatorMetrics& metrics = parts_.operators[node];
  Operator::Counts counts;
  if (counted == Counted::kBoth || counted == Counted::kIn) counts.rows_in = &metrics.rows_in;
  if (counted == Counted::kBoth || counted == Counted::kOut) counts.rows_out = &metrics.rows_out;
  counts.busy_micros = &metrics.busy_micros;
  counts.clock = parts_.clock;
  counts.works_at_watermarks = HoldsRowsBack(plan_.nodes[static_cast<size_t>(node)]);
  op->CountWith(counts);
  Member member;
  member.node = node;
  member.op = std::move(op);
  members_.push_back(std::move(member));
  return members_.size() - 1;
}

void TaskGraph::Connect(size_t from, size_t to, size_t input) {
  members_[from].op->AddOutput(members_[to].op.get(), input);
  members_[from].outputs.push_back({to, input});
}

void TaskGraph::AddNode(NodeId id) {
  const PlanNode& node = plan_.nodes[static_cast<size_t>(id)];
  size_t& yields = yields_[static_cast<size_t>(id)];
  if (const auto* exchange = std::get_if<ExchangeNode>(&node.op)) {
    if (workers_ > 1) return AddExchange(id, *exchange);
    yields = yields_[static_cast<size_t>(node.inputs.at(0))];
    return;
  }
  std::vector<size_t> reads;
  for (const NodeId input : node.inputs) reads.push_back(yields_[static_cast<size_t>(input)]);
  const bool merges = MergesHere(id);
  if (merges) reads[0] = AddPartial(id, Input(id, 0), reads[0], Counted::kIn);
  auto op = MakeStateless(id);
  const bool keyed = op == nullptr;
  yields = Add(id, keyed ? MakeKeyed(id) : std::move(op), merges ? Counted::kOut : Counted::kBoth);
  members_[yields].keeps_state = keyed && !std::holds_alternative<LookupJoinNode>(node.op);
  for (size_t i = 0; i < reads.size(); i++) Connect(reads[i], yields, i);
  if (std::holds_alternative<SourceNode>(node.op) || std::holds_alternative<ValuesNode>(node.op)) {
    Port port;
    port.node = id;
    port.to = members_[yields].op.get();
    ports_.push_back(std::move(port));
  } else if (const auto* sink = std::get_if<SinkNode>(&node.op)) {
    members_[yields].writer = parts_.writers.at(sink->table);
  }
}

std::unique_ptr<Operator> TaskGraph::MakeStateless(NodeId id) {
  const PlanNode& node = plan_.nodes[static_cast<size_t>(id)];
  if (const auto* project = std::get_if<FilterProjectNode>(&node.op))
    return std::make_unique<FilterProjectOperator>(*project, node.schema, parts_.session, Failures(id));
  if (const auto* unnest = std::get_if<UnnestNode>(&node.op))
    return std::make_unique<UnnestOperator>(*unnest, Input(id, 0).schema, node.schema, parts_.session, Failures(id),
                                            parts_.guard);
  if (const auto* sink = std::get_if<SinkNode>(&node.op))
    return std::make_unique<SinkOperator>(parts_.writers.at(sink->table), parts_.metrics);
  if (std::holds_alternative<SourceNode>(node.op) || std::holds_alternative<ValuesNode>(node.op))
    return std::make_unique<PassThrough>(1);
  if (std::holds_alternative<UnionAllNode>(node.op)) return std::make_unique<PassThrough>(node.inputs.size());
  return nullptr;
}

std::unique_ptr<Operator> TaskGraph::MakeKeyed(NodeId id) {
  const PlanNode& node = plan_.nodes[static_cast<size_t>(id)];
  const PlanNode& input = Input(id, 0);
  if (const auto* window = std::get_if<WindowAggregateNode>(&node.op)) {
    const bool merges = MergesHere(id) || MergesBehindExchange(id);
    return MakeWindowAggregate(*window, merges ? AggregateMode::kMerge : AggregateMode::kComplete, input, node.schema,
                               LateRows(id), PartialsPay::kTrialRows, parts_.restores);
  }
  if (const auto* over = std::get_if<OverNode>(&node.op))
    return std::make_unique<OverOperator>(*over, input, node.schema, LateRows(id));
  if (const auto* over = std::get_if<WindowedOverNode>(&node.op))
    return std::make_unique<WindowedOverOperator>(*over, input, node.schema, parts_.session, LateRows(id));
  if (const auto* join = std::get_if<LookupJoinNode>(&node.op)) {
    return std::make_unique<LookupJoinOperator>(*join, input.schema, Input(id, 1).schema, node.schema, parts_.session,
                                                Failures(id));
  }
  CHECK_MSG(false, "a plan holds operators that exist");
}

bool TaskGraph::MergesBehindExchange(NodeId window) const {
  return workers_ > 1 && AggregateBehind(plan_.nodes[static_cast<size_t>(window)].inputs.at(0)) == window;
}

// A checkpoint holds partial results, which only a merging aggregate can take.
bool TaskGraph::MergesHere(NodeId id) const {
  const auto* window = std::get_if<WindowAggregateNode>(&plan_.nodes[static_cast<size_t>(id)].op);
  return parts_.restores && window != nullptr && window->window.kind != WindowKind::kSession &&
         !MergesBehindExchange(id);
}

std::optional<NodeId> TaskGraph::AggregateBehind(NodeId exchange) const {
  const PlanNode& node = plan_.nodes[static_cast<size_t>(exchange)];
  if (!std::holds_alternative<ExchangeNode>(node.op)) return std::nullopt;
  std::optional<NodeId> behind;
  for (size_t id = 0; id < plan_.nodes.size(); id++) {
    const auto& inputs = plan_.nodes[id].inputs;
    if (std::find(inputs.begin(), inputs.end(), exchange) == inputs.end()) continue;
    const auto* window = std::get_if<WindowAggregateNode>(&plan_.nodes[id].op);
    if (behind || window == nullptr || window->window.kind == WindowKind::kSession) return std::nullopt;
    if (!DealsByGroup(std::get<ExchangeNode>(node.op), *window)) return std::nullopt;
    behind = static_cast<NodeId>(id);
  }
  return behind;
}

void TaskGraph::AddExchange(NodeId id, const ExchangeNode& exchange) {
  const NodeId input = plan_.nodes[static_cast<size_t>(id)].inputs.at(0);
  size_t sends_from = yields_[static_cast<size_t>(input)];
  Schema schema = plan_.nodes[static_cast<size_t>(input)].schema;
  std::optional<size_t> hash_column;
  if (const auto behind = AggregateBehind(id)) {
    const PlanNode& node = plan_.nodes[static_cast<size_t>(*behind)];
    const auto& window = std::get<WindowAggregateNode>(node.op);
    // What the merging half takes are the window's rows.
    sends_from = AddPartial(*behind, Input(id, 0), sends_from, Counted::kNone);
    schema = PartialRows::SchemaOf(window, node.schema);
    hash_column = PartialRows::kHash;
  }
  std::vector<Edge*> out;
  for (int to = 0; to < workers_; to++) out.push_back(parts_.edges->Find(id, parts_.worker, to));
  auto owned = std::make_unique<ExchangeOperator>(exchange, schema, parts_.worker, std::move(out), hash_column);
  ExchangeOperator* const sender = owned.get();
  const size_t sends = Add(id, std::move(owned), Counted::kIn);
  members_[sends].exchange = sender;
  Connect(sends_from, sends, 0);

  std::vector<Edge*> in;
  for (int from = 0; from < workers_; from++) {
    if (Edge* edge = parts_.edges->Find(id, from, parts_.worker)) in.push_back(edge);
  }
  // Input 0 is this worker's own channel, whatever its number.
  const size_t receives = Add(id, std::make_unique<PassThrough>(1 + in.size()), Counted::kOut);
  Connect(sends, receives, 0);
  yields_[static_cast<size_t>(id)] = receives;
  for (size_t i = 0; i < in.size(); i++) {
    Port port;
    port.node = id;
    port.to = members_[receives].op.get();
    port.input = 1 + i;
    port.edge = in[i];
    ports_.push_back(std::move(port));
  }
}

size_t TaskGraph::AddPartial(NodeId window, const PlanNode& input, size_t reads_from, Counted counted) {
  const PlanNode& node = plan_.nodes[static_cast<size_t>(window)];
  const size_t partial = Add(window,
                             MakeWindowAggregate(std::get<WindowAggregateNode>(node.op), AggregateMode::kPartial, input,
                                                 node.schema, LateRows(window), parts_.partial_trial_rows),
                             counted);
  Connect(reads_from, partial, 0);
  return partial;
}

TaskGraph::Reach TaskGraph::ReachOf(const std::vector<std::pair<size_t, size_t>>& outputs) const {
  Reach reach;
  std::set<std::pair<size_t, size_t>> seen;
  std::vector<std::pair<size_t, size_t>> open = outputs;
  while (!open.empty()) {
    const auto at = open.back();
    open.pop_back();
    if (!seen.insert(at).second) continue;
    const Member& member = members_[at.first];
    reach.inputs_.push_back({member.op.get(), at.second});
    if (member.writer != nullptr) reach.writers_.push_back(member.writer);
    open.insert(open.end(), member.outputs.begin(), member.outputs.end());
  }
  return reach;
}

bool TaskGraph::MayGetMore(const Member& member) const {
  for (const Port& port : ports_) {
    if (!port.closed && port.reach.Contains(member.op.get())) return true;
  }
  for (const Member& other : members_) {
    if (other.op->HasPending() && other.reach.Contains(member.op.get())) return true;
  }
  return false;
}

bool TaskGraph::MayGetMoreBeforeBarrier(const Member& member) const {
  for (const Port& port : ports_) {
    if (!port.closed && !port.aligned && port.reach.Contains(member.op.get())) return true;
  }
  for (const Member& other : members_) {
    if ((other.op->HasPending() || !other.aligned) && other.reach.Contains(member.op.get())) return true;
  }
  return false;
}

}  // namespace laminar
