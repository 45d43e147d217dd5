#include <algorithm>
#include <utility>

#include "server/connections/client_names.h"
#include "server/connections/config.h"
#include "server/connections/operations.h"
#include "server/connections/option_names.h"
#include "server/connections/table_definition.h"

namespace laminar::server {

namespace {

constexpr int kMostAttempts = 10;  // of a change, while others change the same profile

json ProfileJson(const ConnectionProfile& profile) {
  json out = json::parse(profile.definition);
  out["config"] = WithoutSecrets(out.at("config"));
  out["id"] = profile.id;
  out["name"] = profile.name;
  out["created_at"] = TimeOf(profile.created_at);
  out["updated_at"] = TimeOf(profile.updated_at);
  return out;
}

Answer Shown(const ConnectionProfile& profile) {
  Answer answer;
  answer.body = ProfileJson(profile);
  answer.object = profile.id;
  return answer;
}

Answer NoProfile(const std::string& id) {
  return Error(404, "there is no connection profile " + id);
}

Answer NameTaken(const std::string& name) {
  return Error(409, "there is a connection profile named " + name, {{"field", "name"}});
}

json Definition(const std::string& connector, const json& config) {
  return {{"connector", connector}, {"config", config}};
}

void DropEmptyObjects(json* config) {
  for (auto member = config->begin(); member != config->end();) {
    if (member->is_object()) DropEmptyObjects(&*member);
    member = member->is_object() && member->empty() ? config->erase(member) : std::next(member);
  }
}

// With usual names, secrets kept, checked.
Result<json> KeptConfig(const json& sent, const json& before, const std::string& id, const Connector& connector,
                        const ConnectionWorld& world) {
  const std::vector<OptionSpec> specs = ProfileSpecs(connector);
  json changes = WithUsualNames(sent, specs);
  RETURN_IF_ERROR(KeepSecrets(
      specs, [&](std::string_view option, std::string_view value) { return world.secrets->Keep(id, option, value); },
      before, &changes));
  json config = before;
  config.merge_patch(changes);
  DropEmptyObjects(&config);
  RETURN_IF_ERROR(ProfileValues(config, sent, connector, world).status());
  return config;
}

Answer CreateProfile(const ConnectionWorld& world, const Call& call) {
  const std::string name = call.body.at("name"), connector_name = call.body.at("connector");
  const Connector* const connector = ConnectorOf(call.body, *world.registry);
  if (connector == nullptr) return FieldError(NoConnector(connector_name, *world.registry));
  const std::string id = ConnectionProfiles::NewId();
  const Result<json> config = KeptConfig(call.body.at("config"), json::object(), id, *connector, world);
  if (!config.ok()) return FieldError(config.status());
  const auto made = world.profiles->Create(id, name, Definition(connector_name, *config).dump());
  if (!made.ok() && made.status().code() == Metadata::kUnique) return NameTaken(name);
  if (!made.ok()) return Error(made.status());
  return Shown(*made);
}

// That the tables of a profile can still be made with its new config. Error: the first that cannot.
Status CheckUsers(const std::string& id, const json& config, const ConnectionWorld& world) {
  ASSIGN_OR_RETURN(const std::vector<ConnectionTable> tables, world.tables->OfProfile(id));
  for (const ConnectionTable& table : tables) {
    const std::unique_ptr<DuckSession> session = world.duck->NewSession();
    const auto compiled = CompileTable(json::parse(table.definition), config, *world.registry, session.get());
    if (!compiled.ok() && compiled.status().kind() == StatusKind::kUser) {
      return Status::User("the table " + table.name +
                              ", which uses the profile, could not be made any more: " + compiled.status().message(),
                          compiled.status().hint());
    }
  }
  return Status::Ok();
}

Answer Change(const ConnectionWorld& world, const Call& call) {
  const std::string& id = call.path.at("id");
  for (int attempt = 0; attempt < kMostAttempts; attempt++) {
    const auto found = world.profiles->Find(id);
    if (!found.ok()) return Error(found.status());
    if (!*found) return NoProfile(id);
    ConnectionProfile profile = **found;
    const std::string before = profile.definition;
    const json definition = json::parse(before);
    if (call.body.contains("name")) profile.name = call.body["name"];
    if (call.body.contains("config")) {
      const Connector* const connector = ConnectorOf(definition, *world.registry);
      if (connector == nullptr) return FieldError(NoConnector(definition.at("connector"), *world.registry));
      const Result<json> config = KeptConfig(call.body["config"], definition.at("config"), id, *connector, world);
      if (!config.ok()) return FieldError(config.status());
      if (const Status status = CheckUsers(id, *config, world); !status.ok()) return Error(status);
      profile.definition = Definition(definition.at("connector"), *config).dump();
    }
    const auto done = world.profiles->Update(&profile, before);
    if (!done.ok() && done.status().code() == Metadata::kUnique) return NameTaken(profile.name);
    if (!done.ok()) return Error(done.status());
    if (*done) return Shown(profile);
  }
  return Error(409, "the profile is being changed by others all the time");
}

Answer DeleteProfile(const ConnectionWorld& world, const Call& call) {
  const std::string& id = call.path.at("id");
  const auto deletion = world.profiles->Delete(id);
  if (!deletion.ok()) return Error(deletion.status());
  if (!deletion->was_there) return NoProfile(id);
  if (deletion->used_by.empty()) return Answer{.status = 204};
  std::string names;
  for (const std::string& name : deletion->used_by) names += (names.empty() ? "" : ", ") + name;
  return Error(409, "the profile is used by the tables " + names,
               {{"tables", deletion->used_by}, {"hint", "Delete these tables first"}});
}

}  // namespace

Answer FieldError(const Status& problem) {
  Answer answer = Error(problem);
  if (answer.status == 422 && !problem.code().empty()) answer.body["error"]["details"]["field"] = problem.code();
  return answer;
}

Result<json> ProfileConfigOf(const json& body, const ConnectionWorld& world) {
  constexpr const char* kField = "connection_profile_id";
  if (!body.contains(kField)) return json::object();
  const std::string id = body[kField];
  ASSIGN_OR_RETURN(const auto found, world.profiles->Find(id));
  if (!found) return Status::User("there is no connection profile " + id).WithCode(kField);
  const json definition = json::parse(found->definition);
  if (definition.at("connector") != body.at("connector")) {
    return Status::User("the connection profile " + found->name + " is of the connector " +
                        definition.at("connector").get<std::string>() + ", and the table's is " +
                        body.at("connector").get<std::string>())
        .WithCode(kField);
  }
  return definition.at("config");
}

std::vector<OptionSpec> ProfileSpecs(const Connector& connector) {
  std::vector<OptionSpec> specs;
  for (OptionSpec spec : connector.options()) {
    if (!spec.connection) continue;
    spec.required = false;  // the table may have it
    spec.default_value = "";
    specs.push_back(std::move(spec));
  }
  return specs;
}

Result<OptionValues> ProfileValues(const json& config, const json& sent, const Connector& connector,
                                   const ConnectionWorld& world) {
  const std::vector<OptionSpec> specs = ProfileSpecs(connector);
  ASSIGN_OR_RETURN(const std::vector<ConfigOption> options, FlattenConfig(config));
  std::vector<WrittenOption> written;
  // By its line an option is found again.
  for (const ConfigOption& option : options)
    written.push_back({NameInSql(option.name, specs), option.value, {static_cast<int>(written.size()) + 1, 1}});
  std::vector<Status> problems;
  OptionValues values = ParseOptions(specs, written, OptionUse::kBoth,
                                     "a connection profile of '" + connector.name() + "'", &problems, world.secrets);
  if (problems.empty()) return values;
  // null, which removes an option, is none of one that is wrong.
  json written_by_client = json::object();
  written_by_client.merge_patch(sent);
  ASSIGN_OR_RETURN(const std::vector<ConfigOption> named, FlattenConfig(written_by_client));
  const Status& first = problems.front();
  Status problem = Status::User(first.message(), first.hint());
  const auto line = static_cast<size_t>(first.position().line);
  const ClientNames names(specs, named);
  if (line > 0) problem = std::move(problem).WithCode("config." + names.InConfig(written[line - 1].name));
  return names.Told(problem);
}

void AddProfileOperations(const ConnectionWorld& world, std::vector<Operation>* operations, Schemas* schemas) {
  schemas->Add("CreateConnectionProfile", R"json({
    "type": "object", "required": ["name", "connector", "config"], "additionalProperties": false,
    "properties": {
      "name": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[^\\u0000-\\u001f\\u007f]*$"},
      "connector": {"type": "string", "minLength": 1, "maxLength": 100},
      "config": {"type": "object", "description": "Those options of the connector that have x-connection. Secrets are encrypted, or references: {{ env.NAME }}, {{ file.PATH }}"}}})json");
  schemas->Add("ChangeConnectionProfile", R"json({
    "type": "object", "additionalProperties": false,
    "properties": {
      "name": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[^\\u0000-\\u001f\\u007f]*$"},
      "config": {"type": "object", "description": "Is merged into what is there; null removes an option"}}})json");
  schemas->Add("ConnectionProfile", R"json({
    "type": "object", "required": ["id", "name", "connector", "config", "created_at", "updated_at"],
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "connector": {"type": "string"},
                   "config": {"type": "object", "description": "A secret is {\"set\": true}, or the reference that it is"},
                   "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"}}})json");
  schemas->Add("ConnectionProfileList", R"json({
    "type": "object", "required": ["data", "has_more"],
    "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/ConnectionProfile"}}, "has_more": {"type": "boolean"}}})json");

  ConnectionProfiles* const profiles = world.profiles;
  operations->push_back({.method = "GET",
                         .path = "/connection_profiles",
                         .id = "listConnectionProfiles",
                         .tag = "profiles",
                         .summary = "Settings that many tables share, the oldest first",
                         .query = PagingParameters(),
                         .outcomes = {{200, "ConnectionProfileList"}},
                         .handler = [profiles](const Call& call) {
                           const auto all = profiles->List();
                           if (!all.ok()) return Error(all.status());
                           std::vector<json> list;
                           for (const ConnectionProfile& profile : *all) list.push_back(ProfileJson(profile));
                           return Page(call, list);
                         }});
  operations->push_back({.method = "POST",
                         .path = "/connection_profiles",
                         .id = "createConnectionProfile",
                         .tag = "profiles",
                         .summary = "Make a profile: how a service is reached, for many tables",
                         .access = Access::kEditor,
                         .body = "CreateConnectionProfile",
                         .outcomes = {{200, "ConnectionProfile"}},
                         .failures = {409, 503},
                         .changes = true,
                         .handler = [world](const Call& call) { return CreateProfile(world, call); }});
  operations->push_back({.method = "GET",
                         .path = "/connection_profiles/{id}",
                         .id = "getConnectionProfile",
                         .tag = "profiles",
                         .summary = "One profile",
                         .outcomes = {{200, "ConnectionProfile"}},
                         .handler = [profiles](const Call& call) {
                           const auto found = profiles->Find(call.path.at("id"));
                           if (!found.ok()) return Error(found.status());
                           return *found ? Shown(**found) : NoProfile(call.path.at("id"));
                         }});
  operations->push_back({.method = "PATCH",
                         .path = "/connection_profiles/{id}",
                         .id = "changeConnectionProfile",
                         .tag = "profiles",
                         .summary = "Change a profile; pipelines take it over when they start",
                         .access = Access::kEditor,
                         .body = "ChangeConnectionProfile",
                         .outcomes = {{200, "ConnectionProfile"}},
                         .failures = {404, 409, 503},
                         .changes = true,
                         .handler = [world](const Call& call) { return Change(world, call); }});
  operations->push_back({.method = "DELETE",
                         .path = "/connection_profiles/{id}",
                         .id = "deleteConnectionProfile",
                         .tag = "profiles",
                         .summary = "Delete a profile that no table uses",
                         .access = Access::kEditor,
                         .outcomes = {{204, ""}},
                         .failures = {409},
                         .changes = true,
                         .handler = [world](const Call& call) { return DeleteProfile(world, call); }});
}

}  // namespace laminar::server
