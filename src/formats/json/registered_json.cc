#include "formats/json/registered_json.h"

#include <utility>

#include "base/check.h"

namespace laminar {

Result<bool> RegisteredJsonDecoder::Decode(std::span<const RecordView> records, DecodeCursor* cursor,
                                           BadRowHandler* bad_rows, Batch* out) {
  records_ = records;
  bad_rows_ = bad_rows;
  while (cursor->record < records.size()) {
    if (out->rows() == kBatchRows) return false;
    first_ = cursor->record;
    bodies_.clear();
    const char* wrong = nullptr;
    for (size_t i = first_; i < records.size() && bodies_.size() < kBatchRows; i++) {
      SchemaHeader header;
      wrong = ReadSchemaHeader(kind_, records[i], &header);
      if (wrong != nullptr) break;
      bodies_.push_back(records[i].substr(header.size));
    }
    if (bodies_.empty()) {
      RETURN_IF_ERROR(bad_rows->OnBadRow(BadRow{.record = first_, .column = "", .reason = wrong}));
      *cursor = {first_ + 1, 0, 0};
      continue;
    }
    DecodeCursor within{0, cursor->offset, cursor->line};
    const size_t rows = out->rows();
    const Result<bool> used_up = inner_->Decode(bodies_, &within, this, out);
    for (size_t i = rows; i < out->origin_rows.size(); i++) out->origin_rows[i] += first_;
    *cursor = {first_ + within.record, within.offset, within.line};
    if (!used_up.ok() || !*used_up) return used_up;
  }
  return true;
}

Status RegisteredJsonDecoder::OnBadRow(const BadRow& row) {
  BadRow whole = row;
  const size_t header = records_[first_ + row.record].size() - bodies_[row.record].size();
  whole.record = first_ + row.record;
  whole.offset = row.offset + header;
  if (!row.data.empty()) {
    data_.assign(records_[whole.record].substr(0, header)).append(row.data);
    whole.data = data_;
  }
  return bad_rows_->OnBadRow(whole);
}

Status RegisteredJsonEncoder::Encode(const Batch& batch, EncodedRows* out) {
  CHECK_MSG(!header_.empty(), "the sink was not prepared");
  bodies_.Clear();
  bodies_.newlines = out->newlines;
  RETURN_IF_ERROR(inner_->Encode(batch, &bodies_));
  for (size_t row = 0; row < bodies_.rows(); row++) {
    out->bytes.append(header_).append(bodies_.row(row));
    out->ends.push_back(out->bytes.size());
  }
  return Status::Ok();
}

}  // namespace laminar
