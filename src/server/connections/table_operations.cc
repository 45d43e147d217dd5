#include <algorithm>
#include <map>
#include <utility>

#include "base/log.h"
#include "formats/secrets.h"
#include "server/connections/config.h"
#include "server/connections/operations.h"
#include "server/connections/table_definition.h"

namespace laminar::server {

namespace {

json TableJson(const ConnectionTable& table) {
  json out = json::parse(table.definition);
  out["table_type"] = UseOf(out);
  out["config"] = WithoutSecrets(out.at("config"));
  out["id"] = table.id;
  out["created_at"] = TimeOf(table.created_at);
  return out;
}

Answer NoTable(const std::string& id) {
  return Error(404, "there is no connection table " + id);
}

Answer CreateTable(const ConnectionWorld& world, const Call& call) {
  json body = call.body;
  ConnectionTable table;
  table.id = ConnectionTables::NewId();
  table.name = body.at("name");
  table.profile_id = body.value("connection_profile_id", "");
  const Status kept = KeepSecrets(
      SpecsOf(body, *world.registry),
      [&](std::string_view option, std::string_view value) { return world.secrets->Keep(table.id, option, value); },
      json::object(), &body["config"]);
  if (!kept.ok()) return FieldError(kept);
  const Result<json> profile = ProfileConfigOf(body, world);
  if (!profile.ok()) return FieldError(profile.status());
  const std::unique_ptr<DuckSession> session = world.duck->NewSession();
  const auto compiled = CompileTable(body, *profile, *world.registry, session.get());
  if (!compiled.ok()) return FieldError(compiled.status());
  table.definition = body.dump();
  const Status made = world.tables->Create(&table);
  if (made.code() == Metadata::kUnique) return Error(409, "there is a table named " + table.name, {{"field", "name"}});
  if (!made.ok()) return Error(made);
  Answer answer;
  answer.body = TableJson(table);
  answer.object = table.id;
  return answer;
}

Answer DeleteTable(const ConnectionWorld& world, const Call& call) {
  const std::string& id = call.path.at("id");
  const std::unique_lock alone(*world.tables_in_use);
  const auto found = world.tables->Find(id);
  if (!found.ok()) return Error(found.status());
  if (!*found) return NoTable(id);
  const auto users = world.pipelines_of((*found)->name);
  if (!users.ok()) return Error(users.status());
  if (!users->empty()) {
    std::string names;
    for (const std::string& name : *users) names += (names.empty() ? "" : ", ") + name;
    return Error(409, "the table " + (*found)->name + " is used by the pipelines " + names,
                 {{"pipelines", *users}, {"hint", "Delete them, or give them another query"}});
  }
  const auto was_there = world.tables->Delete(id);
  if (!was_there.ok()) return Error(was_there.status());
  return *was_there ? Answer{.status = 204} : NoTable(id);
}

}  // namespace

void AddTableOperations(const ConnectionWorld& world, std::vector<Operation>* operations, Schemas* schemas) {
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
      "connection_profile_id": {"type": "string", "minLength": 1, "maxLength": 100, "description": "Whose options the table has too, but for those of its own config"},
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

  ConnectionTables* const tables = world.tables;
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
                           for (const ConnectionTable& table : *all) list.push_back(TableJson(table));
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
                         .handler = [world](const Call& call) { return CreateTable(world, call); }});
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
                           answer.body = TableJson(**found);
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
                         .handler = [world](const Call& call) { return DeleteTable(world, call); }});
}

sql::FindTables FindConnectionTables(const ConnectionWorld& world) {
  return [world](const std::set<std::string>& names) -> Result<std::vector<sql::KnownTable>> {
    ASSIGN_OR_RETURN(const std::vector<ConnectionTable> tables, world.tables->FindNamed(names));
    std::vector<sql::KnownTable> known;
    for (const ConnectionTable& table : tables) {
      const json body = json::parse(table.definition);
      const Result<json> profile = ProfileConfigOf(body, world);
      Result<std::string> statement =
          profile.ok() ? CreateTableOf(body, *profile, *world.registry) : Result<std::string>(profile.status());
      if (!statement.ok()) return Status(statement.status()).WithContext("the table " + table.name);
      known.push_back({table.name, std::move(*statement)});
    }
    return known;
  };
}

void WarnOfOtherKeys(const ConnectionWorld& world) {
  const auto profiles = world.profiles->List();
  const auto tables = world.tables->List();
  if (!profiles.ok() || !tables.ok()) return;
  std::map<std::string, int> others;
  const auto count = [&](const std::string& definition) {
    const std::string begin = SealedReference("");
    const std::string mark = begin.substr(0, begin.find('.') + 1);
    for (size_t at = definition.find(mark); at != definition.npos; at = definition.find(mark, at + 1)) {
      const std::string key = SecretBox::KeyOf(std::string_view(definition).substr(at + mark.size()));
      if (!key.empty() && key != world.secrets->key_id()) others[key]++;
    }
  };
  for (const ConnectionProfile& profile : *profiles) count(profile.definition);
  for (const ConnectionTable& table : *tables) count(table.definition);
  for (const auto& [key, secrets] : others) {
    LogWarning("secrets in the database cannot be decrypted: what uses them does not start",
               {{"secrets", std::to_string(secrets)},
                {"encrypted_with", key},
                {"key", world.secrets->key_id().empty() ? "none" : world.secrets->key_id()}});
  }
}

}  // namespace laminar::server
