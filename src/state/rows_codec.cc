// A column is flattened before it is written, and the elements of its lists are gathered in their order: slices and
// constants of DuckDB leave no trace in the bytes.
#include "state/rows_codec.h"

#include <bit>
#include <cstring>
#include <numeric>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"

#include "base/check.h"
#include "state/byte_reader.h"

namespace laminar {

static_assert(std::endian::native == std::endian::little);

namespace {

using duckdb::FlatVector;
using duckdb::PhysicalType;
using duckdb::Vector;

// ---- writing

void WriteColumn(Vector& from, size_t rows, std::string* bytes);

void WriteValidity(const Vector& flat, size_t rows, std::string* bytes) {
  const auto& validity = FlatVector::Validity(flat);
  const bool has_nulls = !validity.CheckAllValid(rows);
  bytes->push_back(has_nulls ? 1 : 0);
  if (!has_nulls) return;
  const size_t begin = bytes->size();
  bytes->resize(begin + (rows + 7) / 8);
  for (size_t i = 0; i < rows; i++) {
    if (validity.RowIsValid(i)) (*bytes)[begin + i / 8] = static_cast<char>((*bytes)[begin + i / 8] | 1 << (i % 8));
  }
}

void WriteFixed(Vector& flat, size_t rows, std::string* bytes) {
  const size_t width = duckdb::GetTypeIdSize(flat.GetType().InternalType());
  const size_t begin = bytes->size();
  bytes->append(reinterpret_cast<const char*>(FlatVector::GetData(flat)), rows * width);
  const auto& validity = FlatVector::Validity(flat);
  if (validity.CheckAllValid(rows)) return;
  for (size_t i = 0; i < rows; i++) {
    if (!validity.RowIsValid(i)) std::memset(bytes->data() + begin + i * width, 0, width);
  }
}

void WriteStrings(const Vector& flat, size_t rows, std::string* bytes) {
  const auto* strings = FlatVector::GetData<duckdb::string_t>(flat);
  const auto& validity = FlatVector::Validity(flat);
  for (size_t i = 0; i < rows; i++)
    AppendFixed(static_cast<uint32_t>(validity.RowIsValid(i) ? strings[i].GetSize() : 0), bytes);
  for (size_t i = 0; i < rows; i++) {
    if (validity.RowIsValid(i)) bytes->append(strings[i].GetData(), strings[i].GetSize());
  }
}

void WriteLists(Vector& flat, size_t rows, std::string* bytes) {
  const auto* lists = FlatVector::GetData<duckdb::list_entry_t>(flat);
  const auto& validity = FlatVector::Validity(flat);
  std::vector<duckdb::sel_t> places;
  for (size_t i = 0; i < rows; i++) {
    const size_t length = validity.RowIsValid(i) ? lists[i].length : 0;
    AppendFixed(static_cast<uint32_t>(length), bytes);
    for (size_t k = 0; k < length; k++) places.push_back(static_cast<duckdb::sel_t>(lists[i].offset + k));
  }
  if (places.empty()) return;
  Vector elements(duckdb::ListVector::GetEntry(flat), duckdb::SelectionVector(places.data()), places.size());
  WriteColumn(elements, places.size(), bytes);
}

// Flatten would leave a constant the NULLs that lay under it before it became one: what is not flat is copied.
Vector FlatCopy(Vector& from, size_t rows) {
  if (from.GetVectorType() == duckdb::VectorType::FLAT_VECTOR) {
    Vector same(from.GetType(), nullptr);
    same.Reference(from);
    return same;
  }
  Vector copy(from.GetType(), rows);
  duckdb::VectorOperations::Copy(from, copy, rows, 0, 0);
  return copy;
}

void WriteColumn(Vector& from, size_t rows, std::string* bytes) {
  Vector flat = FlatCopy(from, rows);
  WriteValidity(flat, rows, bytes);
  switch (flat.GetType().InternalType()) {
    case PhysicalType::VARCHAR:
      return WriteStrings(flat, rows, bytes);
    case PhysicalType::LIST:
      return WriteLists(flat, rows, bytes);
    case PhysicalType::STRUCT:
      for (auto& field : duckdb::StructVector::GetEntries(flat)) WriteColumn(*field, rows, bytes);
      return;
    case PhysicalType::ARRAY:
      return WriteColumn(duckdb::ArrayVector::GetEntry(flat), rows * duckdb::ArrayType::GetSize(flat.GetType()), bytes);
    default:
      CHECK(duckdb::TypeIsConstantSize(flat.GetType().InternalType()));
      return WriteFixed(flat, rows, bytes);
  }
}

// ---- reading: false means that the bytes end too early

bool Skip(size_t count, std::string_view* left, std::string_view* skipped) {
  if (left->size() < count) return false;
  *skipped = left->substr(0, count);
  left->remove_prefix(count);
  return true;
}

bool ReadNumber(std::string_view* left, uint32_t* number) {
  std::string_view bytes;
  if (!Skip(sizeof(*number), left, &bytes)) return false;
  std::memcpy(number, bytes.data(), sizeof(*number));
  return true;
}

bool ReadText(std::string_view* left, std::string_view* text) {
  uint32_t length = 0;
  return ReadNumber(left, &length) && Skip(length, left, text);
}

bool ReadColumn(std::string_view* left, Vector& out, size_t first, size_t rows);

bool ReadValidity(std::string_view* left, Vector& out, size_t first, size_t rows) {
  std::string_view mark, bits;
  if (!Skip(1, left, &mark)) return false;
  if (mark[0] == 0) return true;
  if (!Skip((rows + 7) / 8, left, &bits)) return false;
  for (size_t i = 0; i < rows; i++) {
    if ((bits[i / 8] >> (i % 8) & 1) == 0) FlatVector::SetNull(out, first + i, true);
  }
  return true;
}

// The lengths of n strings or lists, and their sum.
bool ReadLengths(std::string_view* left, size_t rows, std::vector<uint32_t>* lengths, uint64_t* sum) {
  std::string_view bytes;
  if (left->size() / sizeof(uint32_t) < rows || !Skip(rows * sizeof(uint32_t), left, &bytes)) return false;
  lengths->resize(rows);
  std::memcpy(lengths->data(), bytes.data(), bytes.size());
  *sum = std::accumulate(lengths->begin(), lengths->end(), uint64_t{0});
  return *sum <= left->size();  // an element has a byte at least
}

bool ReadStrings(std::string_view* left, Vector& out, size_t first, size_t rows) {
  std::vector<uint32_t> lengths;
  uint64_t sum = 0;
  if (!ReadLengths(left, rows, &lengths, &sum)) return false;
  auto* strings = FlatVector::GetData<duckdb::string_t>(out) + first;
  for (size_t i = 0; i < rows; i++) {
    std::string_view text;
    if (!Skip(lengths[i], left, &text)) return false;
    strings[i] = duckdb::StringVector::AddStringOrBlob(out, text.data(), text.size());
  }
  return true;
}

bool ReadLists(std::string_view* left, Vector& out, size_t first, size_t rows) {
  std::vector<uint32_t> lengths;
  uint64_t sum = 0;
  if (!ReadLengths(left, rows, &lengths, &sum)) return false;
  auto* lists = FlatVector::GetData<duckdb::list_entry_t>(out) + first;
  const size_t begin = duckdb::ListVector::GetListSize(out);
  size_t offset = begin;
  for (size_t i = 0; i < rows; i++) {
    lists[i] = {offset, lengths[i]};
    offset += lengths[i];
  }
  if (sum == 0) return true;
  duckdb::ListVector::Reserve(out, offset);
  duckdb::ListVector::SetListSize(out, offset);
  return ReadColumn(left, duckdb::ListVector::GetEntry(out), begin, sum);
}

bool ReadColumn(std::string_view* left, Vector& out, size_t first, size_t rows) {
  if (!ReadValidity(left, out, first, rows)) return false;
  const PhysicalType type = out.GetType().InternalType();
  switch (type) {
    case PhysicalType::VARCHAR:
      return ReadStrings(left, out, first, rows);
    case PhysicalType::LIST:
      return ReadLists(left, out, first, rows);
    case PhysicalType::STRUCT:
      for (auto& field : duckdb::StructVector::GetEntries(out)) {
        if (!ReadColumn(left, *field, first, rows)) return false;
      }
      return true;
    case PhysicalType::ARRAY: {
      const size_t size = duckdb::ArrayType::GetSize(out.GetType());
      return ReadColumn(left, duckdb::ArrayVector::GetEntry(out), first * size, rows * size);
    }
    default: {
      const size_t width = duckdb::GetTypeIdSize(type);
      std::string_view bytes;
      if (left->size() / width < rows || !Skip(rows * width, left, &bytes)) return false;
      std::memcpy(FlatVector::GetData(out) + first * width, bytes.data(), bytes.size());
      return true;
    }
  }
}

Status Malformed(const std::string& name) {
  return Status::Environment(name + " does not hold rows as Laminar writes them");
}

}  // namespace

RowsWriter::RowsWriter(const Schema& schema) : schema_(schema) {
  Begin();
}

void RowsWriter::Begin() {
  bytes_.clear();
  AppendFixed(static_cast<uint32_t>(schema_.size()), &bytes_);
  for (const Column& column : schema_) AppendText(TypeName(*column.type), &bytes_);
}

void RowsWriter::Add(const Batch& batch) {
  CHECK(batch.columns() >= schema_.size());
  if (batch.rows() == 0) return;
  AppendFixed(static_cast<uint32_t>(batch.rows()), &bytes_);
  // Reading a vector in DuckDB may build its canonical form inside it; the rows stay what they are.
  auto& chunk = const_cast<duckdb::DataChunk&>(batch.chunk());
  for (size_t c = 0; c < schema_.size(); c++) {
    CHECK(chunk.data[c].GetType() == *schema_[c].type);
    WriteColumn(chunk.data[c], batch.rows(), &bytes_);
  }
}

std::string RowsWriter::Take() {
  AppendFixed(uint32_t{0}, &bytes_);
  std::string taken = std::move(bytes_);
  Begin();
  return taken;
}

Result<RowsReader> RowsReader::Open(std::string name, std::string_view bytes, const Schema& schema) {
  uint32_t columns = 0;
  if (!ReadNumber(&bytes, &columns)) return Malformed(name);
  std::string written, wanted;
  for (uint32_t c = 0; c < columns; c++) {
    std::string_view type;
    if (!ReadText(&bytes, &type)) return Malformed(name);
    written.append(c > 0 ? ", " : "").append(type);
  }
  for (const Column& column : schema) wanted += (wanted.empty() ? "" : ", ") + TypeName(*column.type);
  if (written != wanted)
    return Status::Environment(name + " holds rows of (" + written + "), and the pipeline needs (" + wanted + ")");
  return RowsReader(std::move(name), bytes);
}

Result<bool> RowsReader::Next(Batch* out) {
  out->Reset();
  uint32_t rows = 0;
  if (!ReadNumber(&left_, &rows)) return Malformed(name_);
  if (rows == 0) return left_.empty() ? Result<bool>(false) : Malformed(name_);
  if (rows > kBatchRows) return Malformed(name_);
  for (size_t c = 0; c < out->columns(); c++) {
    if (!ReadColumn(&left_, out->chunk().data[c], 0, rows)) return Malformed(name_);
  }
  out->chunk().SetCardinality(rows);
  return true;
}

}  // namespace laminar
