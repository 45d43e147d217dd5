#include "formats/json/json_value_reader.h"

#include <cstring>
#include <limits>

#include "duckdb/common/operator/cast_operators.hpp"
#include "duckdb/common/types/blob.hpp"
#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/types/uuid.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"
#include "duck/schema.h"
#include "formats/json/json_string.h"
#include "formats/json/json_syntax.h"

namespace laminar {

using duckdb::FlatVector;
using duckdb::LogicalTypeId;
using duckdb::Vector;

namespace {

constexpr UInt128 kMaxInt128 = ~UInt128{0} >> 1;

template <class T>
inline void Store(uint8_t* data, uint64_t row, T value) {
  std::memcpy(data + row * sizeof(T), &value, sizeof(T));
}

// DuckDB's 128-bit integers are two 64-bit halves, the lower first: the machine's own layout.
static_assert(sizeof(duckdb::hugeint_t) == sizeof(Int128));

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsJsonSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsJsonSpace(text.back())) text.remove_suffix(1);
  return text;
}

inline void SetValid(Vector& vector, uint64_t row) {
  auto& validity = FlatVector::Validity(vector);
  if (!validity.AllValid()) [[unlikely]]
    validity.SetValid(row);
}

}  // namespace

void StoreString(uint8_t* data, uint64_t row, const char* text, uint64_t size) {
  uint8_t* out = data + row * sizeof(duckdb::string_t);
  if (size > duckdb::string_t::INLINE_LENGTH) {
    const duckdb::string_t value(text, static_cast<uint32_t>(size));
    std::memcpy(out, &value, sizeof(value));
    return;
  }
  // Length, then twelve bytes, zero behind the text.
  uint32_t first;
  uint64_t rest;
  std::memcpy(&first, text, 4);
  std::memcpy(&rest, text + 4, 8);
  if (size < 4) {
    first &= static_cast<uint32_t>((uint64_t{1} << (8 * size)) - 1);
    rest = 0;
  } else if (size < 12) {
    rest &= (uint64_t{1} << (8 * (size - 4))) - 1;
  }
  const uint64_t head = size | uint64_t{first} << 32;
  std::memcpy(out, &head, 8);
  std::memcpy(out + 8, &rest, 8);
}

JsonValueReader::JsonValueReader(const duckdb::LogicalType& type, const JsonOptions& options)
    : type_(std::make_unique<duckdb::LogicalType>(type)), type_name_(TypeName(type)), options_(options) {
  JsonShape shape = JsonShapeOf(type);
  kind_ = shape.kind;
  width_ = shape.width;
  scale_ = shape.scale;
  array_size_ = shape.array_size;
  names_ = std::move(shape.names);
  seen_.resize(names_.size());
  for (const duckdb::LogicalType& child : shape.children) {
    children_.push_back(std::make_unique<JsonValueReader>(child, options));
  }
}

JsonValueReader::~JsonValueReader() = default;

void JsonValueReader::SetNull(Vector& vector, uint64_t row) const {
  if (kind_ == JsonKind::kStruct || kind_ == JsonKind::kArray) {
    FlatVector::SetNull(vector, row, true);  // their children's rows too
    return;
  }
  FlatVector::Validity(vector).SetInvalid(row);
  if (kind_ == JsonKind::kList || kind_ == JsonKind::kMap)
    FlatVector::GetData<duckdb::list_entry_t>(vector)[row] = {0, 0};
}

JsonRead JsonValueReader::Bad(const JsonCursor& at, JsonProblem* problem, std::string_view why) const {
  problem->reason = "expected " + type_name_ + ", found " + DescribeJsonValue(at);
  if (!why.empty()) problem->reason.append(", ").append(why);
  return JsonRead::kBad;
}

JsonRead JsonValueReader::Incomplete(JsonProblem* problem) const {
  problem->reason = "the value ends too early";
  problem->incomplete = true;
  return JsonRead::kBad;
}

