// What an aggregate gives for one row alone, told from the row itself: without a state, a batch at a time. For partial
// aggregates over rows of which nearly each has a group of its own.
#pragma once

#include <cstddef>

namespace duckdb {
class BoundAggregateExpression;
class Vector;
}  // namespace duckdb

namespace laminar {

enum class OneRow {
  kUnknown,  // only the aggregate itself can tell
  kOne,      // 1: count(*)
  kCounts,   // 1, or 0 for NULL
  kValue,    // the argument, as the result's type
  kList,     // a list of the argument; of NULL, an empty one
};

OneRow OneRowOf(const duckdb::BoundAggregateExpression& aggregate);

// Writes the results of `count` rows into `result`, which is fresh. It refers to `argument` (of kOne: not read) where
// it can. Not for kUnknown.
void WriteOneRows(OneRow kind, duckdb::Vector* argument, size_t count, duckdb::Vector& result);

}  // namespace laminar
