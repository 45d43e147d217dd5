// What a user reads when the state of a pipeline does not fit into its share of --memory-limit.
#pragma once

#include "base/status.h"
#include "stream/plan.h"
#include "stream/runtime/state_budget.h"

namespace laminar {

// holder: the node that holds most. Names it, its place in the SQL, what it holds, and what to change.
Status StateDoesNotFit(const StreamPlan& plan, const StateBudget::Holder& holder, int64_t limit_bytes);

}  // namespace laminar
