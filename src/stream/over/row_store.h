// RowStore: deep copies of rows in columns, found again by their place: the number of the row since the start. Rows are
// dropped one by one; the memory of kBatchRows rows comes back when all of them are.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "duck/batch.h"
#include "stream/over/engine.h"

namespace duckdb {
struct SelectionVector;
}

namespace laminar {

class RowStore {
 public:
  static constexpr uint64_t kNoRow = UINT64_MAX;

  explicit RowStore(const Schema& schema);
  ~RowStore();
  RowStore(const RowStore&) = delete;

  // Copies the rows that `selection` names; the first gets the place that is returned, the others those behind it.
  uint64_t Append(Batch* batch, const duckdb::SelectionVector& selection, size_t count);
  // Copies the rows into columns first_column, ... of `out`, flat; kNoRow: NULLs. Strings point into the store, until
  // their row is dropped. The caller has reset `out` and sets its cardinality.
  void Gather(std::span<const uint64_t> places, Batch* out, size_t first_column) const;
  void Drop(uint64_t place);

  uint64_t end_place() const { return end_place_; }
  size_t rows() const { return rows_; }  // not dropped
  int64_t bytes() const { return bytes_; }

 private:
  struct Chunk;
  Chunk& OpenChunk();
  const Chunk& ChunkOf(uint64_t place) const;

  const Schema schema_;
  std::vector<size_t> widths_;                 // of values; 0: nested
  std::deque<std::unique_ptr<Chunk>> chunks_;  // nullptr: all its rows are dropped
  uint64_t first_chunk_ = 0;                   // the number of chunks_.front()
  std::vector<std::unique_ptr<Chunk>> spare_;
  uint64_t end_place_ = 0;
  size_t rows_ = 0;
  int64_t fixed_bytes_ = 0;  // of a chunk
  int64_t bytes_ = 0;
};

}  // namespace laminar
