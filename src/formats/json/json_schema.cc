// A value has to satisfy everything that its schema is made of: its own keywords, what $ref names, and all of allOf. So
// a schema is first gathered into one Shape, and the shape then becomes a type. Of oneOf and anyOf a single branch
// beside null is gathered too; several only limit what a value may be, and where they differ in their fields it is
// JSON.
#include "formats/json/json_schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "duckdb/common/types.hpp"

#include "base/percent.h"
#include "formats/json/json_name.h"

namespace laminar {
namespace {

using duckdb::LogicalType;
using nlohmann::ordered_json;

constexpr int kMaxDepth = 100;         // schemas within one another, $ref and allOf included
constexpr size_t kMaxTextDepth = 500;  // objects and arrays of its text within one another
constexpr size_t kMaxSchemas = 20000;  // of which one is made up; each use of a $ref counts

// What kinds of value may stand there, as bits. A whole number is an integer; every other one a fraction.
enum Kind : unsigned {
  kNull = 1,
  kBoolean = 2,
  kInteger = 4,
  kFraction = 8,
  kString = 16,
  kArray = 32,
  kObject = 64,
  kAnything = 127,
};
constexpr std::pair<std::string_view, unsigned> kTypes[] = {
    {"null", kNull},     {"boolean", kBoolean}, {"integer", kInteger}, {"number", kInteger | kFraction},
    {"string", kString}, {"array", kArray},     {"object", kObject},
};

using Schemas = std::vector<const ordered_json*>;

// The branches of a oneOf or anyOf.
struct Choice {
  const ordered_json* branches;
  Schemas within;  // what $ref names on the way to it
};

struct Shape {
  unsigned kinds = kAnything;
  std::string format, encoding;                             // of a string
  bool wide = false;                                        // an integer may be beyond 64 bits
  std::vector<std::pair<std::string, Schemas>> properties;  // of an object
  Schemas others;                                           // of an object: all its other fields
  std::set<std::string> required;                           // of an object
  Schemas items;                                            // of an array
  bool mixed = false;                                       // objects or arrays that no one type describes
  std::vector<Choice> choices;
  Schemas refs;  // what $ref has brought in

  Schemas* Property(const std::string& name) {
    for (auto& [known, schemas] : properties) {
      if (known == name) return &schemas;
    }
    return nullptr;
  }
};

struct SchemaError {
  std::string path, what, hint;
};

const ordered_json* Find(const ordered_json& schema, const char* keyword) {
  const auto found = schema.find(keyword);
  return found == schema.end() ? nullptr : &*found;
}

unsigned KindOf(const ordered_json& value) {
  if (value.is_number_float()) return kFraction;
  if (value.is_number()) return kInteger;
  const auto known = std::find_if(std::begin(kTypes), std::end(kTypes),
                                  [&](const auto& type) { return type.first == value.type_name(); });
  return known == std::end(kTypes) ? 0 : known->second;
}

// How deep objects and arrays lie within one another: the document's own functions use the stack for it.
size_t NestingOf(std::string_view text) {
  size_t depth = 0, deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') i++;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      depth--;
    }
  }
  return deepest;
}

// Throws SchemaError; ColumnsOfJsonSchema catches it.
class Reader {
 public:
  explicit Reader(const ordered_json& document) : document_(document) {}

  Schema Columns() {
    const Shape shape = ShapeOf({&document_}, "");
    if (!(shape.kinds & kObject)) Fail("", "it describes no object, and a row is an object");
    if (shape.mixed) {
      Fail("", "it describes several kinds of objects, or ones whose fields have patterns for names",
           "Declare the table's columns");
    }
    if (shape.properties.empty()) Fail("", "it names no properties", "Declare the table's columns");
    const auto active = Enter(shape);
    Schema columns;
    for (const auto& [name, schemas] : shape.properties) {
      const std::string path = PathOf("", name);
      for (const Column& other : columns) {
        if (EqualUpToCase(other.name, name)) {
          Fail(path, "its name differs from that of \"" + other.name + "\" by case only, which columns cannot",
               "Declare the table's columns");
        }
      }
      if (name.empty()) Fail(path, "a column's name cannot be empty", "Declare the table's columns");
      const Shape value = ShapeOf(schemas, path);
      const bool not_null = shape.required.contains(name) && !(value.kinds & kNull);
      columns.push_back({name, MakeType(TypeOf(value, path)), not_null});
    }
    active_.resize(active);
    return columns;
  }