// The text of a string, unescaped. In readable memory up to 16 bytes behind it, with a byte right behind it that
// belongs to no number.
bool JsonValueReader::StringAt(const JsonCursor& cursor, std::string_view* text, const char** wrong) {
  if (!JsonStringBody(cursor, text)) {
    *wrong = "which is followed by something else";
    return false;
  }
  if (!HasBackslash(text->data(), text->size())) [[likely]]
    return true;
  scratch_.resize(text->size() + 16);
  size_t size;
  if (const char* why = UnescapeJson(*text, scratch_.data(), &size)) {
    scratch_ = std::string("which holds ") + why;
    *wrong = scratch_.c_str();
    return false;
  }
  scratch_[size] = '\0';
  *text = std::string_view(scratch_.data(), size);
  return true;
}

// A number, or a string that holds one.
inline bool JsonValueReader::NumberAt(const JsonCursor& cursor, JsonNumber* number) {
  const char* token = cursor.token();
  if (*token != '"') [[likely]] {
    const char* const end = JsonTokenEnd(cursor);
    if (ScanShortNumber(token, static_cast<size_t>(end - token), number)) [[likely]]
      return true;
    return ScanNumber(token, NumberGrammar::kJson, number) && number->end == end;
  }
  std::string_view text;
  const char* wrong;
  if (!StringAt(cursor, &text, &wrong)) return false;
  text = Trim(text);
  return !text.empty() && ScanNumber(text.data(), NumberGrammar::kText, number) &&
         number->end == text.data() + text.size();
}

JsonRead JsonValueReader::Read(JsonCursor* cursor, Vector& vector, uint8_t* data, uint64_t row, JsonProblem* problem) {
  const char* token = cursor->token();
  if (*token == 'n' && std::memcmp(token, "null", 4) == 0 && JsonTokenEnd(*cursor) == token + 4) {
    cursor->next++;
    SetNull(vector, row);
    return JsonRead::kNull;
  }
  SetValid(vector, row);
  switch (kind_) {
    case JsonKind::kVarchar:
      return ReadVarchar(cursor, vector, data, row, problem);
    case JsonKind::kJson: {
      std::string_view text;
      const JsonCursor at = *cursor;
      if (const JsonError error = CheckJsonValue(cursor, &text); error.what) {
        if (error.incomplete) return Incomplete(problem);
        return Bad(at, problem, std::string("which is not valid: ") + error.what);
      }
      StoreString(data, row, text.data(), text.size());
      return JsonRead::kValue;
    }
    case JsonKind::kBoolean: {
      bool value = *token == 't';
      const char* end = JsonTokenEnd(*cursor);
      if (*token == '"') {
        std::string_view text;
        const char* wrong = nullptr;
        if (!StringAt(*cursor, &text, &wrong)) return Bad(*cursor, problem, wrong);
        if (!duckdb::TryCast::Operation(duckdb::string_t(text.data(), static_cast<uint32_t>(text.size())), value,
                                        false)) {
          return Bad(*cursor, problem);
        }
      } else if (std::string_view(token, static_cast<size_t>(end - token)) != (value ? "true" : "false")) {
        return Bad(*cursor, problem);
      }
      cursor->next++;
      Store(data, row, value);
      return JsonRead::kValue;
    }
    case JsonKind::kDouble:
    case JsonKind::kFloat: {
      JsonNumber number;
      double value;
      float narrow;
      if (NumberAt(*cursor, &number)) [[likely]] {
        if (kind_ == JsonKind::kDouble ? !ToDouble(number, &value) : !ToFloat(number, &narrow)) {
          return Bad(*cursor, problem, "which is out of range");
        }
      } else {
        std::string_view text;
        const char* wrong = nullptr;
        if (*token != '"') return Bad(*cursor, problem);
        if (!StringAt(*cursor, &text, &wrong)) return Bad(*cursor, problem, wrong);
        // NaN, Infinity and the like.
        const duckdb::string_t word(text.data(), static_cast<uint32_t>(text.size()));
        if (text.empty() || !duckdb::TryCast::Operation(word, value, true)) return Bad(*cursor, problem);
        narrow = static_cast<float>(value);
      }
      cursor->next++;
      if (kind_ == JsonKind::kDouble) {
        Store(data, row, value);
      } else {
        Store(data, row, narrow);
      }
      return JsonRead::kValue;
    }
    case JsonKind::kDecimal16:
    case JsonKind::kDecimal32:
    case JsonKind::kDecimal64:
    case JsonKind::kDecimal128:
      return ReadDecimal(cursor, data, row, problem);
    case JsonKind::kTimestampS:
    case JsonKind::kTimestampMs:
    case JsonKind::kTimestampUs:
    case JsonKind::kTimestampNs:
      return ReadTimestamp(cursor, data, row, problem);
    case JsonKind::kBlob:
    case JsonKind::kOther:
      return ReadOther(cursor, vector, data, row, problem);
    case JsonKind::kList:
      return ReadList(cursor, vector, row, problem);
    case JsonKind::kArray:
      return ReadArray(cursor, vector, row, problem);
    case JsonKind::kMap:
      return ReadMap(cursor, vector, row, problem);
    case JsonKind::kStruct:
      return ReadStruct(cursor, vector, row, problem);
    default:
      return ReadInteger(cursor, data, row, problem);
  }
}

