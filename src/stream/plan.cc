#include "stream/plan.h"

#include "duckdb/common/types.hpp"

#include "base/check.h"

namespace laminar {

namespace {

std::string Join(const ExpressionList& list, const Schema* names) {
  std::string out;
  for (size_t i = 0; i < list.size(); i++) {
    if (i > 0) out += ", ";
    const std::string text = list.ToString(i);
    out += text;
    if (names != nullptr && i < names->size() && (*names)[i].name != text) out += " AS " + (*names)[i].name;
  }
  return out;
}

std::string Columns(const Schema& schema) {
  std::string out;
  for (const Column& column : schema) {
    if (!out.empty()) out += ", ";
    out += column.name + " " + TypeName(*column.type);
    if (column.not_null) out += " NOT NULL";
  }
  return out;
}

std::string SpanText(const TimeSpan& span) {
  if (span.months != 0) return std::to_string(span.months) + (span.months == 1 ? " month" : " months");
  const struct {
    const char* name;
    int64_t micros;
  } units[] = {{" d", 86'400'000'000}, {" h", 3'600'000'000}, {" min", 60'000'000},
               {" s", 1'000'000},      {" ms", 1000},         {" us", 1}};
  for (const auto& unit : units) {
    if (span.micros % unit.micros == 0) return std::to_string(span.micros / unit.micros) + unit.name;
  }
  return "";
}

std::string ColumnNames(const std::vector<size_t>& columns, const Schema& schema) {
  std::string out;
  for (const size_t column : columns) out += (out.empty() ? "" : ", ") + schema[column].name;
  return out;
}

std::string WindowText(const WindowSpec& window, const Schema& input) {
  const std::string& time = input[window.time_column].name;
  const std::string size = SpanText(window.size);
  const bool shifted = window.offset.micros != 0 || window.offset.months != 0;
  const std::string offset = shifted ? ", offset " + SpanText(window.offset) : "";
  switch (window.kind) {
    case WindowKind::kTumble:
      return "tumble(" + time + ", " + size + offset + ")";
    case WindowKind::kHop:
      return "hop(" + time + ", " + SpanText(window.slide) + ", " + size + offset + ")";
    case WindowKind::kSession:
      return "session(" + time + ", " + size + ")";
    case WindowKind::kInstant:
      return "each " + time;
  }
  return "";
}

std::string BoundText(const FrameBound& bound, Frame::Unit unit) {
  switch (bound.kind) {
    case FrameBound::Kind::kUnboundedPreceding:
      return "unbounded";
    case FrameBound::Kind::kPreceding:
      return (unit == Frame::Unit::kRows ? std::to_string(bound.rows) + " rows" : SpanText(bound.time)) + " back";
    case FrameBound::Kind::kCurrentRow:
      return "current row";
  }
  return "";
}

std::string FunctionText(const OverFunction& function, const Schema& input) {
  std::string out = function.name + "(";
  if (function.distinct) out += "distinct ";
  out += ColumnNames(function.arguments, input) + ")";
  if (function.filter) out += " where " + input[*function.filter].name;
  const bool rows = function.frame.unit == Frame::Unit::kRows;
  return out + (rows ? " over rows " : " over range ") + BoundText(function.frame.start, function.frame.unit) + " to " +
         BoundText(function.frame.end, function.frame.unit);
}

std::vector<std::string> DescribeAggregate(const WindowAggregateNode& node, const Schema& input) {
  std::vector<std::string> lines = {"WindowAggregate", "window: " + WindowText(node.window, input)};
  if (!node.keys.empty()) lines.push_back("group by: " + ColumnNames(node.keys, input));
  std::string aggregates;
  for (size_t i = 0; i < node.aggregates.size(); i++) aggregates += (i > 0 ? ", " : "") + node.aggregates.ToString(i);
  if (!aggregates.empty()) lines.push_back("aggregates: " + aggregates);
  return lines;
}

std::vector<std::string> DescribeOver(const OverNode& node, const Schema& input) {
  std::vector<std::string> lines = {"Over"};
  if (!node.partition.empty()) lines.push_back("partition by: " + ColumnNames(node.partition, input));
  std::string order = input[node.time_column].name;
  for (const OverNode::SortKey& key : node.then_by)
    order += ", " + input[key.column].name + (key.descending ? " desc" : "");
  lines.push_back("order by: " + order);
  for (const OverFunction& function : node.functions) lines.push_back(FunctionText(function, input));
  if (node.ttl_micros > 0) lines.push_back("partitions are forgotten after: " + SpanText({0, node.ttl_micros}));
  return lines;
}

std::vector<std::string> DescribeLookup(const LookupJoinNode& node, const Schema& stream, const Schema& table) {
  static constexpr const char* kNames[] = {"LookupJoin", "LookupJoin (left)", "LookupJoin (semi)", "LookupJoin (anti)"};
  std::vector<std::string> lines = {kNames[static_cast<size_t>(node.kind)]};
  std::string keys;
  for (size_t i = 0; i < node.stream_keys.size(); i++) {
    keys += (i > 0 ? ", " : "") + stream[node.stream_keys[i]].name +
            (node.nulls_equal[i] ? " is not distinct from " : " = ") + table[node.table_keys[i]].name;
  }
  if (!keys.empty()) lines.push_back("on: " + keys);
  if (!node.condition.empty()) lines.push_back("where: " + Join(node.condition, nullptr));
  return lines;
}

std::string DescribeExchange(const ExchangeNode& node, const Schema& input) {
  switch (node.to) {
    case ExchangeNode::To::kOwnerOfKey:
      return "Exchange by " + ColumnNames(node.keys, input);
    case ExchangeNode::To::kFirstWorker:
      return "Exchange to one worker";
    case ExchangeNode::To::kAllWorkers:
      return "Exchange to all workers";
  }
  return "";
}

// The operators that keep state or move rows between workers.
std::vector<std::string> DescribeKeyed(const StreamPlan& plan, const PlanNode& node) {
  const auto schema_of = [&](size_t input) -> const Schema& {
    return plan.nodes[static_cast<size_t>(node.inputs.at(input))].schema;
  };
  if (const auto* exchange = std::get_if<ExchangeNode>(&node.op)) return {DescribeExchange(*exchange, schema_of(0))};
  if (const auto* window = std::get_if<WindowAggregateNode>(&node.op)) return DescribeAggregate(*window, schema_of(0));
  if (const auto* over = std::get_if<OverNode>(&node.op)) return DescribeOver(*over, schema_of(0));
  if (const auto* over = std::get_if<WindowedOverNode>(&node.op)) {
    std::vector<std::string> lines = {"WindowedOver", "window: " + schema_of(0)[over->time_column].name};
    lines.insert(lines.end(), over->functions.begin(), over->functions.end());
    return lines;
  }
  return DescribeLookup(std::get<LookupJoinNode>(node.op), schema_of(0), schema_of(1));
}

std::vector<std::string> DescribeSource(const SourceNode& source, const Schema& schema) {
  std::vector<std::string> lines = {"Source " + source.table, "columns: " + Columns(schema)};
  if (source.event_time) {
    std::string time = source.adds_arrival ? "the records' arrival" : schema[*source.event_time].name;
    if (!source.computed.empty()) time += " = " + source.computed.ToString(0);
    const bool delayed = source.watermark.empty() && source.max_delay_micros > 0;
    lines.push_back("event time: " + time +
                    (delayed ? ", rows may be " + SpanText({0, source.max_delay_micros}) + " late" : ""));
  }
  if (!source.watermark.empty()) lines.push_back("watermark: " + source.watermark.ToString(0));
  if (!source.predicates.empty()) lines.push_back("pushed down: " + ToString(source.predicates, schema));
  return lines;
}

// The operator's name and what it does, as lines.
std::vector<std::string> Describe(const StreamPlan& plan, const PlanNode& node) {
  if (const auto* source = std::get_if<SourceNode>(&node.op)) return DescribeSource(*source, node.schema);
  if (const auto* sink = std::get_if<SinkNode>(&node.op))
    return {"Sink " + sink->table, "columns: " + Columns(node.schema)};
  if (const auto* project = std::get_if<FilterProjectNode>(&node.op)) {
    std::vector<std::string> lines = {project->filters.empty() ? "Project" : "FilterProject"};
    if (!project->filters.empty()) lines.push_back("where: " + Join(project->filters, nullptr));
    lines.push_back("select: " + Join(project->projections, &node.schema));
    return lines;
  }
  if (const auto* unnest = std::get_if<UnnestNode>(&node.op))
    return {"Unnest", "lists: " + Join(unnest->lists, nullptr)};
  if (const auto* values = std::get_if<ValuesNode>(&node.op))
    return {"Values", std::to_string(values->rows.size()) + " rows"};
  if (std::holds_alternative<UnionAllNode>(node.op)) return {"UnionAll"};
  return DescribeKeyed(plan, node);
}

// Indented below its reader; a node that has several readers is written out once and named after that.
void Write(const StreamPlan& plan, NodeId id, size_t depth, std::vector<bool>* written, std::string* out) {
  const PlanNode& node = plan.nodes[static_cast<size_t>(id)];
  const std::string indent(depth * 2, ' ');
  const auto lines = Describe(plan, node);
  *out += indent + lines[0] + " [" + std::to_string(id) + "]";
  if ((*written)[static_cast<size_t>(id)]) {
    *out += " (as above)\n";
    return;
  }
  (*written)[static_cast<size_t>(id)] = true;
  *out += "\n";
  for (size_t i = 1; i < lines.size(); i++) *out += indent + "    " + lines[i] + "\n";
  for (const NodeId input : node.inputs) Write(plan, input, depth + 1, written, out);
}

std::string EscapeMermaid(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "#quot;";
        break;
      case '<':
        out += "#lt;";
        break;
      case '>':
        out += "#gt;";
        break;
      case '#':
        out += "#35;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

const PlanNode::TimeColumn* PlanNode::FindTime(size_t column) const {
  for (const TimeColumn& time : times) {
    if (time.column == column) return &time;
  }
  return nullptr;
}

int64_t PlanNode::LagOf(size_t time_column) const {
  const TimeColumn* time = FindTime(time_column);
  CHECK(time != nullptr);
  return time->lag_micros;
}

std::vector<std::string> DescribeNode(const StreamPlan& plan, NodeId id) {
  return Describe(plan, plan.nodes[static_cast<size_t>(id)]);
}

std::string PlanToText(const StreamPlan& plan) {
  std::string out;
  std::vector<bool> written(plan.nodes.size());
  for (size_t id = 0; id < plan.nodes.size(); id++) {
    if (std::holds_alternative<SinkNode>(plan.nodes[id].op)) Write(plan, static_cast<NodeId>(id), 0, &written, &out);
  }
  return out;
}

std::string PlanToMermaid(const StreamPlan& plan) {
  std::string out = "flowchart TD\n";
  for (size_t id = 0; id < plan.nodes.size(); id++) {
    std::string label;
    for (const std::string& line : Describe(plan, plan.nodes[id]))
      label += (label.empty() ? "" : "<br/>") + EscapeMermaid(line);
    out += "  n" + std::to_string(id) + "[\"" + label + "\"]\n";
  }
  for (size_t id = 0; id < plan.nodes.size(); id++) {
    for (const NodeId input : plan.nodes[id].inputs)
      out += "  n" + std::to_string(input) + " --> n" + std::to_string(id) + "\n";
  }
  return out;
}

Schema PartialRows::SchemaOf(const WindowAggregateNode& node, const Schema& output) {
  Schema schema = {{"key", MakeType(duckdb::LogicalType::BLOB)},
                   {"key_hash", MakeType(duckdb::LogicalType::UBIGINT)},
                   output[node.keys.size()]};
  schema.insert(schema.end(), output.begin() + static_cast<ptrdiff_t>(node.keys.size() + 2), output.end());
  return schema;
}

}  // namespace laminar
