#include "sql/event_times.h"

#include <algorithm>
#include <map>

#include "duckdb/common/string_util.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "sql/time_span.h"
#include "sql/window_function.h"

namespace laminar::sql {
namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::LogicalTypeId;

constexpr int64_t kSecond = 1'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr int64_t kShortestMonth = 28, kLongestMonth = 31;

std::optional<duckdb::interval_t> ConstantInterval(const Expression& expression) {
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_CONSTANT) return std::nullopt;
  const auto& value = expression.Cast<duckdb::BoundConstantExpression>().value;
  if (value.IsNull() || value.type().id() != LogicalTypeId::INTERVAL) return std::nullopt;
  const auto interval = value.GetValue<duckdb::interval_t>();
  return IsShortEnough(interval) ? std::optional(interval) : std::nullopt;
}

// The least that adding the interval to a time adds to it.
int64_t LeastAdded(const duckdb::interval_t& interval) {
  const int64_t month = interval.months >= 0 ? kShortestMonth : kLongestMonth;
  return interval.micros + (interval.days + interval.months * month) * kDay;
}
int64_t MostAdded(const duckdb::interval_t& interval) {
  const int64_t month = interval.months >= 0 ? kLongestMonth : kShortestMonth;
  return interval.micros + (interval.days + interval.months * month) * kDay;
}

// What truncation to a calendar unit takes away at most.
std::optional<int64_t> LongestOf(const std::string& unit) {
  static const std::map<std::string, int64_t> kUnits = {
      {"microsecond", 1},     {"microseconds", 1},  {"millisecond", 1000}, {"milliseconds", 1000},
      {"second", kSecond},    {"seconds", kSecond}, {"minute", kMinute},   {"minutes", kMinute},
      {"hour", kHour},        {"hours", kHour},     {"day", kDay},         {"days", kDay},
      {"week", 7 * kDay},     {"weeks", 7 * kDay},  {"month", 31 * kDay},  {"months", 31 * kDay},
      {"quarter", 92 * kDay}, {"year", 366 * kDay}, {"years", 366 * kDay}};
  const auto found = kUnits.find(duckdb::StringUtil::Lower(unit));
  return found == kUnits.end() ? std::nullopt : std::optional(found->second);
}

std::optional<FollowedTime> Behind(const Expression& expression, int64_t lag, int64_t ahead) {
  auto followed = FollowsTime(expression);
  if (followed) {
    followed->lag_micros += lag;
    followed->ahead_micros += ahead;
  }
  return followed;
}

std::optional<FollowedTime> FollowsCast(const duckdb::BoundCastExpression& cast) {
  if (!IsMicros(cast.return_type) && !IsOtherTime(cast.return_type)) return std::nullopt;
  if (!IsMicros(cast.child->return_type) && !IsOtherTime(cast.child->return_type)) return std::nullopt;
  const int64_t lag = cast.return_type.id() == LogicalTypeId::DATE            ? kDay
                      : cast.return_type.id() == LogicalTypeId::TIMESTAMP_SEC ? kSecond
                      : cast.return_type.id() == LogicalTypeId::TIMESTAMP_MS  ? 1000
                                                                              : 0;
  return Behind(*cast.child, lag, cast.return_type.id() == LogicalTypeId::DATE ? 0 : lag);  // a DATE is cut off
}

std::optional<FollowedTime> FollowsFunction(const duckdb::BoundFunctionExpression& call) {
  if (const auto bound = AsWindowBound(call)) {
    const WindowCall window = *AsWindow(*bound->window);
    if (window.spec.kind != WindowKind::kTumble) return std::nullopt;
    const int64_t size = MostMicros(window.spec.size);
    return bound->is_end ? Behind(*window.time, 0, size) : Behind(*window.time, size, 0);
  }
  const std::string& name = call.function.name;
  const auto& children = call.children;
  if ((name == "+" || name == "-") && children.size() == 2) {
    const size_t interval_at = name == "+" && ConstantInterval(*children[0]) ? 0 : 1;
    const auto interval = ConstantInterval(*children[interval_at]);
    if (!interval) return std::nullopt;
    const Expression& time = *children[1 - interval_at];
    return name == "+" ? Behind(time, -LeastAdded(*interval), MostAdded(*interval))
                       : Behind(time, MostAdded(*interval), -LeastAdded(*interval));
  }
  if ((name == "date_trunc" || name == "datetrunc") && children.size() == 2 &&
      children[0]->GetExpressionClass() == ExpressionClass::BOUND_CONSTANT) {
    const auto& unit = children[0]->Cast<duckdb::BoundConstantExpression>().value;
    const auto longest = unit.IsNull() ? std::nullopt : LongestOf(unit.ToString());
    return longest ? Behind(*children[1], *longest, 0) : std::nullopt;
  }
  if (name == "time_bucket" && children.size() >= 2) {
    const auto width = ConstantInterval(*children[0]);
    for (size_t i = 2; i < children.size(); i++) {
      if (!children[i]->IsFoldable()) return std::nullopt;
    }
    return width ? Behind(*children[1], MostAdded(*width), 0) : std::nullopt;
  }
  return std::nullopt;
}

