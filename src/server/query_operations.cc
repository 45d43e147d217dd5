#include "duck/schema.h"
#include "server/operations.h"
#include "server/table_definition.h"
#include "sql/compiler.h"

namespace laminar::server {

namespace {

json ProblemOf(const Status& problem) {
  json out = {{"message", problem.message()}, {"hint", problem.hint()}, {"line", nullptr}, {"column", nullptr}};
  if (!problem.position().known()) return out;
  out["line"] = problem.position().line;
  out["column"] = problem.position().column;
  return out;
}

json GraphOf(const StreamPlan& plan) {
  json graph = {{"nodes", json::array()}, {"edges", json::array()}};
  for (size_t id = 0; id < plan.nodes.size(); id++) {
    const auto lines = DescribeNode(plan, static_cast<NodeId>(id));
    graph["nodes"].push_back({{"id", std::to_string(id)},
                              {"operator", lines.front()},
                              {"details", std::vector<std::string>(lines.begin() + 1, lines.end())}});
    for (const NodeId input : plan.nodes[id].inputs)
      graph["edges"].push_back({{"from", std::to_string(input)}, {"to", std::to_string(id)}});
  }
  return graph;
}

// Of each sink, by its name.
json OutputsOf(const StreamPlan& plan) {
  json outputs = json::array();
  for (const PlanNode& node : plan.nodes) {
    const auto* const sink = std::get_if<SinkNode>(&node.op);
    if (sink == nullptr) continue;
    json fields = json::array();
    for (const Column& column : node.schema)
      fields.push_back({{"name", column.name}, {"data_type", TypeName(*column.type)}, {"nullable", !column.not_null}});
    outputs.push_back({{"table", sink->table}, {"fields", std::move(fields)}});
  }
  return outputs;
}

Answer Validate(const Resources& resources, const Call& call) {
  sql::ScriptInput input{call.body.at("query"), {}, {}};
  const auto tables = resources.tables->List();
  if (!tables.ok()) return Error(tables.status());
  for (const ConnectionTable& table : *tables) {
    const Result<std::string> statement = CreateTableOf(json::parse(table.definition), *resources.registry);
    if (statement.ok()) input.tables.push_back({table.name, *statement});
  }
  const std::unique_ptr<DuckSession> session = resources.duck->NewSession();
  const sql::CompileResult result = sql::Compile(input, *resources.registry, session.get());
  Answer answer;
  answer.body = {{"valid", result.script != nullptr},
                 {"errors", json::array()},
                 {"warnings", json::array()},
                 {"graph", nullptr},
                 {"outputs", json::array()}};
  for (const Status& problem : result.problems) answer.body["errors"].push_back(ProblemOf(problem));
  if (result.script == nullptr) return answer;
  for (const Status& warning : result.script->warnings) answer.body["warnings"].push_back(ProblemOf(warning));
  answer.body["graph"] = GraphOf(result.script->plan);
  answer.body["outputs"] = OutputsOf(result.script->plan);
  return answer;
}

}  // namespace

void AddQueryOperations(const Resources& resources, std::vector<Operation>* operations, Schemas* schemas) {
  schemas->Add("Query", R"json({
    "type": "object", "required": ["query"], "additionalProperties": false,
    "properties": {"query": {"type": "string", "maxLength": 400000, "description": "A script: CREATE TABLE, INSERT INTO ... SELECT"}}})json");
  schemas->Add("Problem", R"json({
    "type": "object", "required": ["message", "hint", "line", "column"],
    "properties": {"message": {"type": "string"}, "hint": {"type": "string"}, "line": {"type": ["integer", "null"]}, "column": {"type": ["integer", "null"]}}})json");
  schemas->Add("Graph", R"json({
    "type": ["object", "null"], "properties": {
      "nodes": {"type": "array", "items": {"type": "object", "required": ["id", "operator", "details"], "properties": {
        "id": {"type": "string"}, "operator": {"type": "string"}, "details": {"type": "array", "items": {"type": "string"}}}}},
      "edges": {"type": "array", "items": {"type": "object", "required": ["from", "to"], "properties": {"from": {"type": "string"}, "to": {"type": "string"}}}}}})json");
  schemas->Add("Validation", R"json({
    "type": "object", "required": ["valid", "errors", "warnings", "graph", "outputs"],
    "properties": {"valid": {"type": "boolean"}, "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
                   "warnings": {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}}, "graph": {"$ref": "#/components/schemas/Graph"},
                   "outputs": {"type": "array", "items": {"type": "object"}}}})json");
  operations->push_back({.method = "POST",
                         .path = "/pipelines/validate_query",
                         .id = "validateQuery",
                         .tag = "pipelines",
                         .summary = "What is wrong with a script, or its plan and what it gives; nothing is run",
                         .body = "Query",
                         .outcomes = {{200, "Validation"}},
                         .failures = {503},
                         .handler = [resources](const Call& call) { return Validate(resources, call); }});
}

}  // namespace laminar::server
