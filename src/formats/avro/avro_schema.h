// An Avro schema as a tree, parsed from its JSON text (Avro specification 1.12, "Schema Declaration").
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace laminar {

enum class AvroType : uint8_t {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kFixed,
  kEnum,
  kArray,
  kMap,
  kRecord,
  kUnion,
};

// Logical types that are not known, or stand at a type that cannot have them, are left out, as the specification asks.
enum class AvroLogical : uint8_t {
  kNone,
  kDate,
  kTimeMillis,
  kTimeMicros,
  kTimestampMillis,
  kTimestampMicros,
  kTimestampNanos,
  kLocalTimestampMillis,
  kLocalTimestampMicros,
  kLocalTimestampNanos,
  kDecimal,
  kUuid,
  kDuration,
};

struct AvroNode;

struct AvroField {
  std::string name;
  std::vector<std::string> aliases;
  const AvroNode* type = nullptr;
  std::optional<std::string> default_json;
};

struct AvroNode {
  AvroType type = AvroType::kNull;
  AvroLogical logical = AvroLogical::kNone;
  int precision = 0, scale = 0;           // kDecimal; 0 <= scale <= precision
  uint64_t size = 0;                      // kFixed, in bytes
  uint64_t min_bytes = 0;                 // no datum of this type is shorter (a type within itself counts as 0)
  std::string name;                       // full name of a kRecord, kEnum, kFixed
  std::vector<std::string> aliases;       // full names
  std::vector<std::string> symbols;       // kEnum
  std::optional<uint32_t> enum_default;   // kEnum: index into symbols
  std::vector<AvroField> fields;          // kRecord
  std::vector<const AvroNode*> children;  // kArray: items; kMap: values; kUnion: its branches
};

class AvroSchema {
 public:
  // kUser: the text is no schema; the message says what of it.
  static Result<std::shared_ptr<const AvroSchema>> Parse(std::string_view text);

  // Always a record. A schema of another type is taken as a record of one field, `value`: on the wire they are equal.
  const AvroNode& root() const { return *root_; }
  // Of the Parsing Canonical Form, by which single objects name their schema.
  uint64_t fingerprint() const { return fingerprint_; }
  const std::string& text() const { return text_; }

 private:
  friend class AvroSchemaParser;
  std::vector<std::unique_ptr<AvroNode>> nodes_;
  const AvroNode* root_ = nullptr;
  uint64_t fingerprint_ = 0;
  std::string text_;
};

// "long", "record Order", "union of null, string"; with its logical type: "long (timestamp-micros)".
std::string DescribeAvroType(const AvroNode& node);

// CRC-64-AVRO of the specification.
uint64_t AvroFingerprint(std::string_view bytes);

}  // namespace laminar
