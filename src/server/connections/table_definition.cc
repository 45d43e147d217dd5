#include "server/connections/table_definition.h"

#include <algorithm>

#include "duck/quote.h"
#include "server/connections/option_names.h"

namespace laminar::server {

namespace {

// Columns of what is not described: the record as it is and, of a source, what comes with it.
std::string ColumnsOfUnknown(const Connector& connector, bool is_source) {
  std::string columns = "value JSON";
  if (!is_source) return columns;
  for (const MetadataSpec& metadata : connector.metadata()) {
    if (metadata.use == OptionUse::kSink) continue;
    columns += ", " + QuotedIfNeeded(std::string(metadata.name)) + " " + std::string(metadata.type) +
               " METADATA FROM " + QuotedLiteral(std::string(metadata.name));
  }
  return columns;
}

// A type ends where the next column begins.
bool IsOneType(const std::string& type) {
  int depth = 0;
  for (const char c : type) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (depth < 0 || (depth == 0 && c == ',') || c == ';' || c == '\'' || c == '-') return false;
  }
  return depth == 0;
}

Result<std::string> ColumnsOf(const json& fields) {
  std::string columns;
  for (const json& field : fields) {
    if (!IsOneType(field.at("data_type").get<std::string>()))
      return Status::User(field.at("data_type").get<std::string>() + " is no type",
                          "Write it as in SQL: BIGINT, DECIMAL(10,2), STRUCT(a TEXT)")
          .WithCode("schema.fields");
    columns += (columns.empty() ? "" : ", ") + QuotedIfNeeded(field.at("name").get<std::string>()) + " " +
               field.at("data_type").get<std::string>();
    if (!field.value("nullable", true)) columns += " NOT NULL";
  }
  return columns;
}

bool HasFields(const json& body) {
  return body.contains("schema") && body["schema"].contains("fields") && !body["schema"]["fields"].empty();
}

}  // namespace

std::string UseOf(const json& body) {
  if (body.contains("table_type")) return body["table_type"];
  const json& config = body.at("config");
  const bool has_type = config.contains("type") && config["type"].is_object();
  return has_type && config["type"].contains("offset") ? "source" : "sink";
}

const Connector* ConnectorOf(const json& body, const Registry& registry) {
  return registry.FindConnector(body.at("connector").get<std::string>());
}

Status NoConnector(const std::string& name, const Registry& registry) {
  std::string names;
  for (const std::string& known : registry.ConnectorNames()) names += (names.empty() ? "" : ", ") + known;
  return Status::User("there is no connector " + name, "There are " + names).WithCode("connector");
}

std::string FormatOf(const json& body, const Connector& connector) {
  return body.value("format", connector.formats().empty() ? "" : connector.formats().front());
}

std::vector<OptionSpec> SpecsOf(const json& body, const Registry& registry) {
  const Connector* const connector = ConnectorOf(body, registry);
  return connector == nullptr ? std::vector<OptionSpec>() : registry.AllOptions(*connector, FormatOf(body, *connector));
}

Result<std::vector<WrittenOption>> OptionsOf(const json& body, const json& profile, const Registry& registry) {
  const Connector* const connector = ConnectorOf(body, registry);
  if (connector == nullptr) return NoConnector(body.at("connector"), registry);
  const std::string use = UseOf(body), format = FormatOf(body, *connector);
  const std::vector<OptionSpec> specs = SpecsOf(body, registry);
  std::vector<WrittenOption> options = {{"connector", body.at("connector"), {}}, {"type", use, {}}};
  if (!format.empty()) options.push_back({"format", format, {}});
  ASSIGN_OR_RETURN(const std::vector<ConfigOption> own, FlattenConfig(body.at("config")));
  for (const ConfigOption& option : own) options.push_back({NameInSql(option.name, specs), option.value, {}});
  const size_t own_end = options.size();
  ASSIGN_OR_RETURN(const std::vector<ConfigOption> shared, FlattenConfig(profile));
  for (const ConfigOption& option : shared) {
    const OptionSpec* const spec = FindSpec(option.name, specs);
    const bool is_own =
        spec != nullptr && std::any_of(options.begin(), options.begin() + static_cast<ptrdiff_t>(own_end),
                                       [&](const WrittenOption& each) { return each.name == spec->name; });
    if (spec != nullptr && !is_own) options.push_back({std::string(spec->name), option.value, {}});
  }
  return options;
}

Result<std::string> CreateTableOf(const json& body, const json& profile, const Registry& registry) {
  ASSIGN_OR_RETURN(std::vector<WrittenOption> options, OptionsOf(body, profile, registry));
  const Connector& connector = *ConnectorOf(body, registry);
  const std::string use = UseOf(body), format = FormatOf(body, connector);
  std::string columns = ColumnsOfUnknown(connector, use == "source");
  if (HasFields(body)) {
    ASSIGN_OR_RETURN(columns, ColumnsOf(body["schema"]["fields"]));
  }
  if (body.contains("watermark_delay")) {
    if (!body.contains("event_time_field"))
      return Status::User("watermark_delay is given without event_time_field", "Name the field that has the event time")
          .WithCode("watermark_delay");
    const std::string time = QuotedIfNeeded(body["event_time_field"].get<std::string>());
    columns += ", WATERMARK FOR " + time + " AS " + time + " - INTERVAL " +
               QuotedLiteral(body["watermark_delay"].get<std::string>());
  } else if (body.contains("event_time_field")) {
    columns += ", WATERMARK FOR " + QuotedIfNeeded(body["event_time_field"].get<std::string>());
  }
  if (!HasFields(body) && format == "json") options.push_back({"json.unstructured", "true", {}});
  std::string with;
  for (const WrittenOption& option : options)
    with += (with.empty() ? "" : ", ") + QuotedLiteral(option.name) + " = " + QuotedLiteral(option.value);
  return "CREATE TABLE " + QuotedIfNeeded(body.at("name").get<std::string>()) + " (" + columns + ") WITH (" + with +
         ")";
}

Result<CompiledTable> CompileTable(const json& body, const json& profile, const Registry& registry,
                                   DuckSession* session) {
  ASSIGN_OR_RETURN(const std::string statement, CreateTableOf(body, profile, registry));
  CompiledTable table;
  table.name = body.at("name");
  table.is_source = UseOf(body) == "source";
  // Of a sink rows of its own first column, of which none comes.
  const std::string field = HasFields(body) ? body["schema"]["fields"][0]["name"].get<std::string>() : "value";
  const std::string name = QuotedIfNeeded(table.name);
  const std::string query = table.is_source
                                ? "SELECT * FROM " + name
                                : "INSERT INTO " + name + " BY NAME SELECT NULL AS " + QuotedIfNeeded(field);
  sql::CompileResult result = sql::Compile({statement + ";\n" + query + ";"}, registry, session);
  const auto lines = std::count(statement.begin(), statement.end(), '\n') + 1;
  for (const Status& problem : result.problems) {
    // Those of the query are about itself.
    if (problem.position().line > lines) continue;
    return problem.kind() == StatusKind::kUser ? Status::User(problem.message(), problem.hint())
                                               : Status::Environment(problem.message(), problem.hint());
  }
  table.script = std::move(result.script);
  return table;
}

}  // namespace laminar::server
