#include "formats/avro/avro_reading.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/types/uuid.hpp"
#include "duckdb/common/types/value.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/cut_text.h"
#include "formats/avro/avro_decimal.h"
#include "formats/avro/avro_json.h"
#include "formats/json/json_syntax.h"
#include "formats/json/json_value_reader.h"

namespace laminar {

using duckdb::FlatVector;
using duckdb::Vector;

namespace {

constexpr size_t kMostShown = 60;  // bytes of a value in a message

template <class T>
inline void Store(Vector& vector, uint64_t row, T value) {
  std::memcpy(FlatVector::GetData(vector) + row * sizeof(T), &value, sizeof(T));
}

inline void StoreText(Vector& vector, uint64_t row, std::string_view text) {
  StoreString(FlatVector::GetData(vector), row, text.data(), text.size());
}

// REQUIRES: 7 readable bytes behind it.
inline bool IsAscii(std::string_view text) {
  constexpr uint64_t kHigh = 0x8080808080808080;
  uint64_t bits = 0;
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    bits |= word;
  }
  if (i < text.size()) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    bits |= word << (64 - 8 * (text.size() - i));
  }
  return (bits & kHigh) == 0;
}

bool IsUtf8(std::string_view text) {
  return IsAscii(text) || duckdb::Value::StringIsValid(text.data(), text.size());
}

// As part of a message.
std::string ShownString(std::string_view text) {
  return IsUtf8(text) ? "the string \"" + CutText(text, kMostShown) + "\"" : "a string that is not valid UTF-8";
}

template <class T>
inline bool StoreInRange(Vector& vector, uint64_t row, int64_t value) {
  if constexpr (std::is_signed_v<T>) {
    if (value != static_cast<T>(value)) return false;
  } else {
    if (value < 0 || static_cast<uint64_t>(value) > std::numeric_limits<T>::max()) return false;
  }
  Store(vector, row, static_cast<T>(value));
  return true;
}

}  // namespace

void SetAvroNull(JsonKind kind, Vector& vector, uint64_t row) {
  if (kind == JsonKind::kStruct || kind == JsonKind::kArray) {
    FlatVector::SetNull(vector, row, true);  // their children's rows too
    return;
  }
  FlatVector::Validity(vector).SetInvalid(row);
  if (kind == JsonKind::kList || kind == JsonKind::kMap) Store(vector, row, duckdb::list_entry_t{0, 0});
}

bool AvroReading::ReadRow(const AvroRecordPlan& plan, AvroCursor* cursor, duckdb::DataChunk& chunk, uint64_t row) {
  cursor_ = *cursor;
  cursor_.empty_elements = 0;
  depth_ = 1;
  grown_.clear();
  for (const AvroStep& step : plan.steps) {
    bool good;
    if (step.skip != nullptr) {
      const char* wrong = SkipAvro(*step.skip, &cursor_, depth_);
      good = wrong == nullptr || Bad(wrong);
    } else {
      good = Read(*step.read, chunk.data[step.column], row);
    }
    if (!good) [[unlikely]] {
      TakeBack();
      problem_.column = step.skip != nullptr ? -1 : static_cast<int32_t>(step.column);
      return false;
    }
  }
  for (const AvroAbsent& absent : plan.absent) SetAvroNull(absent.kind, chunk.data[absent.column], row);
  *cursor = cursor_;
  return true;
}

void AvroReading::TakeBack() {
  for (auto list = grown_.rbegin(); list != grown_.rend(); ++list)
    duckdb::ListVector::SetListSize(*list->first, list->second);
  grown_.clear();
}

void AvroReading::RefuseNull(uint32_t column) {
  TakeBack();
  Bad("it is NULL or missing, but the column is NOT NULL");
  problem_.column = static_cast<int32_t>(column);
}

bool AvroReading::Enter() {
  return depth_++ < kMaxAvroDepth || Bad(kAvroTooDeep);
}

bool AvroReading::Bad(const char* reason) {
  problem_.path.clear();
  problem_.reason = reason;
  return false;
}

bool AvroReading::BadValue(const AvroRead& read, std::string_view found) {
  problem_.path.clear();
  problem_.reason = "expected " + TypeName(*read.type) + ", found " + std::string(found);
  return false;
}

bool AvroReading::Read(const AvroRead& read, Vector& vector, uint64_t row) {
  if (read.null_branch >= 0) {
    size_t branch;
    if (const char* wrong = ReadAvroBranch(&cursor_, 2, &branch)) [[unlikely]]
      return Bad(wrong);
    if (branch == static_cast<size_t>(read.null_branch)) {
      SetAvroNull(read.kind, vector, row);
      return true;
    }
  }
  auto& validity = FlatVector::Validity(vector);
  if (!validity.AllValid()) validity.SetValid(row);
  return ReadValue(read, vector, row);
}

