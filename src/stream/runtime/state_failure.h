// What a user reads when the state of a pipeline does not fit into its share of --memory-limit.
#pragma once

#include "base/status.h"
#include "stream/plan.h"
#include "stream/runtime/state_budget.h"

namespace laminar {

// Names the node that holds most, its place in the SQL, what it holds, and what to change.
Status StateDoesNotFit(const StreamPlan& plan, const StateBudget::Verdict& verdict, const StateBudget::Limits& limits);

}  // namespace laminar
