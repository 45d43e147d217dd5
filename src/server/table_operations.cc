#include <algorithm>
#include <cctype>

#include "server/operations.h"
#include "server/table_definition.h"

namespace laminar::server {

namespace {

json ToJson(const ConnectionTable& table) {
  json out = json::parse(table.definition);
  out["id"] = table.id;
  out["table_type"] = UseOf(out);
  out["created_at"] = TimeOf(table.created_at);
  return out;
}

Answer NoTable(const std::string& id) {
  return Error(404, "there is no connection table " + id);
}

Answer Create(const Resources& resources, const Call& call) {
  const std::unique_ptr<DuckSession> session = resources.duck->NewSession();
  if (const Status status = CheckTable(call.body, *resources.registry, session.get()); !status.ok()) {
    Answer answer = Error(status);
    if (!status.code().empty()) answer.body["error"]["details"]["field"] = status.code();
    return answer;
  }
  const auto made = resources.tables->Create(call.body.at("name"), call.body.dump());
  if (!made.ok() && made.status().code() == Metadata::kUnique)
    return Error(409, "there is a table named " + call.body.at("name").get<std::string>(), {{"field", "name"}});
  if (!made.ok()) return Error(made.status());
  Answer answer;
  answer.body = ToJson(*made);
  answer.object = made->id;
  return answer;
}

// Names of the pipelines whose query has the table.
Result<std::vector<std::string>> UsersOf(const Resources& resources, std::string table) {
  std::transform(table.begin(), table.end(), table.begin(), [](unsigned char c) { return std::tolower(c); });
  ASSIGN_OR_RETURN(const auto pipelines, resources.pipelines->List());
  std::vector<std::string> users;
  for (const PipelineRecord& pipeline : pipelines) {
    const json tables = json::parse(pipeline.plan).at("tables");
    if (std::find(tables.begin(), tables.end(), table) != tables.end()) users.push_back(pipeline.name);
  }
  return users;
}

Answer Delete(const Resources& resources, const Call& call) {
  const std::string& id = call.path.at("id");
  const auto found = resources.tables->Find(id);
  if (!found.ok()) return Error(found.status());
  if (!*found) return NoTable(id);
  const auto users = UsersOf(resources, (*found)->name);
  if (!users.ok()) return Error(users.status());
  if (!users->empty()) {
    std::string names;
    for (const std::string& name : *users) names += (names.empty() ? "" : ", ") + name;
    return Error(409, "the table " + (*found)->name + " is used by the pipelines " + names,
                 {{"pipelines", *users}, {"hint", "Delete them, or give them another query"}});
  }
  const auto was_there = resources.tables->Delete(id);
  if (!was_there.ok()) return Error(was_there.status());
  return *was_there ? Answer{.status = 204} : NoTable(id);
}

}  // namespace

void AddTableOperations(const Resources& resources, std::vector<Operation>* operations, Schemas* schemas) {
  schemas->Add("Field", R"json({
    "type": "object", "required": ["name", "data_type"], "additionalProperties": false,
    "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 255},
                   "data_type": {"type": "string", "minLength": 1, "maxLength": 10000, "description": "A type of SQL, such as BIGINT"},
                   "nullable": {"type": "boolean", "default": true}}})json");
  schemas->Add("CreateConnectionTable", R"json({
    "type": "object", "required": ["name", "connector", "config"], "additionalProperties": false,
    "properties": {
      "name": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "minLength": 1, "maxLength": 128},
      "connector": {"type": "string", "minLength": 1, "maxLength": 100},
      "config": {"type": "object", "description": "As the connector's config_schema says"},
      "table_type": {"type": "string", "enum": ["source", "sink"], "description": "Told by config.type if not given"},
      "schema": {"type": "object", "additionalProperties": false,
                 "properties": {"fields": {"type": "array", "maxItems": 1000, "items": {"$ref": "#/components/schemas/Field"}}}},
      "format": {"type": "string", "minLength": 1, "maxLength": 100},
      "event_time_field": {"type": "string", "minLength": 1, "maxLength": 255},
      "watermark_delay": {"type": "string", "minLength": 1, "maxLength": 100, "examples": ["5 seconds"]}}})json");
  schemas->Add("ConnectionTable", R"json({
    "type": "object", "required": ["id", "name", "connector", "config", "table_type", "created_at"],
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "connector": {"type": "string"}, "config": {"type": "object"},
                   "table_type": {"type": "string", "enum": ["source", "sink"]}, "created_at": {"type": "string", "format": "date-time"}}})json");
  schemas->Add("ConnectionTableList", R"json({
    "type": "object", "required": ["data", "has_more"],
    "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/ConnectionTable"}}, "has_more": {"type": "boolean"}}})json");

  ConnectionTables* const tables = resources.tables;
  operations->push_back({.method = "GET",
                         .path = "/connection_tables",
                         .id = "listConnectionTables",
                         .tag = "tables",
                         .summary = "Tables that every pipeline can name, the oldest first",
                         .query = PagingParameters(),
                         .outcomes = {{200, "ConnectionTableList"}},
                         .handler = [tables](const Call& call) {
                           const auto all = tables->List();
                           if (!all.ok()) return Error(all.status());
                           std::vector<json> list;
                           for (const ConnectionTable& table : *all) list.push_back(ToJson(table));
                           return Page(call, list);
                         }});
  operations->push_back({.method = "POST",
                         .path = "/connection_tables",
                         .id = "createConnectionTable",
                         .tag = "tables",
                         .summary = "Make a table that every pipeline can name",
                         .access = Access::kEditor,
                         .body = "CreateConnectionTable",
                         .outcomes = {{200, "ConnectionTable"}},
                         .failures = {409, 503},
                         .changes = true,
                         .handler = [resources](const Call& call) { return Create(resources, call); }});
  operations->push_back({.method = "GET",
                         .path = "/connection_tables/{id}",
                         .id = "getConnectionTable",
                         .tag = "tables",
                         .summary = "One table",
                         .outcomes = {{200, "ConnectionTable"}},
                         .handler = [tables](const Call& call) {
                           const auto found = tables->Find(call.path.at("id"));
                           if (!found.ok()) return Error(found.status());
                           if (!*found) return NoTable(call.path.at("id"));
                           Answer answer;
                           answer.body = ToJson(**found);
                           return answer;
                         }});
  operations->push_back({.method = "DELETE",
                         .path = "/connection_tables/{id}",
                         .id = "deleteConnectionTable",
                         .tag = "tables",
                         .summary = "Delete a table",
                         .access = Access::kEditor,
                         .outcomes = {{204, ""}},
                         .failures = {409},
                         .changes = true,
                         .handler = [resources](const Call& call) { return Delete(resources, call); }});
}

}  // namespace laminar::server
