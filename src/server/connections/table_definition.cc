#include "server/connections/table_definition.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include "duck/quote.h"
#include "server/connections/client_names.h"
#include "server/connections/option_names.h"

namespace laminar::server {

namespace {

constexpr size_t kMostNames = 20;  // of columns in a hint

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

// A statement with the parts of the body that its lines were made of: the place of a problem tells the field.
class Statement {
 public:
  // What follows is of this field, "" = none, until the next call.
  void BeginField(const std::string& field) {
    text_ += '\n';
    line_++;
    fields_[line_] = field;
  }
  void Add(const std::string& text) {
    for (const char c : text) {
      if (c != '\n') continue;
      fields_[line_ + 1] = fields_[line_];
      line_++;
    }
    text_ += text;
  }
  const std::string& text() const { return text_; }
  int lines() const { return line_; }
  std::string FieldAt(SqlPosition position) const {
    const auto found = fields_.find(position.line);
    return found == fields_.end() ? "" : found->second;
  }

 private:
  std::string text_;
  int line_ = 1;
  std::map<int, std::string> fields_;
};

std::string InLowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// As the API's other errors have it.
std::string ColumnField(size_t column, const char* member) {
  return "schema.fields." + std::to_string(column) + "." + member;
}

Status AddColumns(const std::string& table, const json& fields, Statement* statement) {
  std::set<std::string> names;  // in lower case
  for (size_t i = 0; i < fields.size(); i++) {
    const std::string name = fields[i].at("name"), type = fields[i].at("data_type");
    if (!names.insert(InLowerCase(name)).second) {
      return Status::User("table " + table + " has two columns named " + name, "Rename one")
          .WithCode(ColumnField(i, "name"));
    }
    if (!IsOneType(type)) {
      return Status::User("column " + name + ": " + type + " is no type",
                          "Write it as in SQL: BIGINT, DECIMAL(10,2), STRUCT(a TEXT)")
          .WithCode(ColumnField(i, "data_type"));
    }
    if (i > 0) statement->Add(",");
    // What else is wrong with a column is its type, wherever the problem stands.
    statement->BeginField(ColumnField(i, "data_type"));
    statement->Add(QuotedIfNeeded(name) + " " + type);
    if (!fields[i].value("nullable", true)) statement->Add(" NOT NULL");
  }
  return Status::Ok();
}

std::string FormatOf(const json& body, const Connector& connector) {
  return body.value("format", connector.formats().empty() ? "" : connector.formats().front());
}

bool HasFields(const json& body) {
  return body.contains("schema") && body["schema"].contains("fields") && !body["schema"]["fields"].empty();
}

// That the event time is one of the table's columns.
Status CheckEventTime(const json& body, const Connector& connector) {
  const std::string time = body.at("event_time_field");
  std::vector<std::string> names;
  if (HasFields(body)) {
    for (const json& field : body["schema"]["fields"]) names.push_back(field.at("name"));
  } else {
    names.emplace_back("value");
    for (const MetadataSpec& metadata : connector.metadata()) {
      if (metadata.use != OptionUse::kSink) names.emplace_back(metadata.name);
    }
  }
  std::string all;
  for (size_t i = 0; i < names.size(); i++) {
    if (SameName(names[i], time)) return Status::Ok();
    if (i == kMostNames) all += " and " + std::to_string(names.size() - i) + " more";
    if (i < kMostNames) all += (i == 0 ? "" : ", ") + names[i];
  }
  return Status::User("table " + body.at("name").get<std::string>() + " has no column " + time,
                      "Its columns are " + all)
      .WithCode("event_time_field");
}

// That the connector can be read, or written.
Status CheckUse(const json& body, const Connector& connector) {
  const bool is_source = UseOf(body) == "source";
  if (is_source ? connector.is_source() : connector.is_sink()) return Status::Ok();
  return Status::User("connector '" + connector.name() + "' cannot be " + (is_source ? "read" : "written") +
                          ": table " + body.at("name").get<std::string>() + " must be a " +
                          (is_source ? "sink" : "source"),
                      std::string("Set table_type to ") + (is_source ? "sink" : "source"))
      .WithCode("table_type");
}

// An option that nothing knows, before the use of the table is asked: one that is meant to say it may be misspelt.
Status CheckKnown(const std::vector<ConfigOption>& own, const json& body, const Registry& registry) {
  const std::vector<OptionSpec> specs = SpecsOf(body, registry);
  const OptionUse use = !body.contains("table_type") ? OptionUse::kBoth
                        : UseOf(body) == "source"    ? OptionUse::kSource
                                                     : OptionUse::kSink;
  for (const ConfigOption& option : own) {
    const std::string name = NameInSql(option.name, specs);
    // Those of another format are told with the format.
    if (FindSpec(option.name, specs) != nullptr || !registry.OwnersOf(name).empty()) continue;
    std::vector<Status> problems;
    (void)ParseOptions(specs, std::vector<WrittenOption>{{name, option.value, {1, 1}}}, use,
                       "table " + body.at("name").get<std::string>(), &problems);
    for (const Status& problem : problems) {
      if (problem.position().known())
        return Status::User(problem.message(), problem.hint()).WithCode("config." + option.name);
    }
  }
  return Status::Ok();
}

// An option of the table, with the field that it is from.
struct TableOption {
  WrittenOption written;  // by its name in SQL
  std::string field;
};

Result<std::vector<TableOption>> TableOptionsOf(const json& body, const json& profile, const Registry& registry) {
  const Connector* const connector = ConnectorOf(body, registry);
  if (connector == nullptr) return NoConnector(body.at("connector"), registry);
  const std::string use = UseOf(body), format = FormatOf(body, *connector);
  const std::vector<OptionSpec> specs = SpecsOf(body, registry);
  std::vector<TableOption> options = {{{"connector", body.at("connector"), {}}, "connector"},
                                      {{"type", use, {}}, "table_type"}};
  if (!format.empty()) options.push_back({{"format", format, {}}, "format"});
  ASSIGN_OR_RETURN(const std::vector<ConfigOption> own, FlattenConfig(body.at("config")));
  for (const ConfigOption& option : own)
    options.push_back({{NameInSql(option.name, specs), option.value, {}}, "config." + option.name});
  const size_t own_end = options.size();
  ASSIGN_OR_RETURN(const std::vector<ConfigOption> shared, FlattenConfig(profile));
  for (const ConfigOption& option : shared) {
    const OptionSpec* const spec = FindSpec(option.name, specs);
    const bool is_own =
        spec != nullptr && std::any_of(options.begin(), options.begin() + static_cast<ptrdiff_t>(own_end),
                                       [&](const TableOption& each) { return each.written.name == spec->name; });
    if (spec != nullptr && !is_own)
      options.push_back({{std::string(spec->name), option.value, {}}, "connection_profile_id"});
  }
  return options;
}

Result<Statement> StatementOf(const json& body, const json& profile, const Registry& registry) {
  ASSIGN_OR_RETURN(std::vector<TableOption> options, TableOptionsOf(body, profile, registry));
  const Connector& connector = *ConnectorOf(body, registry);
  const bool is_source = UseOf(body) == "source";
  Statement statement;
  statement.Add("CREATE TABLE " + QuotedIfNeeded(body.at("name").get<std::string>()) + " (");
  if (HasFields(body)) {
    RETURN_IF_ERROR(AddColumns(body.at("name"), body["schema"]["fields"], &statement));
  } else {
    statement.Add(ColumnsOfUnknown(connector, is_source));
  }
  if (body.contains("event_time_field")) {
    const std::string time = QuotedIfNeeded(body["event_time_field"].get<std::string>());
    statement.Add(",");
    statement.BeginField("event_time_field");
    statement.Add("WATERMARK FOR " + time);
    if (body.contains("watermark_delay")) {
      statement.Add(" AS " + time + " -");
      statement.BeginField("watermark_delay");
      statement.Add("INTERVAL " + QuotedLiteral(body["watermark_delay"].get<std::string>()));
    }
  } else if (body.contains("watermark_delay")) {
    return Status::User("watermark_delay is given without event_time_field", "Name the field that has the event time")
        .WithCode("watermark_delay");
  }
  statement.BeginField("");
  statement.Add(") WITH (");
  if (!HasFields(body) && FormatOf(body, connector) == "json")
    options.push_back({{"json.unstructured", "true", {}}, "schema"});
  for (size_t i = 0; i < options.size(); i++) {
    if (i > 0) statement.Add(",");
    statement.BeginField(options[i].field);
    statement.Add(QuotedLiteral(options[i].written.name) + " = " + QuotedLiteral(options[i].written.value));
  }
  statement.Add(")");
  return statement;
}

// What compiling the statement has found, as it is told.
Status Told(const Status& problem, const Statement& statement, const json& body, const ClientNames& names) {
  const std::string field = statement.FieldAt(problem.position());
  if (field.starts_with("schema.fields.") && field.ends_with(".data_type")) {
    const std::string name = body["schema"]["fields"][std::stoul(field.substr(14))].at("name");
    const bool is_named = problem.message().find(name) != std::string::npos;
    return names.Told((is_named ? Status(problem) : Status(problem).WithContext("column " + name)).WithCode(field));
  }
  // What was sent is the text within the INTERVAL.
  if (field == "watermark_delay") return Status::User(problem.message(), "Write it like 5 seconds").WithCode(field);
  return names.Told(Status(problem).WithCode(field));
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

std::vector<OptionSpec> SpecsOf(const json& body, const Registry& registry) {
  const Connector* const connector = ConnectorOf(body, registry);
  return connector == nullptr ? std::vector<OptionSpec>() : registry.AllOptions(*connector, FormatOf(body, *connector));
}

Result<std::vector<WrittenOption>> OptionsOf(const json& body, const json& profile, const Registry& registry) {
  ASSIGN_OR_RETURN(std::vector<TableOption> options, TableOptionsOf(body, profile, registry));
  std::vector<WrittenOption> written;
  for (TableOption& option : options) written.push_back(std::move(option.written));
  return written;
}

Result<std::string> CreateTableOf(const json& body, const json& profile, const Registry& registry) {
  ASSIGN_OR_RETURN(const Statement statement, StatementOf(body, profile, registry));
  return statement.text();
}

Result<CompiledTable> CompileTable(const json& body, const json& profile, const Registry& registry,
                                   DuckSession* session) {
  ASSIGN_OR_RETURN(const Statement statement, StatementOf(body, profile, registry));
  ASSIGN_OR_RETURN(const std::vector<ConfigOption> own, FlattenConfig(body.at("config")));
  const Connector& connector = *ConnectorOf(body, registry);
  const ClientNames names(SpecsOf(body, registry), own);
  const std::string format = FormatOf(body, connector);
  if (format.empty() || registry.FindFormat(format) != nullptr) {
    if (const Status known = CheckKnown(own, body, registry); !known.ok()) return names.Told(known);
  }
  RETURN_IF_ERROR(CheckUse(body, connector));
  if (body.contains("event_time_field")) RETURN_IF_ERROR(CheckEventTime(body, connector));
  CompiledTable table;
  table.name = body.at("name");
  table.is_source = UseOf(body) == "source";
  // Of a sink rows of its own first column, of which none comes.
  const std::string field = HasFields(body) ? body["schema"]["fields"][0]["name"].get<std::string>() : "value";
  const std::string name = QuotedIfNeeded(table.name);
  const std::string query = table.is_source
                                ? "SELECT * FROM " + name
                                : "INSERT INTO " + name + " BY NAME SELECT NULL AS " + QuotedIfNeeded(field);
  sql::CompileResult result = sql::Compile({statement.text() + ";\n" + query + ";"}, registry, session);
  for (const Status& problem : result.problems) {
    // Those of the query are about itself.
    if (problem.position().line <= statement.lines()) return Told(problem, statement, body, names);
  }
  table.script = std::move(result.script);
  return table;
}

}  // namespace laminar::server
