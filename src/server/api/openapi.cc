#include "server/api/openapi.h"

#include <algorithm>
#include <set>

namespace laminar::server {

namespace {

json Content(const std::string& schema) {
  return {{"application/json", {{"schema", Schemas::Reference(schema)}}}};
}

json Outcomes(const Operation& operation) {
  json outcomes = json::object();
  for (const auto& [status, schema] : operation.outcomes) {
    json outcome = {{"description", "Done"}};
    if (!schema.empty() && operation.gives_text)
      outcome["content"] = {{"text/plain", {{"schema", Schemas::Reference(schema)}}}};
    if (!schema.empty() && !operation.gives_text) outcome["content"] = Content(schema);
    if (operation.gives_events) outcome["content"]["text/event-stream"] = {{"schema", {{"type", "string"}}}};
    outcomes[std::to_string(status)] = std::move(outcome);
  }
  std::set<int> failures(operation.failures.begin(), operation.failures.end());
  failures.insert({400, 405, 429, 500});
  if (operation.access != Access::kOpen) failures.insert({401, 403});
  if (!operation.body.empty()) failures.insert({413, 415, 422});
  if (!operation.query.empty()) failures.insert(422);
  if (operation.is_slow) failures.insert(503);
  const bool names_something =
      operation.path.find('{') != std::string::npos ||
      std::any_of(operation.query.begin(), operation.query.end(),
                  [](const QueryParameter& parameter) { return parameter.name == "starting_after"; });
  if (names_something) failures.insert(404);
  for (const int status : failures)
    outcomes[std::to_string(status)] = {{"description", MeaningOf(status)}, {"content", Content("Error")}};
  return outcomes;
}

json Parameters(const Operation& operation) {
  json parameters = json::array();
  for (size_t at = operation.path.find('{'); at != std::string::npos; at = operation.path.find('{', at + 1)) {
    const std::string name = operation.path.substr(at + 1, operation.path.find('}', at) - at - 1);
    parameters.push_back({{"name", name},
                          {"in", "path"},
                          {"required", true},
                          {"schema", {{"type", "string"}, {"minLength", 1}, {"maxLength", 100}}}});
  }
  for (const QueryParameter& parameter : operation.query) {
    parameters.push_back({{"name", parameter.name},
                          {"in", "query"},
                          {"required", false},
                          {"description", parameter.help},
                          {"schema", parameter.schema}});
  }
  return parameters;
}

}  // namespace

json OpenApi(const std::vector<Operation>& operations, const Schemas& schemas, const std::string& version) {
  json document = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "Laminar"}, {"version", version}, {"description", "Streaming SQL for Amazon Kinesis Data Streams"}}},
      {"servers", {{{"url", "/v1"}}}},
      {"paths", json::object()},
      {"components",
       {{"schemas", schemas.all()},
        {"securitySchemes",
         {{"token", {{"type", "http"}, {"scheme", "bearer"}, {"description", "laminar token create"}}}}}}},
      {"security", {{{"token", json::array()}}}}};
  for (const Operation& operation : operations) {
    json entry = {{"operationId", operation.id},
                  {"tags", {operation.tag}},
                  {"summary", operation.summary},
                  {"responses", Outcomes(operation)}};
    if (json parameters = Parameters(operation); !parameters.empty()) entry["parameters"] = std::move(parameters);
    if (!operation.body.empty())
      entry["requestBody"] = {{"required", !operation.body_optional}, {"content", Content(operation.body)}};
    if (operation.access == Access::kOpen) entry["security"] = json::array();
    json& path = document["paths"][operation.path];
    if (operation.at_root) path["servers"] = {{{"url", "/"}}};
    std::string method = operation.method;
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    path[method] = std::move(entry);
  }
  return document;
}

}  // namespace laminar::server
