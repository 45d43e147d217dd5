// Joins with bounded tables.
#include "sql/converter.h"

namespace laminar::sql {

Rel Converter::ConvertJoin(duckdb::LogicalOperator& op) {
  if (op.type == duckdb::LogicalOperatorType::LOGICAL_POSITIONAL_JOIN ||
      op.type == duckdb::LogicalOperatorType::LOGICAL_ASOF_JOIN)
    throw NotStreamable{NameOf(op), FirstOffset(op)};
  return ConvertBeside(op);
}

}  // namespace laminar::sql
