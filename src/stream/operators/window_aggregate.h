// WindowAggregateOperator: WindowAggregateNode of the plan for TUMBLE and HOP. One table of groups a pane; panes whose
// windows do not overlap are given out as they are, others through a HopMerge, which merges each group of a pane about
// twice, whatever size / slide is.
//
// Rows are late, counted and dropped, when the watermark has passed the end of every window that they lie in; those of
// a HOP still count in the windows that are open. Times that windows are not made for (Panes::InRange: NULL, the
// infinities) are late always; rows in the gaps between windows (slide > size) lie in none and are dropped silently.
//
// Results come in the order of the windows' ends; within a TUMBLE's in the order in which the groups came, within a
// HOP's in the order of HopMerge::Scan. The watermark that is passed on is the one of the window's time column: the
// input's less its lag.
//
// A checkpoint holds PartialRows, whatever the mode: section "panes"; of a HOP also "front", whose rows are merged with
// those of the same group in later panes (HopMerge). kMerge can go on from them. A partial aggregate gives out what it
// has when a barrier comes, and keeps nothing.
//
// kPartial gives out each pane when the watermark passes the pane's end, and rows one by one where groups do not pay
// (PartialsPay): PartialRows, which kMerge takes.
#pragma once

#include <memory>

#include "base/metrics.h"
#include "duck/database.h"
#include "stream/operators/operator.h"
#include "stream/operators/row_partials.h"
#include "stream/operators/window_rows.h"
#include "stream/plan.h"

namespace laminar {

class WindowAggregateOperator final : public Operator {
 public:
  // input: the node whose rows are aggregated (for kMerge: those of the partial operator). output: keys, start, end,
  // results, in every mode. late_rows is borrowed. trial_rows: of PartialsPay.
  WindowAggregateOperator(const WindowAggregateNode& node, AggregateMode mode, const PlanNode& input,
                          const Schema& output, Counter* late_rows, size_t trial_rows);
  ~WindowAggregateOperator() override;

  Status Push(size_t input, Batch* batch) override;
  bool HasPending() const override;
  void OnBarrier() override;
  Status Save(StateOutput* out) override;
  Result<bool> SaveMore(StateOutput* out) override;
  int64_t SavedWatermark() const override;
  int64_t StateBytes() const override;
  int64_t StateRows() const override;

 private:
  Status OnRestore(const StateInput& in, int64_t watermark) override;
  Status OnWatermark(int64_t watermark) override;
  Status EmitPending() override;

  struct Rep;
  std::unique_ptr<Rep> rep_;
};

// The operator of any WindowAggregateNode: TUMBLE and HOP, GROUP BY the event time itself (instant_aggregate.h),
// SESSION (session.h; kComplete only). restores: Restore will be called; not with kComplete, but for SESSION.
std::unique_ptr<Operator> MakeWindowAggregate(const WindowAggregateNode& node, AggregateMode mode,
                                              const PlanNode& input, const Schema& output, Counter* late_rows,
                                              size_t trial_rows = PartialsPay::kTrialRows, bool restores = false);

}  // namespace laminar
