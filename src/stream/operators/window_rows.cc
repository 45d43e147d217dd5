#include "stream/operators/window_rows.h"

#include <algorithm>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/event_time.h"

namespace laminar {

namespace {

std::vector<size_t> KeyColumns(const WindowAggregateNode& node, AggregateMode mode) {
  if (mode != AggregateMode::kMerge) return node.keys;
  std::vector<size_t> columns(node.keys.size());
  std::iota(columns.begin(), columns.end(), 0);
  return columns;
}

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
    : key_columns_(KeyColumns(node, mode)),
      encoded_columns_(key_columns_),
      time_column_(mode == AggregateMode::kMerge ? node.keys.size() : node.window.time_column),
      codec_(FirstTypes(output, node.keys.size() + (time_in_key ? 1 : 0))),
      all_rows_(kBatchRows) {
  if (time_in_key) encoded_columns_.push_back(time_column_);
  std::iota(all_rows_.begin(), all_rows_.end(), 0);
}

void WindowInput::Read(Batch* batch) {
  const size_t rows = batch->rows();
  codec_.Encode(*batch, encoded_columns_, &encoded_);
  duckdb::UnifiedVectorFormat values;
  batch->chunk().data[time_column_].ToUnifiedFormat(rows, values);
  const auto* micros = reinterpret_cast<const int64_t*>(values.data);
  times_.resize(rows);
  for (size_t i = 0; i < rows; i++) {
    const size_t at = values.sel->get_index(i);
    times_[i] = values.validity.RowIsValid(at) ? micros[at] : kNoWatermark;
  }
}

TimeRange WindowInput::SpanOfTimes() const {
  TimeRange span{times_[0], times_[0]};
  for (const int64_t time : times_) {
    span.start = std::min(span.start, time);
    span.end = std::max(span.end, time);
  }
  return span;
}

void WindowOutput::AddRows(size_t count, const TimeRange& window) {
  auto* starts = duckdb::FlatVector::GetData<duckdb::timestamp_t>(batch_.chunk().data[keys_]);
  auto* ends = duckdb::FlatVector::GetData<duckdb::timestamp_t>(batch_.chunk().data[keys_ + 1]);
  std::fill_n(starts + rows_, count, duckdb::timestamp_t(window.start));
  std::fill_n(ends + rows_, count, duckdb::timestamp_t(window.end));
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
