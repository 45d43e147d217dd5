// The options of the JSON format as its decoder and encoder use them; json_format.cc makes them from OptionValues.
#pragma once

#include <cstdint>

namespace laminar {

// How a TIMESTAMP column (of any precision, with or without time zone) looks in JSON.
enum class JsonTimestampFormat : uint8_t {
  kAuto,  // reading: text in RFC 3339 or SQL form, numbers as an epoch whose unit follows from its size. writing: RFC
          // 3339
  kRfc3339,       // "2026-01-01T00:00:00.001Z"; any offset when reading, always UTC when writing
  kSql,           // "2026-01-01 00:00:00.001"
  kEpochSeconds,  // a number, with a fraction if there is one
  kEpochMillis,
  kEpochMicros,
  kEpochNanos,
};

struct JsonOptions {
  JsonTimestampFormat timestamp_format = JsonTimestampFormat::kAuto;
  bool unstructured = false;  // the one column `value JSON` holds the whole value
  // Reading: fields are matched to columns, and to the fields of a STRUCT, up to the case of A to Z. If an object has a
  // field of exactly the name too, that one counts.
  bool case_insensitive = false;
  // Reading: an object with a field that is no column, and no field of its STRUCT, is bad.
  bool unknown_fields_are_bad = false;
};

}  // namespace laminar
