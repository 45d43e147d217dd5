#include "server/api/schema_problems.h"

#include <algorithm>
#include <regex>
#include <utility>

#include "formats/option.h"

namespace laminar::server {

namespace {

constexpr size_t kMostShown = 60;           // bytes of a value in a message
constexpr size_t kMostMatched = 10'000;     // bytes: std::regex calls itself for each, and has the thread's stack only
constexpr size_t kMostSchemaProblems = 20;  // who has made more of them reads no more either

// Patterns that the schemas have, in words.
constexpr std::pair<const char*, const char*> kPatterns[] = {
    {"^[A-Za-z_][A-Za-z0-9_]*$", "must be letters, digits and _, and not begin with a digit"},
    {"^[^\\u0000-\\u001f\\u007f]*$", "must have no line breaks or other control characters"},
};

size_t Characters(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string Shown(const json& value) {
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (value.is_string()) text = text.substr(1, text.size() - 2);
  if (text.size() > kMostShown) {
    size_t end = kMostShown;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) end--;
    text = text.substr(0, end) + "...";
  }
  return value.is_string() ? "'" + text + "'" : text;
}

std::string TypeInWords(const std::string& type) {
  if (type == "string") return "a text";
  if (type == "integer") return "a whole number";
  if (type == "number") return "a number";
  if (type == "boolean") return "true or false";
  if (type == "array") return "a list";
  if (type == "object") return "an object";
  return type;
}

std::string KindOf(const json& value) {
  if (value.is_boolean()) return value.dump();
  if (value.is_number_float()) return "a number with a fraction";
  if (value.is_number()) return "a number";
  return TypeInWords(value.type_name());
}

bool HasType(const json& value, const std::string& type) {
  if (type == "integer") return value.is_number_integer();
  return type == value.type_name();
}

std::vector<std::string> TypesOf(const json& schema) {
  const auto type = schema.find("type");
  if (type == schema.end()) return {};
  return type->is_array() ? type->get<std::vector<std::string>>() : std::vector{type->get<std::string>()};
}

std::string Joined(const std::vector<std::string>& words, const char* between) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : between) + word;
  return all;
}

std::string EnumInWords(const json& values) {
  std::vector<std::string> words;
  for (const json& value : values) words.push_back(value.is_string() ? value.get<std::string>() : value.dump());
  return "one of " + Joined(words, ", ");
}

// What it takes.
std::string Wanted(const json& schema) {
  if (schema.contains("enum")) return EnumInWords(schema["enum"]);
  std::vector<std::string> types = TypesOf(schema);
  std::transform(types.begin(), types.end(), types.begin(), TypeInWords);
  return Joined(types, " or ");
}

class SchemaWalk {
 public:
  SchemaWalk(const std::map<std::string, json>& schemas, std::vector<SchemaProblem>* problems)
      : schemas_(schemas), problems_(problems) {}

  void Value(const json& value, const json& written, const std::string& field) {
    const json& schema = Resolved(written);
    const std::vector<std::string> types = TypesOf(schema);
    if (!types.empty() &&
        std::none_of(types.begin(), types.end(), [&](const auto& type) { return HasType(value, type); }))
      return Add(field, "must be " + Wanted(schema) + ", not " + KindOf(value));
    const auto choices = schema.find("enum");
    if (choices != schema.end() && std::find(choices->begin(), choices->end(), value) == choices->end())
      return Add(field, "must be " + EnumInWords(*choices) + ", not " + Shown(value));
    if (value.is_string()) Text(value.get_ref<const std::string&>(), schema, field);
    if (value.is_number()) Number(value, schema, field);
    if (value.is_object()) Object(value, schema, field);
    if (value.is_array()) List(value, schema, field);
  }

 private:
  const json& Resolved(const json& schema) const {
    const auto reference = schema.find("$ref");
    if (reference == schema.end()) return schema;
    const std::string& path = reference->get_ref<const std::string&>();
    return schemas_.at(path.substr(path.rfind('/') + 1));
  }

