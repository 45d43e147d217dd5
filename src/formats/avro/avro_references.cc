#include "formats/avro/avro_references.h"

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

namespace laminar {
namespace {

using nlohmann::ordered_json;

constexpr int kMaxDepth = 64;
constexpr size_t kMostBytes = 16 << 20;

class Inliner {
 public:
  Status Add(const SchemaReference& reference) {
    ordered_json definition = ordered_json::parse(reference.text, nullptr, /*allow_exceptions=*/false);
    if (definition.is_discarded())
      return Status::User("the schema of the reference " + reference.name + " is no valid JSON");
    // Where it stands alone it has no namespace; where it is put it would take that of what is around it.
    const bool is_named = definition.is_object() && definition.contains("name") && definition["name"].is_string();
    if (is_named && !definition.contains("namespace") &&
        definition["name"].get_ref<const std::string&>().find('.') == std::string::npos)
      definition["namespace"] = "";
    definitions_[reference.name] = std::move(definition);
    return Status::Ok();
  }

  // Of a type, in the namespace `space`. False: it is nested too deep.
  bool Inline(ordered_json* type, const std::string& space, int depth) {
    if (depth > kMaxDepth) return false;
    if (type->is_string()) return InlineName(type, space, depth);
    if (type->is_array()) {
      for (ordered_json& branch : *type) {
        if (!Inline(&branch, space, depth + 1)) return false;
      }
      return true;
    }
    if (!type->is_object()) return true;  // the schema's parser tells what is wrong
    const std::string own = SpaceOf(*type, space);
    for (const char* key : {"type", "items", "values"}) {
      const auto part = type->find(key);
      if (part != type->end() && !Inline(&*part, own, depth + 1)) return false;
    }
    const auto fields = type->find("fields");
    if (fields == type->end() || !fields->is_array()) return true;
    for (ordered_json& field : *fields) {
      const auto part = field.is_object() ? field.find("type") : field.end();
      if (part != field.end() && !Inline(&*part, own, depth + 1)) return false;
    }
    return true;
  }

 private:
  static std::string StringIn(const ordered_json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  }

  // Within the definition of a named type.
  static std::string SpaceOf(const ordered_json& type, const std::string& outer) {
    const std::string name = StringIn(type, "name");
    if (name.empty()) return outer;
    if (const size_t dot = name.rfind('.'); dot != std::string::npos) return name.substr(0, dot);
    return type.contains("namespace") ? StringIn(type, "namespace") : outer;
  }

  bool InlineName(ordered_json* type, const std::string& space, int depth) {
    const std::string name = type->get<std::string>();
    const bool is_full = space.empty() || name.find('.') != std::string::npos;
    auto found = is_full ? definitions_.end() : definitions_.find(space + "." + name);
    if (found == definitions_.end()) found = definitions_.find(name);
    if (found == definitions_.end()) return true;
    *type = std::move(found->second);
    definitions_.erase(found);  // from here on its name is known
    return Inline(type, space, depth + 1);
  }

  std::map<std::string, ordered_json> definitions_;  // by name, those that were not used yet
};

}  // namespace

Result<std::string> InlineAvroReferences(const RegisteredSchema& schema) {
  if (schema.references.empty()) return schema.text;
  ordered_json text = ordered_json::parse(schema.text, nullptr, /*allow_exceptions=*/false);
  if (text.is_discarded()) return Status::User("the schema is no valid JSON");
  Inliner inliner;
  for (const SchemaReference& reference : schema.references) RETURN_IF_ERROR(inliner.Add(reference));
  if (!inliner.Inline(&text, "", 0)) return Status::User("the types of the schema are nested more than 64 deep");
  std::string whole = text.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  if (whole.size() > kMostBytes) return Status::User("the schema is larger than 16 MB with its references");
  return whole;
}

}  // namespace laminar
