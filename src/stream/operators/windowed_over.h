// WindowedOverOperator: WindowedOverNode of the plan. The rows of equal time are kept until the watermark has passed
// them; DuckDB then computes the functions over exactly those rows.
#pragma once

#include <memory>

#include "base/metrics.h"
#include "duck/database.h"
#include "stream/operators/operator.h"
#include "stream/plan.h"

namespace laminar {

class WindowedOverOperator final : public Operator {
 public:
  // input: the node below. output: its columns, then one for each function. late_rows: rows whose window had been given
  // out already; they are dropped. session and late_rows are borrowed; the session runs queries of its own here.
  WindowedOverOperator(const WindowedOverNode& node, const PlanNode& input, const Schema& output, DuckSession* session,
                       Counter* late_rows);
  ~WindowedOverOperator() override;

  Status Push(size_t input, Batch* batch) override;
  bool HasPending() const override;
  Status Save(StateOutput* out) override;
  int64_t StateBytes() const override;
  int64_t StateRows() const override;

 private:
  Status OnWatermark(int64_t watermark) override;
  Status EmitPending() override;
  Status OnRestore(const StateInput& in, int64_t watermark) override;

  struct Rep;
  Counter* const late_rows_;
  std::unique_ptr<Rep> rep_;
};

}  // namespace laminar