JsonRead JsonValueReader::ReadVarchar(JsonCursor* cursor, Vector& vector, uint8_t* data, uint64_t row,
                                      JsonProblem* problem) {
  std::string_view text;
  const char* token = cursor->token();
  if (*token == '"') [[likely]] {
    if (JsonStringBody(*cursor, &text) && !HasBackslash(text.data(), text.size())) [[likely]] {
      StoreString(data, row, text.data(), text.size());
    } else {
      const char* wrong = nullptr;
      if (!StringAt(*cursor, &text, &wrong)) return Bad(*cursor, problem, wrong);
      const auto copy = duckdb::StringVector::AddStringOrBlob(vector, text.data(), text.size());
      Store(data, row, copy);
    }
    cursor->next++;
    return JsonRead::kValue;
  }
  const JsonCursor at = *cursor;
  if (const JsonError error = CheckJsonValue(cursor, &text); error.what) {
    if (error.incomplete) return Incomplete(problem);
    return Bad(at, problem, std::string("which is not valid: ") + error.what);
  }
  StoreString(data, row, text.data(), text.size());
  return JsonRead::kValue;
}

JsonRead JsonValueReader::ReadInteger(JsonCursor* cursor, uint8_t* data, uint64_t row, JsonProblem* problem) {
  JsonNumber number;
  if (!NumberAt(*cursor, &number)) return Bad(*cursor, problem);
  NumberFit fit;
  int64_t value = 0;
  Int128 wide = 0;
  switch (kind_) {
    case JsonKind::kInt8:
      fit = ToInt64(number, INT8_MAX, &value);
      Store(data, row, static_cast<int8_t>(value));
      break;
    case JsonKind::kInt16:
      fit = ToInt64(number, INT16_MAX, &value);
      Store(data, row, static_cast<int16_t>(value));
      break;
    case JsonKind::kInt32:
      fit = ToInt64(number, INT32_MAX, &value);
      Store(data, row, static_cast<int32_t>(value));
      break;
    case JsonKind::kInt64:
      fit = ToInt64(number, INT64_MAX, &value);
      Store(data, row, value);
      break;
    case JsonKind::kInt128:
      fit = ToInteger(number, kMaxInt128, true, &wide);
      Store(data, row, wide);
      break;
    case JsonKind::kUInt8:
      fit = ToInteger(number, UINT8_MAX, false, &wide);
      Store(data, row, static_cast<uint8_t>(wide));
      break;
    case JsonKind::kUInt16:
      fit = ToInteger(number, UINT16_MAX, false, &wide);
      Store(data, row, static_cast<uint16_t>(wide));
      break;
    case JsonKind::kUInt32:
      fit = ToInteger(number, UINT32_MAX, false, &wide);
      Store(data, row, static_cast<uint32_t>(wide));
      break;
    case JsonKind::kUInt64:
      fit = ToInteger(number, UINT64_MAX, false, &wide);
      Store(data, row, static_cast<uint64_t>(wide));
      break;
    default:
      fit = ToInteger(number, ~UInt128{0}, false, &wide);
      Store(data, row, wide);
      break;
  }
  if (fit == NumberFit::kOutOfRange) return Bad(*cursor, problem, "which is out of range");
  if (fit == NumberFit::kNotIntegral) return Bad(*cursor, problem, "which is not a whole number");
  cursor->next++;
  return JsonRead::kValue;
}

