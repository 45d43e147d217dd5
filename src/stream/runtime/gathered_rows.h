// GatheredRows: rows of several batches, copied into one flat batch that owns all its memory, for another thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "duck/batch.h"

namespace laminar {

class GatheredRows {
 public:
  // Whether Take() has been called, or nothing: then Start comes before Add.
  bool NeedsBatch() const { return batch_.columns() == 0; }
  // empty: rows are copied into it; its columns are those of the batches that come.
  void Start(Batch empty);
  size_t rows() const { return rows_; }
  size_t space() const { return kBatchRows - rows_; }
  int64_t bytes_of_rows() const { return BytesFor(rows_); }        // that they fill
  int64_t bytes_of_batch() const { return BytesFor(kBatchRows); }  // that they keep: columns have room for a batch

  // rows: of `batch`, at most space().
  void Add(Batch* batch, std::span<const uint32_t> rows);
  // A column of which all rows have the same value comes as a constant vector where each batch gave it as such.
  Batch Take();

 private:
  int64_t BytesFor(size_t rows) const;

  Batch batch_;
  size_t rows_ = 0;
  std::vector<bool> constant_;  // by column: its first value stands for all rows
};

}  // namespace laminar
