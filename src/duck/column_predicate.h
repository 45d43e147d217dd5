// Predicate pushdown: what a source may know of the WHERE of those who read it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "duck/expression.h"
#include "duck/schema.h"

namespace duckdb {
class TableFilter;
}

namespace laminar {

// A condition on one column, which DuckDB can test on the statistics of many of its values: compared with a constant
// (=, <>, <, <=, >, >=, BETWEEN), IN constants, IS [NOT] NULL.
struct ColumnPredicate {
  size_t column = 0;
  TypeRef type;                                       // the column's
  std::shared_ptr<const duckdb::TableFilter> filter;  // shared: immutable, each decoder has it
};

// The filters that are predicates on one of the first `columns` columns and are tested before any filter that can fail
// on a row: a row for which one of them is not true is dropped, and causes no failure. On FLOAT and DOUBLE only those
// that statistics without NaN can answer.
std::vector<ColumnPredicate> PredicatesOf(const ExpressionList& filters, size_t columns);

// "temperature>30.0 AND device IN ('a', 'b')"
std::string ToString(const std::vector<ColumnPredicate>& predicates, const Schema& columns);

}  // namespace laminar