JsonRead JsonValueReader::ReadDecimal(JsonCursor* cursor, uint8_t* data, uint64_t row, JsonProblem* problem) {
  JsonNumber number;
  Int128 value;
  if (!NumberAt(*cursor, &number)) return Bad(*cursor, problem);
  if (ToDecimal(number, width_, scale_, &value) != NumberFit::kFits)
    return Bad(*cursor, problem, "which is out of range");
  switch (kind_) {
    case JsonKind::kDecimal16:
      Store(data, row, static_cast<int16_t>(value));
      break;
    case JsonKind::kDecimal32:
      Store(data, row, static_cast<int32_t>(value));
      break;
    case JsonKind::kDecimal64:
      Store(data, row, static_cast<int64_t>(value));
      break;
    default:
      Store(data, row, value);
  }
  cursor->next++;
  return JsonRead::kValue;
}

bool JsonValueReader::SecondsAt(const JsonCursor& cursor, int64_t* seconds, int32_t* nanos, const char** wrong) {
  const bool is_string = *cursor.token() == '"';
  const bool is_epoch = options_.timestamp_format >= JsonTimestampFormat::kEpochSeconds;
  if (is_epoch || (!is_string && options_.timestamp_format == JsonTimestampFormat::kAuto)) {
    JsonNumber number;
    *wrong = is_epoch ? "which is not a number since json.timestamp_format says epoch" : "";
    if (!NumberAt(cursor, &number)) return false;
    *wrong = "which is out of range";
    return EpochToTime(number, options_.timestamp_format, seconds, nanos);
  }
  *wrong = is_string ? "" : "which json.timestamp_format does not allow";
  std::string_view text;
  if (!is_string || !StringAt(cursor, &text, wrong)) return false;
  *wrong = times_.Parse(text, seconds, nanos);
  return *wrong == nullptr;
}

