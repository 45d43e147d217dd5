// OverOperator: OverNode of the plan. Rows are kept until the watermark has passed their time, then taken in order,
// each with functions of the rows before it in its partition. What it keeps beside: what the frames can still reach.
#pragma once

#include <memory>

#include "base/metrics.h"
#include "duck/database.h"
#include "stream/operators/operator.h"
#include "stream/plan.h"

namespace laminar {

class OverOperator final : public Operator {
 public:
  // input: the node below. output: its columns, then one for each function. late_rows: rows whose time had been given
  // out already; they are dropped. late_rows is borrowed.
  OverOperator(const OverNode& node, const PlanNode& input, const Schema& output, Counter* late_rows);
  ~OverOperator() override;

  Status Push(size_t input, Batch* batch) override;
  bool HasPending() const override;
  Status Save(StateOutput* out) override;
  int64_t StateBytes() const override;
  int64_t StateRows() const override;
  size_t partitions() const;  // with state

 private:
  Status OnWatermark(int64_t watermark) override;
  Status EmitPending() override;
  Status OnRestore(const StateInput& in, int64_t watermark) override;

  struct Rep;
  Counter* const late_rows_;
  std::unique_ptr<Rep> rep_;
};

}  // namespace laminar
