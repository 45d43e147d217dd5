#include "stream/plan.h"

#include "duckdb/common/types.hpp"

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

// The operator's name and what it does, as lines.
std::vector<std::string> Describe(const PlanNode& node) {
  if (const auto* source = std::get_if<SourceNode>(&node.op))
    return {"Source " + source->table, "columns: " + Columns(node.schema)};
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
  return {"UnionAll"};
}

// Indented below its reader; a node that has several readers is written out once and named after that.
void Write(const StreamPlan& plan, NodeId id, size_t depth, std::vector<bool>* written, std::string* out) {
  const PlanNode& node = plan.nodes[static_cast<size_t>(id)];
  const std::string indent(depth * 2, ' ');
  const auto lines = Describe(node);
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
    for (const std::string& line : Describe(plan.nodes[id]))
      label += (label.empty() ? "" : "<br/>") + EscapeMermaid(line);
    out += "  n" + std::to_string(id) + "[\"" + label + "\"]\n";
  }
  for (size_t id = 0; id < plan.nodes.size(); id++) {
    for (const NodeId input : plan.nodes[id].inputs)
      out += "  n" + std::to_string(input) + " --> n" + std::to_string(id) + "\n";
  }
  return out;
}

}  // namespace laminar
