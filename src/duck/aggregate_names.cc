#include "duck/aggregate_names.h"

#include "duckdb/planner/expression/bound_aggregate_expression.hpp"

namespace laminar {

std::string FunctionName(const AggregateList& aggregates, size_t i) {
  return aggregates.at(i).function.name;
}

}  // namespace laminar