JsonRead JsonValueReader::ReadTimestamp(JsonCursor* cursor, uint8_t* data, uint64_t row, JsonProblem* problem) {
  int64_t seconds;
  int32_t nanos;
  const char* wrong = nullptr;
  int64_t value;
  if (SecondsAt(*cursor, &seconds, &nanos, &wrong)) [[likely]] {
    bool fits = true;
    switch (kind_) {
      case JsonKind::kTimestampS:
        value = seconds;
        break;
      case JsonKind::kTimestampMs:
        value = seconds * 1000 + nanos / 1'000'000;
        break;
      case JsonKind::kTimestampUs:
        fits = !__builtin_mul_overflow(seconds, int64_t{1'000'000}, &value) &&
               !__builtin_add_overflow(value, int64_t{nanos / 1000}, &value);
        break;
      default:
        fits = !__builtin_mul_overflow(seconds, int64_t{1'000'000'000}, &value) &&
               !__builtin_add_overflow(value, int64_t{nanos}, &value);
    }
    // The two ends of the range mean infinity.
    fits = fits && value != std::numeric_limits<int64_t>::max() && value > -std::numeric_limits<int64_t>::max();
    if (!fits) return Bad(*cursor, problem, "which is out of range");
  } else {
    std::string_view text;
    const char* ignored = nullptr;
    const bool is_string = *cursor->token() == '"' && JsonStringBody(*cursor, &text);
    if (is_string && text == "infinity") {
      value = std::numeric_limits<int64_t>::max();
    } else if (is_string && text == "-infinity") {
      value = -std::numeric_limits<int64_t>::max();
    } else {
      (void)ignored;
      return Bad(*cursor, problem, wrong);
    }
  }
  Store(data, row, value);
  cursor->next++;
  return JsonRead::kValue;
}

JsonRead JsonValueReader::ReadOther(JsonCursor* cursor, Vector& vector, uint8_t* data, uint64_t row,
                                    JsonProblem* problem) {
  const char* token = cursor->token();
  const JsonCursor at = *cursor;
  std::string_view text;
  const char* wrong = nullptr;
  if (*token == '"') {
    if (!StringAt(*cursor, &text, &wrong)) return Bad(at, problem, wrong);
    cursor->next++;
  } else {
    if (type_->id() != LogicalTypeId::BIT && (*token == '{' || *token == '[')) return Bad(at, problem);
    if (const JsonError error = CheckJsonValue(cursor, &text); error.what) {
      if (error.incomplete) return Incomplete(problem);
      return Bad(at, problem, std::string("which is not valid: ") + error.what);
    }
  }
  const duckdb::string_t word(text.data(), static_cast<uint32_t>(text.size()));
  switch (type_->id()) {
    case LogicalTypeId::DATE: {
      int64_t seconds;
      int32_t nanos;
      if (text == "infinity" || text == "-infinity") {
        Store(data, row, text[0] == '-' ? duckdb::date_t::ninfinity() : duckdb::date_t::infinity());
        return JsonRead::kValue;
      }
      wrong = times_.Parse(text, &seconds, &nanos);
      if (!wrong && (seconds % 86400 != 0 || nanos != 0)) wrong = "which has a time of day";
      if (wrong) return Bad(at, problem, wrong);
      Store(data, row, static_cast<int32_t>(seconds / 86400));
      return JsonRead::kValue;
    }
    case LogicalTypeId::TIME:
    case LogicalTypeId::TIME_NS: {
      int64_t seconds;
      int32_t nanos;
      wrong = ParseTimeOfDay(text, &seconds, &nanos);
      if (wrong) return Bad(at, problem, wrong);
      const bool is_nanos = type_->id() == LogicalTypeId::TIME_NS;
      Store(data, row, is_nanos ? seconds * 1'000'000'000 + nanos : seconds * 1'000'000 + nanos / 1000);
      return JsonRead::kValue;
    }
    case LogicalTypeId::INTERVAL: {
      duckdb::interval_t value;
      std::string error;
      if (!duckdb::Interval::FromCString(text.data(), text.size(), value, &error, false)) return Bad(at, problem);
      Store(data, row, value);
      return JsonRead::kValue;
    }
    case LogicalTypeId::UUID: {
      duckdb::hugeint_t value;
      if (!duckdb::UUID::FromString(std::string(text), value, true)) return Bad(at, problem);
      Store(data, row, value);
      return JsonRead::kValue;
    }
    case LogicalTypeId::ENUM: {
      const int64_t position = duckdb::EnumType::GetPos(*type_, word);
      if (position < 0) return Bad(at, problem, "which is none of its values");
      switch (type_->InternalType()) {
        case duckdb::PhysicalType::UINT8:
          Store(data, row, static_cast<uint8_t>(position));
          break;
        case duckdb::PhysicalType::UINT16:
          Store(data, row, static_cast<uint16_t>(position));
          break;
        default:
          Store(data, row, static_cast<uint32_t>(position));
      }
      return JsonRead::kValue;
    }
    case LogicalTypeId::BLOB: {
      try {
        const auto size = duckdb::Blob::FromBase64Size(word);
        auto blob = duckdb::StringVector::EmptyString(vector, size);
        duckdb::Blob::FromBase64(word, reinterpret_cast<duckdb::data_ptr_t>(blob.GetDataWriteable()), size);
        blob.Finalize();
        Store(data, row, blob);
        return JsonRead::kValue;
      } catch (const std::exception&) {
        return Bad(at, problem, "which is not base64");
      }
    }
    default: {
      try {
        duckdb::Value value;
        duckdb::string error;
        if (!duckdb::Value(std::string(text)).DefaultTryCastAs(*type_, value, &error, true)) return Bad(at, problem);
        vector.SetValue(row, value);
        return JsonRead::kValue;
      } catch (const std::exception&) {
        return Bad(at, problem);
      }
    }
  }
}

}  // namespace laminar