constexpr int64_t kNoBound = PlanNode::TimeColumn::kNoBound;

void TimesOfProjections(const FilterProjectNode& op, const PlanNode& input, PlanNode* node) {
  for (size_t i = 0; i < op.projections.size(); i++) {
    const Expression& expression = op.projections.at(i);
    size_t column = 0;
    if (!node->order_column && op.projections.IsColumnReference(i, &column) && input.order_column == column)
      node->order_column = i;
    if (!IsMicros(expression.return_type) && !IsOtherTime(expression.return_type)) continue;
    const auto followed = FollowsTime(expression);
    const PlanNode::TimeColumn* time = followed ? input.FindTime(followed->column) : nullptr;
    if (!time) continue;
    const bool bounded = time->ahead_micros != kNoBound;
    node->times.push_back({i, std::max<int64_t>(0, time->lag_micros + followed->lag_micros),
                           bounded ? time->ahead_micros + followed->ahead_micros : kNoBound});
  }
}

// A column is an event time of a union if it is one of all its inputs.
void TimesOfUnion(const StreamPlan& plan, PlanNode* node) {
  const auto input = [&](size_t i) -> const PlanNode& { return plan.nodes[static_cast<size_t>(node->inputs[i])]; };
  for (PlanNode::TimeColumn time : input(0).times) {
    bool in_all = true;
    for (size_t i = 1; i < node->inputs.size(); i++) {
      const PlanNode::TimeColumn* other = input(i).FindTime(time.column);
      in_all = in_all && other != nullptr;
      if (!other) continue;
      time.lag_micros = std::max(time.lag_micros, other->lag_micros);
      time.ahead_micros = std::max(time.ahead_micros, other->ahead_micros);
    }
    if (in_all) node->times.push_back(time);
  }
  node->order_column = input(0).order_column;
  for (size_t i = 1; i < node->inputs.size(); i++) {
    if (input(i).order_column != node->order_column) node->order_column.reset();
  }
}

void TimesOfAggregate(const WindowAggregateNode& op, const PlanNode& input, PlanNode* node) {
  const PlanNode::TimeColumn* time = input.FindTime(op.window.time_column);
  if (!time) return;
  // A result's moment: its end and the lag after it.
  const size_t start = op.keys.size(), end = start + 1;
  const int64_t lag = time->lag_micros;
  if (op.window.kind == WindowKind::kInstant) {
    node->times.push_back({start, lag, -lag});
  } else if (op.window.kind != WindowKind::kSession) {
    node->times.push_back({start, lag + MostMicros(op.window.size), -lag});
  }
  node->times.push_back({end, lag, -lag});
}

// Rows are held back until the watermark has passed one of their times: that is their moment from now on.
void TimesBehind(size_t held_by, const PlanNode& input, PlanNode* node) {
  const PlanNode::TimeColumn* held = input.FindTime(held_by);
  if (!held) return;
  for (PlanNode::TimeColumn time : input.times) {
    if (time.column == held_by) {
      time.ahead_micros = -time.lag_micros;
    } else if (held->ahead_micros == kNoBound) {
      continue;
    } else {
      time.lag_micros = std::max<int64_t>(0, time.lag_micros + held->lag_micros + held->ahead_micros);
    }
    node->times.push_back(time);
  }
}

}  // namespace

bool IsMicros(const duckdb::LogicalType& type) {
  return type.id() == LogicalTypeId::TIMESTAMP || type.id() == LogicalTypeId::TIMESTAMP_TZ;
}

bool IsOtherTime(const duckdb::LogicalType& type) {
  return type.id() == LogicalTypeId::DATE || type.id() == LogicalTypeId::TIMESTAMP_SEC ||
         type.id() == LogicalTypeId::TIMESTAMP_MS || type.id() == LogicalTypeId::TIMESTAMP_NS;
}

