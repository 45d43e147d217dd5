// InstantAggregateOperator: WindowAggregateNode of the plan with kInstant: the groups of GROUP BY the event time itself
// (or of a window's start that an inner query gave) are given out when the watermark passes their time.
//
// One table holds all groups, by keys and time. Rows before the watermark are late (also at times that windows are not
// made for, Panes::InRange). Results come in the order of their times, then of the groups' arrival.
//
// In a checkpoint: section "groups", PartialRows, as of a WindowAggregateOperator.
#pragma once

#include <cstdint>
#include <memory>

#include "base/metrics.h"
#include "duck/database.h"
#include "stream/operators/operator.h"
#include "stream/operators/window_rows.h"
#include "stream/plan.h"

namespace laminar {

class InstantAggregateOperator final : public Operator {
 public:
  // As WindowAggregateOperator.
  InstantAggregateOperator(const WindowAggregateNode& node, AggregateMode mode, const PlanNode& input,
                           const Schema& output, Counter* late_rows, size_t trial_rows);
  ~InstantAggregateOperator() override;

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

}  // namespace laminar