bool AvroReading::ReadValue(const AvroRead& read, Vector& vector, uint64_t row) {
  const char* wrong = nullptr;
  int64_t number;
  std::string_view bytes;
  switch (read.action) {
    case AvroAction::kNull:
      SetAvroNull(read.kind, vector, row);
      return true;
    case AvroAction::kRefuse:
      return Bad(read.bytes.c_str());
    case AvroAction::kDefault:
      return ReadDefault(read, vector, row);
    case AvroAction::kBoolean: {
      uint8_t value;
      if ((wrong = ReadAvroFixed(&cursor_, &value))) return Bad(wrong);
      if (value > 1) return BadValue(read, "the byte " + std::to_string(value));
      Store(vector, row, value);
      return true;
    }
    case AvroAction::kInteger:
    case AvroAction::kLongToFloat:
    case AvroAction::kLongToDecimal:
    case AvroAction::kTime:
      if ((wrong = ReadAvroLong(&cursor_, &number))) [[unlikely]]
        return Bad(wrong);
      if (read.wire->type == AvroType::kInt && number != static_cast<int32_t>(number))
        return Bad("an int has more than 32 bits");
      if (read.action == AvroAction::kTime) return ReadTime(read, number, vector, row);
      return ReadInteger(read, number, vector, row);
    case AvroAction::kFloat: {
      float value;
      if ((wrong = ReadAvroFixed(&cursor_, &value))) return Bad(wrong);
      if (read.kind == JsonKind::kFloat) {
        Store(vector, row, value);
      } else {
        Store(vector, row, static_cast<double>(value));
      }
      return true;
    }
    case AvroAction::kDouble: {
      double value;
      if ((wrong = ReadAvroFixed(&cursor_, &value))) [[unlikely]]
        return Bad(wrong);
      Store(vector, row, value);
      return true;
    }
    case AvroAction::kText:
      if ((wrong = ReadAvroBytes(&cursor_, &bytes))) [[unlikely]]
        return Bad(wrong);
      if (!IsUtf8(bytes)) [[unlikely]]
        return BadValue(read, "a string that is not valid UTF-8");
      StoreText(vector, row, bytes);
      return true;
    case AvroAction::kDecimal:
      return BytesAt(read, &bytes) && ReadDecimal(read, bytes, vector, row);
    case AvroAction::kBlob:
      if (!BytesAt(read, &bytes)) return false;
      StoreText(vector, row, bytes);
      return true;
    case AvroAction::kJsonText:
    case AvroAction::kUuid:
    case AvroAction::kCast:
      return BytesAt(read, &bytes) && ReadText(read, bytes, vector, row);
    case AvroAction::kJson:
      return ReadJson(read, vector, row);
    case AvroAction::kDuration:
      return ReadDuration(read, vector, row);
    case AvroAction::kEnumText:
    case AvroAction::kEnumPosition:
      if ((wrong = ReadAvroLong(&cursor_, &number))) return Bad(wrong);
      return ReadEnum(read, number, vector, row);
    case AvroAction::kList:
      return ReadList(read, vector, row);
    case AvroAction::kArray:
      return ReadArray(read, vector, row);
    case AvroAction::kMap:
    case AvroAction::kMapOfRecords:
      return ReadMap(read, vector, row);
    case AvroAction::kStruct:
      return ReadStruct(read, vector, row);
    case AvroAction::kUnion:
      return ReadUnion(read, vector, row);
  }
  return false;
}

bool AvroReading::BytesAt(const AvroRead& read, std::string_view* bytes) {
  if (read.wire->type == AvroType::kFixed) {
    if (cursor_.left() < read.wire->size) return Bad(kAvroEndsEarly);
    *bytes = std::string_view(reinterpret_cast<const char*>(cursor_.next), read.wire->size);
    cursor_.next += read.wire->size;
    return true;
  }
  const char* wrong = ReadAvroBytes(&cursor_, bytes);
  return wrong == nullptr || Bad(wrong);
}

