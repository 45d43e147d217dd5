// RowPartials: rows of a partial aggregate that stand for one input row each. Where nearly every row is a group of its
// own, a table of groups costs more than it saves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "duck/aggregate_set.h"
#include "stream/operators/panes.h"

namespace laminar {

class RowPartials {
 public:
  // set: borrowed. keys: columns of the input.
  RowPartials(AggregateSet* set, std::vector<size_t> keys, const Schema& output);

  // Makes the rows that `rows` names into *out, which is valid until the next call; windows: one for each row named, or
  // one for all.
  Status Make(Batch* batch, std::span<const uint32_t> rows, std::span<const TimeRange> windows, Batch** out);

 private:
  AggregateSet* const set_;
  std::vector<size_t> keys_;
  Batch out_;
  std::vector<std::byte> bytes_;  // kBatchRows rows of states
  std::vector<std::byte*> states_;
  AggregateMemory memory_;
};

// Decides for the rows of a pane whether groups are made: watches for some thousand rows (with fewer, ten thousand keys
// of which each comes a hundred times would look like rows of their own), then gives up where more than one row in two
// has made a new group.
class PartialsPay {
 public:
  // `rows` rows have been grouped, all in all into `groups` groups. False: they do not pay.
  static bool Decide(size_t rows, size_t groups) { return rows < kWatchedRows || groups * 2 <= rows; }

  static constexpr size_t kWatchedRows = 32 << 10;
};

}  // namespace laminar
