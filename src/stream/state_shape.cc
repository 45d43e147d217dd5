#include "stream/state_shape.h"

#include <map>

#include "duckdb/common/types.hpp"

#include "duck/aggregate_names.h"

namespace laminar {

namespace {

std::string Text(const TimeSpan& span) {
  if (span.months != 0) return std::to_string(span.months) + " months";
  constexpr int64_t kSecond = 1'000'000;
  return span.micros % kSecond == 0 ? std::to_string(span.micros / kSecond) + " s"
                                    : std::to_string(span.micros) + " us";
}

std::string Types(const std::vector<size_t>& columns, const Schema& schema) {
  std::string out;
  for (const size_t column : columns) out += (out.empty() ? "" : ", ") + TypeName(*schema.at(column).type);
  return "(" + out + ")";
}

std::string Text(const WindowSpec& window) {
  switch (window.kind) {
    case WindowKind::kTumble:
      return "tumble of " + Text(window.size) + " from " + Text(window.offset);
    case WindowKind::kHop:
      return "hop of " + Text(window.size) + " every " + Text(window.slide) + " from " + Text(window.offset);
    case WindowKind::kSession:
      return "session with gaps of " + Text(window.size);
    case WindowKind::kInstant:
      return "each event time";
  }
  return "";
}

std::string Shape(const WindowAggregateNode& node, const Schema& input, const Schema& output) {
  std::string text = Text(node.window) + "; keys " + Types(node.keys, input) + "; aggregates";
  const size_t results = output.size() - node.aggregates.size();
  for (size_t i = 0; i < node.aggregates.size(); i++) {
    text += (i == 0 ? " " : ", ") + FunctionName(node.aggregates, i) + " " + TypeName(*output[results + i].type);
  }
  return text;
}

std::string Text(const FrameBound& bound, Frame::Unit unit) {
  switch (bound.kind) {
    case FrameBound::Kind::kUnboundedPreceding:
      return "unbounded";
    case FrameBound::Kind::kPreceding:
      return unit == Frame::Unit::kRows ? std::to_string(bound.rows) : Text(bound.time);
    case FrameBound::Kind::kCurrentRow:
      return "current";
  }
  return "";
}

std::string InputTypes(const Schema& input) {
  std::string text = "rows (";
  for (size_t i = 0; i < input.size(); i++) text += (i == 0 ? "" : ", ") + TypeName(*input[i].type);
  return text + ")";
}

std::string Shape(const OverNode& node, const Schema& input) {
  std::string text = "partitions " + Types(node.partition, input) + "; ordered by time";
  for (const OverNode::SortKey& key : node.then_by) {
    text += ", " + TypeName(*input[key.column].type) + (key.descending ? " desc" : " asc") +
            (key.nulls_first ? " nulls first" : " nulls last");
  }
  text += "; functions";
  for (size_t i = 0; i < node.functions.size(); i++) {
    const OverFunction& function = node.functions[i];
    const bool rows = function.frame.unit == Frame::Unit::kRows;
    text += (i == 0 ? " " : ", ") + function.name + Types(function.arguments, input);
    if (function.distinct) text += " distinct";
    if (function.ignore_nulls) text += " ignore nulls";
    if (function.filter) text += " filtered";
    text += std::string(rows ? " rows " : " range ") + Text(function.frame.start, function.frame.unit) + " to " +
            Text(function.frame.end, function.frame.unit);
  }
  return text + "; " + InputTypes(input);
}

std::string Shape(const WindowedOverNode& node, const Schema& input) {
  return "windows " + Types(node.partition, input) + "; " + InputTypes(input);
}

}  // namespace

std::vector<bool> ReadAnew(const StreamPlan& plan) {
  std::vector<bool> anew(plan.nodes.size(), true);
  for (size_t id = plan.nodes.size(); id-- > 0;) {
    const PlanNode& node = plan.nodes[id];
    if (std::holds_alternative<SinkNode>(node.op)) anew[id] = false;
    const bool is_join = std::holds_alternative<LookupJoinNode>(node.op);
    for (size_t i = 0; i < node.inputs.size(); i++) {
      if (!anew[id] && !(is_join && i == 1)) anew[static_cast<size_t>(node.inputs[i])] = false;
    }
  }
  return anew;
}

std::vector<StateShape> StateShapes(const StreamPlan& plan) {
  std::vector<StateShape> shapes;
  std::map<std::string, int> seen;
  for (size_t id = 0; id < plan.nodes.size(); id++) {
    const PlanNode& node = plan.nodes[id];
    std::string kind, text;
    if (const auto* window = std::get_if<WindowAggregateNode>(&node.op)) {
      kind = "window";
      text = Shape(*window, plan.nodes[static_cast<size_t>(node.inputs[0])].schema, node.schema);
    } else if (const auto* over = std::get_if<OverNode>(&node.op)) {
      kind = "over";
      text = Shape(*over, plan.nodes[static_cast<size_t>(node.inputs[0])].schema);
    } else if (const auto* windowed = std::get_if<WindowedOverNode>(&node.op)) {
      kind = "topn";
      text = Shape(*windowed, plan.nodes[static_cast<size_t>(node.inputs[0])].schema);
    } else {
      continue;
    }
    const std::string name = kind + "-" + std::to_string(++seen[kind]);
    shapes.push_back({static_cast<NodeId>(id), name, std::move(text)});
  }
  return shapes;
}

}  // namespace laminar