  bool IsFull() const { return problems_->size() >= kMostSchemaProblems; }
  void Add(const std::string& field, std::string message) {
    if (!IsFull()) problems_->push_back({field, std::move(message)});
  }

  void Text(const std::string& text, const json& schema, const std::string& field) {
    const size_t length = Characters(text);
    const auto least = schema.value("minLength", size_t{0}), most = schema.value("maxLength", size_t{SIZE_MAX});
    if (length < least && length == 0) return Add(field, "must not be empty");
    if (length < least)
      return Add(field, "must have " + std::to_string(least) + " characters or more, not " + std::to_string(length));
    if (length > most)
      return Add(field, "must have " + std::to_string(most) + " characters or fewer, not " + std::to_string(length));
    const auto pattern = schema.find("pattern");
    if (pattern == schema.end()) return;
    const std::string& wanted = pattern->get_ref<const std::string&>();
    if (text.size() <= kMostMatched && std::regex_search(text, std::regex(wanted))) return;
    const auto* const known = std::find_if(std::begin(kPatterns), std::end(kPatterns),
                                           [&](const auto& each) { return wanted == each.first; });
    Add(field, (known != std::end(kPatterns) ? known->second : "must match " + wanted) + ", unlike " + Shown(text));
  }

  void Number(const json& value, const json& schema, const std::string& field) {
    const auto least = schema.find("minimum"), most = schema.find("maximum");
    const bool is_less = least != schema.end() && value < *least, is_more = most != schema.end() && value > *most;
    if (!is_less && !is_more) return;
    const std::string wanted = least == schema.end()  ? most->dump() + " or less"
                               : most == schema.end() ? least->dump() + " or more"
                                                      : "from " + least->dump() + " to " + most->dump();
    Add(field, "must be " + wanted + ", not " + Shown(value));
  }

  void Object(const json& value, const json& schema, const std::string& field) {
    static const json kNone = json::object();
    const auto found = schema.find("properties");
    const json& properties = found == schema.end() ? kNone : *found;
    if (schema.value("additionalProperties", json()) == false) Unknown(value, properties, field);
    for (const json& each : schema.value("required", json::array())) {
      const auto name = each.get<std::string>();
      if (value.contains(name)) continue;
      const std::string wanted = properties.contains(name) ? Wanted(Resolved(properties[name])) : "";
      Add(Below(field, name), "this field is missing" + (wanted.empty() ? "" : "; it takes " + wanted));
    }
    for (const auto& [name, member] : value.items()) {
      if (properties.contains(name)) Value(member, properties[name], Below(field, name));
    }
  }

  void Unknown(const json& value, const json& properties, const std::string& field) {
    std::vector<std::string> names;
    for (const auto& [name, schema] : properties.items()) names.push_back(name);
    for (const auto& [name, member] : value.items()) {
      if (properties.contains(name) || IsFull()) continue;
      const auto nearest = NearestName(name, names);
      Add(field, "unknown field " + Shown(name) +
                     (nearest ? "; did you mean " + Shown(*nearest) + "?" : "; it takes " + Joined(names, ", ")));
    }
  }

  void List(const json& value, const json& schema, const std::string& field) {
    const auto most = schema.value("maxItems", size_t{SIZE_MAX});
    if (value.size() > most)
      return Add(field, "must have " + std::to_string(most) + " items or fewer, not " + std::to_string(value.size()));
    const auto items = schema.find("items");
    if (items == schema.end()) return;
    for (size_t i = 0; i < value.size(); i++) Value(value[i], *items, Below(field, std::to_string(i)));
  }

  static std::string Below(const std::string& field, const std::string& name) {
    return field.empty() ? name : field + "." + name;
  }

  const std::map<std::string, json>& schemas_;
  std::vector<SchemaProblem>* const problems_;
};

}  // namespace

std::vector<SchemaProblem> ProblemsOf(const json& value, const json& schema,
                                      const std::map<std::string, json>& schemas) {
  std::vector<SchemaProblem> problems;
  SchemaWalk(schemas, &problems).Value(value, schema, "");
  return problems;
}

}  // namespace laminar::server
