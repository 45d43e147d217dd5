// Records that are Parquet files. DuckDB reads the columns that the query uses, by their names; a column that a file
// lacks is NULL, and what has another type is cast.
//
// A call of Decode takes what DuckDB's reader gives at once, at most a batch, without copying it; further rows join
// them in the batch only if there is room for all that the reader gives.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "duck/memory_files.h"
#include "formats/format.h"
#include "formats/missing_columns.h"
#include "formats/parquet/parquet_record.h"

namespace laminar {

class ParquetDecoder final : public Decoder {
 public:
  // Records that are decoded in part, as their reader decodes others in between: the oldest is given up, and is begun
  // again.
  static constexpr size_t kMostOpen = 256;

  ParquetDecoder(std::shared_ptr<MemoryFiles> files, Schema schema)
      : files_(std::move(files)), session_(files_->NewSession()), schema_(std::move(schema)) {}

  const Schema& schema() const override { return schema_; }
  // DecodeCursor::offset counts the rows of the file.
  Result<bool> Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                      Batch* out) override;
  // Skips row groups; see ParquetScan::Start.
  void PushDown(const std::vector<ColumnPredicate>& predicates) override { predicates_ = predicates; }
  uint64_t TakeSkippedRows() override { return std::exchange(skipped_rows_, 0); }

 private:
  // Rows of the record that `cursor` stands at, until it is used up (true) or the batch is full.
  Result<bool> DecodeRecord(RecordView bytes, DecodeCursor* cursor, BadRowHandler* bad_rows, Batch* out);
  std::unique_ptr<ParquetRecord> TakeOpen(RecordView bytes, uint64_t offset);
  void KeepOpen(std::unique_ptr<ParquetRecord> record);

  const std::shared_ptr<MemoryFiles> files_;  // shared: with the format and its other decoders and encoders
  const std::unique_ptr<DuckSession> session_;
  const Schema schema_;
  std::vector<ColumnPredicate> predicates_;
  uint64_t skipped_rows_ = 0;    // TakeSkippedRows
  std::string checked_columns_;  // ParquetRecord::Open
  MissingColumns missing_columns_;
  std::vector<std::unique_ptr<ParquetRecord>> open_;  // the oldest first
};

}  // namespace laminar
