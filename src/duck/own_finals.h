// Scalar functions of our own: they make a user's aggregate of what own_aggregates.h has kept. In no catalogue. They
// throw what DuckDB's aggregate throws.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace duckdb {
class Expression;
}

namespace laminar {

using FinalExpression = std::unique_ptr<duckdb::Expression>;

// How the elements of a list are the rows of an aggregate: a value each, or a STRUCT of several.
struct CollectedRows {
  struct Key {
    size_t field = 0;  // of the struct; not a struct: 0 is the value
    bool descending = false, nulls_first = false;
  };
  bool is_struct = true;
  std::vector<Key> order;  // of the rows; none: as they are
};

// call: a BoundAggregateExpression without FILTER, DISTINCT and ORDER BY, over constants and BoundReferences to the
// fields of the rows. list: LIST of rows; NULL is as good as empty.
FinalExpression ApplyAggregate(const duckdb::Expression& call, CollectedRows rows, FinalExpression list);

// name: "stddev", "var_pop", "sem", ... : DOUBLE, of what Moments yields.
bool IsMomentsFunction(const std::string& name);
FinalExpression MomentsResult(const std::string& name, FinalExpression moments);

}  // namespace laminar
