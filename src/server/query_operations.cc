#include "server/jobs/problem.h"
#include "server/operations.h"
#include "server/script_compile.h"

namespace laminar::server {

namespace {

Answer Validate(const Resources& resources, const Call& call) {
  const std::unique_ptr<DuckSession> session = resources.duck->NewSession();
  const sql::CompileResult result = CompileForClient(resources, call.body.at("query"), session.get());
  if (!result.problems.empty() && result.problems.front().code() == kTooMany) return Error(result.problems.front());
  Answer answer;
  answer.body = {{"valid", result.script != nullptr},
                 {"errors", json::array()},
                 {"warnings", json::array()},
                 {"graph", nullptr},
                 {"outputs", json::array()}};
  for (const Status& problem : result.problems) answer.body["errors"].push_back(ProblemOf(problem));
  if (result.script == nullptr) return answer;
  for (const Status& warning : result.script->warnings) answer.body["warnings"].push_back(ProblemOf(warning));
  if (const Status keeps = CanKeepState(*result.script); !keeps.ok())
    answer.body["warnings"].push_back(ProblemOf(keeps));
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
                         // It may ask schema registries that the script names, with secrets that it refers to.
                         .access = Access::kEditor,
                         .body = "Query",
                         .outcomes = {{200, "Validation"}},
                         .failures = {503},
                         .handler = [resources](const Call& call) { return Validate(resources, call); }});
}

}  // namespace laminar::server
