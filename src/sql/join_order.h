// Which source is read before which.
#pragma once

#include "sql/problems.h"
#include "stream/plan.h"

namespace laminar::sql {

// A lookup join takes its table to the end before its stream. A problem where that would have a source wait for itself:
// the same table on both sides of a join, on different sides of two, or in a join above another that has it.
void CheckJoinOrder(const StreamPlan& plan, Problems* problems);

}  // namespace laminar::sql
