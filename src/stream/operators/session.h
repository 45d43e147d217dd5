// SessionOperator: WindowAggregateNode of the plan with kSession: rows of a key of which each is less than the gap
// after the one before are one session, from the first row's time to the last one's plus the gap. Without keys all rows
// are of one.
//
// A session is given out when the watermark reaches its end; in the order of the ends, then of the sessions' first
// arrival. A row is late, counted and dropped, when [time, time + gap) ends at or before the watermark and touches no
// session that is still open (or at a time that windows are not made for, Panes::InRange).
//
// In a checkpoint: section "sessions", PartialRows (the start: the first row's time) and the last row's time.
#pragma once

#include <cstdint>
#include <memory>

#include "base/metrics.h"
#include "duck/database.h"
#include "stream/operators/operator.h"
#include "stream/plan.h"

namespace laminar {

class SessionOperator final : public Operator {
 public:
  // input: the node below. output: keys, start, end, results. late_rows is borrowed. The gap is
  // a length by the clock. restores: Restore will be called; each row is then made a partial result of its own, as
  // what is in a checkpoint.
  SessionOperator(const WindowAggregateNode& node, const PlanNode& input, const Schema& output, Counter* late_rows,
                  bool restores = false);
  ~SessionOperator() override;

  Status Push(size_t input, Batch* batch) override;
  bool HasPending() const override;
  Status Save(StateOutput* out) override;
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
