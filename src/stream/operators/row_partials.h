// RowPartials: rows of a partial aggregate that stand for one input row each. Where nearly every row is a group of its
// own, a table of groups costs more than it saves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/status.h"
#include "duck/aggregate_set.h"
#include "state/key_codec.h"
#include "stream/operators/window_rows.h"

namespace laminar {

class RowPartials {
 public:
  // set: borrowed. output: of the node, in complete.
  RowPartials(const WindowAggregateNode& node, AggregateSet* set, const Schema& output)
      : set_(set), out_(PartialRows::SchemaOf(node, output)) {}

  // Makes PartialRows of the rows of `batch` that `rows` names, ascending, into *out, which is valid until the next
  // call and refers to `batch` and `keys`. starts: one for each row named, or one for all.
  Status Make(Batch* batch, std::span<const uint32_t> rows, const EncodedKeys& keys, std::span<const int64_t> starts,
              Batch** out);

 private:
  AggregateSet* const set_;
  Batch out_;
};

// Whether groups are made before the rows go to their workers. Making them costs each row about what its worker saves
// by it, so groups must be few, and so must be what their states keep: sets and lists travel value by value. Found out
// by trying, and tried again now and then: keys come and go.
class PartialsPay {
 public:
  static constexpr size_t kTrialRows = 32 << 10;

  // trial_rows: that are grouped before it is judged.
  explicit PartialsPay(size_t trial_rows) : trial_rows_(trial_rows) {}
  bool Grouping() const { return grouping_; }
  // Rows that were grouped, the groups that they made, and bytes that those point to: all that there will be.
  void Tried(size_t rows, size_t groups, int64_t bytes);
  // The same of a pane that is still open. Most of its groups are made by its first rows, so they are judged mildly.
  void TriedInPart(size_t rows, size_t groups, int64_t bytes);
  // Rows that were not grouped.
  void Passed(size_t rows);

 private:
  struct Limits {
    size_t rows_of_a_group;  // at least, on average
    int64_t bytes_of_a_row;  // that states point to: at most, on average
  };
  static constexpr Limits kAtTheEnd{8, 8}, kInPart{2, 16};
  static constexpr size_t kRowsBetweenTrials = 1 << 20;

  void StopUnless(const Limits& limits, size_t rows, size_t groups, int64_t bytes);
  const size_t trial_rows_;
  bool grouping_ = true;
  size_t passed_ = 0;
  size_t rows_ = 0, groups_ = 0;  // of the trial
  int64_t bytes_ = 0;
};

}  // namespace laminar
