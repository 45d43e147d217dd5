// What the window operators have in common: the rows that come in as keys and times, the rows that go out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "duck/batch.h"
#include "state/key_codec.h"
#include "stream/operators/panes.h"
#include "stream/plan.h"

namespace laminar {

// How much of the work of a WindowAggregateNode an operator does (plan.h).
enum class AggregateMode {
  kComplete,  // rows -> results
  kPartial,   // rows -> results of parts of the groups, to be merged
  kMerge,     // those -> results
};

// How far the times may be behind the watermark (PlanNode::TimeColumn); partial rows: not at all.
int64_t LagOf(const WindowAggregateNode& node, AggregateMode mode, const PlanNode& input);

// The rows of a batch.
class WindowInput {
 public:
  // output: of the node, in every mode. time_in_key: equal keys have equal times. Their hashes are without it.
  WindowInput(const WindowAggregateNode& node, AggregateMode mode, const Schema& output, bool time_in_key = false);
  void Read(Batch* batch);

  size_t rows() const { return times_.size(); }
  std::span<const uint32_t> all_rows() const { return std::span(all_rows_).first(rows()); }
  const EncodedKeys& keys() const { return encoded_; }
  int64_t time(size_t row) const { return times_[row]; }  // NULL: out of range (Panes::InRange)
  TimeRange SpanOfTimes() const;                          // lowest, highest; at least one row
  const KeyCodec& codec() const { return codec_; }

 private:
  const AggregateMode mode_;
  std::vector<size_t> key_columns_;  // with the time, if it is in the key
  const size_t hashed_columns_;
  size_t time_column_;
  KeyCodec codec_;
  EncodedKeys encoded_;
  std::vector<int64_t> times_;
  bool one_time_ = false;           // all of times_ are the same
  std::vector<uint32_t> all_rows_;  // 0, 1, ...
};

// Rows (keys, start, end, results), or PartialRows, gathered to batches.
class WindowOutput {
 public:
  // output: of the node, in every mode.
  WindowOutput(const WindowAggregateNode& node, AggregateMode mode, const Schema& output);
  size_t rows() const { return rows_; }
  size_t space() const { return kBatchRows - rows_; }
  size_t results_column() const { return start_ + (has_end_ ? 2 : 1); }
  Batch* batch() { return &batch_; }  // to write rows from rows() on
  // `count` rows have been written but for their start and end; these are their window's.
  void AddRows(size_t count, const TimeRange& window);
  // The same, each with a window of its own.
  void AddRows(std::span<const TimeRange> windows);
  Batch* Finish();  // what was gathered; Reset() before more is
  void Reset();

 private:
  const size_t start_;
  const bool has_end_;
  Batch batch_;
  size_t rows_ = 0;
};

}  // namespace laminar
