#include "stream/over/row_store.h"

#include <algorithm>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"

#include "base/check.h"

namespace laminar {

using duckdb::FlatVector;

struct RowStore::Chunk {
  explicit Chunk(const Schema& schema) : batch(schema) {}
  Batch batch;
  size_t filled = 0, left = 0;  // rows copied into it; of those, not dropped
  int64_t more_bytes = 0;       // of strings and nested values
  std::vector<FlatColumn> columns;
};

namespace {

constexpr size_t kSpareChunks = 4;

size_t WidthOf(const duckdb::LogicalType& type) {
  const duckdb::PhysicalType physical = type.InternalType();
  if (physical == duckdb::PhysicalType::VARCHAR) return sizeof(duckdb::string_t);
  return duckdb::TypeIsConstantSize(physical) ? duckdb::GetTypeIdSize(physical) : 0;
}

int64_t OutsideBytes(duckdb::Vector& strings, size_t first, size_t count) {
  const auto* values = FlatVector::GetData<duckdb::string_t>(strings);
  const auto& validity = FlatVector::Validity(strings);
  int64_t bytes = 0;
  for (size_t i = first; i < first + count; i++) {
    if (validity.RowIsValid(i) && !values[i].IsInlined()) bytes += static_cast<int64_t>(values[i].GetSize());
  }
  return bytes;
}

struct Source {
  const FlatColumn* columns;  // nullptr: no row
  uint32_t row;
};

template <class T>
void GatherValues(std::span<const Source> rows, size_t column, duckdb::Vector& out) {
  T* to = reinterpret_cast<T*>(FlatVector::GetData(out));
  bool nulls = false;
  for (size_t i = 0; i < rows.size(); i++) {
    if (rows[i].columns == nullptr) {
      nulls = true;
      continue;
    }
    const FlatColumn& from = rows[i].columns[column];
    to[i] = static_cast<const T*>(from.data)[rows[i].row];
    nulls |= from.validity != nullptr;
  }
  if (!nulls) return;
  for (size_t i = 0; i < rows.size(); i++) {
    if (rows[i].columns == nullptr || !rows[i].columns[column].Valid(rows[i].row)) FlatVector::SetNull(out, i, true);
  }
}

struct Bytes16 {
  uint64_t a, b;
};

}  // namespace

void FlatColumnsOf(Batch* batch, std::vector<FlatColumn>* columns) {
  columns->resize(batch->columns());
  for (size_t c = 0; c < columns->size(); c++) {
    duckdb::Vector& vector = batch->chunk().data[c];
    (*columns)[c] = {FlatVector::GetData(vector), FlatVector::Validity(vector).GetData()};
  }
}

RowStore::RowStore(const Schema& schema) : schema_(schema) {
  for (const Column& column : schema) {
    widths_.push_back(WidthOf(*column.type));
    fixed_bytes_ += static_cast<int64_t>(kBatchRows * std::max<size_t>(widths_.back(), 1));
  }
}

RowStore::~RowStore() = default;

RowStore::Chunk& RowStore::OpenChunk() {
  if (!chunks_.empty() && chunks_.back() && chunks_.back()->filled < kBatchRows) return *chunks_.back();
  std::unique_ptr<Chunk> chunk;
  if (!spare_.empty()) {
    chunk = std::move(spare_.back());
    spare_.pop_back();
  } else {
    chunk = std::make_unique<Chunk>(schema_);
    bytes_ += fixed_bytes_;
  }
  chunks_.push_back(std::move(chunk));
  return *chunks_.back();
}

const RowStore::Chunk& RowStore::ChunkOf(uint64_t place) const {
  return *chunks_[place / kBatchRows - first_chunk_];
}

uint64_t RowStore::Append(Batch* batch, const duckdb::SelectionVector& selection, size_t count) {
  const uint64_t first_place = end_place_;
  for (size_t done = 0; done < count;) {
    Chunk& chunk = OpenChunk();
    duckdb::DataChunk& to = chunk.batch.chunk();
    const size_t at = chunk.filled, part = std::min(count - done, kBatchRows - at);
    const int64_t before = chunk.more_bytes;
    for (size_t c = 0; c < schema_.size(); c++) {
      duckdb::VectorOperations::Copy(batch->chunk().data[c], to.data[c], selection, done + part, done, at);
      if (to.data[c].GetType().InternalType() == duckdb::PhysicalType::VARCHAR) {
        chunk.more_bytes += OutsideBytes(to.data[c], at, part);
      } else if (widths_[c] == 0) {
        // An even share of the batch's values.
        chunk.more_bytes +=
            static_cast<int64_t>(batch->chunk().data[c].GetAllocationSize(batch->rows()) * part / batch->rows());
      }
    }
    bytes_ += chunk.more_bytes - before;
    chunk.filled += part;
    chunk.left += part;
    to.SetCardinality(chunk.filled);
    FlatColumnsOf(&chunk.batch, &chunk.columns);
    done += part;
    end_place_ += part;
    rows_ += part;
  }
  return first_place;
}

void RowStore::Gather(std::span<const uint64_t> places, Batch* out, size_t first_column) const {
  std::vector<Source> rows(places.size());
  for (size_t i = 0; i < places.size(); i++) {
    rows[i] = places[i] == kNoRow
                  ? Source{nullptr, 0}
                  : Source{ChunkOf(places[i]).columns.data(), static_cast<uint32_t>(places[i] % kBatchRows)};
  }
  for (size_t c = 0; c < schema_.size(); c++) {
    duckdb::Vector& to = out->chunk().data[first_column + c];
    switch (widths_[c]) {
      case 1:
        GatherValues<uint8_t>(rows, c, to);
        break;
      case 2:
        GatherValues<uint16_t>(rows, c, to);
        break;
      case 4:
        GatherValues<uint32_t>(rows, c, to);
        break;
      case 8:
        GatherValues<uint64_t>(rows, c, to);
        break;
      case 16:
        GatherValues<Bytes16>(rows, c, to);
        break;
      default:
        // Nested: rows that lie side by side at once.
        for (size_t i = 0; i < places.size();) {
          size_t end = i + 1;
          if (places[i] == kNoRow) {
            FlatVector::SetNull(to, i, true);
          } else {
            while (end < places.size() && places[end] == places[end - 1] + 1 && rows[end].columns == rows[i].columns)
              end++;
            auto& from = const_cast<duckdb::DataChunk&>(ChunkOf(places[i]).batch.chunk()).data[c];
            duckdb::VectorOperations::Copy(from, to, rows[i].row + (end - i), rows[i].row, i);
          }
          i = end;
        }
    }
  }
}

void RowStore::Drop(uint64_t place) {
  std::unique_ptr<Chunk>& chunk = chunks_[place / kBatchRows - first_chunk_];
  rows_--;
  if (--chunk->left > 0 || chunk->filled < kBatchRows) return;
  bytes_ -= chunk->more_bytes;
  if (spare_.size() < kSpareChunks) {
    chunk->batch.Reset();
    chunk->filled = 0;
    chunk->more_bytes = 0;
    spare_.push_back(std::move(chunk));
  } else {
    bytes_ -= fixed_bytes_;
    chunk.reset();
  }
  while (!chunks_.empty() && !chunks_.front()) {
    chunks_.pop_front();
    first_chunk_++;
  }
}

}  // namespace laminar
