// ParquetScan: the rows of a Parquet file in memory, read by DuckDB.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "duck/column_predicate.h"
#include "duck/memory_files.h"
#include "duck/schema.h"

namespace duckdb {
class DataChunk;
}

namespace laminar {

// One thread. Where an answer is text, "" is success; else it says what is wrong with the file.
class ParquetScan {
 public:
  // files and session are borrowed, the session is one of files'. `bytes` as well: unchanged while the scan lives.
  ParquetScan(MemoryFiles* files, DuckSession* session, std::string_view bytes);
  ~ParquetScan();

  // Reads the file's schema. Error: DuckDB failed for reasons of its own, here and below. What takes more memory than
  // it may have is wrong with the file.
  Result<std::string> Open();
  // Since Open. Columns in the file's order.
  const Schema& columns() const;

  // Since Open: the names of values in the file, at any depth, that are DECIMALs of more digits than DuckDB's have. It
  // takes them for DOUBLEs, and reads some wrongly.
  Result<std::vector<std::string>> LongDecimals();

  // Since Open: whether the file's statistics say that a column, by its index, has no NULL.
  Result<bool> HasNoNull(size_t column);

  // columns: indices of those to read, in the order wanted; none: rows are only counted. predicates: on columns() as
  // they are; row groups without a row for which all of them are true are left out, as far as their statistics tell.
  Result<std::string> Start(const std::vector<size_t>& columns, const std::vector<ColumnPredicate>& predicates);
  // The next rows, in an order that is always the same; no rows: that was all. They take the place of those before,
  // also in the memory of vectors that refer to these.
  Result<std::string> Next();
  // Of Start's columns, in front of others of no meaning.
  duckdb::DataChunk& chunk();
  // Since Next: how many rows of the file stand before those of chunk(); all of them at the end.
  uint64_t rows_before() const;

 private:
  // Since Next, with predicates: which column has not all rows of chunk(); "" if each has.
  std::string MissingRows() const;

  struct Rep;
  const std::unique_ptr<Rep> rep_;
};

}  // namespace laminar
