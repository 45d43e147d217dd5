// FilterProjectOperator: FilterProjectNode of the plan. Stateless; keeps the order of rows.
#pragma once

#include "duck/filter_project.h"
#include "stream/operators/operator.h"
#include "stream/plan.h"

namespace laminar {

class FilterProjectOperator final : public Operator {
 public:
  // session and failures are borrowed and outlive the operator.
  FilterProjectOperator(const FilterProjectNode& node, const Schema& output, DuckSession* session,
                        FailureHandler* failures)
      : Operator(1), evaluator_(session, node.filters, node.projections, output, failures) {}

  Status Push(size_t input, Batch* batch) override;

 private:
  FilterProject evaluator_;
};

}  // namespace laminar
