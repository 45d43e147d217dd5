// Aggregate functions of our own: parts and merges of DuckDB's aggregates (sql/aggregate_plan.h). They are in no
// catalogue, so a script cannot call them. Each ignores rows whose argument is NULL and never yields NULL.
#pragma once

#include <memory>

namespace duckdb {
class Expression;
}

namespace laminar {

using AggregateExpression = std::unique_ptr<duckdb::Expression>;  // a BoundAggregateExpression

// BIGINT -> BIGINT, 0 of no rows: merges counts. Throws OutOfRangeException on overflow.
AggregateExpression SumCounts(AggregateExpression counts);

// T -> LIST(T): the values, each once, in no particular order; equal as DISTINCT has it. LIST(T) -> LIST(T): their
// union.
AggregateExpression DistinctValues(AggregateExpression values);
AggregateExpression MergeDistinctValues(AggregateExpression lists);

// T -> LIST(T): the values as they come. LIST(T) -> LIST(T): the lists one behind the other.
AggregateExpression CollectRows(AggregateExpression rows);
AggregateExpression MergeCollectedRows(AggregateExpression lists);

// DOUBLE -> STRUCT(n BIGINT, mean DOUBLE, m2 DOUBLE), m2 = the sum of the squared distances from the mean; and the
// same of the union of two sets of numbers.
AggregateExpression Moments(AggregateExpression numbers);
AggregateExpression MergeMoments(AggregateExpression moments);

}  // namespace laminar