std::optional<FollowedTime> FollowsTime(const Expression& expression) {
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::BOUND_REF:
      return FollowedTime{expression.Cast<duckdb::BoundReferenceExpression>().index, 0};
    case ExpressionClass::BOUND_CAST:
      return FollowsCast(expression.Cast<duckdb::BoundCastExpression>());
    case ExpressionClass::BOUND_FUNCTION:
      return FollowsFunction(expression.Cast<duckdb::BoundFunctionExpression>());
    default:
      return std::nullopt;
  }
}

void FindTimes(const StreamPlan& plan, PlanNode* node) {
  node->times.clear();
  node->order_column.reset();
  if (const auto* source = std::get_if<SourceNode>(&node->op)) {
    if (source->event_time) node->times.push_back({*source->event_time, 0});
    if (source->adds_order) node->order_column = node->schema.size() - 1;
    return;
  }
  if (std::holds_alternative<ValuesNode>(node->op)) {
    // They come at once and end: nothing comes after a watermark. One time of a row says nothing of another.
    for (size_t i = 0; i < node->schema.size(); i++) {
      if (IsMicros(*node->schema[i].type)) node->times.push_back({i, 0, kNoBound});
    }
    if (node->times.size() == 1) node->times[0].ahead_micros = 0;
    return;
  }
  if (std::holds_alternative<SinkNode>(node->op)) return;
  if (std::holds_alternative<UnionAllNode>(node->op)) return TimesOfUnion(plan, node);
  const PlanNode& input = plan.nodes[static_cast<size_t>(node->inputs.at(0))];
  if (const auto* project = std::get_if<FilterProjectNode>(&node->op)) return TimesOfProjections(*project, input, node);
  if (const auto* window = std::get_if<WindowAggregateNode>(&node->op)) return TimesOfAggregate(*window, input, node);
  // All others pass on the first input's columns as they are, in front.
  node->order_column = input.order_column;
  const auto* over = std::get_if<OverNode>(&node->op);
  const auto* windowed = std::get_if<WindowedOverNode>(&node->op);
  if (!over && !windowed) {
    node->times = input.times;
    return;
  }
  TimesBehind(over ? over->time_column : windowed->time_column, input, node);
}

std::vector<TimeOrigin> OriginsOf(const StreamPlan& plan, NodeId id, size_t column) {
  const PlanNode& node = plan.nodes[static_cast<size_t>(id)];
  if (const auto* source = std::get_if<SourceNode>(&node.op)) return {{id, source->table, node.schema[column].name}};
  if (std::holds_alternative<ValuesNode>(node.op) || std::holds_alternative<WindowAggregateNode>(node.op)) return {};
  if (const auto* project = std::get_if<FilterProjectNode>(&node.op)) {
    const auto followed = FollowsTime(project->projections.at(column));
    return followed ? OriginsOf(plan, node.inputs[0], followed->column) : std::vector<TimeOrigin>();
  }
  if (std::holds_alternative<UnionAllNode>(node.op)) {
    std::vector<TimeOrigin> origins;
    for (const NodeId input : node.inputs) {
      const auto of_input = OriginsOf(plan, input, column);
      if (of_input.empty() && !plan.nodes[static_cast<size_t>(input)].FindTime(column)) return {};
      origins.insert(origins.end(), of_input.begin(), of_input.end());
    }
    return origins;
  }
  if (column >= plan.nodes[static_cast<size_t>(node.inputs[0])].schema.size()) return {};
  return OriginsOf(plan, node.inputs[0], column);
}

std::vector<NodeId> SourcesBelow(const StreamPlan& plan, NodeId id) {
  const PlanNode& node = plan.nodes[static_cast<size_t>(id)];
  if (std::holds_alternative<SourceNode>(node.op)) return {id};
  std::vector<NodeId> sources;
  if (std::holds_alternative<WindowAggregateNode>(node.op)) return sources;
  const bool is_union = std::holds_alternative<UnionAllNode>(node.op);
  for (size_t i = 0; i < (is_union ? node.inputs.size() : std::min<size_t>(1, node.inputs.size())); i++) {
    const auto below = SourcesBelow(plan, node.inputs[i]);
    sources.insert(sources.end(), below.begin(), below.end());
  }
  return sources;
}

}  // namespace laminar::sql
