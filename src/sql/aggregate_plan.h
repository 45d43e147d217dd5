// Aggregates as a user writes them -> aggregates that can be computed in pieces (WindowAggregateNode).
//
// - count, sum, min, max, bool_and and their like stay and are merged by themselves, counts by their sum.
// - avg becomes a sum and a count.
// - stddev, variance and their like become count, mean and squared distance from it, merged by the parallel formula of
//   Chan et al.
// - f(DISTINCT x) becomes the set of x; count(DISTINCT x) is its length.
// - All others, and every one whose result depends on the order of its rows (first, string_agg, list, ORDER BY inside),
//   become the list of their arguments, sort keys, event time and place; at the end it is sorted and fed to the
//   aggregate itself.
//
// FILTER (WHERE ...) becomes a condition in the arguments.
#pragma once

#include <memory>
#include <vector>

#include "duckdb.hpp"

#include "sql/rel.h"

namespace laminar::sql {

struct AggregatePlan {
  std::vector<ExpressionPtr> payload;     // over the input: what the aggregates take, without duplicates
  std::vector<ExpressionPtr> aggregates;  // BoundAggregateExpressions over payload columns: BoundReferences to
                                          // first_payload + i
  std::vector<ExpressionPtr> merges;      // the same number; each over BoundReference first_partial + i
  std::vector<ExpressionPtr> finals;      // one for each of `calls`: over BoundReferences to first_result + i
};

// calls: BoundAggregateExpressions over the input's columns, with FILTER, DISTINCT and ORDER BY; taken apart. time,
// order: expressions over the input that order its rows where nothing else does; order may be nullptr. Throws what
// DuckDB's binder throws.
AggregatePlan PlanAggregates(duckdb::ClientContext& context, std::vector<ExpressionPtr> calls, size_t first_payload,
                             size_t first_partial, size_t first_result, const duckdb::Expression& time,
                             const duckdb::Expression* order);

}  // namespace laminar::sql
