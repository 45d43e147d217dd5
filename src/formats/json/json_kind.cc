#include "formats/json/json_kind.h"

#include "duckdb/common/types.hpp"

namespace laminar {

namespace {

using duckdb::LogicalTypeId;

JsonKind DecimalKind(const duckdb::LogicalType& type) {
  switch (type.InternalType()) {
    case duckdb::PhysicalType::INT16:
      return JsonKind::kDecimal16;
    case duckdb::PhysicalType::INT32:
      return JsonKind::kDecimal32;
    case duckdb::PhysicalType::INT64:
      return JsonKind::kDecimal64;
    default:
      return JsonKind::kDecimal128;
  }
}

JsonKind KindOf(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::VARCHAR:
      return type.IsJSONType() ? JsonKind::kJson : JsonKind::kVarchar;
    case LogicalTypeId::BOOLEAN:
      return JsonKind::kBoolean;
    case LogicalTypeId::TINYINT:
      return JsonKind::kInt8;
    case LogicalTypeId::SMALLINT:
      return JsonKind::kInt16;
    case LogicalTypeId::INTEGER:
      return JsonKind::kInt32;
    case LogicalTypeId::BIGINT:
      return JsonKind::kInt64;
    case LogicalTypeId::HUGEINT:
      return JsonKind::kInt128;
    case LogicalTypeId::UTINYINT:
      return JsonKind::kUInt8;
    case LogicalTypeId::USMALLINT:
      return JsonKind::kUInt16;
    case LogicalTypeId::UINTEGER:
      return JsonKind::kUInt32;
    case LogicalTypeId::UBIGINT:
      return JsonKind::kUInt64;
    case LogicalTypeId::UHUGEINT:
      return JsonKind::kUInt128;
    case LogicalTypeId::FLOAT:
      return JsonKind::kFloat;
    case LogicalTypeId::DOUBLE:
      return JsonKind::kDouble;
    case LogicalTypeId::DECIMAL:
      return DecimalKind(type);
    case LogicalTypeId::TIMESTAMP_SEC:
      return JsonKind::kTimestampS;
    case LogicalTypeId::TIMESTAMP_MS:
      return JsonKind::kTimestampMs;
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
      return JsonKind::kTimestampUs;
    case LogicalTypeId::TIMESTAMP_NS:
      return JsonKind::kTimestampNs;
    case LogicalTypeId::BLOB:
      return JsonKind::kBlob;
    case LogicalTypeId::LIST:
      return JsonKind::kList;
    case LogicalTypeId::ARRAY:
      return JsonKind::kArray;
    case LogicalTypeId::MAP:
      return JsonKind::kMap;
    case LogicalTypeId::STRUCT:
      return JsonKind::kStruct;
    default:
      return JsonKind::kOther;
  }
}

}  // namespace

JsonShape::~JsonShape() = default;

JsonShape JsonShapeOf(const duckdb::LogicalType& type) {
  JsonShape shape;
  shape.kind = KindOf(type);
  switch (type.id()) {
    case LogicalTypeId::DECIMAL:
      shape.width = duckdb::DecimalType::GetWidth(type);
      shape.scale = duckdb::DecimalType::GetScale(type);
      break;
    case LogicalTypeId::LIST:
      shape.children = {duckdb::ListType::GetChildType(type)};
      break;
    case LogicalTypeId::ARRAY:
      shape.array_size = duckdb::ArrayType::GetSize(type);
      shape.children = {duckdb::ArrayType::GetChildType(type)};
      break;
    case LogicalTypeId::MAP:
      shape.children = {duckdb::MapType::KeyType(type), duckdb::MapType::ValueType(type)};
      break;
    case LogicalTypeId::STRUCT:
      for (const auto& [name, field] : duckdb::StructType::GetChildTypes(type)) {
        shape.names.push_back(name);
        shape.children.push_back(field);
      }
      break;
    default:
      break;
  }
  return shape;
}

}  // namespace laminar
