// AvroReading's nested types.
#include <unordered_set>

#include "duckdb/common/types/value.hpp"
#include "duckdb/common/types/vector.hpp"

#include "formats/avro/avro_reading.h"
#include "formats/json/json_value_reader.h"

namespace laminar {

using duckdb::FlatVector;
using duckdb::ListVector;
using duckdb::Vector;

namespace {

constexpr uint64_t kFewKeys = 16;

bool HasEqualTexts(const Vector& keys, uint64_t offset, uint64_t size) {
  const auto* texts = FlatVector::GetData<duckdb::string_t>(keys) + offset;
  for (uint64_t i = 1; i < size; i++) {
    for (uint64_t k = 0; k < i; k++) {
      if (texts[i] == texts[k]) return true;
    }
  }
  return false;
}

// A MAP holds a key once: of equal ones the last counts. Returns how many entries are left of entries[offset, + size).
uint64_t KeepLastOfEqualKeys(Vector& entries, uint64_t offset, uint64_t size) {
  const Vector& keys = *duckdb::StructVector::GetEntries(entries)[0];
  const bool is_text = keys.GetType().InternalType() == duckdb::PhysicalType::VARCHAR;
  if (size < 2 || (is_text && size <= kFewKeys && !HasEqualTexts(keys, offset, size))) return size;
  std::unordered_set<std::string> seen;
  std::vector<uint64_t> kept;
  for (uint64_t i = size; i > 0; i--) {
    if (seen.insert(keys.GetValue(offset + i - 1).ToString()).second) kept.push_back(i - 1);
  }
  if (kept.size() == size) return size;
  uint64_t next = offset;
  for (auto i = kept.rbegin(); i != kept.rend(); ++i, next++) {
    if (next != offset + *i) entries.SetValue(next, entries.GetValue(offset + *i));
  }
  return kept.size();
}

}  // namespace

bool AvroReading::ReadElement(const AvroRead& list, Vector& child, uint64_t row, uint64_t index) {
  if (Read(*list.children[0], child, row)) return true;
  problem_.path.insert(0, "[" + std::to_string(index) + "]");
  return false;
}

template <class Begins, class One>
bool AvroReading::ReadBlocks(uint64_t min_bytes, const Begins& begins, const One& one, uint64_t* size) {
  if (!Enter()) return false;
  *size = 0;
  for (;;) {
    uint64_t count;
    int64_t bytes;
    if (const char* wrong = ReadAvroBlock(&cursor_, min_bytes, &count, &bytes)) return Bad(wrong);
    if (count == 0) break;
    const uint8_t* const block_end = bytes < 0 ? nullptr : cursor_.next + bytes;
    if (!begins(*size, count)) return false;
    for (; count > 0; count--, ++*size) {
      if (!one(*size)) return false;
    }
    // Where blocks are stepped over, what they say of their length is believed.
    if (block_end != nullptr && cursor_.next != block_end) return Bad(kAvroWrongBlockLength);
  }
  Leave();
  return true;
}

bool AvroReading::ReadList(const AvroRead& read, Vector& vector, uint64_t row) {
  const uint64_t offset = ListVector::GetListSize(vector);
  grown_.emplace_back(&vector, offset);
  uint64_t size;
  const auto begins = [&](uint64_t had, uint64_t count) {
    ListVector::Reserve(vector, offset + had + count);
    return true;
  };
  const auto one = [&](uint64_t index) {
    return ReadElement(read, ListVector::GetEntry(vector), offset + index, index);
  };
  if (!ReadBlocks(read.wire->children[0]->min_bytes, begins, one, &size)) return false;
  ListVector::SetListSize(vector, offset + size);
  FlatVector::GetData<duckdb::list_entry_t>(vector)[row] = {offset, size};
  return true;
}

bool AvroReading::ReadArray(const AvroRead& read, Vector& vector, uint64_t row) {
  Vector& child = duckdb::ArrayVector::GetEntry(vector);
  uint64_t size;
  const auto begins = [&](uint64_t had, uint64_t count) {
    return count <= read.array_size - had || BadValue(read, "an array of more");
  };
  const auto one = [&](uint64_t index) { return ReadElement(read, child, row * read.array_size + index, index); };
  if (!ReadBlocks(read.wire->children[0]->min_bytes, begins, one, &size)) return false;
  return size == read.array_size || BadValue(read, "an array of " + std::to_string(size));
}

// An entry of a map, or a record of key and value.
bool AvroReading::ReadEntry(const AvroRead& read, Vector& entries, uint64_t at) {
  auto& fields = duckdb::StructVector::GetEntries(entries);
  FlatVector::Validity(entries).SetValid(at);
  if (read.action != AvroAction::kMap) {
    if (!ReadFields(read, entries, at)) return false;
    return !FlatVector::IsNull(*fields[0], at) || BadValue(read, "a key that is NULL");
  }
  std::string_view key;
  if (const char* wrong = ReadAvroBytes(&cursor_, &key)) return Bad(wrong);
  if (!duckdb::Value::StringIsValid(key.data(), key.size())) return BadValue(read, "a key that is not valid UTF-8");
  FlatVector::Validity(*fields[0]).SetValid(at);
  StoreString(FlatVector::GetData(*fields[0]), at, key.data(), key.size());
  if (Read(*read.children[0], *fields[1], at)) return true;
  problem_.path.insert(0, "[\"" + std::string(key.substr(0, 60)) + "\"]");
  return false;
}

bool AvroReading::ReadMap(const AvroRead& read, Vector& vector, uint64_t row) {
  const uint64_t offset = ListVector::GetListSize(vector);
  const uint64_t key_bytes = read.action == AvroAction::kMap ? 1 : 0;
  grown_.emplace_back(&vector, offset);
  uint64_t size;
  const auto begins = [&](uint64_t had, uint64_t count) {
    ListVector::Reserve(vector, offset + had + count);
    return true;
  };
  const auto one = [&](uint64_t index) { return ReadEntry(read, ListVector::GetEntry(vector), offset + index); };
  if (!ReadBlocks(read.wire->children[0]->min_bytes + key_bytes, begins, one, &size)) return false;
  size = KeepLastOfEqualKeys(ListVector::GetEntry(vector), offset, size);
  ListVector::SetListSize(vector, offset + size);
  FlatVector::GetData<duckdb::list_entry_t>(vector)[row] = {offset, size};
  return true;
}

bool AvroReading::ReadStruct(const AvroRead& read, Vector& vector, uint64_t row) {
  return ReadFields(read, vector, row);
}

// The fields of a record into the children of a STRUCT.
bool AvroReading::ReadFields(const AvroRead& read, Vector& parent, uint64_t row) {
  if (!Enter()) return false;
  auto& children = duckdb::StructVector::GetEntries(parent);
  for (const AvroStep& step : read.record.steps) {
    if (step.skip != nullptr) {
      if (const char* wrong = SkipAvro(*step.skip, &cursor_, depth_)) return Bad(wrong);
    } else if (!Read(*step.read, *children[step.column], row)) {
      problem_.path.insert(0, "." + read.names[step.column]);
      return false;
    }
  }
  for (const AvroAbsent& absent : read.record.absent) SetAvroNull(absent.kind, *children[absent.column], row);
  Leave();
  return true;
}

}  // namespace laminar
