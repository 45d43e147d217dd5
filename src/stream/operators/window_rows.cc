#include "stream/operators/window_rows.h"

#include <algorithm>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/event_time.h"

namespace laminar {

namespace {

std::vector<TypeRef> FirstTypes(const Schema& schema, size_t count) {
  std::vector<TypeRef> types;
  for (size_t i = 0; i < count; i++) types.push_back(schema[i].type);
  return types;
}

}  // namespace

int64_t LagOf(const WindowAggregateNode& node, AggregateMode mode, const PlanNode& input) {
  const PlanNode::TimeColumn* time = input.FindTime(node.window.time_column);
  return mode == AggregateMode::kMerge || !time ? 0 : time->lag_micros;
}

WindowInput::WindowInput(const WindowAggregateNode& node, AggregateMode mode, const Schema& output, bool time_in_key)
    : mode_(mode),
      key_columns_(node.keys),
      hashed_columns_(node.keys.size()),
      time_column_(mode == AggregateMode::kMerge ? PartialRows::kStart : node.window.time_column),
      codec_(FirstTypes(output, node.keys.size() + (time_in_key ? 1 : 0))),
      all_rows_(kBatchRows) {
  if (time_in_key) key_columns_.push_back(time_column_);
  std::iota(all_rows_.begin(), all_rows_.end(), 0);
}

void WindowInput::Read(Batch* batch) {
  const size_t rows = batch->rows();
  if (mode_ == AggregateMode::kMerge) {
    encoded_.Read(batch, PartialRows::kKey, PartialRows::kHash);
  } else {
    codec_.Encode(*batch, key_columns_, hashed_columns_, &encoded_);
  }
  duckdb::UnifiedVectorFormat values;
  duckdb::Vector& column = batch->chunk().data[time_column_];
  one_time_ = column.GetVectorType() == duckdb::VectorType::CONSTANT_VECTOR;
  column.ToUnifiedFormat(rows, values);
  const auto* micros = reinterpret_cast<const int64_t*>(values.data);
  if (one_time_) {
    times_.assign(rows, values.validity.RowIsValid(0) ? micros[0] : kNoWatermark);
    return;
  }
  times_.resize(rows);
  for (size_t i = 0; i < rows; i++) {
    const size_t at = values.sel->get_index(i);
    times_[i] = values.validity.RowIsValid(at) ? micros[at] : kNoWatermark;
  }
}

TimeRange WindowInput::SpanOfTimes() const {
  TimeRange span{times_[0], times_[0]};
  if (one_time_) return span;
  for (const int64_t time : times_) {
    span.start = std::min(span.start, time);
    span.end = std::max(span.end, time);
  }
  return span;
}

WindowOutput::WindowOutput(const WindowAggregateNode& node, AggregateMode mode, const Schema& output)
    : start_(mode == AggregateMode::kPartial ? PartialRows::kStart : node.keys.size()),
      has_end_(mode != AggregateMode::kPartial),
      batch_(mode == AggregateMode::kPartial ? PartialRows::SchemaOf(node, output) : output) {}

void WindowOutput::AddRows(size_t count, const TimeRange& window) {
  const auto fill = [&](size_t column, int64_t micros) {
    auto* times = duckdb::FlatVector::GetData<duckdb::timestamp_t>(batch_.chunk().data[column]);
    std::fill_n(times + rows_, count, duckdb::timestamp_t(micros));
  };
  fill(start_, window.start);
  if (has_end_) fill(start_ + 1, window.end);
  rows_ += count;
}

void WindowOutput::AddRows(std::span<const TimeRange> windows) {
  for (const TimeRange& window : windows) AddRows(1, window);
}

Batch* WindowOutput::Finish() {
  batch_.chunk().SetCardinality(rows_);
  return &batch_;
}

void WindowOutput::Reset() {
  batch_.Reset();
  rows_ = 0;
}

}  // namespace laminar
