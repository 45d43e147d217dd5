#include "formats/json/json_value_writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "duckdb/common/types/blob.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"

#include "duck/timestamp_text.h"
#include "formats/json/json_number.h"
#include "formats/json/json_rewrite.h"
#include "formats/json/json_string.h"
#include "formats/json/json_syntax.h"

namespace laminar {

using duckdb::FlatVector;
using duckdb::LogicalTypeId;
using duckdb::Vector;

struct JsonValueWriter::Rows {
  explicit Rows(const duckdb::LogicalType& type) : vector(type, nullptr) {}
  Vector vector;                 // a view of the caller's
  std::unique_ptr<Vector> text;  // kOther: cast to VARCHAR
  duckdb::UnifiedVectorFormat format;
};

namespace {

constexpr size_t kMaxNumber = 48;

template <class T>
inline T Load(const uint8_t* data, uint64_t index) {
  T value;
  std::memcpy(&value, data + index * sizeof(T), sizeof(T));
  return value;
}

template <class T>
void AppendNumber(T value, JsonBuffer* out) {
  char* p = out->Reserve(kMaxNumber);
  out->Advance(std::to_chars(p, p + kMaxNumber, value).ptr);
}

}  // namespace

char* WriteInt128(__int128 value, char* out) {
  UInt128 rest = value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
  if (value < 0) *out++ = '-';
  if (rest <= std::numeric_limits<uint64_t>::max())
    return std::to_chars(out, out + 20, static_cast<uint64_t>(rest)).ptr;
  char digits[40];
  char* p = digits + sizeof(digits);
  for (; rest != 0; rest /= 10) *--p = static_cast<char>('0' + static_cast<int>(rest % 10));
  const auto size = static_cast<size_t>(digits + sizeof(digits) - p);
  std::memcpy(out, p, size);
  return out + size;
}

char* WriteDecimal(__int128 value, int scale, char* out) {
  if (value == 0) {
    *out = '0';
    return out + 1;
  }
  UInt128 magnitude = value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
  if (value < 0) *out++ = '-';
  // Most fit 64 bits, where division is cheap.
  while (scale > 0 && magnitude > std::numeric_limits<uint64_t>::max() && magnitude % 10 == 0) {
    magnitude /= 10;
    scale--;
  }
  if (magnitude <= std::numeric_limits<uint64_t>::max()) {
    auto narrow = static_cast<uint64_t>(magnitude);
    for (; scale >= 4 && narrow % 10000 == 0; scale -= 4) narrow /= 10000;
    for (; scale > 0 && narrow % 10 == 0; scale--) narrow /= 10;
    magnitude = narrow;
  }
  char digits[kMaxNumber];
  const auto size = static_cast<int>(WriteInt128(static_cast<Int128>(magnitude), digits) - digits);
  if (scale == 0) {
    std::memcpy(out, digits, static_cast<size_t>(size));
    return out + size;
  }
  const int whole = size - scale;
  if (whole <= 0) {
    *out++ = '0';
    *out++ = '.';
    for (int i = whole; i < 0; i++) *out++ = '0';
    std::memcpy(out, digits, static_cast<size_t>(size));
    return out + size;
  }
  std::memcpy(out, digits, static_cast<size_t>(whole));
  out[whole] = '.';
  std::memcpy(out + whole + 1, digits + whole, static_cast<size_t>(scale));
  return out + size + 1;
}

char* WriteDouble(double value, char* out) {
  if (!std::isfinite(value)) {
    std::memcpy(out, "null", 4);
    return out + 4;
  }
  return std::to_chars(out, out + kMaxNumber, value).ptr;
}

JsonValueWriter::JsonValueWriter(const duckdb::LogicalType& type, const JsonOptions& options)
    : type_(std::make_unique<duckdb::LogicalType>(type)),
      timestamp_format_(options.timestamp_format),
      rows_(std::make_unique<Rows>(type)) {
  const JsonShape shape = JsonShapeOf(type);
  kind_ = shape.kind;
  scale_ = shape.scale;
  array_size_ = shape.array_size;
  for (const std::string& name : shape.names) names_.push_back(QuoteJson(name) + ":");
  for (const duckdb::LogicalType& child : shape.children) {
    children_.push_back(std::make_unique<JsonValueWriter>(child, options));
  }
}

JsonValueWriter::~JsonValueWriter() = default;

void JsonValueWriter::Prepare(const Vector& vector, uint64_t count) {
  Rows& rows = *rows_;
  rows.vector.Reference(vector);
  switch (kind_) {
    case JsonKind::kOther:
      rows.text =
          std::make_unique<Vector>(duckdb::LogicalType::VARCHAR, std::max<uint64_t>(count, STANDARD_VECTOR_SIZE));
      duckdb::VectorOperations::DefaultCast(rows.vector, *rows.text, count);
      rows.text->ToUnifiedFormat(count, rows.format);
      return;
    case JsonKind::kList:
    case JsonKind::kMap: {
      rows.vector.Flatten(count);
      Vector& entries = duckdb::ListVector::GetEntry(rows.vector);
      const uint64_t size = duckdb::ListVector::GetListSize(rows.vector);
      if (kind_ == JsonKind::kList) {
        children_[0]->Prepare(entries, size);
      } else {
        entries.Flatten(size);
        auto& fields = duckdb::StructVector::GetEntries(entries);
        children_[0]->Prepare(*fields[0], size);
        children_[1]->Prepare(*fields[1], size);
      }
      break;
    }
    case JsonKind::kArray:
      rows.vector.Flatten(count);
      children_[0]->Prepare(duckdb::ArrayVector::GetEntry(rows.vector), count * array_size_);
      break;
    case JsonKind::kStruct: {
      rows.vector.Flatten(count);
      auto& fields = duckdb::StructVector::GetEntries(rows.vector);
      for (size_t i = 0; i < children_.size(); i++) children_[i]->Prepare(*fields[i], count);
      break;
    }
    default:
      break;
  }
  rows.vector.ToUnifiedFormat(count, rows.format);
}

bool JsonValueWriter::IsNull(uint64_t row) const {
  const auto& format = rows_->format;
  return !format.validity.RowIsValid(format.sel->get_index(row));
}

void JsonValueWriter::Write(uint64_t row, JsonBuffer* out) {
  const auto& format = rows_->format;
  const uint64_t index = format.sel->get_index(row);
  if (!format.validity.RowIsValid(index)) {
    out->Append("null");
    return;
  }
  const uint8_t* data = format.data;
  switch (kind_) {
    case JsonKind::kVarchar:
    case JsonKind::kOther: {
      const auto& text = reinterpret_cast<const duckdb::string_t*>(data)[index];
      char* p = out->Reserve(MaxJsonStringSize(text.GetSize()));
      out->Advance(WriteJsonString(std::string_view(text.GetData(), text.GetSize()), p));
      return;
    }
    case JsonKind::kJson: {
      const auto& text = reinterpret_cast<const duckdb::string_t*>(data)[index];
      const std::string_view json(text.GetData(), text.GetSize());
      if (json.empty()) {
        out->Append("null");
      } else {
        AppendJson(json, out);
      }
      return;
    }
    case JsonKind::kBoolean:
      out->Append(Load<uint8_t>(data, index) ? "true" : "false");
      return;
    case JsonKind::kInt8:
      AppendNumber(int{Load<int8_t>(data, index)}, out);
      return;
    case JsonKind::kInt16:
      AppendNumber(Load<int16_t>(data, index), out);
      return;
    case JsonKind::kInt32:
      AppendNumber(Load<int32_t>(data, index), out);
      return;
    case JsonKind::kInt64:
      AppendNumber(Load<int64_t>(data, index), out);
      return;
    case JsonKind::kUInt8:
      AppendNumber(unsigned{Load<uint8_t>(data, index)}, out);
      return;
    case JsonKind::kUInt16:
      AppendNumber(Load<uint16_t>(data, index), out);
      return;
    case JsonKind::kUInt32:
      AppendNumber(Load<uint32_t>(data, index), out);
      return;
    case JsonKind::kUInt64:
      AppendNumber(Load<uint64_t>(data, index), out);
      return;
    case JsonKind::kInt128:
      out->Advance(WriteInt128(Load<Int128>(data, index), out->Reserve(kMaxNumber)));
      return;
    case JsonKind::kUInt128: {
      const auto value = Load<UInt128>(data, index);
      char* p = out->Reserve(kMaxNumber);
      // The last digit apart: the rest fits the signed type.
      if (value >= 10) p = WriteInt128(static_cast<Int128>(value / 10), p);
      *p++ = static_cast<char>('0' + static_cast<int>(value % 10));
      out->Advance(p);
      return;
    }
    case JsonKind::kFloat: {
      const auto value = Load<float>(data, index);
      if (std::isfinite(value)) {
        AppendNumber(value, out);
      } else {
        out->Append("null");
      }
      return;
    }
    case JsonKind::kDouble:
      out->Advance(WriteDouble(Load<double>(data, index), out->Reserve(kMaxNumber)));
      return;
    case JsonKind::kDecimal16:
      out->Advance(WriteDecimal(Load<int16_t>(data, index), scale_, out->Reserve(kMaxNumber)));
      return;
    case JsonKind::kDecimal32:
      out->Advance(WriteDecimal(Load<int32_t>(data, index), scale_, out->Reserve(kMaxNumber)));
      return;
    case JsonKind::kDecimal64:
      out->Advance(WriteDecimal(Load<int64_t>(data, index), scale_, out->Reserve(kMaxNumber)));
      return;
    case JsonKind::kDecimal128:
      out->Advance(WriteDecimal(Load<Int128>(data, index), scale_, out->Reserve(kMaxNumber)));
      return;
    case JsonKind::kTimestampS:
    case JsonKind::kTimestampMs:
    case JsonKind::kTimestampUs:
    case JsonKind::kTimestampNs:
      WriteTimestamp(Load<int64_t>(data, index), out);
      return;
    case JsonKind::kBlob: {
      const auto& blob = reinterpret_cast<const duckdb::string_t*>(data)[index];
      const auto size = duckdb::Blob::ToBase64Size(blob);
      char* p = out->Reserve(size + 2);
      *p++ = '"';
      duckdb::Blob::ToBase64(blob, p);
      p += size;
      *p++ = '"';
      out->Advance(p);
      return;
    }
    case JsonKind::kList:
    case JsonKind::kMap: {
      const auto entry = reinterpret_cast<const duckdb::list_entry_t*>(data)[index];
      if (kind_ == JsonKind::kMap) {
        WriteMap(entry.offset, entry.offset + entry.length, out);
        return;
      }
      out->Put('[');
      for (uint64_t i = 0; i < entry.length; i++) {
        if (i > 0) out->Put(',');
        children_[0]->Write(entry.offset + i, out);
      }
      out->Put(']');
      return;
    }
    case JsonKind::kArray:
      out->Put('[');
      for (uint64_t i = 0; i < array_size_; i++) {
        if (i > 0) out->Put(',');
        children_[0]->Write(index * array_size_ + i, out);
      }
      out->Put(']');
      return;
    case JsonKind::kStruct:
      out->Put('{');
      for (size_t i = 0; i < children_.size(); i++) {
        if (i > 0) out->Put(',');
        out->Append(names_[i]);
        children_[i]->Write(index, out);
      }
      out->Put('}');
  }
}

void JsonValueWriter::WriteMap(uint64_t begin, uint64_t end, JsonBuffer* out) {
  out->Put('{');
  for (uint64_t i = begin; i < end; i++) {
    if (i > begin) out->Put(',');
    key_.Clear();
    children_[0]->Write(i, &key_);
    const std::string_view key = key_.text();
    if (key.starts_with('"')) {
      out->Append(key);
    } else {
      out->Advance(WriteJsonString(key, out->Reserve(MaxJsonStringSize(key.size()))));
    }
    out->Put(':');
    children_[1]->Write(i, out);
  }
  out->Put('}');
}

void JsonValueWriter::WriteTimestamp(int64_t value, JsonBuffer* out) {
  const int64_t per_second = kind_ == JsonKind::kTimestampS    ? 1
                             : kind_ == JsonKind::kTimestampMs ? 1000
                             : kind_ == JsonKind::kTimestampUs ? 1'000'000
                                                               : 1'000'000'000;
  const bool finite = value != std::numeric_limits<int64_t>::max() && value != -std::numeric_limits<int64_t>::max();
  int64_t seconds = value / per_second, rest = value % per_second;
  if (rest < 0) {
    rest += per_second;
    seconds--;
  }
  const auto nanos = static_cast<int32_t>(rest * (1'000'000'000 / per_second));
  if (finite && timestamp_format_ >= JsonTimestampFormat::kEpochSeconds) {
    char* p = out->Reserve(kMaxNumber);
    const Int128 whole = Int128{seconds} * 1'000'000'000 + nanos;  // nanoseconds
    const auto floor = [&](int64_t unit) { return whole / unit - (whole % unit < 0); };
    switch (timestamp_format_) {
      case JsonTimestampFormat::kEpochSeconds:
        p = WriteDecimal(whole, 9, p);
        break;
      case JsonTimestampFormat::kEpochMillis:
        p = WriteInt128(floor(1'000'000), p);
        break;
      case JsonTimestampFormat::kEpochMicros:
        p = WriteInt128(floor(1'000), p);
        break;
      default:
        p = WriteInt128(whole, p);
    }
    out->Advance(p);
    return;
  }
  char* p = out->Reserve(TimestampWriter::kMaxSize + 2);
  *p++ = '"';
  const bool sql = timestamp_format_ == JsonTimestampFormat::kSql;
  if (finite && times_.Write(seconds, nanos, sql ? ' ' : 'T', !sql, &p)) [[likely]] {
    *p++ = '"';
    out->Advance(p);
    return;
  }
  const std::string text = finite ? TimestampText(seconds, nanos) : value > 0 ? "infinity" : "-infinity";
  out->Advance(WriteJsonString(text, out->Reserve(MaxJsonStringSize(text.size()))));
}

}  // namespace laminar
