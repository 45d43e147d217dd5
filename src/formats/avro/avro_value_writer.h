// One row of a DuckDB vector as an Avro datum: a tree of writers that mirrors schema and column type.
//
// Only what loses nothing is written: an INTEGER as int, long or double, a BIGINT as long, and so on. Times may lose
// digits finer than the schema's unit. Infinite timestamps are the largest and the smallest long but one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "duck/schema.h"
#include "formats/avro/avro_schema.h"
#include "formats/json/json_buffer.h"
#include "formats/json/json_kind.h"

namespace duckdb {
class Vector;
}

namespace laminar {

class AvroFromJson;

class AvroValueWriter {
 public:
  // node is borrowed. kUser: values of the type cannot be written as it; the message names both.
  static Result<std::unique_ptr<AvroValueWriter>> Make(const AvroNode& node, const duckdb::LogicalType& type);
  // The fields of a record from columns of these names. kUser also: a field has neither a column nor a default, or a
  // column has no field.
  static Result<std::unique_ptr<AvroValueWriter>> MakeRecord(const AvroNode& record,
                                                             const std::vector<std::string>& names,
                                                             const std::vector<duckdb::LogicalType>& types);
  ~AvroValueWriter();

  // Looks at `count` rows of a vector of the writer's type. It is borrowed until the next call. May throw what DuckDB's
  // casts throw.
  void Prepare(const duckdb::Vector& vector, uint64_t count);
  // The same, of the columns of a record.
  void PrepareColumns(const std::vector<const duckdb::Vector*>& columns, uint64_t count);

  // Writes the row. nullptr, or why its value cannot be written; `out` has then a part of it.
  const char* Write(uint64_t row, JsonBuffer* out);
  // The row as a record, whatever its validity: for a writer that PrepareColumns prepared.
  const char* WriteFields(uint64_t row, JsonBuffer* out);
  // Of MakeRecord: the first row in which the column is NULL.
  std::optional<uint64_t> FirstNull(uint32_t column, uint64_t count) const;
  // Of MakeRecord: the column whose value the last WriteFields could not write.
  size_t failed_column() const { return failed_; }

 private:
  struct Rows;
  enum class Action : uint8_t {
    kBoolean,
    kWhole,       // integers -> int, long
    kFloat,       // FLOAT, small integers -> float
    kDouble,      // FLOAT, DOUBLE, integers -> double
    kDecimal,     // DECIMAL, integers -> decimal
    kTime,        // DATE, TIME, TIMESTAMPs -> int, long
    kText,        // VARCHAR, JSON, BLOB -> string, bytes; what DuckDB casts to text -> string
    kFixed,       // BLOB -> fixed
    kUuid,        // UUID -> fixed
    kDuration,    // INTERVAL -> duration
    kEnum,        // text -> enum
    kArray,       // LIST, ARRAY -> array
    kMap,         // MAP -> map
    kRecordsMap,  // MAP -> array of records of key and value
    kRecord,      // STRUCT -> record
    kFromJson,    // JSON -> what is neither string nor bytes
  };
  // A field of a record: a child's, or a default.
  struct Part {
    std::unique_ptr<AvroValueWriter> writer;
    uint32_t column = 0;
    std::string bytes;
  };

  AvroValueWriter(const AvroNode& node, const duckdb::LogicalType& type);
  Status Choose();
  Status ChooseInteger();
  Status ChooseTime(int64_t per_second);
  Status ChooseText();
  Status ChooseBytes();
  Status ChooseNested();
  Status ChooseElement(const duckdb::LogicalType& type);
  Status ChooseFields(const AvroNode& record, const std::vector<std::string>& names,
                      const std::vector<duckdb::LogicalType>& types);
  Status Cannot() const;
  Status If(bool can, Action action);

  const char* WriteValue(uint64_t index, JsonBuffer* out);
  const char* WriteDecimal(uint64_t index, JsonBuffer* out);
  const char* WriteTime(uint64_t index, JsonBuffer* out);
  const char* WriteDuration(uint64_t index, JsonBuffer* out);
  const char* WriteElements(uint64_t begin, uint64_t count, JsonBuffer* out);
  __int128 IntegerAt(uint64_t index) const;

  const AvroNode* node_;
  const TypeRef type_;
  const JsonShape shape_;
  Action action_ = Action::kText;
  int null_branch_ = -1;                      // of a union; -1: it has no null
  int branch_ = -1;                           // of a union: the one that is written; -1: it is none
  bool casts_ = false;                        // kText, kEnum: from DuckDB's text
  int64_t numerator_ = 1, denominator_ = 1;   // kTime
  std::unique_ptr<AvroValueWriter> element_;  // kArray; kMap: the value
  std::vector<Part> parts_;                   // kRecord, kRecordsMap, in the order of the schema
  std::unique_ptr<AvroFromJson> from_json_;   // kFromJson
  std::unique_ptr<Rows> rows_;
  size_t failed_ = 0;
};

}  // namespace laminar
