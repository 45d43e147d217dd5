// A batch is encoded column by column in two passes: the lengths of the rows' keys, which give their places, then the
// bytes. Values of fixed width and strings, which nearly every key is made of, have loops of their own; lists and
// structs go value by value.
//
// The hash reads words of 8 bytes, little endian, the last one padded with zeros, two at least: xor, multiply by an odd
// number, fold the high half down (FNV-1a's step, Fowler, Noll, Vo 1991, on words; each step is a bijection, so a
// difference in one word is never lost). The length goes in first, and the end is mix 13 of D. Stafford, "Better bit
// mixing" (2011), the one of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): every bit of the result depends on every bit
// before.
#include "state/key_codec.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"
#include "state/byte_reader.h"

namespace laminar {

static_assert(std::endian::native == std::endian::little);

namespace {

constexpr size_t kWord = 8, kFewWords = 2;

// word_at(i): the 8 bytes of the key from byte i on, zeros behind its end.
template <class WordAt>
uint64_t HashWords(size_t size, const WordAt& word_at) {
  constexpr uint64_t kStart = 0x6a09e667f3bcc909;  // the fraction of the square root of 2
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;    // the fraction of the golden ratio
  uint64_t hash = kStart ^ (size * kOdd);
  const auto add = [&](uint64_t word) {
    hash = (hash ^ word) * kOdd;
    hash ^= hash >> 32;
  };
  add(word_at(0));
  add(word_at(kWord));
  for (size_t done = kFewWords * kWord; done < size; done += kWord) add(word_at(done));
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

// HashKey of a key behind whose start kFewWords words, and behind whose end one, may be read. Keys of few words cost
// the same whatever their length is: there is no branch to mispredict.
uint64_t HashPadded(const char* key, size_t size) {
  return HashWords(size, [&](size_t i) {
    uint64_t word;
    memcpy(&word, key + i, kWord);
    const size_t bytes = i < size ? size - i : 0;
    return bytes >= kWord ? word : word & ((uint64_t{1} << (8 * bytes)) - 1);
  });
}

}  // namespace

uint64_t HashKey(std::string_view key) {
  return HashWords(key.size(), [&](size_t i) {
    uint64_t word = 0;
    if (i < key.size()) memcpy(&word, key.data() + i, std::min(kWord, key.size() - i));
    return word;
  });
}

namespace {

using duckdb::FlatVector;
using duckdb::PhysicalType;
using duckdb::RecursiveUnifiedVectorFormat;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;

constexpr char kNull = 0, kValue = 1;

// What equal values have in common.
template <class T>
T Canonical(T value) {
  return value;
}
template <std::floating_point T>
T Canonical(T value) {
  if (std::isnan(value)) return std::numeric_limits<T>::quiet_NaN();
  return value == 0 ? T{0} : value;
}
template <>
duckdb::interval_t Canonical(duckdb::interval_t value) {
  return value.Normalize();  // a month has 30 days, a day 24 hours
}

// Calls visit(T()) with the type of fixed width that the values are stored as; false: they are not.
template <class Visit>
bool WithFixedType(PhysicalType type, Visit visit) {
  switch (type) {
    case PhysicalType::BOOL:
    case PhysicalType::INT8:
    case PhysicalType::UINT8:
      visit(uint8_t());
      return true;
    case PhysicalType::INT16:
    case PhysicalType::UINT16:
      visit(uint16_t());
      return true;
    case PhysicalType::INT32:
    case PhysicalType::UINT32:
      visit(uint32_t());
      return true;
    case PhysicalType::INT64:
    case PhysicalType::UINT64:
      visit(uint64_t());
      return true;
    case PhysicalType::INT128:
    case PhysicalType::UINT128:
      visit(duckdb::hugeint_t());
      return true;
    case PhysicalType::FLOAT:
      visit(float());
      return true;
    case PhysicalType::DOUBLE:
      visit(double());
      return true;
    case PhysicalType::INTERVAL:
      visit(duckdb::interval_t());
      return true;
    default:
      return false;
  }
}

size_t FixedWidth(PhysicalType type) {
  size_t width = 0;
  WithFixedType(type, [&](auto zero) { width = sizeof(zero); });
  return width;
}

template <class T>
char* Write(const T& value, char* to) {
  memcpy(to, &value, sizeof(T));
  return to + sizeof(T);
}
template <class T>
T Read(const char** from) {
  T value;
  memcpy(&value, *from, sizeof(T));
  *from += sizeof(T);
  return value;
}

// ---- strings: their first byte is their length too, if it is below kLong

constexpr size_t kLong = 254;
constexpr char kLongMark = static_cast<char>(kLong + 1);

size_t EncodedLength(const duckdb::string_t& value) {
  const size_t length = value.GetSize();
  return length + (length < kLong ? 1 : 1 + sizeof(uint32_t));
}

char* WriteString(const duckdb::string_t& value, char* to) {
  const size_t length = value.GetSize();
  if (length < kLong) {
    to = Write(static_cast<char>(length + 1), to);
  } else {
    to = Write(static_cast<uint32_t>(length), Write(kLongMark, to));
  }
  memcpy(to, value.GetData(), length);
  return to + length;
}

// After its first byte.
std::string_view ReadString(char mark, const char** from) {
  const size_t length = mark == kLongMark ? Read<uint32_t>(from) : static_cast<uint8_t>(mark) - 1U;
  const char* const text = *from;
  *from += length;
  return {text, length};
}

// ---- nested values: one at a time

struct Elements {
  size_t offset, count;
};

Elements ElementsAt(const RecursiveUnifiedVectorFormat& values, size_t at) {
  if (values.logical_type.InternalType() == PhysicalType::LIST) {
    const auto entry = UnifiedVectorFormat::GetData<duckdb::list_entry_t>(values.unified)[at];
    return {entry.offset, entry.length};
  }
  const size_t size = duckdb::ArrayType::GetSize(values.logical_type);
  return {at * size, size};
}

// row: of the vector; values.unified.sel says where the value lies. DuckDB slices the fields of a struct themselves, so
// they are asked for the row; elements lie where the list says.
size_t NestedLength(const RecursiveUnifiedVectorFormat& values, size_t row) {
  const size_t at = values.unified.sel->get_index(row);
  if (!values.unified.validity.RowIsValid(at)) return 1;
  const PhysicalType type = values.logical_type.InternalType();
  switch (type) {
    case PhysicalType::VARCHAR:
      return EncodedLength(UnifiedVectorFormat::GetData<duckdb::string_t>(values.unified)[at]);
    case PhysicalType::STRUCT: {
      size_t length = 1;
      for (const auto& child : values.children) length += NestedLength(child, row);
      return length;
    }
    case PhysicalType::LIST:
    case PhysicalType::ARRAY: {
      size_t length = 1 + sizeof(uint32_t);
      const Elements elements = ElementsAt(values, at);
      for (size_t i = 0; i < elements.count; i++) length += NestedLength(values.children[0], elements.offset + i);
      return length;
    }
    default:
      return 1 + FixedWidth(type);
  }
}

char* WriteNested(const RecursiveUnifiedVectorFormat& values, size_t row, char* to) {
  const size_t at = values.unified.sel->get_index(row);
  if (!values.unified.validity.RowIsValid(at)) return Write(kNull, to);
  const PhysicalType type = values.logical_type.InternalType();
  if (type == PhysicalType::VARCHAR)
    return WriteString(UnifiedVectorFormat::GetData<duckdb::string_t>(values.unified)[at], to);
  to = Write(kValue, to);
  switch (type) {
    case PhysicalType::STRUCT:
      for (const auto& child : values.children) to = WriteNested(child, row, to);
      return to;
    case PhysicalType::LIST:
    case PhysicalType::ARRAY: {
      const Elements elements = ElementsAt(values, at);
      to = Write(static_cast<uint32_t>(elements.count), to);
      for (size_t i = 0; i < elements.count; i++) to = WriteNested(values.children[0], elements.offset + i, to);
      return to;
    }
    default:
      CHECK(WithFixedType(type, [&]<class T>(T) {
        to = Write(Canonical(UnifiedVectorFormat::GetDataUnsafe<T>(values.unified)[at]), to);
      }));
      return to;
  }
}

// Reads the value into row `row` of a flat vector.
void ReadNested(const char** from, Vector& out, size_t row) {
  const char mark = Read<char>(from);
  if (mark == kNull) {
    FlatVector::SetNull(out, row, true);
    return;
  }
  const PhysicalType type = out.GetType().InternalType();
  switch (type) {
    case PhysicalType::VARCHAR: {
      const std::string_view text = ReadString(mark, from);
      FlatVector::GetData<duckdb::string_t>(out)[row] =
          duckdb::StringVector::AddStringOrBlob(out, text.data(), text.size());
      return;
    }
    case PhysicalType::STRUCT:
      for (auto& child : duckdb::StructVector::GetEntries(out)) ReadNested(from, *child, row);
      return;
    case PhysicalType::LIST: {
      const auto count = Read<uint32_t>(from);
      const size_t offset = duckdb::ListVector::GetListSize(out);
      duckdb::ListVector::Reserve(out, offset + count);
      duckdb::ListVector::SetListSize(out, offset + count);
      FlatVector::GetData<duckdb::list_entry_t>(out)[row] = {offset, count};
      Vector& elements = duckdb::ListVector::GetEntry(out);
      for (size_t i = 0; i < count; i++) ReadNested(from, elements, offset + i);
      return;
    }
    case PhysicalType::ARRAY: {
      const auto count = Read<uint32_t>(from);
      Vector& elements = duckdb::ArrayVector::GetEntry(out);
      for (size_t i = 0; i < count; i++) ReadNested(from, elements, row * count + i);
      return;
    }
    default:
      CHECK(WithFixedType(type, [&]<class T>(T) { FlatVector::GetDataUnsafe<T>(out)[row] = Read<T>(from); }));
  }
}

// ---- bytes that may be anything

bool SkipValue(ByteReader* from, const duckdb::LogicalType& type) {
  char mark = 0;
  std::string_view bytes;
  if (!from->ReadFixed(&mark)) return false;
  if (mark == kNull) return true;
  const PhysicalType physical = type.InternalType();
  if (physical == PhysicalType::VARCHAR) {
    uint32_t length = static_cast<uint8_t>(mark) - 1U;
    return (mark != kLongMark || from->ReadFixed(&length)) && from->ReadBytes(length, &bytes);
  }
  if (mark != kValue) return false;
  switch (physical) {
    case PhysicalType::STRUCT:
      for (const auto& [name, field] : duckdb::StructType::GetChildTypes(type)) {
        if (!SkipValue(from, field)) return false;
      }
      return true;
    case PhysicalType::LIST:
    case PhysicalType::ARRAY: {
      const bool array = physical == PhysicalType::ARRAY;
      uint32_t count = 0;
      if (!from->ReadFixed(&count) || (array && count != duckdb::ArrayType::GetSize(type))) return false;
      const auto& element = array ? duckdb::ArrayType::GetChildType(type) : duckdb::ListType::GetChildType(type);
      for (uint32_t i = 0; i < count; i++) {
        if (!SkipValue(from, element)) return false;
      }
      return true;
    }
    default:
      return from->ReadBytes(FixedWidth(physical), &bytes);
  }
}

// ---- whole columns

// A column of the batch while it is encoded.
struct Input {
  PhysicalType type;
  UnifiedVectorFormat flat;             // fixed width, VARCHAR
  RecursiveUnifiedVectorFormat nested;  // all else
};

template <class Measure>
void AddLengths(const UnifiedVectorFormat& values, size_t rows, size_t* lengths, Measure measure) {
  for (size_t i = 0; i < rows; i++) {
    const size_t at = values.sel->get_index(i);
    lengths[i] += values.validity.RowIsValid(at) ? measure(at) : 1;
  }
}

template <class WriteValue>
void WriteColumn(const UnifiedVectorFormat& values, size_t rows, char* bytes, size_t* places, WriteValue write) {
  for (size_t i = 0; i < rows; i++) {
    const size_t at = values.sel->get_index(i);
    char* to = bytes + places[i];
    places[i] = (values.validity.RowIsValid(at) ? write(at, to) : Write(kNull, to)) - bytes;
  }
}

void Measure(const Input& input, size_t rows, size_t* lengths) {
  if (const size_t width = FixedWidth(input.type)) {
    AddLengths(input.flat, rows, lengths, [&](size_t) { return 1 + width; });
  } else if (input.type == PhysicalType::VARCHAR) {
    const auto* strings = UnifiedVectorFormat::GetData<duckdb::string_t>(input.flat);
    AddLengths(input.flat, rows, lengths, [&](size_t at) { return EncodedLength(strings[at]); });
  } else {
    for (size_t i = 0; i < rows; i++) lengths[i] += NestedLength(input.nested, i);
  }
}

void WriteValues(const Input& input, size_t rows, char* bytes, size_t* places) {
  if (input.type == PhysicalType::VARCHAR) {
    const auto* strings = UnifiedVectorFormat::GetData<duckdb::string_t>(input.flat);
    WriteColumn(input.flat, rows, bytes, places, [&](size_t at, char* to) { return WriteString(strings[at], to); });
    return;
  }
  const bool fixed = WithFixedType(input.type, [&]<class T>(T) {
    const auto* values = reinterpret_cast<const T*>(input.flat.data);
    WriteColumn(input.flat, rows, bytes, places,
                [&](size_t at, char* to) { return Write(Canonical(values[at]), Write(kValue, to)); });
  });
  if (fixed) return;
  for (size_t i = 0; i < rows; i++) places[i] = WriteNested(input.nested, i, bytes + places[i]) - bytes;
}

}  // namespace

struct KeyCodec::Rep {
  std::vector<TypeRef> types;
};

KeyCodec::KeyCodec(std::vector<TypeRef> types) : rep_(std::make_unique<Rep>(Rep{std::move(types)})) {}
KeyCodec::~KeyCodec() = default;
KeyCodec::KeyCodec(KeyCodec&&) noexcept = default;

bool KeyCodec::IsKey(std::string_view bytes) const {
  ByteReader from(bytes);
  for (const TypeRef& type : rep_->types) {
    if (!SkipValue(&from, *type)) return false;
  }
  return from.left() == 0;
}

void KeyCodec::Encode(const Batch& batch, const std::vector<size_t>& columns, size_t hashed, EncodedKeys* keys) const {
  CHECK(columns.size() == rep_->types.size());
  const size_t rows = batch.rows();
  // Reading a vector in DuckDB may build its canonical form inside it; the rows stay what they are.
  auto& chunk = const_cast<duckdb::DataChunk&>(batch.chunk());
  std::vector<Input> inputs(columns.size());
  keys->ends_.assign(rows, 0);
  size_t* const lengths = keys->ends_.data();
  for (size_t c = 0; c < columns.size(); c++) {
    Vector& vector = chunk.data[columns[c]];
    Input& input = inputs[c];
    input.type = rep_->types[c]->InternalType();
    CHECK(vector.GetType().InternalType() == input.type);
    if (FixedWidth(input.type) > 0 || input.type == PhysicalType::VARCHAR) {
      vector.ToUnifiedFormat(rows, input.flat);
    } else {
      Vector::RecursiveToUnifiedFormat(vector, rows, input.nested);
    }
    Measure(input, rows, lengths);
  }
  // The length becomes where the row begins; writing moves it to where it ends.
  size_t total = 0;
  for (size_t i = 0; i < rows; i++) total += std::exchange(lengths[i], total);
  keys->begins_ = keys->ends_;
  keys->bytes_.resize(total + kFewWords * kWord);  // HashPadded reads on
  keys->keys_.resize(rows);
  keys->hashes_.resize(rows);
  const auto written = [&](size_t i) {
    return std::string_view(keys->bytes_.data() + keys->begins_[i], keys->ends_[i] - keys->begins_[i]);
  };
  for (size_t c = 0;; c++) {
    if (c == hashed) {
      for (size_t i = 0; i < rows; i++) keys->hashes_[i] = HashPadded(written(i).data(), written(i).size());
    }
    if (c == inputs.size()) break;
    WriteValues(inputs[c], rows, keys->bytes_.data(), lengths);
  }
  for (size_t i = 0; i < rows; i++) keys->keys_[i] = written(i);
}

void EncodedKeys::Read(Batch* batch, size_t key_column, size_t hash_column) {
  const size_t rows = batch->rows();
  UnifiedVectorFormat bytes, hashes;
  batch->chunk().data[key_column].ToUnifiedFormat(rows, bytes);
  batch->chunk().data[hash_column].ToUnifiedFormat(rows, hashes);
  const auto* strings = UnifiedVectorFormat::GetData<duckdb::string_t>(bytes);
  const auto* numbers = UnifiedVectorFormat::GetData<uint64_t>(hashes);
  keys_.resize(rows);
  for (size_t i = 0; i < rows; i++) {
    const duckdb::string_t& key = strings[bytes.sel->get_index(i)];
    keys_[i] = std::string_view(key.GetData(), key.GetSize());
  }
  if (!hashes.sel->IsSet()) {
    hashes_.assign(numbers, numbers + rows);
    return;
  }
  hashes_.resize(rows);
  for (size_t i = 0; i < rows; i++) hashes_[i] = numbers[hashes.sel->get_index(i)];
}

void EncodedKeys::Lend(std::span<const uint32_t> rows, Batch* out, size_t key_column, size_t hash_column) const {
  auto* strings = FlatVector::GetData<duckdb::string_t>(out->chunk().data[key_column]);
  auto* numbers = FlatVector::GetData<uint64_t>(out->chunk().data[hash_column]);
  for (size_t i = 0; i < rows.size(); i++) {
    const std::string_view key = keys_[rows[i]];
    // In place: by way of a temporary, its three words would be read as one before they are stored.
    new (&strings[i]) duckdb::string_t(key.data(), static_cast<uint32_t>(key.size()));
    numbers[i] = hashes_[rows[i]];
  }
}

void WriteEncoded(std::span<const std::string_view> keys, std::span<const uint64_t> hashes, Batch* out,
                  size_t first_row) {
  Vector& bytes = out->chunk().data[0];
  auto* strings = FlatVector::GetData<duckdb::string_t>(bytes) + first_row;
  auto* numbers = FlatVector::GetData<uint64_t>(out->chunk().data[1]) + first_row;
  for (size_t i = 0; i < keys.size(); i++) {
    strings[i] = duckdb::StringVector::AddStringOrBlob(bytes, keys[i].data(), keys[i].size());
    numbers[i] = hashes[i];
  }
}

std::string_view KeyCodec::TextOf(std::string_view key) {
  const char* from = key.data();
  const char mark = Read<char>(&from);
  return ReadString(mark, &from);
}

void KeyCodec::Decode(const std::vector<std::string_view>& keys, Batch* out, size_t first_column,
                      size_t first_row) const {
  CHECK(first_row + keys.size() <= kBatchRows);
  std::vector<const char*> places(keys.size());
  for (size_t i = 0; i < keys.size(); i++) places[i] = keys[i].data();
  for (size_t c = 0; c < rep_->types.size(); c++) {
    Vector& vector = out->chunk().data[first_column + c];
    CHECK(vector.GetVectorType() == duckdb::VectorType::FLAT_VECTOR);
    CHECK(vector.GetType().InternalType() == rep_->types[c]->InternalType());
    const bool fixed = WithFixedType(rep_->types[c]->InternalType(), [&]<class T>(T) {
      auto* values = reinterpret_cast<T*>(FlatVector::GetData(vector)) + first_row;
      for (size_t i = 0; i < keys.size(); i++) {
        if (Read<char>(&places[i]) == kNull) {
          FlatVector::SetNull(vector, first_row + i, true);
        } else {
          values[i] = Read<T>(&places[i]);
        }
      }
    });
    if (fixed) continue;
    for (size_t i = 0; i < keys.size(); i++) ReadNested(&places[i], vector, first_row + i);
  }
}

}  // namespace laminar
