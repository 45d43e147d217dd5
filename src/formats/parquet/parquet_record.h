// A Parquet file in a record, and how far it has been given out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "duck/cast_column.h"
#include "duck/parquet_scan.h"
#include "formats/format.h"
#include "formats/missing_columns.h"

namespace duckdb {
class Vector;
struct SelectionVector;
}  // namespace duckdb

namespace laminar {

// One thread. Where an answer is text, "" is success; else it is the reason of a BadRow: the rest of the record is
// lost.
class ParquetRecord {
 public:
  // All borrowed.
  ParquetRecord(MemoryFiles* files, DuckSession* session, RecordView bytes);
  ~ParquetRecord();

  RecordView bytes() const { return bytes_; }
  // schema: what the rows become; borrowed. offset: rows that have been given out before. checked: the columns of the
  // file that was looked at last for what DuckDB reads wrongly; one that has the same is not looked at.
  // predicates: Decoder::PushDown.
  Result<std::string> Open(const Schema& schema, const std::vector<ColumnPredicate>& predicates, uint64_t offset,
                           std::string* checked, MissingColumns* missing);
  // Makes the next rows those that are fetched, unless some are already.
  Result<std::string> Fetch();
  size_t fetched() const { return fetched_; }  // after Fetch: 0 at the end
  // After Fetch: rows that were skipped between those given out before and the fetched ones, or the end.
  uint64_t skipped() const { return first_ - passed_; }
  // Appends the fetched rows to `out`, which has room for them. Rows with a value that cannot be cast, or without one
  // where the column is NOT NULL, are bad rows of `record`. True: `out` was empty, and many rows were not copied into
  // it, but stay the scan's until the next Fetch. Error: the handler's.
  Result<bool> AppendTo(uint32_t record, BadRowHandler* bad_rows, Batch* out);
  uint64_t passed() const { return passed_; }  // rows until behind the last that were given out

 private:
  // Fills columns_; appends values that cannot be cast, BadRow::offset = the row of the file.
  Status CastColumns(std::vector<BadRow>* bad);
  void CheckNotNull(std::vector<BadRow>* bad);
  Result<std::string> CheckDecimals(const std::vector<size_t>& wanted, std::string* checked);
  // Whether no row of the file can be bad. wanted: the columns that are read.
  Result<bool> AllRowsAreGood(const std::vector<size_t>& wanted);
  // Those of `predicates` that can be asked of the file's columns, by their places there.
  Result<std::vector<ColumnPredicate>> OfFile(const std::vector<ColumnPredicate>& predicates,
                                              const std::vector<size_t>& wanted);

  static constexpr size_t kMissing = SIZE_MAX;

  DuckSession* const session_;
  const RecordView bytes_;
  ParquetScan scan_;
  const Schema* schema_ = nullptr;
  std::vector<size_t> sources_;                           // by column of the schema: of the scan, or kMissing
  std::vector<std::unique_ptr<duckdb::Vector>> columns_;  // the fetched rows, in the types of the schema
  uint64_t passed_ = 0;
  uint64_t first_ = 0;  // rows of the file before the first fetched one that was not given out
  size_t fetched_ = 0;
  bool ended_ = false;
};

}  // namespace laminar
