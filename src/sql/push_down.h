// Predicate pushdown into sources.
#pragma once

#include <map>
#include <string>

#include "sql/compiler.h"
#include "stream/plan.h"

namespace laminar::sql {

// Tells each source what the WHERE of its only reader demands of its columns (SourceNode::predicates,
// TableSpec::predicates), if its format makes anything of it and nothing else looks at its rows: neither event time,
// which all of them move on, nor a column that is computed of them. The filters stay in the plan.
void PushDownFilters(StreamPlan* plan, std::map<std::string, BoundTable>* sources);

}  // namespace laminar::sql
