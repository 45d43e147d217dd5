#include <algorithm>
#include <utility>

#include "duck/schema.h"
#include "server/connections/config.h"
#include "server/connections/operations.h"
#include "server/connections/option_names.h"
#include "server/connections/table_definition.h"
#include "server/connections/table_trial.h"

namespace laminar::server {

namespace {

constexpr TestLimits kTestSample{.records = 20, .bytes = 1 << 20};
constexpr TestLimits kSchemaSample{.records = 500, .bytes = 4 << 20};  // of a file, as many rows

TestLimits FromNow(TestLimits limits, const ConnectionWorld& world) {
  limits.deadline_micros = world.clock->SteadyMicros() + kTestMicros;
  return limits;
}

std::string TypeOf(const duckdb::LogicalType& type) {
  std::string name = TypeName(type);
  return name == "VARCHAR" ? "TEXT" : name;
}

Answer TestTables(const ConnectionWorld& world, const Call& call) {
  const Result<TestedTable> table = FindTested(call.body, world);
  if (!table.ok()) return FieldError(table.status());
  const Result<TableTest> test = TestTable(*table, FromNow(kTestSample, world), world);
  if (!test.ok()) return FieldError(test.status());
  Answer answer;
  answer.body = {{"ok", test->found.ok()},
                 {"checks", ToJson(test->found.checks)},
                 {"rows", test->rows ? ToJson(test->rows->rows) : json::array()},
                 {"bad_records", test->rows ? ToJson(test->rows->bad) : json::array()}};
  return answer;
}

// The profile that a body means: itself, or {"id": ...} of one that is there, changed by the body's config.
Answer TestProfile(const ConnectionWorld& world, const Call& call) {
  json before = json::object();
  json definition = call.body;
  if (call.body.contains("id")) {
    const std::string id = call.body["id"];
    const auto found = world.profiles->Find(id);
    if (!found.ok()) return Error(found.status());
    if (!*found) return FieldError(Status::User("there is no connection profile " + id).WithCode("id"));
    definition = json::parse((*found)->definition);
    before = definition.at("config");
  } else if (!call.body.contains("connector")) {
    return FieldError(
        Status::User("connector is missing", "Send a profile, or the id of one that is there").WithCode("connector"));
  }
  const Connector* const connector = ConnectorOf(definition, *world.registry);
  if (connector == nullptr) return FieldError(NoConnector(definition.at("connector"), *world.registry));
  const std::vector<OptionSpec> specs = ProfileSpecs(*connector);
  json changes = WithUsualNames(call.body.value("config", json::object()), specs);
  const Status kept = KeepSecrets(
      specs, [&](std::string_view option, std::string_view value) { return world.secrets->KeepForNow(option, value); },
      before, &changes);
  if (!kept.ok()) return FieldError(kept);
  before.merge_patch(changes);
  const json sent = call.body.value("config", json::object());
  const Result<OptionValues> values = ProfileValues(before, sent, *connector, world);
  if (!values.ok()) return FieldError(values.status());
  ConnectionTest test(world.clock, FromNow(kTestSample, world));
  connector->TestConnection(*values, &test);
  Answer answer;
  answer.body = {{"ok", test.ok()}, {"checks", ToJson(test.checks)}};
  return answer;
}

Answer NothingOfSinks() {
  return FieldError(Status::User("the records of a sink are those that are put into it: there is nothing to look at",
                                 "Send a source: table_type, or config.type.offset, says so")
                        .WithCode("table_type"));
}

Answer Infer(const ConnectionWorld& world, const Call& call) {
  const Result<TestedTable> table = FindTested(call.body, world);
  if (!table.ok()) return FieldError(table.status());
  if (UseOf(table->body) != "source") return NothingOfSinks();
  std::vector<ConnectionCheck> failed;
  const Result<InferredSchema> inferred = InferSchema(*table, FromNow(kSchemaSample, world), world, &failed);
  if (!inferred.ok()) {
    Answer answer = FieldError(inferred.status());
    if (!failed.empty()) answer.body["error"]["details"]["checks"] = ToJson(failed);
    return answer;
  }
  const infer::InferredTable& found = inferred->table;
  json fields = json::array(), notes = json::array(), config = json::object();
  for (const std::string& remark : found.remarks) notes.push_back(remark);
  for (const infer::InferredColumn& column : found.columns) {
    fields.push_back({{"name", column.name}, {"data_type", TypeOf(*column.type)}, {"nullable", true}});
    if (!column.note.empty()) notes.push_back(column.name + ": " + column.note);
  }
  if (found.bad_rows > 0)
    notes.push_back(std::to_string(found.bad_rows) + " of " + std::to_string(found.rows + found.bad_rows) +
                    " rows cannot be read, the first: " + found.first_bad);
  if (inferred->lacks_secrets) notes.push_back("the statement leaves out secrets: write references in their place");
  for (const auto& [name, value] : found.options) config[name] = value;
  Answer answer;
  answer.body = {{"format", found.format},
                 {"config", WithUsualNames(config, world.registry->FormatOptions(found.format))},
                 {"fields", std::move(fields)},
                 {"event_time_field", found.event_time ? json(found.columns[*found.event_time].name) : json(nullptr)},
                 {"statement", inferred->statement},
                 {"notes", std::move(notes)},
                 {"rows_read", found.rows}};
  return answer;
}

json FieldFindings(const TableTest& test) {
  json fields = json::array();
  const infer::SampleRows& rows = *test.rows;
  for (size_t i = 0; i < test.columns.size() && i < rows.columns.size(); i++) {
    const infer::ColumnFindings& found = rows.columns[i];
    std::string status = "ok", message;
    if (found.bad > 0) {
      status = "failed";
      message = std::to_string(found.bad) + " of " + std::to_string(rows.row_count + rows.bad_count) +
                " rows cannot be read because of it: " + found.first_bad;
    } else if (rows.row_count > 0 && found.nulls == rows.row_count) {
      status = "missing";
      message = "it is NULL or missing in all of " + std::to_string(rows.row_count) + " rows";
    } else if (found.nulls > 0) {
      message =
          "it is NULL or missing in " + std::to_string(found.nulls) + " of " + std::to_string(rows.row_count) + " rows";
    }
    fields.push_back({{"name", test.columns[i].name},
                      {"data_type", TypeOf(*test.columns[i].type)},
                      {"status", status},
                      {"message", message},
                      {"nulls", found.nulls},
                      {"bad", found.bad}});
  }
  return fields;
}

// What the records have, and the schema does not.
json OtherFields(const TestedTable& table, const TableTest& test, const ConnectionWorld& world) {
  json others = json::array();
  const auto inferred = InferColumns(test.found.samples, table.body.value("format", ""), kSchemaSample.records, world);
  if (!inferred.ok()) return others;
  for (const infer::InferredColumn& column : inferred->columns) {
    const bool is_known = std::any_of(test.columns.begin(), test.columns.end(),
                                      [&](const Column& known) { return SameName(known.name, column.name); });
    if (!is_known) others.push_back({{"name", column.name}, {"data_type", TypeOf(*column.type)}, {"nullable", true}});
  }
  return others;
}

Answer TestSchema(const ConnectionWorld& world, const Call& call) {
  const Result<TestedTable> table = FindTested(call.body, world);
  if (!table.ok()) return FieldError(table.status());
  if (UseOf(table->body) != "source") return NothingOfSinks();
  const Result<TableTest> test = TestTable(*table, FromNow(kSchemaSample, world), world);
  if (!test.ok()) return FieldError(test.status());
  Answer answer;
  answer.body = {{"ok", test->found.ok()},  {"checks", ToJson(test->found.checks)},
                 {"fields", json::array()}, {"other_fields", json::array()},
                 {"rows_read", 0},          {"bad_records", json::array()}};
  if (!test->rows) return answer;
  answer.body["fields"] = FieldFindings(*test);
  answer.body["other_fields"] = OtherFields(*table, *test, world);
  answer.body["rows_read"] = test->rows->row_count;
  std::vector<infer::BadSampleRow> bad = test->rows->bad;
  bad.resize(std::min<size_t>(bad.size(), kTestSample.records));
  answer.body["bad_records"] = ToJson(bad);
  return answer;
}

}  // namespace

void AddTestOperations(const ConnectionWorld& world, std::vector<Operation>* operations, Schemas* schemas) {
  // A table as it is made, or the id of one that is there.
  json tested = schemas->all().at("CreateConnectionTable");
  tested.erase("required");
  tested["properties"]["id"] = {
      {"type", "string"}, {"minLength", 1}, {"maxLength", 100}, {"description", "Of a table that is there, instead"}};
  schemas->Add("TestedConnectionTable", std::move(tested));
  json profile = schemas->all().at("CreateConnectionProfile");
  profile.erase("required");
  profile["properties"]["id"] = {
      {"type", "string"},
      {"minLength", 1},
      {"maxLength", 100},
      {"description", "Of a profile that is there: config, if given, is merged into its own"}};
  schemas->Add("TestedConnectionProfile", std::move(profile));
  schemas->Add("Check", R"json({
    "type": "object", "required": ["name", "status", "message", "hint"],
    "properties": {"name": {"type": "string"}, "status": {"type": "string", "enum": ["ok", "failed", "skipped"]},
                   "message": {"type": "string"}, "hint": {"type": "string"}}})json");
  schemas->Add("BadRecord", R"json({
    "type": "object", "required": ["place", "column", "message", "text"],
    "properties": {"place": {"type": "string"}, "column": {"type": "string"}, "message": {"type": "string"}, "text": {"type": "string"}}})json");
  schemas->Add("ConnectionTest", R"json({
    "type": "object", "required": ["ok", "checks"],
    "properties": {"ok": {"type": "boolean", "description": "No check has failed"},
                   "checks": {"type": "array", "items": {"$ref": "#/components/schemas/Check"}},
                   "rows": {"type": "array", "items": {"type": "object"}},
                   "bad_records": {"type": "array", "items": {"$ref": "#/components/schemas/BadRecord"}}}})json");
  schemas->Add("InferredSchema", R"json({
    "type": "object", "required": ["format", "config", "fields", "event_time_field", "statement", "notes", "rows_read"],
    "properties": {"format": {"type": "string"}, "config": {"type": "object", "description": "Options of the format that the table needs"},
                   "fields": {"type": "array", "items": {"$ref": "#/components/schemas/Field"}},
                   "event_time_field": {"type": ["string", "null"]}, "statement": {"type": "string", "description": "CREATE TABLE, without secrets"},
                   "notes": {"type": "array", "items": {"type": "string"}}, "rows_read": {"type": "integer"}}})json");
  schemas->Add("SchemaTest", R"json({
    "type": "object", "required": ["ok", "checks", "fields", "other_fields", "rows_read", "bad_records"],
    "properties": {"ok": {"type": "boolean"}, "checks": {"type": "array", "items": {"$ref": "#/components/schemas/Check"}},
                   "fields": {"type": "array", "items": {"type": "object", "required": ["name", "data_type", "status", "message", "nulls", "bad"],
                     "properties": {"name": {"type": "string"}, "data_type": {"type": "string"}, "status": {"type": "string", "enum": ["ok", "failed", "missing"]},
                                    "message": {"type": "string"}, "nulls": {"type": "integer"}, "bad": {"type": "integer"}}}},
                   "other_fields": {"type": "array", "items": {"$ref": "#/components/schemas/Field"}, "description": "That the records have, and the schema does not"},
                   "rows_read": {"type": "integer"}, "bad_records": {"type": "array", "items": {"$ref": "#/components/schemas/BadRecord"}}}})json");

  operations->push_back({.method = "POST",
                         .path = "/connection_tables/test",
                         .id = "testConnectionTable",
                         .tag = "tables",
                         .summary = "Try a table, which is not kept: what fails, and some of its rows",
                         .access = Access::kEditor,
                         .body = "TestedConnectionTable",
                         .outcomes = {{200, "ConnectionTest"}},
                         .is_slow = true,
                         .handler = [world](const Call& call) { return TestTables(world, call); }});
  operations->push_back({.method = "POST",
                         .path = "/connection_profiles/test",
                         .id = "testConnectionProfile",
                         .tag = "profiles",
                         .summary = "Try a profile, which is not kept: endpoint and credentials",
                         .access = Access::kEditor,
                         .body = "TestedConnectionProfile",
                         .outcomes = {{200, "ConnectionTest"}},
                         .is_slow = true,
                         .handler = [world](const Call& call) { return TestProfile(world, call); }});
  operations->push_back({.method = "POST",
                         .path = "/connection_tables/schemas/infer",
                         .id = "inferSchema",
                         .tag = "tables",
                         .summary = "The columns of a table, by a sample of its records",
                         .access = Access::kEditor,
                         .body = "TestedConnectionTable",
                         .outcomes = {{200, "InferredSchema"}},
                         .is_slow = true,
                         .handler = [world](const Call& call) { return Infer(world, call); }});
  operations->push_back({.method = "POST",
                         .path = "/connection_tables/schemas/test",
                         .id = "testSchema",
                         .tag = "tables",
                         .summary = "What a sample of a table's records says of each of its columns",
                         .access = Access::kEditor,
                         .body = "TestedConnectionTable",
                         .outcomes = {{200, "SchemaTest"}},
                         .is_slow = true,
                         .handler = [world](const Call& call) { return TestSchema(world, call); }});
}

}  // namespace laminar::server
