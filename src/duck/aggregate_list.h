// Bound DuckDB aggregates behind a door: made by sql/, evaluated by AggregateSet (aggregate_set.h).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "duck/schema.h"

namespace duckdb {
class BoundAggregateExpression;
class Expression;
}  // namespace duckdb

namespace laminar {

// Immutable list of BoundAggregateExpressions whose children are BoundReferenceExpressions into the input batch:
// without FILTER, DISTINCT and ORDER BY, which the planner has put into the arguments. Cheap to copy (shared).
class AggregateList {
 public:
  AggregateList();
  explicit AggregateList(std::vector<std::unique_ptr<duckdb::Expression>> aggregates,
                         std::vector<SqlPosition> positions = {});
  ~AggregateList();
  AggregateList(const AggregateList&);
  AggregateList& operator=(const AggregateList&);

  size_t size() const;
  bool empty() const { return size() == 0; }
  const duckdb::BoundAggregateExpression& at(size_t i) const;
  std::string ToString(size_t i) const;  // as SQL text
  SqlPosition position(size_t i) const;  // in the user's text; may be unknown
  const duckdb::LogicalType& type(size_t i) const;

 private:
  struct Rep;
  std::shared_ptr<const Rep> rep_;  // shared: a plan is instantiated once per worker
};

}  // namespace laminar