 private:
  [[noreturn]] static void Fail(const std::string& path, std::string what, std::string hint = "") {
    throw SchemaError{path.empty() ? "/" : path, std::move(what), std::move(hint)};
  }

  static std::string PathOf(const std::string& path, std::string property) {
    for (size_t i = 0; i < property.size(); i++) {  // RFC 6901
      if (property[i] == '~') property.replace(i++, 1, "~0");
      if (property[i] == '/') property.replace(i++, 1, "~1");
    }
    return path + "/properties/" + property;
  }

  // A value within `shape` must not be of a schema that the shape was made of: that would go on for ever. Result: what
  // active_ is cut to once its values are done.
  size_t Enter(const Shape& shape) {
    const size_t before = active_.size();
    active_.insert(active_.end(), shape.refs.begin(), shape.refs.end());
    return before;
  }

  Shape ShapeOf(const Schemas& schemas, const std::string& path) {
    Shape shape;
    for (const ordered_json* schema : schemas) Gather(*schema, path, &shape);
    // Last: what a choice adds shows only beside everything else.
    for (size_t i = 0; i < shape.choices.size(); i++) GatherChoice(shape.choices[i], path, &shape);
    if (shape.kinds == kAnything && !shape.properties.empty()) shape.kinds = kObject | kNull;
    if (shape.kinds == kAnything && !shape.items.empty()) shape.kinds = kArray | kNull;
    return shape;
  }

  void Gather(const ordered_json& schema, const std::string& path, Shape* shape) {
    if (schema.is_boolean()) {
      if (!schema.get<bool>()) shape->kinds = kNull;  // nothing fits: the field is never there
      return;
    }
    if (!schema.is_object()) Fail(path, "a schema has to be an object, true or false");
    if (++schemas_ > kMaxSchemas) Fail(path, "it is made up of more than 20,000 schemas");
    if (++depth_ > kMaxDepth) Fail(path, "it is nested more than 100 deep");
    if (const ordered_json* ref = Find(schema, "$ref")) GatherRef(*ref, path, shape);
    GatherKinds(schema, path, shape);
    GatherObject(schema, path, shape);
    GatherArray(schema, shape);
    if (const ordered_json* all = Find(schema, "allOf")) {
      for (const ordered_json& part : ListOf(*all, "allOf", path)) Gather(part, path, shape);
    }
    for (const char* keyword : {"oneOf", "anyOf"}) {
      const ordered_json* choice = Find(schema, keyword);
      if (choice && !ListOf(*choice, keyword, path).empty()) shape->choices.push_back({choice, gathering_});
    }
    depth_--;
  }

  static const ordered_json& ListOf(const ordered_json& value, const std::string& keyword, const std::string& path) {
    if (!value.is_array()) Fail(path, keyword + " has to be an array of schemas");
    return value;
  }

  void GatherRef(const ordered_json& ref, const std::string& path, Shape* shape) {
    if (!ref.is_string()) Fail(path, "$ref has to be a string");
    const ordered_json& target = Resolve(ref.get<std::string>(), path);
    const auto within = [&](const Schemas& schemas) {
      return std::find(schemas.begin(), schemas.end(), &target) != schemas.end();
    };
    if (&target == &document_ || within(active_) || within(gathering_)) {
      Fail(path, "through $ref \"" + ref.get<std::string>() + "\" the schema contains itself, so its type has no end",
           "Declare the table's columns, with JSON for what contains itself");
    }
    shape->refs.push_back(&target);
    gathering_.push_back(&target);
    Gather(target, path, shape);
    gathering_.pop_back();
  }