// An int or a long into a column that is a number.
bool AvroReading::ReadInteger(const AvroRead& read, int64_t value, Vector& vector, uint64_t row) {
  bool fits = true;
  switch (read.kind) {
    case JsonKind::kInt8:
      fits = StoreInRange<int8_t>(vector, row, value);
      break;
    case JsonKind::kInt16:
      fits = StoreInRange<int16_t>(vector, row, value);
      break;
    case JsonKind::kInt32:
      fits = StoreInRange<int32_t>(vector, row, value);
      break;
    case JsonKind::kInt64:
      Store(vector, row, value);
      break;
    case JsonKind::kUInt8:
      fits = StoreInRange<uint8_t>(vector, row, value);
      break;
    case JsonKind::kUInt16:
      fits = StoreInRange<uint16_t>(vector, row, value);
      break;
    case JsonKind::kUInt32:
      fits = StoreInRange<uint32_t>(vector, row, value);
      break;
    case JsonKind::kUInt64:
      fits = StoreInRange<uint64_t>(vector, row, value);
      break;
    case JsonKind::kInt128:
    case JsonKind::kUInt128:
      fits = value >= 0 || read.kind == JsonKind::kInt128;
      Store(vector, row, Int128{value});
      break;
    case JsonKind::kFloat:
      Store(vector, row, static_cast<float>(value));
      break;
    case JsonKind::kDouble:
      Store(vector, row,
            read.rounds_to_float ? static_cast<double>(static_cast<float>(value)) : static_cast<double>(value));
      break;
    default: {
      Int128 scaled;
      if (Rescale(value, 0, read.scale, &scaled)) return StoreDecimal(read, scaled, vector, row);
      fits = false;
    }
  }
  return fits || BadValue(read, "the number " + std::to_string(value) + ", which is out of range");
}

bool AvroReading::ReadTime(const AvroRead& read, int64_t value, Vector& vector, uint64_t row) {
  constexpr int64_t kInfinity = std::numeric_limits<int64_t>::max();
  const bool is_timestamp = read.kind != JsonKind::kOther;
  if (is_timestamp && (value == kInfinity || value == -kInfinity)) {
    Store(vector, row, value);  // what DuckDB has for infinity, in every unit
    return true;
  }
  int64_t scaled;
  bool fits = !__builtin_mul_overflow(value, read.numerator, &scaled);
  if (read.denominator != 1) {
    const int64_t rest = scaled % read.denominator;
    scaled = scaled / read.denominator - (rest < 0);  // earlier times are lower numbers
  }
  if (read.type->id() == duckdb::LogicalTypeId::DATE) {
    Store(vector, row, static_cast<int32_t>(scaled));
  } else if (is_timestamp) {
    fits = fits && scaled != kInfinity && scaled > -kInfinity;
    // DuckDB has no seconds and milliseconds that microseconds do not hold.
    const int64_t micros = read.kind == JsonKind::kTimestampS    ? 1'000'000
                           : read.kind == JsonKind::kTimestampMs ? 1000
                                                                 : 1;
    int64_t as_micros;
    fits = fits && !__builtin_mul_overflow(scaled, micros, &as_micros);
    Store(vector, row, scaled);
  } else {
    fits = fits && scaled >= 0 && scaled <= 86'400'000'000;
    Store(vector, row, scaled);
  }
  return fits || BadValue(read, "the number " + std::to_string(value) + ", which is out of range");
}

bool AvroReading::ReadDecimal(const AvroRead& read, std::string_view bytes, Vector& vector, uint64_t row) {
  Int128 value, scaled;
  if (!ReadAvroDecimal(bytes, &value) || !Rescale(value, read.wire_scale, read.scale, &scaled))
    return BadValue(read, "a decimal that is out of range");
  return StoreDecimal(read, scaled, vector, row);
}

bool AvroReading::StoreDecimal(const AvroRead& read, Int128 value, Vector& vector, uint64_t row) {
  if (read.width > 0) {
    const auto limit = static_cast<Int128>(PowerOfTen(read.width));
    if (value >= limit || value <= -limit) return BadValue(read, "a decimal that is out of range");
    switch (read.kind) {
      case JsonKind::kDecimal16:
        Store(vector, row, static_cast<int16_t>(value));
        return true;
      case JsonKind::kDecimal32:
        Store(vector, row, static_cast<int32_t>(value));
        return true;
      case JsonKind::kDecimal64:
        Store(vector, row, static_cast<int64_t>(value));
        return true;
      default:
        Store(vector, row, value);
        return true;
    }
  }
  bool fits = true;
  if (read.kind == JsonKind::kInt128) {
    Store(vector, row, value);
  } else if (read.kind == JsonKind::kUInt128) {
    fits = value >= 0;
    Store(vector, row, value);
  } else if (read.kind == JsonKind::kUInt64) {
    fits = value >= 0 && value <= Int128{std::numeric_limits<uint64_t>::max()};
    Store(vector, row, static_cast<uint64_t>(value));
  } else if (value == static_cast<int64_t>(value)) {
    return ReadInteger(read, static_cast<int64_t>(value), vector, row);
  } else {
    fits = false;
  }
  return fits || BadValue(read, "a decimal that is out of range");
}

