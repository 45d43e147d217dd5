#include "stream/runtime/gathered_rows.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/common/types/vector_buffer.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"

#include "base/check.h"

namespace laminar {

namespace {

using duckdb::Vector;

// What a flat vector with room for `capacity` rows takes.
int64_t BytesOf(Vector& vector, size_t capacity) {
  const duckdb::LogicalType& type = vector.GetType();
  auto bytes = static_cast<int64_t>(duckdb::GetTypeIdSize(type.InternalType()) * capacity);
  switch (type.InternalType()) {
    case duckdb::PhysicalType::VARCHAR:
      if (const auto strings = vector.GetAuxiliary()) {
        bytes += static_cast<int64_t>(strings->Cast<duckdb::VectorStringBuffer>().GetStringAllocator().SizeInBytes());
      }
      break;
    case duckdb::PhysicalType::LIST:
      bytes += BytesOf(duckdb::ListVector::GetEntry(vector), duckdb::ListVector::GetListCapacity(vector));
      break;
    case duckdb::PhysicalType::ARRAY:
      bytes += BytesOf(duckdb::ArrayVector::GetEntry(vector), capacity * duckdb::ArrayType::GetSize(type));
      break;
    case duckdb::PhysicalType::STRUCT:
      for (auto& field : duckdb::StructVector::GetEntries(vector)) bytes += BytesOf(*field, capacity);
      break;
    default:
      break;
  }
  return bytes;
}

// Copies 13 to 32 bytes; the two halves overlap.
void CopyShort(const char* from, size_t size, char* to) {
  if (size >= 16) {
    memcpy(to, from, 16);
    memcpy(to + size - 16, from + size - 16, 16);
  } else {  // 13, 14 or 15: shorter ones stand in the string_t
    memcpy(to, from, 8);
    memcpy(to + size - 8, from + size - 8, 8);
  }
}

// Strings take their room in the target once for all of them.
void CopyStrings(const duckdb::UnifiedVectorFormat& values, std::span<const uint32_t> rows, Vector* to,
                 size_t first_row) {
  const auto* strings = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(values);
  const bool no_nulls = values.validity.AllValid();
  size_t bytes = 0;
  for (const uint32_t row : rows) {
    const size_t at = values.sel->get_index(row);
    const bool has_bytes = (no_nulls || values.validity.RowIsValid(at)) && !strings[at].IsInlined();
    bytes += has_bytes ? strings[at].GetSize() : 0;
  }
  char* room = nullptr;
  if (bytes > 0) room = duckdb::StringVector::EmptyString(*to, bytes).GetDataWriteable();
  auto* copies = duckdb::FlatVector::GetData<duckdb::string_t>(*to) + first_row;
  for (size_t i = 0; i < rows.size(); i++) {
    const size_t at = values.sel->get_index(rows[i]);
    if (!no_nulls && !values.validity.RowIsValid(at)) {
      duckdb::FlatVector::SetNull(*to, first_row + i, true);
    } else if (strings[at].IsInlined()) {
      copies[i] = strings[at];
    } else {
      const uint32_t size = strings[at].GetSize();
      if (size <= 32) {
        CopyShort(strings[at].GetData(), size, room);
      } else {
        memcpy(room, strings[at].GetData(), size);
      }
      new (&copies[i]) duckdb::string_t(room, size);  // in place: not by way of a temporary
      room += size;
    }
  }
}

// Values of 8 bytes, none of which is NULL.
void CopyWords(const duckdb::UnifiedVectorFormat& values, std::span<const uint32_t> rows, Vector* to,
               size_t first_row) {
  const auto* words = reinterpret_cast<const uint64_t*>(values.data);
  auto* copies = reinterpret_cast<uint64_t*>(duckdb::FlatVector::GetData(*to)) + first_row;
  if (values.sel->IsSet()) {
    for (size_t i = 0; i < rows.size(); i++) copies[i] = words[values.sel->get_index(rows[i])];
  } else {
    for (size_t i = 0; i < rows.size(); i++) copies[i] = words[rows[i]];
  }
}

bool IsWord(duckdb::PhysicalType type) {
  return duckdb::TypeIsConstantSize(type) && duckdb::GetTypeIdSize(type) == sizeof(uint64_t);
}

// Copies rows of a vector of from_rows rows to the flat vector `to`, from first_row on.
void CopyRows(Vector& from, size_t from_rows, std::span<const uint32_t> rows, Vector* to, size_t first_row) {
  const duckdb::PhysicalType type = from.GetType().InternalType();
  const bool is_string = type == duckdb::PhysicalType::VARCHAR;
  if (is_string || IsWord(type)) {
    duckdb::UnifiedVectorFormat values;
    from.ToUnifiedFormat(from_rows, values);
    if (is_string) return CopyStrings(values, rows, to, first_row);
    if (values.validity.AllValid()) return CopyWords(values, rows, to, first_row);
  }
  // DuckDB only reads the selection.
  const duckdb::SelectionVector selection(const_cast<uint32_t*>(rows.data()));
  duckdb::VectorOperations::Copy(from, *to, selection, rows.size(), 0, first_row);
}

// Whether the row that `from` gives for all of its rows is what `to` has for its first `rows` rows, or can be made so
// (rows = 0). What all rows have in common is neither copied nor read by another core.
bool StaysConstant(Vector& from, size_t rows, bool is_constant, Vector* to) {
  if (from.GetVectorType() != duckdb::VectorType::CONSTANT_VECTOR || !IsWord(from.GetType().InternalType()) ||
      duckdb::ConstantVector::IsNull(from))
    return false;
  auto* const first = duckdb::FlatVector::GetData(*to);
  const auto* const value = duckdb::ConstantVector::GetData(from);
  if (rows == 0) {
    memcpy(first, value, sizeof(uint64_t));
    return true;
  }
  return is_constant && memcmp(first, value, sizeof(uint64_t)) == 0;
}

// Writes the first value into all of the first `rows` rows.
void Spread(size_t rows, Vector* vector) {
  auto* words = reinterpret_cast<uint64_t*>(duckdb::FlatVector::GetData(*vector));
  std::fill_n(words, rows, words[0]);
}

}  // namespace

void GatheredRows::Start(Batch empty) {
  CHECK(NeedsBatch());
  batch_ = std::move(empty);
  constant_.assign(batch_.columns(), false);
}

int64_t GatheredRows::BytesFor(size_t rows) const {
  int64_t bytes = 0;
  // Asking a vector for its type's memory changes nothing in it.
  for (const Vector& vector : batch_.chunk().data) bytes += BytesOf(const_cast<Vector&>(vector), rows);
  return bytes;
}

void GatheredRows::Add(Batch* batch, std::span<const uint32_t> rows) {
  CHECK(rows.size() <= space());
  for (size_t c = 0; c < batch_.columns(); c++) {
    Vector& from = batch->chunk().data[c];
    Vector& to = batch_.chunk().data[c];
    const bool was_constant = constant_[c];
    constant_[c] = StaysConstant(from, rows_, was_constant, &to);
    if (constant_[c]) continue;
    if (was_constant) Spread(rows_, &to);
    CopyRows(from, batch->rows(), rows, &to, rows_);
  }
  rows_ += rows.size();
  batch_.chunk().SetCardinality(rows_);
}

Batch GatheredRows::Take() {
  for (size_t c = 0; c < batch_.columns(); c++) {
    if (constant_[c]) batch_.chunk().data[c].SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  }
  rows_ = 0;
  return std::exchange(batch_, Batch());
}

}  // namespace laminar
