// ParquetWriter: rows into a Parquet file in memory, written by DuckDB.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/status.h"
#include "duck/batch.h"
#include "duck/memory_files.h"
#include "duck/schema.h"

namespace laminar {

// One file after the other. One thread.
class ParquetWriter {
 public:
  // compression: DuckDB's name of a codec. files is borrowed. Error (kUser): there is no Parquet type for a column.
  static Result<std::unique_ptr<ParquetWriter>> Make(MemoryFiles* files, const Schema& schema,
                                                     const std::string& compression);
  ~ParquetWriter();

  // Begins a file, which is appended to `out` (borrowed until Finish) piece by piece.
  Status Begin(std::string* out);
  // Rows [begin, end) of `batch`. Error (kUser): a value has no place in the column's Parquet type.
  Status Write(const Batch& batch, size_t begin, size_t end);
  Status Finish();

 private:
  struct Rep;
  explicit ParquetWriter(std::unique_ptr<Rep> rep);
  const std::unique_ptr<Rep> rep_;
};

}  // namespace laminar
