// UnnestOperator: one row for each element of the lists, as SQL's UNNEST does: several lists run in parallel, the
// shorter ones are filled with NULL; a row whose lists are all empty or NULL gives no row. Stateless; keeps the order
// of rows.
#pragma once

#include "duck/filter_project.h"
#include "stream/operators/operator.h"
#include "stream/operators/step_guard.h"
#include "stream/plan.h"

namespace laminar {

class UnnestOperator final : public Operator {
 public:
  // output: the input's columns, then one element column for each list. session, failures and guard are borrowed.
  UnnestOperator(const UnnestNode& node, const Schema& input, const Schema& output, DuckSession* session,
                 FailureHandler* failures, StepGuard* guard);

  Status Push(size_t input, Batch* batch) override;

 private:
  const size_t input_columns_;
  FilterProject lists_;     // input columns, then the lists
  StepGuard* const guard_;  // asked after each batch of the output
  Batch out_;
};

}  // namespace laminar
