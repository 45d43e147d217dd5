#include "formats/avro/avro_json.h"

#include <charconv>
#include <limits>

#include "duckdb/common/types/blob.hpp"
#include "duckdb/common/types/date.hpp"
#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/types/time.hpp"
#include "duckdb/common/types/uuid.hpp"
#include "duckdb/common/types/value.hpp"

#include "formats/avro/avro_decimal.h"
#include "formats/json/json_string.h"
#include "formats/json/json_time.h"
#include "formats/json/json_value_writer.h"

namespace laminar {
namespace {

constexpr size_t kMaxNumber = 48;

void Put(std::string_view text, bool quoted, JsonBuffer* out) {
  if (quoted) {
    out->Advance(WriteJsonString(text, out->Reserve(MaxJsonStringSize(text.size()))));
  } else {
    out->Append(text);
  }
}

const char* PutText(std::string_view text, bool quoted, JsonBuffer* out) {
  if (!duckdb::Value::StringIsValid(text.data(), text.size())) return "a string is not valid UTF-8";
  Put(text, quoted, out);
  return nullptr;
}

void PutBase64(std::string_view bytes, bool quoted, JsonBuffer* out) {
  const duckdb::string_t blob(bytes.data(), static_cast<uint32_t>(bytes.size()));
  std::string text(duckdb::Blob::ToBase64Size(blob), '\0');
  duckdb::Blob::ToBase64(blob, text.data());
  Put(text, quoted, out);
}

const char* PutDecimal(const AvroNode& node, std::string_view bytes, JsonBuffer* out) {
  Int128 value;
  if (node.scale > 38 || !ReadAvroDecimal(bytes, &value)) return "a decimal has more than 38 digits";
  char* p = out->Reserve(kMaxNumber + 40);
  out->Advance(WriteDecimal(value, node.scale, p));
  return nullptr;
}

void PutTimestamp(int64_t value, int64_t per_second, bool quoted, JsonBuffer* out) {
  int64_t seconds = value / per_second, rest = value % per_second;
  if (rest < 0) {
    rest += per_second;
    seconds--;
  }
  TimestampWriter writer;
  char text[TimestampWriter::kMaxSize];
  char* end = text;
  if (writer.Write(seconds, static_cast<int32_t>(rest * (1'000'000'000 / per_second)), 'T', true, &end)) {
    Put(std::string_view(text, static_cast<size_t>(end - text)), quoted, out);
  } else {  // beyond the years that RFC 3339 knows
    Put(std::to_string(value), quoted, out);
  }
}

// An int or a long.
void PutNumber(const AvroNode& node, int64_t value, bool quoted, JsonBuffer* out) {
  switch (node.logical) {
    case AvroLogical::kDate:
      return Put(duckdb::Date::ToString(duckdb::date_t(static_cast<int32_t>(value))), quoted, out);
    case AvroLogical::kTimeMillis:
    case AvroLogical::kTimeMicros: {
      const int64_t unit = node.logical == AvroLogical::kTimeMillis ? 1000 : 1;
      if (value < 0 || value > 86'400'000'000 / unit) break;
      return Put(duckdb::Time::ToString(duckdb::dtime_t(value * unit)), quoted, out);
    }
    case AvroLogical::kTimestampMillis:
    case AvroLogical::kLocalTimestampMillis:
      return PutTimestamp(value, 1000, quoted, out);
    case AvroLogical::kTimestampMicros:
    case AvroLogical::kLocalTimestampMicros:
      return PutTimestamp(value, 1'000'000, quoted, out);
    case AvroLogical::kTimestampNanos:
    case AvroLogical::kLocalTimestampNanos:
      return PutTimestamp(value, 1'000'000'000, quoted, out);
    default:
      break;
  }
  char* p = out->Reserve(kMaxNumber);
  out->Advance(std::to_chars(p, p + kMaxNumber, value).ptr);
}

const char* PutFixed(const AvroNode& node, std::string_view bytes, bool quoted, JsonBuffer* out) {
  if (node.logical == AvroLogical::kDecimal) return PutDecimal(node, bytes, out);
  if (node.logical == AvroLogical::kUuid) {
    const auto id = duckdb::UUID::FromBlob(reinterpret_cast<duckdb::const_data_ptr_t>(bytes.data()));
    Put(duckdb::UUID::ToString(id), quoted, out);
  } else if (node.logical == AvroLogical::kDuration) {
    uint32_t parts[3];
    std::memcpy(parts, bytes.data(), sizeof(parts));
    if (parts[0] > INT32_MAX || parts[1] > INT32_MAX) return "a duration is out of range";
    duckdb::interval_t interval;
    interval.months = static_cast<int32_t>(parts[0]);
    interval.days = static_cast<int32_t>(parts[1]);
    interval.micros = int64_t{parts[2]} * 1000;
    Put(duckdb::Value::INTERVAL(interval).ToString(), quoted, out);
  } else {
    PutBase64(bytes, quoted, out);
  }
  return nullptr;
}

// An array, or a map, whose elements have keys.
const char* PutElements(const AvroJsonNode& node, AvroCursor* cursor, JsonBuffer* out, int depth) {
  if (depth >= kMaxAvroDepth) return kAvroTooDeep;
  const bool has_keys = node.wire->type == AvroType::kMap;
  const AvroJsonNode& element = *node.children[0];
  bool first = true;
  out->Put(has_keys ? '{' : '[');
  for (;;) {
    uint64_t count;
    int64_t bytes;
    if (const char* wrong = ReadAvroBlock(cursor, element.wire->min_bytes + (has_keys ? 1 : 0), &count, &bytes))
      return wrong;
    if (count == 0) break;
    const uint8_t* const block_end = bytes < 0 ? nullptr : cursor->next + bytes;
    for (; count > 0; count--) {
      if (!first) out->Put(',');
      first = false;
      std::string_view key;
      if (has_keys) {
        if (const char* wrong = ReadAvroBytes(cursor, &key)) return wrong;
        if (const char* wrong = PutText(key, true, out)) return wrong;
        out->Put(':');
      }
      if (const char* wrong = WriteAvroJson(element, true, cursor, out, depth + 1)) return wrong;
    }
    if (block_end != nullptr && cursor->next != block_end) return kAvroWrongBlockLength;
  }
  out->Put(has_keys ? '}' : ']');
  return nullptr;
}

const char* PutRecord(const AvroJsonNode& node, AvroCursor* cursor, JsonBuffer* out, int depth) {
  if (depth >= kMaxAvroDepth) return kAvroTooDeep;
  bool first = true;
  out->Put('{');
  for (const AvroJsonField& field : node.fields) {
    if (field.skip != nullptr) {
      if (const char* wrong = SkipAvro(*field.skip, cursor, depth + 1)) return wrong;
      continue;
    }
    if (!first) out->Put(',');
    first = false;
    out->Append(field.key);
    if (const char* wrong = WriteAvroJson(*field.value, true, cursor, out, depth + 1)) return wrong;
  }
  if (!first && !node.defaults.empty()) out->Put(',');
  out->Append(node.defaults);
  out->Put('}');
  return nullptr;
}

}  // namespace

const char* WriteAvroJson(const AvroJsonNode& node, bool quoted, AvroCursor* cursor, JsonBuffer* out, int depth) {
  const AvroNode& wire = *node.wire;
  switch (wire.type) {
    case AvroType::kNull:
      out->Append("null");
      return nullptr;
    case AvroType::kBoolean: {
      uint8_t value;
      if (const char* wrong = ReadAvroFixed(cursor, &value)) return wrong;
      if (value > 1) return "a boolean is neither 0 nor 1";
      out->Append(value ? "true" : "false");
      return nullptr;
    }
    case AvroType::kInt:
    case AvroType::kLong: {
      int64_t value;
      if (const char* wrong = ReadAvroLong(cursor, &value)) return wrong;
      if (wire.type == AvroType::kInt && value != static_cast<int32_t>(value)) return "an int has more than 32 bits";
      PutNumber(*node.logical, value, quoted, out);
      return nullptr;
    }
    case AvroType::kFloat: {
      float value;
      if (const char* wrong = ReadAvroFixed(cursor, &value)) return wrong;
      char* p = out->Reserve(kMaxNumber);
      if (value - value == 0) {
        out->Advance(std::to_chars(p, p + kMaxNumber, value).ptr);
      } else {
        out->Append("null");  // not finite: JSON has no number for it
      }
      return nullptr;
    }
    case AvroType::kDouble: {
      double value;
      if (const char* wrong = ReadAvroFixed(cursor, &value)) return wrong;
      out->Advance(WriteDouble(value, out->Reserve(kMaxNumber)));
      return nullptr;
    }
    case AvroType::kBytes:
    case AvroType::kString: {
      std::string_view bytes;
      if (const char* wrong = ReadAvroBytes(cursor, &bytes)) return wrong;
      if (node.is_text) return PutText(bytes, quoted, out);
      if (node.logical->logical == AvroLogical::kDecimal) return PutDecimal(*node.logical, bytes, out);
      PutBase64(bytes, quoted, out);
      return nullptr;
    }
    case AvroType::kFixed: {
      if (cursor->left() < wire.size) return kAvroEndsEarly;
      const std::string_view bytes(reinterpret_cast<const char*>(cursor->next), wire.size);
      cursor->next += wire.size;
      return PutFixed(*node.logical, bytes, quoted, out);
    }
    case AvroType::kEnum: {
      int64_t index;
      if (const char* wrong = ReadAvroLong(cursor, &index)) return wrong;
      if (static_cast<uint64_t>(index) >= node.symbols.size()) return "an enum has no symbol of that number";
      if (node.symbols[static_cast<size_t>(index)].empty())
        return "an enum has a symbol that the reader's does not have, and that has no default";
      Put(node.symbols[static_cast<size_t>(index)], quoted, out);
      return nullptr;
    }
    case AvroType::kArray:
    case AvroType::kMap:
      return PutElements(node, cursor, out, depth);
    case AvroType::kRecord:
      return PutRecord(node, cursor, out, depth);
    case AvroType::kUnion: {
      size_t branch;
      if (const char* wrong = ReadAvroBranch(cursor, node.children.size(), &branch)) return wrong;
      if (node.children[branch] == nullptr) return node.refusals[branch].c_str();
      return WriteAvroJson(*node.children[branch], quoted, cursor, out, depth);
    }
  }
  return nullptr;
}

}  // namespace laminar
