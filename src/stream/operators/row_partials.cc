#include "stream/operators/row_partials.h"

#include <algorithm>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/selection_vector.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/common/types/vector.hpp"

namespace laminar {

RowPartials::RowPartials(AggregateSet* set, std::vector<size_t> keys, const Schema& output)
    : set_(set), keys_(std::move(keys)), out_(output), bytes_(kBatchRows * set->state_bytes()) {}

Status RowPartials::Make(Batch* batch, std::span<const uint32_t> rows, std::span<const TimeRange> windows,
                         Batch** out) {
  out_.Reset();
  const size_t count = rows.size();
  states_.resize(count);
  for (size_t i = 0; i < count; i++) {
    states_[i] = bytes_.data() + i * set_->state_bytes();
    set_->Initialize(states_[i]);
  }
  Status status = count == batch->rows() ? set_->Update(batch, states_, &memory_)
                                         : set_->UpdateRows(batch, rows, states_, &memory_);
  if (status.ok()) status = set_->Finalize(states_, &memory_, &out_, keys_.size() + 2);
  set_->Destroy(states_, &memory_);
  memory_.Reset();
  RETURN_IF_ERROR(std::move(status));

  duckdb::DataChunk& to = out_.chunk();
  duckdb::SelectionVector selection(std::max<size_t>(count, 1));
  for (size_t i = 0; i < count; i++) selection.set_index(i, rows[i]);
  for (size_t k = 0; k < keys_.size(); k++) to.data[k].Slice(batch->chunk().data[keys_[k]], selection, count);
  auto* starts = duckdb::FlatVector::GetData<duckdb::timestamp_t>(to.data[keys_.size()]);
  auto* ends = duckdb::FlatVector::GetData<duckdb::timestamp_t>(to.data[keys_.size() + 1]);
  for (size_t i = 0; i < count; i++) {
    const TimeRange& window = windows.size() == 1 ? windows[0] : windows[i];
    starts[i] = duckdb::timestamp_t(window.start);
    ends[i] = duckdb::timestamp_t(window.end);
  }
  to.SetCardinality(count);
  *out = &out_;
  return Status::Ok();
}

}  // namespace laminar
