// What aggregates are called, apart from their arguments.
#pragma once

#include <string>

#include "duck/aggregate_list.h"

namespace laminar {

// DuckDB's own name, lower case: "count_star", "sum"; ours: of duck/own_aggregate.h.
std::string FunctionName(const AggregateList& aggregates, size_t i);

}  // namespace laminar
