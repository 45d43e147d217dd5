// How the datums of one writer's schema become rows: schema resolution done once, before the first datum
// (specification 1.12, "Schema Resolution"). A plan is a tree beside the columns' types; AvroReading carries it out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "duck/schema.h"
#include "formats/avro/avro_json_plan.h"
#include "formats/avro/avro_schema.h"
#include "formats/json/json_kind.h"

namespace laminar {

enum class AvroAction : uint8_t {
  kNull,     // nothing on the wire, NULL
  kRefuse,   // a value of a branch that the column cannot take
  kDefault,  // nothing on the wire; `bytes` hold the reader's default
  kBoolean,
  kInteger,        // int, long -> an integer, checked for its range
  kLongToFloat,    // int, long -> FLOAT, DOUBLE
  kFloat,          // float -> FLOAT, DOUBLE
  kDouble,         // double -> DOUBLE
  kLongToDecimal,  // int, long -> DECIMAL
  kDecimal,        // decimal -> DECIMAL, integers
  kTime,           // int, long -> DATE, TIME, TIMESTAMPs: times numerator / denominator
  kText,           // string -> VARCHAR, checked for UTF-8
  kBlob,           // bytes, string, fixed -> BLOB
  kJsonText,       // string that holds JSON -> JSON
  kJson,           // anything -> its JSON text
  kUuid,           // string, fixed -> UUID
  kDuration,       // duration -> INTERVAL
  kEnumText,       // enum -> VARCHAR
  kEnumPosition,   // enum -> ENUM
  kCast,           // string -> any other type, by DuckDB's cast
  kList,           // array -> LIST
  kArray,          // array -> ARRAY
  kMap,            // map -> MAP
  kMapOfRecords,   // array of records of key and value -> MAP
  kStruct,         // record -> STRUCT
  kUnion,          // union of several types
};

struct AvroRead;

// One field of a writer's record: read into a column (of a table, or of a STRUCT) or stepped over.
struct AvroStep {
  const AvroNode* skip = nullptr;  // to be stepped over; else
  uint32_t column = 0;
  std::unique_ptr<AvroRead> read;
};

// A column that no field fills: NULL.
struct AvroAbsent {
  uint32_t column = 0;
  JsonKind kind = JsonKind::kOther;
};

struct AvroRecordPlan {
  std::vector<AvroStep> steps;  // in the order of the wire, defaults behind
  std::vector<AvroAbsent> absent;
};

struct AvroRead {
  AvroAction action = AvroAction::kNull;
  int8_t null_branch = -1;                   // on the wire it is a union of null and this: the number of null's branch
  bool quoted = false;                       // kJson: a text as a whole is quoted
  bool rounds_to_float = false;              // kLongToFloat: the reader's schema says float
  JsonKind kind = JsonKind::kOther;          // of the column
  const AvroNode* wire = nullptr;            // the writer's type, without the union of null_branch
  TypeRef type;                              // of the column
  int width = 0, scale = 0;                  // of a DECIMAL column; an integer column has width 0
  int wire_scale = 0;                        // kDecimal
  int64_t numerator = 1, denominator = 1;    // kTime
  std::string bytes;                         // kDefault, padded; kRefuse: the reason
  std::vector<std::string> symbols;          // kEnumText: by number; "" = none of the reader's
  std::vector<int64_t> positions;            // kEnumPosition: by number; -1 = none of the reader's or the column's
  AvroRecordPlan record;                     // kStruct; kMapOfRecords: columns 0 and 1
  std::vector<std::string> names;            // kStruct: of its fields
  std::shared_ptr<const AvroJsonPlan> json;  // kJson
  std::vector<std::unique_ptr<AvroRead>> children;  // kDefault: 1; kList, kArray: 1; kMap: the value; kUnion: branches
  uint64_t array_size = 0;                          // kArray
};

// The plan for rows of `columns` from datums of `writer`, which it borrows. reader: nullptr = the columns are read from
// the writer's fields, and one that it does not have is NULL. kUser: a column cannot be read from its field, or has
// none; the message names both.
Result<AvroRecordPlan> PlanAvro(const AvroNode& writer, const AvroNode* reader, const Schema& columns);

}  // namespace laminar
