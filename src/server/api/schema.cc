#include "server/api/schema.h"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "base/check.h"
#include "server/api/schema_problems.h"

namespace laminar::server {

struct Schemas::Compiled {
  valijson::Schema schema;
};

Schemas::Schemas() = default;
Schemas::~Schemas() = default;

void Schemas::Add(const std::string& name, json schema) {
  CHECK_MSG(schemas_.emplace(name, std::move(schema)).second, name.c_str());
}

void Schemas::Add(const std::string& name, const char* text) {
  Add(name, json::parse(text));
}

void Schemas::Complete() {
  for (const auto& [name, schema] : schemas_) {
    // References are looked up in one document.
    json document = {{"allOf", json::array({Reference(name)})}, {"components", {{"schemas", schemas_}}}};
    auto compiled = std::make_unique<Compiled>();
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(document), compiled->schema);
    compiled_[name] = std::move(compiled);
  }
}

namespace {

// "<root>[config][streamName]" as config.streamName.
std::string FieldOf(const std::vector<std::string>& context) {
  std::string field;
  for (const std::string& part : context) {
    if (!part.starts_with('[')) continue;
    field += (field.empty() ? "" : ".") + part.substr(1, part.size() - 2);
  }
  return field;
}

}  // namespace

std::vector<SchemaProblem> Schemas::Check(const std::string& name, const json& value) const {
  const auto found = compiled_.find(name);
  CHECK_MSG(found != compiled_.end(), name.c_str());
  // Before the validator: its messages name keywords of the schema, and it matches a text to a pattern however long
  // the text is, which std::regex does not survive.
  std::vector<SchemaProblem> problems = ProblemsOf(value, schemas_.at(name), schemas_);
  if (!problems.empty()) return problems;
  // Whatever keyword is left.
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  if (validator.validate(found->second->schema, valijson::adapters::NlohmannJsonAdapter(value), &results))
    return problems;
  // The deepest comes first, and says most.
  valijson::ValidationResults::Error error;
  if (results.popError(error)) problems.push_back({FieldOf(error.context), error.description});
  return problems;
}

}  // namespace laminar::server
