// A named type may be used before the definition that contains it is complete (a list of itself), so a definition's
// node exists, and is known by name, before its fields are parsed. The Parsing Canonical Form is written on the same
// walk: a name that was defined before stands for its type there too.
#include "formats/avro/avro_schema.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>
#include <utility>

namespace laminar {

using nlohmann::json;

namespace {

constexpr int kMaxSchemaDepth = 64;
constexpr size_t kMaxSchemaNodes = 20000;
constexpr uint64_t kMaxFixedBytes = 1 << 20;

constexpr std::pair<std::string_view, AvroType> kPrimitives[] = {
    {"null", AvroType::kNull},   {"boolean", AvroType::kBoolean}, {"int", AvroType::kInt},
    {"long", AvroType::kLong},   {"float", AvroType::kFloat},     {"double", AvroType::kDouble},
    {"bytes", AvroType::kBytes}, {"string", AvroType::kString},
};

// A logical type, the type that it stands at, and its name.
struct LogicalName {
  std::string_view name;
  AvroType type;
  AvroLogical logical;
};
constexpr LogicalName kLogicals[] = {
    {"date", AvroType::kInt, AvroLogical::kDate},
    {"time-millis", AvroType::kInt, AvroLogical::kTimeMillis},
    {"time-micros", AvroType::kLong, AvroLogical::kTimeMicros},
    {"timestamp-millis", AvroType::kLong, AvroLogical::kTimestampMillis},
    {"timestamp-micros", AvroType::kLong, AvroLogical::kTimestampMicros},
    {"timestamp-nanos", AvroType::kLong, AvroLogical::kTimestampNanos},
    {"local-timestamp-millis", AvroType::kLong, AvroLogical::kLocalTimestampMillis},
    {"local-timestamp-micros", AvroType::kLong, AvroLogical::kLocalTimestampMicros},
    {"local-timestamp-nanos", AvroType::kLong, AvroLogical::kLocalTimestampNanos},
    {"decimal", AvroType::kBytes, AvroLogical::kDecimal},
    {"decimal", AvroType::kFixed, AvroLogical::kDecimal},
    {"uuid", AvroType::kString, AvroLogical::kUuid},
    {"uuid", AvroType::kFixed, AvroLogical::kUuid},
    {"duration", AvroType::kFixed, AvroLogical::kDuration},
};

bool IsPart(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool IsFullName(std::string_view name) {
  for (;;) {
    const size_t dot = name.find('.');
    if (!IsPart(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

std::string Quote(const std::string& text) {
  return json(text).dump();
}

// Digits that a signed number of so many bytes holds at least.
int DigitsOf(uint64_t bytes) {
  return static_cast<int>(static_cast<double>(bytes * 8 - 1) * 0.30102999566398120);
}

}  // namespace

// Throws SchemaError; Parse() catches it.
class AvroSchemaParser {
 public:
  explicit AvroSchemaParser(AvroSchema* schema) : schema_(schema) {}

  void Run(std::string_view text) {
    const json parsed = json::parse(text, nullptr, false);
    if (parsed.is_discarded()) throw SchemaError{"it is no valid JSON"};
    const AvroNode* node = ParseType(parsed, "", 0);
    schema_->fingerprint_ = AvroFingerprint(canonical_);
    if (node->type == AvroType::kRecord) {
      schema_->root_ = node;
      return;
    }
    AvroNode* record = NewNode(AvroType::kRecord);
    record->name = "value";
    record->fields.push_back({"value", {}, node, std::nullopt});
    record->min_bytes = node->min_bytes;
    schema_->root_ = record;
  }

  struct SchemaError {
    std::string what;
  };

 private:
  AvroNode* NewNode(AvroType type) {
    if (schema_->nodes_.size() >= kMaxSchemaNodes) throw SchemaError{"it has more than 20,000 types"};
    schema_->nodes_.push_back(std::make_unique<AvroNode>());
    schema_->nodes_.back()->type = type;
    return schema_->nodes_.back().get();
  }

  const AvroNode* ParseType(const json& value, const std::string& space, int depth) {
    if (depth > kMaxSchemaDepth) throw SchemaError{"its types are nested more than 64 deep"};
    if (value.is_string()) return ParseName(value.get<std::string>(), space);
    if (value.is_array()) return ParseUnion(value, space, depth);
    if (!value.is_object()) throw SchemaError{"a type is neither a name, nor an object, nor an array of types"};
    const auto type = value.find("type");
    if (type == value.end()) throw SchemaError{"an object has no \"type\""};
    if (!type->is_string()) return ParseType(*type, space, depth + 1);
    const auto& name = type->get_ref<const std::string&>();
    if (name == "array" || name == "map") return ParseCollection(value, name, space, depth);
    if (name == "record" || name == "error" || name == "enum" || name == "fixed")
      return ParseNamed(value, name, space, depth);
    const auto primitive = FindPrimitive(name);
    if (!primitive) return ParseName(name, space);
    AvroNode* node = NewPrimitive(*primitive);
    canonical_ += Quote(name);
    ReadLogical(value, node);
    return node;
  }

  static std::optional<AvroType> FindPrimitive(std::string_view name) {
    for (const auto& [text, type] : kPrimitives) {
      if (text == name) return type;
    }
    return std::nullopt;
  }

  AvroNode* NewPrimitive(AvroType type) {
    AvroNode* node = NewNode(type);
    node->min_bytes = type == AvroType::kNull ? 0 : type == AvroType::kFloat ? 4 : type == AvroType::kDouble ? 8 : 1;
    return node;
  }

  const AvroNode* ParseName(const std::string& name, const std::string& space) {
    if (const auto primitive = FindPrimitive(name)) {
      canonical_ += Quote(name);
      return NewPrimitive(*primitive);
    }
    auto found = named_.find(FullName(name, space));
    if (found == named_.end()) found = named_.find(name);
    if (found == named_.end()) throw SchemaError{"the type \"" + name + "\" is not defined before its use"};
    canonical_ += Quote(found->first);
    return found->second;
  }

  static std::string FullName(const std::string& name, const std::string& space) {
    return name.find('.') != std::string::npos || space.empty() ? name : space + "." + name;
  }

  const AvroNode* ParseUnion(const json& value, const std::string& space, int depth) {
    AvroNode* node = NewNode(AvroType::kUnion);
    node->min_bytes = 1;
    std::set<std::string> kinds;
    canonical_ += '[';
    for (const json& branch : value) {
      if (!node->children.empty()) canonical_ += ',';
      const AvroNode* child = ParseType(branch, space, depth + 1);
      if (child->type == AvroType::kUnion) throw SchemaError{"a union is directly within a union"};
      const std::string kind = child->name.empty() ? std::to_string(static_cast<int>(child->type)) : child->name;
      if (!kinds.insert(kind).second)
        throw SchemaError{"a union has two branches of the type " + DescribeAvroType(*child)};
      node->children.push_back(child);
    }
    if (node->children.empty()) throw SchemaError{"a union has no branches"};
    canonical_ += ']';
    return node;
  }

  const AvroNode* ParseCollection(const json& value, const std::string& type, const std::string& space, int depth) {
    const char* const key = type == "array" ? "items" : "values";
    const auto child = value.find(key);
    if (child == value.end()) throw SchemaError{"an " + type + " has no \"" + key + "\""};
    AvroNode* node = NewNode(type == "array" ? AvroType::kArray : AvroType::kMap);
    node->min_bytes = 1;
    canonical_ += "{\"type\":\"" + type + "\",\"" + key + "\":";
    node->children.push_back(ParseType(*child, space, depth + 1));
    canonical_ += '}';
    return node;
  }

  static std::string StringOf(const json& value, const char* key, const std::string& of) {
    const auto found = value.find(key);
    if (found == value.end() || !found->is_string()) throw SchemaError{of + " has no \"" + key + "\""};
    return found->get<std::string>();
  }

  static std::vector<std::string> AliasesOf(const json& value) {
    std::vector<std::string> aliases;
    const auto found = value.find("aliases");
    if (found == value.end() || !found->is_array()) return aliases;
    for (const json& alias : *found) {
      if (alias.is_string()) aliases.push_back(alias.get<std::string>());
    }
    return aliases;
  }

  const AvroNode* ParseNamed(const json& value, const std::string& type, const std::string& outer, int depth) {
    std::string name = StringOf(value, "name", "a type \"" + type + "\"");
    std::string space = outer;
    if (const size_t dot = name.rfind('.'); dot != std::string::npos) {
      space = name.substr(0, dot);
    } else {
      if (const auto own = value.find("namespace"); own != value.end() && own->is_string())
        space = own->get<std::string>();
      name = FullName(name, space);
    }
    if (!IsFullName(name)) throw SchemaError{"\"" + name + "\" cannot be the name of a type"};
    AvroNode* node = NewNode(type == "enum" ? AvroType::kEnum : type == "fixed" ? AvroType::kFixed : AvroType::kRecord);
    node->name = name;
    for (const std::string& alias : AliasesOf(value)) node->aliases.push_back(FullName(alias, space));
    if (!named_.emplace(name, node).second) throw SchemaError{"the type \"" + name + "\" is defined twice"};
    canonical_ += "{\"name\":" + Quote(name) + ",\"type\":";
    if (node->type == AvroType::kEnum) {
      ReadSymbols(value, node);
    } else if (node->type == AvroType::kFixed) {
      ReadSize(value, node);
    } else {
      ReadFields(value, space, depth, node);
    }
    ReadLogical(value, node);
    canonical_ += '}';
    return node;
  }

  void ReadSymbols(const json& value, AvroNode* node) {
    const auto symbols = value.find("symbols");
    if (symbols == value.end() || !symbols->is_array())
      throw SchemaError{"the enum " + node->name + " has no \"symbols\""};
    std::set<std::string> known;
    canonical_ += "\"enum\",\"symbols\":[";
    for (const json& symbol : *symbols) {
      if (!symbol.is_string() || !IsPart(symbol.get_ref<const std::string&>()))
        throw SchemaError{"the enum " + node->name + " has a symbol that is no name"};
      canonical_ += (node->symbols.empty() ? "" : ",") + Quote(symbol);
      node->symbols.push_back(symbol);
      if (!known.insert(symbol).second)
        throw SchemaError{"the enum " + node->name + " has the symbol " + node->symbols.back() + " twice"};
    }
    canonical_ += ']';
    node->min_bytes = 1;
    const auto fallback = value.find("default");
    if (fallback == value.end()) return;
    const auto found = std::find(node->symbols.begin(), node->symbols.end(),
                                 fallback->is_string() ? fallback->get<std::string>() : std::string());
    if (found == node->symbols.end())
      throw SchemaError{"the default of the enum " + node->name + " is none of its symbols"};
    node->enum_default = static_cast<uint32_t>(found - node->symbols.begin());
  }

  void ReadSize(const json& value, AvroNode* node) {
    const auto size = value.find("size");
    if (size == value.end() || !size->is_number_unsigned() || size->get<uint64_t>() > kMaxFixedBytes)
      throw SchemaError{"the fixed " + node->name + " has no \"size\" from 0 to 1,048,576"};
    node->size = node->min_bytes = *size;
    canonical_ += "\"fixed\",\"size\":" + std::to_string(node->size);
  }

  void ReadFields(const json& value, const std::string& space, int depth, AvroNode* node) {
    const auto fields = value.find("fields");
    if (fields == value.end() || !fields->is_array())
      throw SchemaError{"the record " + node->name + " has no \"fields\""};
    std::set<std::string> known;
    canonical_ += "\"record\",\"fields\":[";
    for (const json& declared : *fields) {
      AvroField field;
      field.name = StringOf(declared, "name", "a field of the record " + node->name);
      if (!known.insert(field.name).second)
        throw SchemaError{"the record " + node->name + " has the field " + field.name + " twice"};
      const auto type = declared.find("type");
      if (type == declared.end()) throw SchemaError{"the field " + field.name + " has no \"type\""};
      field.aliases = AliasesOf(declared);
      if (const auto fallback = declared.find("default"); fallback != declared.end())
        field.default_json = fallback->dump(-1, ' ', false, json::error_handler_t::replace);
      canonical_ += (node->fields.empty() ? "{\"name\":" : ",{\"name\":") + Quote(field.name) + ",\"type\":";
      field.type = ParseType(*type, space, depth + 1);
      canonical_ += '}';
      node->min_bytes = std::min(node->min_bytes + field.type->min_bytes, kMaxFixedBytes);
      node->fields.push_back(std::move(field));
    }
    canonical_ += ']';
  }

  static void ReadLogical(const json& value, AvroNode* node) {
    const auto name = value.find("logicalType");
    if (name == value.end() || !name->is_string()) return;
    for (const LogicalName& known : kLogicals) {
      if (known.type != node->type || known.name != name->get_ref<const std::string&>()) continue;
      if (known.logical == AvroLogical::kDuration && node->size != 12) return;
      if (known.logical == AvroLogical::kUuid && node->type == AvroType::kFixed && node->size != 16) return;
      if (known.logical == AvroLogical::kDecimal && !ReadDecimal(value, node)) return;
      node->logical = known.logical;
      return;
    }
  }

  static bool ReadDecimal(const json& value, AvroNode* node) {
    const auto precision = value.find("precision"), scale = value.find("scale");
    if (precision == value.end() || !precision->is_number_unsigned() || *precision > 1'000'000 || *precision < 1)
      return false;
    if (scale != value.end() && (!scale->is_number_unsigned() || *scale > *precision)) return false;
    if (node->type == AvroType::kFixed && (node->size == 0 || *precision > DigitsOf(node->size))) return false;
    node->precision = precision->get<int>();
    node->scale = scale == value.end() ? 0 : scale->get<int>();
    return true;
  }

  AvroSchema* const schema_;
  std::unordered_map<std::string, const AvroNode*> named_;
  std::string canonical_;
};

Result<std::shared_ptr<const AvroSchema>> AvroSchema::Parse(std::string_view text) {
  auto schema = std::make_shared<AvroSchema>();
  schema->text_ = text;
  try {
    AvroSchemaParser(schema.get()).Run(text);
  } catch (const AvroSchemaParser::SchemaError& error) {
    return Status::User("the Avro schema is not valid: " + error.what);
  } catch (const std::exception& error) {  // a value of JSON is not of the type that it must have
    return Status::User(std::string("the Avro schema is not valid: ") + error.what());
  }
  return std::shared_ptr<const AvroSchema>(std::move(schema));
}

std::string DescribeAvroType(const AvroNode& node) {
  static constexpr const char* kNames[] = {"null",   "boolean", "int",  "long",  "float", "double", "bytes",
                                           "string", "fixed",   "enum", "array", "map",   "record", "union"};
  std::string text = kNames[static_cast<size_t>(node.type)];
  if (!node.name.empty()) text += " " + node.name;
  if (node.type == AvroType::kArray || node.type == AvroType::kMap) {
    text += " of " + DescribeAvroType(*node.children[0]);
  } else if (node.type == AvroType::kUnion) {
    for (size_t i = 0; i < node.children.size(); i++)
      text += (i == 0 ? " of " : ", ") + DescribeAvroType(*node.children[i]);
  }
  if (node.logical == AvroLogical::kDecimal) {
    return text + " (decimal(" + std::to_string(node.precision) + "," + std::to_string(node.scale) + "))";
  }
  for (const LogicalName& known : kLogicals) {
    if (node.logical == known.logical) return text + " (" + std::string(known.name) + ")";
  }
  return text;
}

uint64_t AvroFingerprint(std::string_view bytes) {
  constexpr uint64_t kEmpty = 0xC15D213AA4D7A795;
  static constexpr auto kTable = [] {
    std::array<uint64_t, 256> table{};
    for (uint64_t i = 0; i < 256; i++) {
      uint64_t value = i;
      for (int bit = 0; bit < 8; bit++) value = (value >> 1) ^ (kEmpty & (0 - (value & 1)));
      table[i] = value;
    }
    return table;
  }();
  uint64_t hash = kEmpty;
  for (const char c : bytes) hash = (hash >> 8) ^ kTable[(hash ^ static_cast<unsigned char>(c)) & 0xFF];
  return hash;
}

}  // namespace laminar