  const ordered_json& Resolve(std::string ref, const std::string& path) const {
    const std::string written = ref;
    for (const char* keyword : {"$id", "id"}) {
      const ordered_json* id = Find(document_, keyword);
      if (id && id->is_string() && !id->get<std::string>().empty() && ref.starts_with(id->get<std::string>()))
        ref.erase(0, id->get<std::string>().size());
    }
    if (ref == "#") return document_;
    try {
      // A JSON pointer within a URI is percent-encoded: "%24defs" is "$defs".
      const std::string pointer = ref.substr(std::min<size_t>(1, ref.size()));
      if (ref.starts_with("#/")) {
        return document_.at(ordered_json::json_pointer(PercentDecode(pointer, Plus::kIsPlus).value_or(pointer)));
      }
    } catch (const ordered_json::exception&) {
      Fail(path, "$ref \"" + written + "\" names nothing in this schema");
    }
    Fail(path, "$ref \"" + written + "\" is no path within this schema, such as \"#/$defs/address\"",
         "Put what it names under $defs");
  }

  void GatherKinds(const ordered_json& schema, const std::string& path, Shape* shape) {
    if (const ordered_json* type = Find(schema, "type")) {
      unsigned kinds = 0;
      if (type->is_array()) {
        for (const ordered_json& one : *type) kinds |= NamedKind(one, path);
      } else {
        kinds = NamedKind(*type, path);
      }
      shape->kinds &= kinds;
    }
    if (const ordered_json* values = Find(schema, "enum")) {
      unsigned kinds = 0;
      for (const ordered_json& value : ListOf(*values, "enum", path)) kinds |= KindOf(value);
      shape->kinds &= kinds;
    }
    if (const ordered_json* value = Find(schema, "const")) shape->kinds &= KindOf(*value);
    const auto text = [&](const char* keyword, std::string* to) {
      const ordered_json* value = Find(schema, keyword);
      if (value && value->is_string()) *to = value->get<std::string>();
    };
    text("format", &shape->format);
    text("contentEncoding", &shape->encoding);
    for (const char* keyword : {"minimum", "maximum"}) {
      const ordered_json* bound = Find(schema, keyword);
      if (!bound || !bound->is_number()) continue;
      const auto value = bound->get<double>();
      shape->wide |= value > 0x1p63 || value < -0x1p63;
    }
  }

