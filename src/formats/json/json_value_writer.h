// One row of a DuckDB vector as a JSON value: a tree of writers that mirrors the column's type.
//
// - numbers: DOUBLE and FLOAT in the shortest form that reads back as the same value, NaN and infinity as null; DECIMAL
// without
//   trailing zeros behind the point; HUGEINT and UHUGEINT as numbers with all their digits.
// - TIMESTAMP (all kinds): see JsonTimestampFormat. Fractions have three digits, six or nine when they need them.
// Epochs in milli-, micro- and
//   nanoseconds are whole numbers; finer digits are cut off. Infinity and years outside 0001 to 9999: DuckDB's text.
// - JSON: as it is, without line breaks, and with null for DuckDB's NaN and Infinity in it. LIST and ARRAY: arrays.
// STRUCT and MAP: objects. BLOB: base64.
// - everything else, DATE, TIME, INTERVAL, UUID and ENUM too: a string with DuckDB's text.
// - NULL: null.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "formats/json/json_buffer.h"
#include "formats/json/json_kind.h"
#include "formats/json/json_options.h"
#include "formats/json/json_time.h"

namespace duckdb {
class Vector;
struct LogicalType;
}  // namespace duckdb

namespace laminar {

class JsonValueWriter {
 public:
  JsonValueWriter(const duckdb::LogicalType& type, const JsonOptions& options);
  ~JsonValueWriter();

  // Looks at `count` rows of a vector of the writer's type, of whatever vector type. The vector is borrowed until the
  // next call.
  void Prepare(const duckdb::Vector& vector, uint64_t count);
  bool IsNull(uint64_t row) const;
  void Write(uint64_t row, JsonBuffer* out);

 private:
  struct Rows;

  void WriteTimestamp(int64_t value, JsonBuffer* out);
  void WriteMap(uint64_t begin, uint64_t end, JsonBuffer* out);

  JsonKind kind_ = JsonKind::kOther;
  const std::unique_ptr<duckdb::LogicalType> type_;
  const JsonTimestampFormat timestamp_format_;
  int scale_ = 0;  // of a DECIMAL
  uint64_t array_size_ = 0;
  TimestampWriter times_;
  std::unique_ptr<Rows> rows_;
  std::vector<std::unique_ptr<JsonValueWriter>> children_;  // of a LIST, ARRAY: 1; MAP: key, value; STRUCT: its fields
  std::vector<std::string> names_;                          // of a STRUCT's fields: `"name":`
  JsonBuffer key_;                                          // MAP: a key that is no string yet
};

// Writes numbers: at most 40 bytes. Returns the end.
char* WriteInt128(__int128 value, char* out);
char* WriteDecimal(__int128 value, int scale, char* out);
char* WriteDouble(double value, char* out);

}  // namespace laminar
