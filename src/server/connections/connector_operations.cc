// Connectors as the REST API describes them: the JSON Schema of config comes from their OptionSpecs.
#include <string>

#include "server/connections/operations.h"
#include "server/connections/option_names.h"

namespace laminar::server {

namespace {

json SchemaOf(const OptionSpec& spec) {
  json schema;
  switch (spec.type) {
    case OptionType::kInteger:
      schema["type"] = "integer";
      break;
    case OptionType::kNumber:
      schema["type"] = "number";
      break;
    case OptionType::kBoolean:
      schema["type"] = "boolean";
      break;
    case OptionType::kEnum:
      schema["type"] = "string";
      for (const auto& choice : spec.choices) schema["enum"].push_back(choice);
      break;
    case OptionType::kBytes:
    case OptionType::kMillis:  // "10 MB", "1 minute", or a number
      schema["type"] = {"string", "integer"};
      break;
    case OptionType::kString:
      schema["type"] = "string";
      break;
  }
  if (spec.type == OptionType::kInteger || spec.type == OptionType::kNumber) {
    schema["minimum"] = spec.min;
    if (spec.max > 0) schema["maximum"] = spec.max;
  }
  if (!spec.help.empty()) schema["description"] = spec.help;
  if (!spec.default_value.empty()) schema["default"] = spec.default_value;
  if (!spec.example.empty()) schema["examples"] = {spec.example};
  if (spec.secret) schema["writeOnly"] = true;
  schema["x-use"] = spec.use == OptionUse::kSource ? "source" : spec.use == OptionUse::kSink ? "sink" : "both";
  schema["x-sql"] = spec.name;
  schema["x-connection"] = spec.connection;
  return schema;
}

// "type.offset" is the member `offset` of the object `type`.
void Put(const std::string& name, json schema, bool required, json* object) {
  const size_t dot = name.find('.');
  const std::string head = name.substr(0, dot);
  if (dot == std::string::npos) {
    (*object)["properties"][head] = std::move(schema);
    if (required) (*object)["required"].push_back(head);
    return;
  }
  json& member = (*object)["properties"][head];
  if (!member.contains("type")) member["type"] = "object";
  Put(name.substr(dot + 1), std::move(schema), /*required=*/false, &member);
}

// By name.
std::vector<json> DescribeConnectors(const Registry& registry) {
  std::vector<json> all;
  for (const std::string& name : registry.ConnectorNames()) {
    const Connector& connector = *registry.FindConnector(name);
    json schema = {{"type", "object"}, {"properties", json::object()}};
    for (const OptionSpec& spec : connector.options()) Put(NameInConfig(spec), SchemaOf(spec), spec.required, &schema);
    all.push_back({{"id", name},
                   {"name", name},
                   {"description", connector.description()},
                   {"source", connector.is_source()},
                   {"sink", connector.is_sink()},
                   {"formats", connector.formats()},
                   {"config_schema", std::move(schema)}});
  }
  return all;
}

}  // namespace

void AddConnectorOperations(const ConnectionWorld& world, std::vector<Operation>* operations, Schemas* schemas) {
  schemas->Add("Connector", R"json({
    "type": "object", "required": ["id", "name", "description", "source", "sink", "formats", "config_schema"],
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "description": {"type": "string"},
                   "source": {"type": "boolean"}, "sink": {"type": "boolean"},
                   "formats": {"type": "array", "items": {"type": "string"}},
                   "config_schema": {"type": "object", "description": "JSON Schema of a table's config"}}})json");
  schemas->Add("ConnectorList", R"json({
    "type": "object", "required": ["data", "has_more"],
    "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Connector"}}, "has_more": {"type": "boolean"}}})json");

  operations->push_back(
      {.method = "GET",
       .path = "/connectors",
       .id = "listConnectors",
       .tag = "connectors",
       .summary = "Every connector of this build, with the JSON Schema of a table's config",
       .access = Access::kOpen,
       .query = PagingParameters(),
       .outcomes = {{200, "ConnectorList"}},
       .handler = [all = DescribeConnectors(*world.registry)](const Call& call) { return Page(call, all); }});
}

}  // namespace laminar::server
