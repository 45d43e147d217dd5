#include "formats/json/json_schema_writer.h"

#include <nlohmann/json.hpp>

#include "duckdb/common/types.hpp"

namespace laminar {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using nlohmann::ordered_json;

class SchemaMaker {
 public:
  explicit SchemaMaker(JsonTimestampFormat timestamps) : timestamps_(timestamps) {}

  // Of a value that is null where it is NULL.
  ordered_json OrNull(const LogicalType& type) const {
    ordered_json schema = Of(type);
    const auto name = schema.find("type");
    if (name != schema.end() && name->is_string()) *name = ordered_json::array({*name, "null"});
    return schema;
  }

  ordered_json Of(const LogicalType& type) const {
    if (type.IsJSONType()) return ordered_json::object();
    switch (type.id()) {
      case LogicalTypeId::BOOLEAN:
        return {{"type", "boolean"}};
      case LogicalTypeId::TINYINT:
      case LogicalTypeId::SMALLINT:
      case LogicalTypeId::INTEGER:
      case LogicalTypeId::BIGINT:
      case LogicalTypeId::HUGEINT:
      case LogicalTypeId::UTINYINT:
      case LogicalTypeId::USMALLINT:
      case LogicalTypeId::UINTEGER:
      case LogicalTypeId::UBIGINT:
      case LogicalTypeId::UHUGEINT:
        return {{"type", "integer"}};
      case LogicalTypeId::DECIMAL:
        return {{"type", "number"}};
      case LogicalTypeId::FLOAT:
      case LogicalTypeId::DOUBLE:  // NaN and infinity are null
        return {{"type", ordered_json::array({"number", "null"})}};
      case LogicalTypeId::TIMESTAMP:
      case LogicalTypeId::TIMESTAMP_SEC:
      case LogicalTypeId::TIMESTAMP_MS:
      case LogicalTypeId::TIMESTAMP_NS:
      case LogicalTypeId::TIMESTAMP_TZ:
        return Time();
      case LogicalTypeId::BLOB:
        return {{"type", "string"}, {"contentEncoding", "base64"}};
      case LogicalTypeId::LIST:
        return {{"type", "array"}, {"items", OrNull(duckdb::ListType::GetChildType(type))}};
      case LogicalTypeId::ARRAY:
        return {{"type", "array"}, {"items", OrNull(duckdb::ArrayType::GetChildType(type))}};
      case LogicalTypeId::MAP:
        return {{"type", "object"}, {"additionalProperties", OrNull(duckdb::MapType::ValueType(type))}};
      case LogicalTypeId::STRUCT: {
        ordered_json fields = ordered_json::object();
        for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type)) fields[name] = OrNull(child);
        return {{"type", "object"}, {"properties", std::move(fields)}};
      }
      default:  // as DuckDB's text
        return {{"type", "string"}};
    }
  }

 private:
  ordered_json Time() const {
    switch (timestamps_) {
      case JsonTimestampFormat::kAuto:
      case JsonTimestampFormat::kRfc3339:
        return {{"type", "string"}, {"format", "date-time"}};
      case JsonTimestampFormat::kSql:
        return {{"type", "string"}};
      default:
        return {{"type", "number"}};
    }
  }

  const JsonTimestampFormat timestamps_;
};

}  // namespace

std::string JsonSchemaOf(const Schema& columns, JsonTimestampFormat timestamps) {
  const SchemaMaker maker(timestamps);
  ordered_json properties = ordered_json::object(), required = ordered_json::array();
  for (const Column& column : columns) {
    properties[column.name] = column.not_null ? maker.Of(*column.type) : maker.OrNull(*column.type);
    required.push_back(column.name);
  }
  const ordered_json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                               {"type", "object"},
                               {"properties", std::move(properties)},
                               {"required", std::move(required)}};
  return schema.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace laminar
