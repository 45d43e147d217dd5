#include "stream/operators/row_partials.h"

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/common/types/vector.hpp"

namespace laminar {

Status RowPartials::Make(Batch* batch, std::span<const uint32_t> rows, const EncodedKeys& keys,
                         std::span<const int64_t> starts, Batch** out) {
  out_.Reset();
  keys.Lend(rows, &out_, PartialRows::kKey, PartialRows::kHash);
  duckdb::Vector& column = out_.chunk().data[PartialRows::kStart];
  if (starts.size() == 1) {
    column.Reference(duckdb::Value::TIMESTAMP(duckdb::timestamp_t(starts[0])));
  } else {
    auto* times = duckdb::FlatVector::GetData<duckdb::timestamp_t>(column);
    for (size_t i = 0; i < rows.size(); i++) times[i] = duckdb::timestamp_t(starts[i]);
  }
  RETURN_IF_ERROR(set_->OfEachRow(batch, rows, &out_, PartialRows::kResults));
  out_.chunk().SetCardinality(rows.size());
  *out = &out_;
  return Status::Ok();
}

void PartialsPay::StopUnless(const Limits& limits, size_t rows, size_t groups, int64_t bytes) {
  if (rows >= limits.rows_of_a_group * groups && bytes <= limits.bytes_of_a_row * static_cast<int64_t>(rows)) return;
  grouping_ = false;
  passed_ = 0;
}

void PartialsPay::Tried(size_t rows, size_t groups, int64_t bytes) {
  rows_ += rows;
  groups_ += groups;
  bytes_ += bytes;
  if (rows_ < trial_rows_) return;
  StopUnless(kAtTheEnd, rows_, groups_, bytes_);
  rows_ = groups_ = 0;
  bytes_ = 0;
}

void PartialsPay::TriedInPart(size_t rows, size_t groups, int64_t bytes) {
  if (rows >= trial_rows_) StopUnless(kInPart, rows, groups, bytes);
}

void PartialsPay::Passed(size_t rows) {
  passed_ += rows;
  if (passed_ >= kRowsBetweenTrials) grouping_ = true;
}

}  // namespace laminar
