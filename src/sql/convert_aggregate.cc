// GROUP BY with a window.
#include "duckdb/planner/operator/logical_aggregate.hpp"

#include "sql/converter.h"

namespace laminar::sql {

Rel Converter::ConvertAggregate(duckdb::LogicalAggregate& op) {
  throw NotStreamable{NameOf(op), FirstOffset(op)};
}

}  // namespace laminar::sql