// Text with a meaning of its own.
bool AvroReading::ReadText(const AvroRead& read, std::string_view text, Vector& vector, uint64_t row) {
  if (read.action == AvroAction::kUuid) {
    duckdb::hugeint_t id;
    if (read.wire->type == AvroType::kFixed) {
      id = duckdb::UUID::FromBlob(reinterpret_cast<duckdb::const_data_ptr_t>(text.data()));
    } else if (!duckdb::UUID::FromString(std::string(text), id, true)) {
      return BadValue(read, ShownString(text));
    }
    Store(vector, row, id);
    return true;
  }
  if (read.action == AvroAction::kCast) return ReadCast(read, text, vector, row);
  JsonCursor cursor;
  std::string_view value;
  const char* wrong = structure_.Index(text.data(), text.size(), &cursor);
  if (wrong == nullptr && cursor.done()) wrong = "is empty";
  if (wrong != nullptr) return BadValue(read, std::string("a string that ") + wrong);
  if (const JsonError error = CheckJsonValue(&cursor, &value); error.what || error.incomplete)
    return BadValue(read, "a string that is no valid JSON: " + std::string(error.what ? error.what : "it ends early"));
  if (!cursor.done()) return BadValue(read, "a string in which something follows the JSON value");
  StoreText(vector, row, value);
  return true;
}

bool AvroReading::ReadCast(const AvroRead& read, std::string_view text, Vector& vector, uint64_t row) {
  bool good = IsUtf8(text);
  try {
    duckdb::Value value;
    duckdb::string error;
    good = good && duckdb::Value(std::string(text)).DefaultTryCastAs(*read.type, value, &error, true);
    if (good) vector.SetValue(row, value);
  } catch (const std::exception&) {
    good = false;
  }
  return good || BadValue(read, ShownString(text));
}

bool AvroReading::ReadJson(const AvroRead& read, Vector& vector, uint64_t row) {
  json_.Clear();
  if (const char* wrong = WriteAvroJson(read.json->root(), read.quoted, &cursor_, &json_, depth_)) return Bad(wrong);
  const std::string_view text = json_.text();
  Store(vector, row, duckdb::StringVector::AddStringOrBlob(vector, text.data(), text.size()));
  return true;
}

bool AvroReading::ReadDuration(const AvroRead& read, Vector& vector, uint64_t row) {
  struct {
    uint32_t months, days, millis;
  } wire;
  if (const char* wrong = ReadAvroFixed(&cursor_, &wire)) return Bad(wrong);
  if (wire.months > INT32_MAX || wire.days > INT32_MAX) return BadValue(read, "a duration that is out of range");
  duckdb::interval_t value;
  value.months = static_cast<int32_t>(wire.months);
  value.days = static_cast<int32_t>(wire.days);
  value.micros = int64_t{wire.millis} * 1000;
  Store(vector, row, value);
  return true;
}

bool AvroReading::ReadEnum(const AvroRead& read, int64_t index, Vector& vector, uint64_t row) {
  const std::vector<std::string>& symbols = read.wire->symbols;
  if (static_cast<uint64_t>(index) >= symbols.size()) return Bad("an enum has no symbol of that number");
  const auto i = static_cast<size_t>(index);
  if (read.action == AvroAction::kEnumText) {
    if (read.symbols[i].empty()) return BadValue(read, "the symbol " + symbols[i] + ", which the schema does not have");
    StoreText(vector, row, read.symbols[i]);
    return true;
  }
  const int64_t position = read.positions[i];
  if (position < 0) return BadValue(read, "the symbol " + symbols[i] + ", which is none of its values");
  switch (read.type->InternalType()) {
    case duckdb::PhysicalType::UINT8:
      Store(vector, row, static_cast<uint8_t>(position));
      break;
    case duckdb::PhysicalType::UINT16:
      Store(vector, row, static_cast<uint16_t>(position));
      break;
    default:
      Store(vector, row, static_cast<uint32_t>(position));
  }
  return true;
}

// The default stands where the datum would; the datum's cursor stays.
bool AvroReading::ReadDefault(const AvroRead& read, Vector& vector, uint64_t row) {
  const AvroCursor datum = cursor_;
  const auto* begin = reinterpret_cast<const uint8_t*>(read.bytes.data());
  cursor_ = AvroCursor{begin, begin + read.bytes.size(), 0};
  const bool good = Read(*read.children[0], vector, row);
  cursor_ = datum;
  return good;
}

bool AvroReading::ReadUnion(const AvroRead& read, Vector& vector, uint64_t row) {
  size_t branch;
  if (const char* wrong = ReadAvroBranch(&cursor_, read.children.size(), &branch)) return Bad(wrong);
  return Read(*read.children[branch], vector, row);
}

}  // namespace laminar
