// How a SQL type travels as JSON: the one mapping that reader and writer share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace duckdb {
struct LogicalType;
}

namespace laminar {

enum class JsonKind : uint8_t {
  kVarchar,
  kJson,
  kBoolean,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kInt128,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
  kUInt128,
  kFloat,
  kDouble,
  kDecimal16,
  kDecimal32,
  kDecimal64,
  kDecimal128,
  kTimestampS,
  kTimestampMs,
  kTimestampUs,
  kTimestampNs,
  kBlob,   // base64
  kOther,  // DuckDB's own text
  kList,
  kArray,
  kMap,
  kStruct,
};

struct JsonShape {
  JsonKind kind = JsonKind::kOther;
  int width = 0, scale = 0;                   // of a DECIMAL
  uint64_t array_size = 0;                    // of an ARRAY
  std::vector<duckdb::LogicalType> children;  // of a LIST, ARRAY: 1; MAP: key, value; STRUCT: its fields
  std::vector<std::string> names;             // of a STRUCT's fields
  ~JsonShape();
};

JsonShape JsonShapeOf(const duckdb::LogicalType& type);

}  // namespace laminar
