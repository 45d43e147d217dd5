#include "server/table_definition.h"

#include <algorithm>
#include <cctype>

#include "duck/quote.h"
#include "sql/compiler.h"

namespace laminar::server {

namespace {

constexpr const char* kConfig = "config";

Status Flatten(const json& value, const std::string& name, std::vector<ConfigOption>* out) {
  switch (value.type()) {
    case json::value_t::object:
      for (const auto& [key, member] : value.items())
        RETURN_IF_ERROR(Flatten(member, name.empty() ? key : name + "." + key, out));
      return Status::Ok();
    case json::value_t::string:
      out->push_back({name, value.get<std::string>()});
      return Status::Ok();
    case json::value_t::boolean:
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float:
      out->push_back({name, value.dump()});
      return Status::Ok();
    default:
      return Status::User(name + " is neither a text, a number, a truth value nor an object of them",
                          "Leave it out, or correct it")
          .WithCode(std::string(kConfig) + "." + name);
  }
}

// "eventTime.maxDelay" as event_time.max_delay.
std::string InSnakeCase(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0) out.push_back('_');
    out.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  return out;
}

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// The name in SQL of an option of config.
std::string NameInSql(const std::string& name, const std::vector<OptionSpec>& specs) {
  for (const OptionSpec& spec : specs) {
    if (SameName(spec.name, name)) return std::string(spec.name);
    for (const std::string_view alias : spec.aliases) {
      if (SameName(alias, name)) return std::string(spec.name);
    }
  }
  return InSnakeCase(name);
}

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

}  // namespace

Result<std::vector<ConfigOption>> FlattenConfig(const json& config) {
  std::vector<ConfigOption> options;
  RETURN_IF_ERROR(Flatten(config, "", &options));
  return options;
}

std::string UseOf(const json& body) {
  if (body.contains("table_type")) return body["table_type"];
  const json& config = body.at(kConfig);
  const bool has_type = config.contains("type") && config["type"].is_object();
  return has_type && config["type"].contains("offset") ? "source" : "sink";
}

Result<std::string> CreateTableOf(const json& body, const Registry& registry) {
  const std::string connector_name = body.at("connector");
  const Connector* const connector = registry.FindConnector(connector_name);
  if (connector == nullptr) {
    std::string names;
    for (const std::string& name : registry.ConnectorNames()) names += (names.empty() ? "" : ", ") + name;
    return Status::User("there is no connector " + connector_name, "There are " + names).WithCode("connector");
  }
  const std::string use = UseOf(body);
  const bool has_fields =
      body.contains("schema") && body["schema"].contains("fields") && !body["schema"]["fields"].empty();
  std::string format = body.value("format", connector->formats().empty() ? "" : connector->formats().front());
  ASSIGN_OR_RETURN(const std::vector<ConfigOption> config, FlattenConfig(body.at(kConfig)));
  const std::vector<OptionSpec> specs = registry.AllOptions(*connector, format);

  std::string columns = ColumnsOfUnknown(*connector, use == "source");
  if (has_fields) {
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
  std::string options = "connector = " + QuotedLiteral(connector_name) + ", type = " + QuotedLiteral(use);
  if (!format.empty()) options += ", format = " + QuotedLiteral(format);
  if (!has_fields && format == "json") options += ", 'json.unstructured' = 'true'";
  for (const ConfigOption& option : config)
    options += ", " + QuotedLiteral(NameInSql(option.name, specs)) + " = " + QuotedLiteral(option.value);
  return "CREATE TABLE " + QuotedIfNeeded(body.at("name").get<std::string>()) + " (" + columns + ") WITH (" + options +
         ")";
}

Status CheckTable(const json& body, const Registry& registry, DuckSession* session) {
  ASSIGN_OR_RETURN(const std::string statement, CreateTableOf(body, registry));
  const std::string name = QuotedIfNeeded(body.at("name").get<std::string>());
  // Rows of the sink's own columns, of which none comes.
  const bool has_fields =
      body.contains("schema") && body["schema"].contains("fields") && !body["schema"]["fields"].empty();
  const std::string field = has_fields ? body["schema"]["fields"][0]["name"].get<std::string>() : "value";
  const std::string query = UseOf(body) == "source"
                                ? "SELECT * FROM " + name
                                : "INSERT INTO " + name + " BY NAME SELECT NULL AS " + QuotedIfNeeded(field);
  sql::CompileResult result = sql::Compile({statement + ";\n" + query + ";", {}, {}}, registry, session);
  const auto lines = std::count(statement.begin(), statement.end(), '\n') + 1;
  for (const Status& problem : result.problems) {
    // Those of the query are about itself.
    if (problem.position().line <= lines) return Status::User(problem.message(), problem.hint());
  }
  return Status::Ok();
}

}  // namespace laminar::server
