// One JSON value into one row of a DuckDB vector: a tree of readers that mirrors the column's type.
//
// What is accepted, beyond the type's own JSON form:
// - numbers: a string that holds exactly a number. Integers: also 1.0 and 1e3, anything integral within range. DECIMAL:
// from the digits,
//   never through a double; more fraction digits than the scale are rounded half away from zero. DOUBLE and FLOAT: also
//   "NaN", "Infinity".
// - VARCHAR: a number, true or false becomes its text; an object or an array stays JSON text.
// - JSON: the value's own bytes, checked; numbers are not touched.
// - TIMESTAMP (all kinds): see JsonTimestampFormat; digits beyond the type's precision are cut off. "infinity",
// "-infinity".
// - DATE: yyyy-mm-dd, or a timestamp whose time of day is zero. TIME: hh:mm[:ss[.fraction]], with an offset or without
// (kept in UTC).
// - BLOB: base64. LIST, ARRAY: an array. STRUCT, MAP: an object (missing fields of a STRUCT are NULL, unknown ones are
// ignored unless the options say otherwise, the last of two equal keys counts). Every other type: what DuckDB casts
// from that text.
// - null is NULL everywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/json/json_kind.h"
#include "formats/json/json_number.h"
#include "formats/json/json_options.h"
#include "formats/json/json_structure.h"
#include "formats/json/json_time.h"

namespace duckdb {
class Vector;
struct LogicalType;
}  // namespace duckdb

namespace laminar {

enum class JsonRead { kValue, kNull, kBad };

// Why a value could not be read.
struct JsonProblem {
  std::string path;         // within the column: ".items[2].qty"
  std::string reason;       // "expected BIGINT, found the string \"abc\""
  bool incomplete = false;  // the text ends within the value
};

class JsonValueReader {
 public:
  JsonValueReader(const duckdb::LogicalType& type, const JsonOptions& options);
  ~JsonValueReader();

  // Reads the value at cursor->next into row `row` of `vector` (flat, of the reader's type; `data` = its data), sets or
  // clears the row's validity, and moves the cursor behind the value. Strings without escapes point into the text.
  // kBad: `problem` says why, and the cursor is anywhere. REQUIRES: at least one more token after the value's first,
  // unless the type is JSON.
  JsonRead Read(JsonCursor* cursor, duckdb::Vector& vector, uint8_t* data, uint64_t row, JsonProblem* problem);
  void SetNull(duckdb::Vector& vector, uint64_t row) const;

 private:
  JsonRead Bad(const JsonCursor& at, JsonProblem* problem, std::string_view why = "") const;
  JsonRead Incomplete(JsonProblem* problem) const;
  bool StringAt(const JsonCursor& cursor, std::string_view* text, const char** wrong);
  bool NumberAt(const JsonCursor& cursor, JsonNumber* number);
  bool SecondsAt(const JsonCursor& cursor, int64_t* seconds, int32_t* nanos, const char** wrong);

  JsonRead ReadVarchar(JsonCursor* cursor, duckdb::Vector& vector, uint8_t* data, uint64_t row, JsonProblem* problem);
  JsonRead ReadTimestamp(JsonCursor* cursor, uint8_t* data, uint64_t row, JsonProblem* problem);
  JsonRead ReadInteger(JsonCursor* cursor, uint8_t* data, uint64_t row, JsonProblem* problem);
  JsonRead ReadDecimal(JsonCursor* cursor, uint8_t* data, uint64_t row, JsonProblem* problem);
  JsonRead ReadOther(JsonCursor* cursor, duckdb::Vector& vector, uint8_t* data, uint64_t row, JsonProblem* problem);
  JsonRead ReadList(JsonCursor* cursor, duckdb::Vector& vector, uint64_t row, JsonProblem* problem);
  JsonRead ReadArray(JsonCursor* cursor, duckdb::Vector& vector, uint64_t row, JsonProblem* problem);
  JsonRead ReadMap(JsonCursor* cursor, duckdb::Vector& vector, uint64_t row, JsonProblem* problem);
  // The field of a STRUCT, names_.size() if it is none's; `expected` is tried first. *exact: it has just that name.
  size_t FindField(std::string_view name, size_t expected, bool* exact) const;
  JsonRead ReadStruct(JsonCursor* cursor, duckdb::Vector& vector, uint64_t row, JsonProblem* problem);

  JsonKind kind_ = JsonKind::kOther;
  const std::unique_ptr<duckdb::LogicalType> type_;
  const std::string type_name_;
  const JsonOptions options_;
  int width_ = 0, scale_ = 0;  // of a DECIMAL
  uint64_t array_size_ = 0;
  TimestampReader times_;
  std::string scratch_;                                     // an unescaped string, until the next one
  std::vector<std::unique_ptr<JsonValueReader>> children_;  // of a LIST, ARRAY: 1; MAP: key, value; STRUCT: its fields
  std::vector<std::string> names_;                          // of a STRUCT's fields
  std::vector<uint64_t> seen_;  // STRUCT: serial number of the value that last held the field; one more: in another
                                // case
  uint64_t serial_ = 0;         // even
};

// A string_t over text[0, size) as DuckDB wants it; up to 16 bytes from `text` on must be readable. Longer ones point
// to it.
void StoreString(uint8_t* data, uint64_t row, const char* text, uint64_t size);

}  // namespace laminar
