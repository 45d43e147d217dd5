// GROUP BY with a window. The rows that the aggregate takes are a projection: the keys, the event time, the order of
// rows of equal time, then what the aggregates need (aggregate_plan.h). What it yields is the keys, the window's start
// and end, and partial results; SELECT's expressions are computed of these above.
//
// Without TUMBLE, HOP or SESSION the rows are grouped by a column that is an event time itself (or follows one, as
// date_trunc does): a group is complete when the watermark has passed it (WindowKind::kInstant).
#include <algorithm>
#include <set>

#include "duckdb/function/function_binder.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"

#include "sql/aggregate_plan.h"
#include "sql/converter.h"
#include "sql/event_times.h"
#include "sql/time_span.h"
#include "sql/window_function.h"

namespace laminar::sql {
namespace {

using duckdb::Expression;
using duckdb::LogicalType;

constexpr const char* kAddWindow = "add a window: GROUP BY ..., TUMBLE(ts, INTERVAL '5 minutes')";

ExpressionPtr KeyReference(const std::string& name, const LogicalType& type, size_t index) {
  return duckdb::make_uniq<duckdb::BoundReferenceExpression>(name, type, index);
}

bool SameWindow(const WindowSpec& a, const WindowSpec& b) {
  return a.kind == b.kind && a.size == b.size && a.slide == b.slide && a.offset == b.offset;
}

// {'start': ..., 'end': ...}
ExpressionPtr PackWindow(duckdb::ClientContext& context, ExpressionPtr start, ExpressionPtr end) {
  duckdb::vector<ExpressionPtr> children;
  start->SetAlias("start");
  end->SetAlias("end");
  children.push_back(std::move(start));
  children.push_back(std::move(end));
  duckdb::ErrorData error;
  auto packed = duckdb::FunctionBinder(context).BindScalarFunction(DEFAULT_SCHEMA, "struct_pack", std::move(children),
                                                                   error, false, nullptr);
  if (!packed) error.Throw();
  return packed;
}

// References to the results by their names, for whoever reads the plan.
void NameResults(ExpressionPtr& expression, const Schema& schema) {
  if (expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_REF && !expression->HasAlias())
    expression->SetAlias(schema[expression->Cast<duckdb::BoundReferenceExpression>().index].name);
  duckdb::ExpressionIterator::EnumerateChildren(*expression, [&](ExpressionPtr& child) { NameResults(child, schema); });
}

// The group that is the result of the call in every group: max(k) where k is a key.
std::optional<size_t> GroupThatIs(const Expression& expression, const std::vector<ExpressionPtr>& groups) {
  static const std::set<std::string> kOneOfThem = {"min", "max", "any_value", "arbitrary", "first", "last"};
  const auto& call = expression.Cast<duckdb::BoundAggregateExpression>();
  if (call.filter || call.children.size() != 1 || !kOneOfThem.contains(call.function.name)) return std::nullopt;
  for (size_t i = 0; i < groups.size(); i++) {
    if (groups[i]->Equals(*call.children[0]) && groups[i]->return_type == call.return_type && !AsWindow(*groups[i]) &&
        !AsWindowBound(*groups[i]))
      return i;
  }
  return std::nullopt;
}

std::string NameOfGroup(const Expression& group) {
  if (group.HasAlias()) return group.GetAlias();
  return group.GetName();
}

}  // namespace

// The window of the groups, if they have one.
bool Converter::FindWindow(Rel* rel, const std::vector<ExpressionPtr>& groups, Grouping* grouping) {
  const Expression* found = nullptr;
  for (size_t i = 0; i < groups.size(); i++) {
    const Expression* window = groups[i].get();
    Grouping::Is is = Grouping::Is::kWindow;
    if (const auto bound = AsWindowBound(*window)) {
      is = bound->is_end ? Grouping::Is::kEnd : Grouping::Is::kStart;
      window = bound->window;
    }
    const auto call = AsWindow(*window);
    if (!call) continue;
    grouping->kinds[i] = is;
    if (!found) {
      found = window;
      grouping->window = call->spec;
      ExpressionPtr time = call->time->Copy();
      if (!OffsetOf(*time)) time->SetQueryLocation(window->GetQueryLocation());
      grouping->time = EventTimeOf(rel, std::move(time), WindowName(call->spec.kind));
      continue;
    }
    const auto first = AsWindow(*found);
    if (!SameWindow(first->spec, call->spec) || !first->time->Equals(*call->time)) {
      throw NotStreamable{"GROUP BY has two different windows", OffsetOf(*groups[i]),
                          "keep one; windows of windows are a query over a subquery that has the smaller ones"};
    }
  }
  return found != nullptr;
}

// The group that is an event time: the one that lags least; else the one that could be the event time of its source.
void Converter::FindInstant(Rel* rel, const std::vector<ExpressionPtr>& groups, std::optional<size_t> offset,
                            Grouping* grouping) {
  std::optional<size_t> best;
  int64_t least = 0;
  std::vector<size_t> possible;
  for (size_t i = 0; i < groups.size(); i++) {
    const LogicalType& type = groups[i]->return_type;
    if (!IsMicros(type) && !IsOtherTime(type)) continue;
    if (const auto lag = LagOf(*rel, *groups[i]); lag && (!best || *lag < least)) {
      best = i;
      least = *lag;
    }
    if (CouldBeEventTime(*rel, *groups[i])) possible.push_back(i);
  }
  if (!best && possible.size() > 1) {
    throw NotStreamable{
        "either of " + groups[possible[0]]->GetName() + " and " + groups[possible[1]]->GetName() +
            " could be the event time that ends a group",
        OffsetOf(*groups[possible[1]]),
        "say which in CREATE TABLE: WATERMARK FOR " + groups[possible[0]]->GetName() + "; or " + kAddWindow};
  }
  if (!best && !possible.empty()) best = possible.front();
  if (!best) {
    if (groups.empty()) {
      throw NotStreamable{"an aggregate over a whole stream would never be complete", offset,
                          "add a window: GROUP BY TUMBLE(ts, INTERVAL '5 minutes')"};
    }
    if (IsBounded(rel->node)) {
      throw NotStreamable{
          "aggregating a table that ends is not supported without a window of time", offset,
          "aggregate it before, where its data is made; if its rows have a time, " + std::string(kAddWindow)};
    }
    throw NotStreamable{"GROUP BY without time: no group would ever be complete", offset, kAddWindow};
  }
  grouping->window.kind = WindowKind::kInstant;
  grouping->time = EventTimeOf(rel, groups[*best]->Copy(), WindowName(WindowKind::kInstant));
  if (IsMicros(groups[*best]->return_type)) grouping->kinds[*best] = Grouping::Is::kStart;
}

Converter::Grouping Converter::FindGrouping(Rel* rel, const std::vector<ExpressionPtr>& groups,
                                            std::optional<size_t> offset) {
  Grouping grouping;
  grouping.kinds.assign(groups.size(), Grouping::Is::kKey);
  if (!FindWindow(rel, groups, &grouping)) FindInstant(rel, groups, offset, &grouping);
  return grouping;
}

Rel Converter::AddAggregate(Rel rel, std::vector<ExpressionPtr> groups, std::vector<ExpressionPtr> calls,
                            duckdb::idx_t group_index, duckdb::idx_t aggregate_index, std::optional<size_t> offset) {
  using Is = Grouping::Is;
  Grouping grouping = FindGrouping(&rel, groups, offset);
  const RelColumn* order = rel.FindHidden(Hidden::kOrder);
  std::vector<size_t> keys;  // groups
  for (size_t i = 0; i < groups.size(); i++) {
    if (grouping.kinds[i] == Is::kKey) keys.push_back(i);
  }
  const size_t time_column = keys.size(), first_payload = time_column + (order ? 2 : 1), first_result = keys.size() + 2;
  std::vector<std::string> call_names;
  std::vector<std::optional<size_t>> call_groups;  // by call: the group that is its result
  std::vector<ExpressionPtr> real_calls;
  for (auto& call : calls) {
    call_names.push_back(call->GetName());
    call_groups.push_back(GroupThatIs(*call, groups));
    if (!call_groups.back()) real_calls.push_back(std::move(call));
  }
  AggregatePlan plan = PlanAggregates(context_, std::move(real_calls), first_payload, PartialRows::kResults,
                                      first_result, *grouping.time, order ? order->expression.get() : nullptr);

  Rel input;
  input.node = rel.node;
  input.filters = std::move(rel.filters);
  const auto add = [&](ExpressionPtr expression, std::string name) {
    input.columns.push_back({{}, std::move(expression), std::move(name)});
  };
  for (const size_t key : keys) add(groups[key]->Copy(), NameOfGroup(*groups[key]));
  const std::string time_name = NameOfGroup(*grouping.time);
  add(std::move(grouping.time), time_name);
  if (order) add(order->expression->Copy(), kOrderName);
  for (ExpressionPtr& payload : plan.payload) {
    const std::string name = payload->GetName();
    add(std::move(payload), name);
  }
  make_.Shape(&input, false);
  const Schema schema = make_.SchemaOf(input.node);
  if (!make_.NodeOf(input.node).FindTime(time_column))
    throw NotStreamable{time_name + " is no event time here", offset, kAddWindow};

  PlanNode node;
  node.position = groups.empty() ? make_.QueryPosition() : make_.Position(*groups.front());
  WindowAggregateNode aggregate;
  for (size_t i = 0; i < keys.size(); i++) aggregate.keys.push_back(i);
  aggregate.window = grouping.window;
  aggregate.window.time_column = time_column;
  make_.DealByKey(aggregate.keys, node.position, &input);
  node.inputs = {input.node};
  for (size_t i = 0; i < keys.size(); i++) node.schema.push_back({schema[i].name, schema[i].type, false});
  const bool is_instant = aggregate.window.kind == WindowKind::kInstant;
  const std::string start_name = is_instant ? time_name : "window_start";
  for (const std::string& name : {start_name, std::string(is_instant ? time_name : "window_end")})
    node.schema.push_back({name, MakeType(LogicalType::TIMESTAMP), false});
  for (const ExpressionPtr& one : plan.aggregates)
    node.schema.push_back({one->GetName(), MakeType(one->return_type), false});
  for (ExpressionPtr& final : plan.finals) NameResults(final, node.schema);
  aggregate.aggregates = make_.MakeAggregates(std::move(plan.aggregates));
  aggregate.merges = make_.MakeAggregates(std::move(plan.merges));
  const WindowKind kind = aggregate.window.kind;
  node.op = std::move(aggregate);

  Rel result;
  result.node = make_.Add(std::move(node));
  const size_t start = keys.size(), end = start + 1;
  const auto start_of = [&] { return KeyReference(start_name, LogicalType::TIMESTAMP, start); };
  const auto end_of = [&] { return KeyReference("window_end", LogicalType::TIMESTAMP, end); };
  size_t key = 0;
  for (size_t i = 0; i < groups.size(); i++) {
    const std::string name = NameOfGroup(*groups[i]);
    ExpressionPtr value;
    switch (grouping.kinds[i]) {
      case Is::kKey:
        value = KeyReference(name, groups[i]->return_type, key++);
        break;
      case Is::kWindow:
        value = PackWindow(context_, start_of(), end_of());
        break;
      case Is::kStart:
        value = duckdb::BoundCastExpression::AddCastToType(context_, start_of(), groups[i]->return_type);
        break;
      case Is::kEnd:
        value = end_of();
        break;
    }
    result.columns.push_back({duckdb::ColumnBinding(group_index, i), std::move(value), name});
  }
  size_t final = 0;
  for (size_t i = 0; i < call_names.size(); i++) {
    ExpressionPtr value =
        call_groups[i] ? result.columns[*call_groups[i]].expression->Copy() : std::move(plan.finals[final++]);
    result.columns.push_back({duckdb::ColumnBinding(aggregate_index, i), std::move(value), call_names[i]});
  }
  if (kind != WindowKind::kSession && keeps_hidden_)
    result.columns.push_back({HiddenBinding(Hidden::kTime), start_of(), kTimeName, 1});
  return result;
}

Rel Converter::ConvertAggregate(duckdb::LogicalAggregate& op) {
  std::optional<size_t> offset;
  for (const auto* list : {&op.groups, &op.expressions}) {
    for (const auto& expression : *list) {
      if (!offset) offset = OffsetOf(*expression);
    }
  }
  if (op.grouping_sets.size() > 1 || !op.grouping_functions.empty()) {
    throw NotStreamable{"GROUPING SETS, ROLLUP and CUBE are not supported on a stream", offset,
                        "write one query for each set of groups, and UNION ALL them"};
  }
  Rel rel = ConvertBelowTime(*op.children[0]);
  std::vector<const Expression*> uses;
  for (const auto& group : op.groups) uses.push_back(group.get());
  for (const auto& call : op.expressions) uses.push_back(call.get());
  make_.PrepareFor(uses, false, true, &rel);
  std::vector<ExpressionPtr> groups, calls;
  for (auto& group : op.groups) {
    const std::string name = group->GetName();
    rel.Substitute(group);
    if (!AsWindow(*group) && !AsWindowBound(*group)) group->SetAlias(name);
    groups.push_back(std::move(group));
  }
  for (auto& call : op.expressions) {
    rel.Substitute(call);
    calls.push_back(std::move(call));
  }
  return AddAggregate(std::move(rel), std::move(groups), std::move(calls), op.group_index, op.aggregate_index, offset);
}

}  // namespace laminar::sql
