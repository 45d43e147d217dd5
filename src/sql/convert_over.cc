// OVER, QUALIFY, DISTINCT.
#include "duckdb/planner/operator/logical_distinct.hpp"
#include "duckdb/planner/operator/logical_window.hpp"

#include "sql/converter.h"

namespace laminar::sql {

Rel Converter::ConvertOver(duckdb::LogicalWindow& op) {
  throw NotStreamable{NameOf(op), FirstOffset(op)};
}

Rel Converter::ConvertDistinct(duckdb::LogicalDistinct& op) {
  throw NotStreamable{NameOf(op), FirstOffset(op)};
}

}  // namespace laminar::sql
