#include "formats/avro/avro_columns.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "duckdb/common/types.hpp"

#include "formats/json/json_kind.h"

namespace laminar {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using nlohmann::ordered_json;

namespace {

// `within`: the records that contain this type.
LogicalType TypeOf(const AvroNode& node, std::set<const AvroNode*>* within);

LogicalType TypeOfLogical(const AvroNode& node) {
  switch (node.logical) {
    case AvroLogical::kDate:
      return LogicalType::DATE;
    case AvroLogical::kTimeMillis:
    case AvroLogical::kTimeMicros:
      return LogicalType::TIME;
    case AvroLogical::kTimestampNanos:
    case AvroLogical::kLocalTimestampNanos:
      return LogicalType::TIMESTAMP_NS;
    case AvroLogical::kDecimal:
      return node.precision > 38
                 ? LogicalType::VARCHAR
                 : LogicalType::DECIMAL(static_cast<uint8_t>(node.precision), static_cast<uint8_t>(node.scale));
    case AvroLogical::kUuid:
      return LogicalType::UUID;
    case AvroLogical::kDuration:
      return LogicalType::INTERVAL;
    default:
      return LogicalType::TIMESTAMP;
  }
}

LogicalType TypeOfRecord(const AvroNode& node, std::set<const AvroNode*>* within) {
  if (node.fields.empty() || !within->insert(&node).second) return LogicalType::JSON();
  duckdb::child_list_t<LogicalType> fields;
  bool no_struct = false;
  for (const AvroField& field : node.fields) {
    fields.emplace_back(field.name, TypeOf(*field.type, within));
    // STRUCT does not tell names apart by their case.
    for (size_t i = 0; i + 1 < fields.size(); i++)
      no_struct |= duckdb::StringUtil::CIEquals(fields[i].first, field.name);
  }
  within->erase(&node);
  return no_struct ? LogicalType::JSON() : LogicalType::STRUCT(std::move(fields));
}

LogicalType TypeOf(const AvroNode& node, std::set<const AvroNode*>* within) {
  if (node.logical != AvroLogical::kNone) return TypeOfLogical(node);
  switch (node.type) {
    case AvroType::kBoolean:
      return LogicalType::BOOLEAN;
    case AvroType::kInt:
      return LogicalType::INTEGER;
    case AvroType::kLong:
      return LogicalType::BIGINT;
    case AvroType::kFloat:
      return LogicalType::FLOAT;
    case AvroType::kDouble:
      return LogicalType::DOUBLE;
    case AvroType::kBytes:
    case AvroType::kFixed:
      return LogicalType::BLOB;
    case AvroType::kArray:
      return LogicalType::LIST(TypeOf(*node.children[0], within));
    case AvroType::kMap:
      return LogicalType::MAP(LogicalType::VARCHAR, TypeOf(*node.children[0], within));
    case AvroType::kRecord:
      return TypeOfRecord(node, within);
    case AvroType::kUnion: {
      const AvroNode* only = nullptr;
      for (const AvroNode* branch : node.children) {
        if (branch->type == AvroType::kNull) continue;
        if (only != nullptr) return LogicalType::JSON();
        only = branch;
      }
      return only ? TypeOf(*only, within) : LogicalType::VARCHAR;
    }
    default:  // string, enum, null
      return LogicalType::VARCHAR;
  }
}

bool IsAvroName(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

Status CheckName(const std::string& name) {
  if (IsAvroName(name)) return Status::Ok();
  return Status::User("\"" + name + "\" cannot be the name of an Avro field",
                      "Give it a name of letters, digits and '_', with AS in the query, or cast the value to JSON");
}

ordered_json Logical(const char* type, const char* logical) {
  return {{"type", type}, {"logicalType", logical}};
}

// Makes a schema. path: where a type stands; its records and enums are named after it.
class SchemaMaker {
 public:
  Result<ordered_json> SchemaOfField(const std::string& name, const LogicalType& type, const std::string& path,
                                     bool not_null) {
    RETURN_IF_ERROR(CheckName(name));
    ASSIGN_OR_RETURN(ordered_json inner, SchemaOfType(type, path + "_" + name));
    if (not_null) return ordered_json{{"name", name}, {"type", std::move(inner)}};
    return ordered_json{
        {"name", name}, {"type", ordered_json::array({"null", std::move(inner)})}, {"default", nullptr}};
  }

 private:
  // Two paths may be the same text: the field a_b, and b in a.
  std::string NewName(const std::string& path) {
    std::string name = path;
    for (int i = 2; !names_.insert(name).second; i++) name = path + "_" + std::to_string(i);
    return name;
  }

  Result<ordered_json> Nullable(const LogicalType& type, const std::string& path) {
    ASSIGN_OR_RETURN(ordered_json inner, SchemaOfType(type, path));
    return ordered_json::array({"null", std::move(inner)});
  }

  Result<ordered_json> SchemaOfMap(const LogicalType& type, const std::string& path) {
    const LogicalType& key = duckdb::MapType::KeyType(type);
    const LogicalType& value = duckdb::MapType::ValueType(type);
    if (key.id() == LogicalTypeId::VARCHAR) {
      ASSIGN_OR_RETURN(ordered_json values, Nullable(value, path + "_value"));
      return ordered_json{{"type", "map"}, {"values", std::move(values)}};
    }
    ordered_json entry = {{"type", "record"}, {"name", NewName(path + "_entry")}, {"fields", ordered_json::array()}};
    ASSIGN_OR_RETURN(ordered_json key_field, SchemaOfField("key", key, path, true));
    ASSIGN_OR_RETURN(ordered_json value_field, SchemaOfField("value", value, path, false));
    entry["fields"].push_back(std::move(key_field));
    entry["fields"].push_back(std::move(value_field));
    return ordered_json{{"type", "array"}, {"items", std::move(entry)}};
  }

  ordered_json SchemaOfEnum(const LogicalType& type, const std::string& path) {
    ordered_json symbols = ordered_json::array();
    for (uint64_t i = 0; i < duckdb::EnumType::GetSize(type); i++) {
      const std::string symbol = duckdb::EnumType::GetString(type, i).GetString();
      if (!IsAvroName(symbol)) return "string";
      symbols.push_back(symbol);
    }
    return {{"type", "enum"}, {"name", NewName(path)}, {"symbols", std::move(symbols)}};
  }

  Result<ordered_json> SchemaOfType(const LogicalType& type, const std::string& path) {
    const JsonShape shape = JsonShapeOf(type);
    switch (shape.kind) {
      case JsonKind::kBoolean:
        return ordered_json("boolean");
      case JsonKind::kInt8:
      case JsonKind::kInt16:
      case JsonKind::kInt32:
      case JsonKind::kUInt8:
      case JsonKind::kUInt16:
        return ordered_json("int");
      case JsonKind::kInt64:
      case JsonKind::kUInt32:
        return ordered_json("long");
      case JsonKind::kUInt64:
      case JsonKind::kInt128: {
        ordered_json decimal = Logical("bytes", "decimal");
        decimal["precision"] = shape.kind == JsonKind::kUInt64 ? 20 : 39;
        decimal["scale"] = 0;
        return decimal;
      }
      case JsonKind::kFloat:
        return ordered_json("float");
      case JsonKind::kDouble:
        return ordered_json("double");
      case JsonKind::kDecimal16:
      case JsonKind::kDecimal32:
      case JsonKind::kDecimal64:
      case JsonKind::kDecimal128: {
        ordered_json decimal = Logical("bytes", "decimal");
        decimal["precision"] = shape.width;
        decimal["scale"] = shape.scale;
        return decimal;
      }
      case JsonKind::kTimestampS:
      case JsonKind::kTimestampMs:
        return Logical("long", "timestamp-millis");
      case JsonKind::kTimestampUs:
        return Logical("long", "timestamp-micros");
      case JsonKind::kTimestampNs:
        return Logical("long", "timestamp-nanos");
      case JsonKind::kBlob:
        return ordered_json("bytes");
      case JsonKind::kUInt128:  // beyond what decimals here can hold
        return ordered_json("string");
      case JsonKind::kList:
      case JsonKind::kArray: {
        ASSIGN_OR_RETURN(ordered_json items, Nullable(shape.children[0], path + "_item"));
        return ordered_json{{"type", "array"}, {"items", std::move(items)}};
      }
      case JsonKind::kMap:
        return SchemaOfMap(type, path);
      case JsonKind::kStruct: {
        ordered_json record = {{"type", "record"}, {"name", NewName(path)}, {"fields", ordered_json::array()}};
        for (size_t i = 0; i < shape.names.size(); i++) {
          ASSIGN_OR_RETURN(ordered_json field, SchemaOfField(shape.names[i], shape.children[i], path, false));
          record["fields"].push_back(std::move(field));
        }
        return record;
      }
      default:
        break;
    }
    switch (type.id()) {
      case LogicalTypeId::DATE:
        return Logical("int", "date");
      case LogicalTypeId::TIME:
        return Logical("long", "time-micros");
      case LogicalTypeId::UUID:
        return Logical("string", "uuid");
      case LogicalTypeId::ENUM:
        return SchemaOfEnum(type, path);
      case LogicalTypeId::UNION:
      case LogicalTypeId::SQLNULL:
        return Status::User("the type " + TypeName(type) + " has no form in Avro",
                            "Cast it to JSON or TEXT in the query");
      default:  // as DuckDB's text
        return ordered_json("string");
    }
  }

  std::set<std::string> names_ = {"Row"};
};

}  // namespace

TypeRef ColumnTypeOf(const AvroNode& node) {
  std::set<const AvroNode*> within;
  return MakeType(TypeOf(node, &within));
}

Schema ColumnsOf(const AvroSchema& schema) {
  Schema columns;
  for (const AvroField& field : schema.root().fields) columns.push_back({field.name, ColumnTypeOf(*field.type), false});
  return columns;
}

Result<std::string> SchemaOf(const Schema& columns) {
  ordered_json record = {{"type", "record"}, {"name", "Row"}, {"fields", ordered_json::array()}};
  SchemaMaker maker;
  for (const Column& column : columns) {
    Result<ordered_json> field = maker.SchemaOfField(column.name, *column.type, "Row", column.not_null);
    if (!field.ok()) return Status(field.status()).WithContext("column " + column.name);
    record["fields"].push_back(std::move(field).value());
  }
  return record.dump();
}

}  // namespace laminar
