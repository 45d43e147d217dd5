// JSON Schemas of what requests and answers hold: checked by them, and shown by /openapi.json.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace laminar::server {

using nlohmann::json;

// Where a value is wrong, and why.
struct SchemaProblem {
  std::string field;  // "config.streamName"; "" = the value as a whole
  std::string message;
};

// Immutable once it is complete.
class Schemas {
 public:
  Schemas();
  ~Schemas();
  // A schema of the draft that OpenAPI 3.1 takes; it may refer to others as #/components/schemas/NAME.
  void Add(const std::string& name, json schema);
  void Add(const std::string& name, const char* text);
  // Once all have been added, before the first Check.
  void Complete();

  std::vector<SchemaProblem> Check(const std::string& name, const json& value) const;
  const std::map<std::string, json>& all() const { return schemas_; }

  static json Reference(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }

 private:
  struct Compiled;
  std::map<std::string, json> schemas_;
  std::map<std::string, std::unique_ptr<Compiled>> compiled_;
};

}  // namespace laminar::server
