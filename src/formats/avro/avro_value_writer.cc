#include "formats/avro/avro_value_writer.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/types/uuid.hpp"
#include "duckdb/common/types/value.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"

#include "base/check.h"
#include "formats/avro/avro_decimal.h"
#include "formats/avro/avro_from_json.h"
#include "formats/avro/avro_put.h"

namespace laminar {

using duckdb::LogicalTypeId;
using duckdb::Vector;

struct AvroValueWriter::Rows {
  explicit Rows(const duckdb::LogicalType& type) : vector(type, nullptr) {}
  Vector vector;                 // a view of the caller's
  std::unique_ptr<Vector> text;  // casts_: as VARCHAR
  duckdb::UnifiedVectorFormat format;
};

namespace {

template <class T>
inline T Load(const duckdb::UnifiedVectorFormat& format, uint64_t index) {
  T value;
  std::memcpy(&value, format.data + index * sizeof(T), sizeof(T));
  return value;
}

template <class T>
inline void PutFixed(T value, JsonBuffer* out) {
  char* p = out->Reserve(sizeof(T));
  std::memcpy(p, &value, sizeof(T));
  out->Advance(p + sizeof(T));
}

}  // namespace

AvroValueWriter::AvroValueWriter(const AvroNode& node, const duckdb::LogicalType& type)
    : node_(&node), type_(MakeType(type)), shape_(JsonShapeOf(type)), rows_(std::make_unique<Rows>(type)) {}

AvroValueWriter::~AvroValueWriter() = default;

void AvroValueWriter::Prepare(const Vector& vector, uint64_t count) {
  Rows& rows = *rows_;
  rows.vector.Reference(vector);
  if (casts_) {
    rows.text = std::make_unique<Vector>(duckdb::LogicalType::VARCHAR, std::max<uint64_t>(count, STANDARD_VECTOR_SIZE));
    duckdb::VectorOperations::DefaultCast(rows.vector, *rows.text, count);
    rows.text->ToUnifiedFormat(count, rows.format);
    return;
  }
  const auto prepare_fields = [&](Vector& parent, uint64_t size) {
    auto& fields = duckdb::StructVector::GetEntries(parent);
    for (Part& part : parts_) {
      if (part.writer) part.writer->Prepare(*fields[part.column], size);
    }
  };
  switch (action_) {
    case Action::kArray:
      rows.vector.Flatten(count);
      if (shape_.kind == JsonKind::kArray) {
        element_->Prepare(duckdb::ArrayVector::GetEntry(rows.vector), count * shape_.array_size);
      } else {
        element_->Prepare(duckdb::ListVector::GetEntry(rows.vector), duckdb::ListVector::GetListSize(rows.vector));
      }
      break;
    case Action::kMap:
    case Action::kRecordsMap: {
      rows.vector.Flatten(count);
      Vector& entries = duckdb::ListVector::GetEntry(rows.vector);
      const uint64_t size = duckdb::ListVector::GetListSize(rows.vector);
      entries.Flatten(size);
      prepare_fields(entries, size);
      break;
    }
    case Action::kRecord:
      rows.vector.Flatten(count);
      prepare_fields(rows.vector, count);
      break;
    case Action::kFromJson:
      rows.vector.Flatten(count);
      from_json_->Prepare(rows.vector, count);
      break;
    default:
      break;
  }
  rows.vector.ToUnifiedFormat(count, rows.format);
}

void AvroValueWriter::PrepareColumns(const std::vector<const Vector*>& columns, uint64_t count) {
  for (Part& part : parts_) {
    failed_ = part.column;  // where a cast throws
    if (part.writer) part.writer->Prepare(*columns[part.column], count);
  }
}

const char* AvroValueWriter::Write(uint64_t row, JsonBuffer* out) {
  const auto& format = rows_->format;
  const uint64_t index = format.sel->get_index(row);
  if (!format.validity.RowIsValid(index) || (from_json_ && from_json_->IsNull(index))) {
    if (null_branch_ >= 0) {
      PutAvroLong(null_branch_, out);
      return nullptr;
    }
    return "it is NULL, and the Avro field takes no null";
  }
  if (branch_ >= 0) PutAvroLong(branch_, out);
  return WriteValue(index, out);
}

const char* AvroValueWriter::WriteFields(uint64_t row, JsonBuffer* out) {
  for (Part& part : parts_) {
    if (!part.writer) {
      out->Append(part.bytes);
    } else if (const char* wrong = part.writer->Write(row, out)) {
      failed_ = part.column;
      return wrong;
    }
  }
  return nullptr;
}

std::optional<uint64_t> AvroValueWriter::FirstNull(uint32_t column, uint64_t count) const {
  for (const Part& part : parts_) {
    if (!part.writer || part.column != column) continue;
    const auto& format = part.writer->rows_->format;
    for (uint64_t row = 0; row < count && !format.validity.AllValid(); row++) {
      if (!format.validity.RowIsValid(format.sel->get_index(row))) return row;
    }
  }
  return std::nullopt;
}

// `index`: into the data of the vector's unified format.
const char* AvroValueWriter::WriteValue(uint64_t index, JsonBuffer* out) {
  const auto& format = rows_->format;
  switch (action_) {
    case Action::kBoolean:
      out->Put(static_cast<char>(Load<uint8_t>(format, index)));
      return nullptr;
    case Action::kWhole:
      PutAvroLong(static_cast<int64_t>(IntegerAt(index)), out);
      return nullptr;
    case Action::kFloat:
      PutFixed(shape_.kind == JsonKind::kFloat ? Load<float>(format, index) : static_cast<float>(IntegerAt(index)),
               out);
      return nullptr;
    case Action::kDouble:
      PutFixed(shape_.kind == JsonKind::kDouble  ? Load<double>(format, index)
               : shape_.kind == JsonKind::kFloat ? static_cast<double>(Load<float>(format, index))
                                                 : static_cast<double>(IntegerAt(index)),
               out);
      return nullptr;
    case Action::kDecimal:
      return WriteDecimal(index, out);
    case Action::kTime:
      return WriteTime(index, out);
    case Action::kText:
    case Action::kFixed: {
      const auto text = Load<duckdb::string_t>(format, index);
      const std::string_view bytes(text.GetData(), text.GetSize());
      if (action_ == Action::kText) {
        PutAvroLong(static_cast<int64_t>(bytes.size()), out);
      } else if (bytes.size() != node_->size) {
        return "it has not as many bytes as the Avro fixed";
      }
      out->Append(bytes);
      return nullptr;
    }
    case Action::kUuid: {
      char* p = out->Reserve(16);
      duckdb::UUID::ToBlob(Load<duckdb::hugeint_t>(format, index), reinterpret_cast<duckdb::data_ptr_t>(p));
      out->Advance(p + 16);
      return nullptr;
    }
    case Action::kDuration:
      return WriteDuration(index, out);
    case Action::kEnum: {
      const auto text = Load<duckdb::string_t>(format, index);
      const std::string_view symbol(text.GetData(), text.GetSize());
      const auto found = std::find(node_->symbols.begin(), node_->symbols.end(), symbol);
      if (found == node_->symbols.end()) return "it is no symbol of the Avro enum";
      PutAvroLong(found - node_->symbols.begin(), out);
      return nullptr;
    }
    case Action::kArray:
      if (shape_.kind == JsonKind::kArray) return WriteElements(index * shape_.array_size, shape_.array_size, out);
      [[fallthrough]];
    case Action::kMap:
    case Action::kRecordsMap: {
      const auto entry = Load<duckdb::list_entry_t>(format, index);
      return WriteElements(entry.offset, entry.length, out);
    }
    case Action::kRecord:
      return WriteFields(index, out);
    case Action::kFromJson:
      return from_json_->Write(index, out);
  }
  return nullptr;
}

const char* AvroValueWriter::WriteElements(uint64_t begin, uint64_t count, JsonBuffer* out) {
  if (count > 0) PutAvroLong(static_cast<int64_t>(count), out);
  for (uint64_t i = begin; i < begin + count; i++) {
    const char* wrong = action_ == Action::kArray ? element_->Write(i, out) : WriteFields(i, out);
    if (wrong != nullptr) return wrong;
  }
  PutAvroLong(0, out);
  return nullptr;
}

// An integer, or the unscaled value of a DECIMAL.
__int128 AvroValueWriter::IntegerAt(uint64_t index) const {
  const auto& format = rows_->format;
  switch (shape_.kind) {
    case JsonKind::kInt8:
      return Load<int8_t>(format, index);
    case JsonKind::kInt16:
    case JsonKind::kDecimal16:
      return Load<int16_t>(format, index);
    case JsonKind::kInt32:
    case JsonKind::kDecimal32:
      return Load<int32_t>(format, index);
    case JsonKind::kInt64:
    case JsonKind::kDecimal64:
      return Load<int64_t>(format, index);
    case JsonKind::kUInt8:
      return Load<uint8_t>(format, index);
    case JsonKind::kUInt16:
      return Load<uint16_t>(format, index);
    case JsonKind::kUInt32:
      return Load<uint32_t>(format, index);
    case JsonKind::kUInt64:
      return Load<uint64_t>(format, index);
    default:
      return Load<__int128>(format, index);
  }
}

const char* AvroValueWriter::WriteDecimal(uint64_t index, JsonBuffer* out) {
  Int128 value = IntegerAt(index);
  if (shape_.kind == JsonKind::kUInt128 && value < 0) return "it is out of the range of an Avro decimal";
  if (!Rescale(value, shape_.scale, node_->scale, &value)) return "it is out of the range of the Avro decimal";
  const int precision = node_->precision;
  if (precision <= 38) {
    const auto limit = static_cast<Int128>(PowerOfTen(precision));
    if (value >= limit || value <= -limit) return "it has more digits than the Avro decimal";
  }
  char bytes[kMaxAvroDecimalBytes];
  const auto size = static_cast<uint64_t>(WriteAvroDecimal(value, bytes));
  if (node_->type == AvroType::kBytes) {
    PutAvroLong(static_cast<int64_t>(size), out);
  } else {
    for (uint64_t i = size; i < node_->size; i++) out->Put(static_cast<char>(value < 0 ? 0xFF : 0));
    if (size > node_->size) return "it has more digits than the Avro decimal";
  }
  out->Append(std::string_view(bytes + kMaxAvroDecimalBytes - size, size));
  return nullptr;
}

const char* AvroValueWriter::WriteTime(uint64_t index, JsonBuffer* out) {
  constexpr int64_t kInfinity = std::numeric_limits<int64_t>::max();
  const auto& format = rows_->format;
  if (type_->id() == LogicalTypeId::DATE) {
    PutAvroLong(Load<int32_t>(format, index), out);
    return nullptr;
  }
  int64_t value = Load<int64_t>(format, index);
  const bool infinite = shape_.kind != JsonKind::kOther && (value == kInfinity || value == -kInfinity);
  if (!infinite) {
    if (__builtin_mul_overflow(value, numerator_, &value)) return "it is out of the range of the Avro timestamp";
    if (denominator_ != 1) {
      const int64_t rest = value % denominator_;
      value = value / denominator_ - (rest < 0);  // earlier times are lower numbers
    }
  }
  PutAvroLong(value, out);
  return nullptr;
}

const char* AvroValueWriter::WriteDuration(uint64_t index, JsonBuffer* out) {
  const auto value = Load<duckdb::interval_t>(rows_->format, index);
  const int64_t millis = value.micros / 1000;
  if (value.months < 0 || value.days < 0 || value.micros < 0) return "it is negative, and an Avro duration cannot be";
  if (value.micros % 1000 != 0 || millis > std::numeric_limits<uint32_t>::max())
    return "it is no number of milliseconds that an Avro duration can hold";
  PutFixed(static_cast<uint32_t>(value.months), out);
  PutFixed(static_cast<uint32_t>(value.days), out);
  PutFixed(static_cast<uint32_t>(millis), out);
  return nullptr;
}

}  // namespace laminar
