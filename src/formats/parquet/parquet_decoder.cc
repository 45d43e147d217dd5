#include "formats/parquet/parquet_decoder.h"

#include <algorithm>

#include "duckdb/common/types/data_chunk.hpp"

namespace laminar {

Result<bool> ParquetDecoder::Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                                    Batch* out) {
  out->origin_rows.resize(out->rows());
  while (cursor->record < records.size()) {
    ASSIGN_OR_RETURN(const bool used_up, DecodeRecord(records[cursor->record], cursor, bad_rows, out));
    if (!used_up) return false;
    *cursor = {cursor->record + 1, 0, 0};
  }
  return true;
}

Result<bool> ParquetDecoder::DecodeRecord(RecordView bytes, DecodeCursor* cursor, BadRowHandler* bad_rows, Batch* out) {
  std::unique_ptr<ParquetRecord> record = TakeOpen(bytes, cursor->offset);
  if (record == nullptr) {
    record = std::make_unique<ParquetRecord>(files_.get(), session_.get(), bytes);
    ASSIGN_OR_RETURN(const std::string problem,
                     record->Open(schema_, predicates_, cursor->offset, &checked_columns_, &missing_columns_));
    if (!problem.empty()) {
      RETURN_IF_ERROR(bad_rows->OnBadRow(BadRow{.record = cursor->record, .column = "", .reason = problem}));
      return true;
    }
  }
  while (true) {
    ASSIGN_OR_RETURN(const std::string problem, record->Fetch());
    if (!problem.empty()) {
      RETURN_IF_ERROR(bad_rows->OnBadRow(BadRow{.record = cursor->record, .column = "", .reason = problem}));
      return true;
    }
    const bool gap = record->skipped() > 0 && cursor->offset > 0 && out->rows() > 0;
    if (gap || record->fetched() > kBatchRows - out->rows()) break;
    skipped_rows_ += record->skipped();
    if (record->fetched() == 0) return true;
    ASSIGN_OR_RETURN(const bool lends, record->AppendTo(cursor->record, bad_rows, out));
    out->origin_rows.resize(out->rows(), cursor->record);
    cursor->offset = record->passed();
    if (lends) break;
  }
  KeepOpen(std::move(record));
  return false;
}

std::unique_ptr<ParquetRecord> ParquetDecoder::TakeOpen(RecordView bytes, uint64_t offset) {
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const auto& record) {
    return record->bytes().data() == bytes.data() && record->bytes().size() == bytes.size();
  });
  if (found == open_.end()) return nullptr;
  std::unique_ptr<ParquetRecord> record = std::move(*found);
  open_.erase(found);
  // Else another record is in the place of one that was given up.
  return record->passed() == offset && (offset > 0 || record->fetched() > 0) ? std::move(record) : nullptr;
}

void ParquetDecoder::KeepOpen(std::unique_ptr<ParquetRecord> record) {
  if (open_.size() == kMostOpen) open_.erase(open_.begin());
  open_.push_back(std::move(record));
}

}  // namespace laminar
