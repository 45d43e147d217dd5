#include "duck/one_row.h"

#include <map>
#include <string>

#include "duckdb/common/types/vector.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"

#include "base/check.h"
#include "duck/own_aggregate.h"

namespace laminar {

namespace {

using duckdb::FlatVector;
using duckdb::ListVector;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;

void WriteCounts(Vector& argument, size_t count, Vector& result) {
  UnifiedVectorFormat values;
  argument.ToUnifiedFormat(count, values);
  if (values.validity.AllValid()) {
    result.Reference(duckdb::Value::BIGINT(1));
    return;
  }
  auto* counts = FlatVector::GetData<int64_t>(result);
  for (size_t i = 0; i < count; i++) counts[i] = values.validity.RowIsValid(values.sel->get_index(i)) ? 1 : 0;
}

void WriteLists(Vector& argument, size_t count, Vector& result) {
  UnifiedVectorFormat values;
  argument.ToUnifiedFormat(count, values);
  auto* lists = FlatVector::GetData<duckdb::list_entry_t>(result);
  for (size_t i = 0; i < count; i++)
    lists[i] = {i, values.validity.RowIsValid(values.sel->get_index(i)) ? duckdb::idx_t{1} : duckdb::idx_t{0}};
  ListVector::GetEntry(result).Reference(argument);
  ListVector::SetListSize(result, count);
}

}  // namespace

OneRow OneRowOf(const duckdb::BoundAggregateExpression& aggregate) {
  const std::string& name = aggregate.function.name;
  if (const auto own = OwnAggregate(aggregate.function)) return *own;
  if (name == "count_star") return OneRow::kOne;
  if (aggregate.children.size() != 1) return OneRow::kUnknown;
  if (name == "count") return OneRow::kCounts;
  // Those that have the argument's type, and sums, which have a wider one.
  static const std::map<std::string, bool> kMayWiden = {
      {"sum", true},      {"sum_no_overflow", true}, {"min", false},    {"max", false},    {"bool_and", false},
      {"bool_or", false}, {"bit_and", false},        {"bit_or", false}, {"bit_xor", false}};
  const auto found = kMayWiden.find(name);
  if (found == kMayWiden.end()) return OneRow::kUnknown;
  const auto& type = aggregate.children[0]->return_type;
  if (type == aggregate.return_type) return OneRow::kValue;
  return found->second && type.IsNumeric() ? OneRow::kValue : OneRow::kUnknown;
}

void WriteOneRows(OneRow kind, Vector* argument, size_t count, Vector& result) {
  switch (kind) {
    case OneRow::kOne:
      result.Reference(duckdb::Value::BIGINT(1));
      return;
    case OneRow::kCounts:
      return WriteCounts(*argument, count, result);
    case OneRow::kValue:
      if (argument->GetType() == result.GetType()) {
        result.Reference(*argument);
      } else {
        duckdb::VectorOperations::DefaultCast(*argument, result, count);
      }
      return;
    case OneRow::kList:
      return WriteLists(*argument, count, result);
    case OneRow::kUnknown:
      break;
  }
  CHECK_MSG(false, "the aggregate itself has to tell");
}

}  // namespace laminar