  static unsigned NamedKind(const ordered_json& type, const std::string& path) {
    for (const auto& [name, kinds] : kTypes) {
      if (type.is_string() && type.get<std::string>() == name) return kinds;
    }
    Fail(path, "there is no type " + type.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  }

  void GatherObject(const ordered_json& schema, const std::string& path, Shape* shape) {
    if (const ordered_json* properties = Find(schema, "properties")) {
      if (!properties->is_object()) Fail(path, "properties has to be an object");
      for (const auto& [name, value] : properties->items()) {
        if (Schemas* known = shape->Property(name)) {
          known->push_back(&value);
        } else {
          shape->properties.push_back({name, {&value}});
        }
      }
    }
    const ordered_json* required = Find(schema, "required");
    if (required && required->is_array()) {  // in draft 3 it was a boolean, of each property
      for (const ordered_json& name : *required) {
        if (name.is_string()) shape->required.insert(name.get<std::string>());
      }
    }
    const ordered_json* others = Find(schema, "additionalProperties");
    if (others && others->is_object() && !others->empty()) shape->others.push_back(others);
    const ordered_json* patterns = Find(schema, "patternProperties");
    shape->mixed |= patterns && patterns->is_object() && !patterns->empty();
  }

  static void GatherArray(const ordered_json& schema, Shape* shape) {
    const ordered_json* items = Find(schema, "items");
    if (items && items->is_object()) shape->items.push_back(items);
    // Of each place a schema of its own: an array until draft 2019-09, prefixItems since.
    shape->mixed |= (items && items->is_array()) || Find(schema, "prefixItems");
  }

  void GatherChoice(Choice choice, const std::string& path, Shape* shape) {
    if (++depth_ > kMaxDepth) Fail(path, "it is nested more than 100 deep");
    gathering_.swap(choice.within);
    unsigned kinds = 0;
    Schemas beside_null;
    bool adds = false;
    for (const ordered_json& branch : *choice.branches) {
      Shape one;
      Gather(branch, path, &one);
      for (size_t i = 0; i < one.choices.size(); i++) GatherChoice(one.choices[i], path, &one);
      kinds |= one.kinds;
      if (one.kinds != kNull) beside_null.push_back(&branch);
      adds |= one.mixed || !one.others.empty() || !one.items.empty();
      for (const auto& [name, schemas] : one.properties) adds |= shape->Property(name) == nullptr;
    }
    kinds &= shape->kinds;
    if (beside_null.size() == 1) {
      Gather(*beside_null[0], path, shape);
    } else {
      shape->mixed |= adds;
    }
    shape->kinds = kinds;
    gathering_.swap(choice.within);
    depth_--;
  }

  // All of `schemas` together.
  LogicalType TypeOf(const Schemas& schemas, const std::string& path) { return TypeOf(ShapeOf(schemas, path), path); }

  LogicalType TypeOf(const Shape& shape, const std::string& path) {
    if (++depth_ > kMaxDepth) Fail(path, "it is nested more than 100 deep");
    const auto active = Enter(shape);
    LogicalType type = LogicalType::JSON();
    switch (shape.kinds & ~kNull) {
      case kBoolean:
        type = LogicalType::BOOLEAN;
        break;
      case kInteger:
        type = shape.wide ? LogicalType::HUGEINT : LogicalType::BIGINT;
        break;
      case kFraction:
      case kInteger | kFraction:
        type = LogicalType::DOUBLE;
        break;
      case kString:
        type = TypeOfString(shape);
        break;
      case kArray:
        if (!shape.mixed)
          type = LogicalType::LIST(shape.items.empty() ? LogicalType::JSON() : TypeOf(shape.items, path + "/items"));
        break;
      case kObject:
        if (!shape.mixed) type = TypeOfObject(shape, path);
        break;
      default:
        break;
    }
    active_.resize(active);
    depth_--;
    return type;
  }

  static LogicalType TypeOfString(const Shape& shape) {
    if (EqualUpToCase(shape.encoding, "base64")) return LogicalType::BLOB;
    if (shape.format == "date") return LogicalType::DATE;
    if (shape.format == "date-time") return LogicalType::TIMESTAMP;
    if (shape.format == "time") return LogicalType::TIME;
    if (shape.format == "uuid") return LogicalType::UUID;
    return LogicalType::VARCHAR;
  }

  LogicalType TypeOfObject(const Shape& shape, const std::string& path) {
    if (shape.properties.empty()) {
      return shape.others.empty()
                 ? LogicalType::JSON()
                 : LogicalType::MAP(LogicalType::VARCHAR, TypeOf(shape.others, path + "/additionalProperties"));
    }
    if (!shape.others.empty()) return LogicalType::JSON();  // a STRUCT would leave fields out that have a type
    duckdb::child_list_t<LogicalType> fields;
    for (const auto& [name, schemas] : shape.properties) {
      // STRUCT does not tell names apart by their case.
      for (const auto& [other, type] : fields) {
        if (EqualUpToCase(other, name)) return LogicalType::JSON();
      }
      if (name.empty()) return LogicalType::JSON();
      fields.emplace_back(name, TypeOf(schemas, PathOf(path, name)));
    }
    return LogicalType::STRUCT(std::move(fields));
  }

  const ordered_json& document_;
  Schemas active_;     // what the schemas above the one at hand were made of by $ref
  Schemas gathering_;  // what $ref names on the way to the one at hand, within the shape
  int depth_ = 0;
  size_t schemas_ = 0;
};

}  // namespace

Result<Schema> ColumnsOfJsonSchema(std::string_view text) {
  try {
    if (NestingOf(text) > kMaxTextDepth) throw SchemaError{"/", "it is nested more than 100 deep", ""};
    const ordered_json document = ordered_json::parse(text);
    return Reader(document).Columns();
  } catch (const SchemaError& error) {
    return Status::User("the JSON Schema gives no columns: at " + error.path + ": " + error.what, error.hint);
  } catch (const ordered_json::exception& error) {
    const std::string what = error.what();  // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
    return Status::User("the JSON Schema is not valid JSON: " + what.substr(what.find("] ") + 2));
  }
}

}  // namespace laminar
