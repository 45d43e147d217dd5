// Rows as bytes for the files of checkpoints: our own format, whatever DuckDB does with its own. Written column by
// column, read back as they were: bit by bit, and NULL where they were NULL.
//
// First the schema: the number of columns (4 bytes) and the SQL name of each one's type (4 bytes of length, bytes).
// Then for each batch the number of its rows (4 bytes, above 0) and its columns, and at the end four bytes of 0. A
// column of n values:
//   1 byte: 1 if there are NULLs, then n bits, 0 = NULL, in (n + 7) / 8 bytes
//   numbers, dates, times, enums: n values of their width in DuckDB, 0 where NULL
//   VARCHAR, BLOB, BIT: n lengths (4 bytes, 0 where NULL), then the bytes of all
//   LIST, MAP: n lengths (4 bytes), then the elements of all as a column
//   STRUCT: each field as a column of n values. ARRAY of m: a column of n * m values
// Integers are little endian.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"
#include "duck/batch.h"
#include "duck/schema.h"

namespace laminar {

class RowsWriter {
 public:
  explicit RowsWriter(const Schema& schema);
  // The columns of the schema are the batch's first. The batch stays as it is.
  void Add(const Batch& batch);
  size_t bytes() const { return bytes_.size(); }
  // What was added since the start or the last Take.
  std::string Take();

 private:
  void Begin();
  const Schema schema_;
  std::string bytes_;
};

class RowsReader {
 public:
  // name: for messages. bytes: of RowsWriter::Take; they must outlive the reader. Error (kEnvironment): they were
  // written of other types, or are none of ours.
  static Result<RowsReader> Open(std::string name, std::string_view bytes, const Schema& schema);
  // The next batch, as flat columns, in `out`, which has the schema's columns. False: there are no more. Error
  // (kEnvironment): what comes is not what RowsWriter writes; `out` may hold a part.
  Result<bool> Next(Batch* out);

 private:
  RowsReader(std::string name, std::string_view left) : name_(std::move(name)), left_(left) {}
  std::string name_;
  std::string_view left_;
};

}  // namespace laminar
