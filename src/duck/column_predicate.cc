#include "duck/column_predicate.h"

#include <set>

#include "duckdb/planner/expression/bound_between_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/filter/conjunction_filter.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "duckdb/planner/filter/in_filter.hpp"
#include "duckdb/planner/filter/null_filter.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"
#include "duckdb/storage/statistics/numeric_stats.hpp"

namespace laminar {
namespace {

using duckdb::Expression;
using duckdb::ExpressionType;
using duckdb::LogicalTypeId;
using FilterPtr = duckdb::unique_ptr<duckdb::TableFilter>;

// Types whose values are ordered alike by DuckDB and by those who write statistics.
bool HasStatistics(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::UBIGINT:
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
    case LogicalTypeId::DECIMAL:
    case LogicalTypeId::VARCHAR:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIME:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_TZ:
      return true;
    default:
      return false;
  }
}

// nullptr: it is something else, here and below.
const duckdb::BoundReferenceExpression* ColumnIn(const Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_REF) return nullptr;
  return HasStatistics(expression.return_type) ? &expression.Cast<duckdb::BoundReferenceExpression>() : nullptr;
}

// A value of the column's type that is not NULL.
const duckdb::Value* ConstantIn(const Expression& expression, const duckdb::LogicalType& type) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT) return nullptr;
  const duckdb::Value& value = expression.Cast<duckdb::BoundConstantExpression>().value;
  return value.IsNull() || value.type() != type ? nullptr : &value;
}

const Expression* ComparedColumn(const Expression& expression) {
  switch (expression.GetExpressionClass()) {
    case duckdb::ExpressionClass::BOUND_COMPARISON: {
      const auto& comparison = expression.Cast<duckdb::BoundComparisonExpression>();
      return ColumnIn(*comparison.left) != nullptr ? comparison.left.get() : comparison.right.get();
    }
    case duckdb::ExpressionClass::BOUND_BETWEEN:
      return expression.Cast<duckdb::BoundBetweenExpression>().input.get();
    case duckdb::ExpressionClass::BOUND_OPERATOR:
      return expression.Cast<duckdb::BoundOperatorExpression>().children[0].get();
    default:
      return nullptr;
  }
}

FilterPtr Comparison(ExpressionType type, const duckdb::Value* constant) {
  switch (type) {
    case ExpressionType::COMPARE_EQUAL:
    case ExpressionType::COMPARE_NOTEQUAL:
    case ExpressionType::COMPARE_LESSTHAN:
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
    case ExpressionType::COMPARE_GREATERTHAN:
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      if (constant == nullptr) return nullptr;
      return duckdb::make_uniq<duckdb::ConstantFilter>(type, *constant);
    default:  // IS DISTINCT FROM
      return nullptr;
  }
}

FilterPtr ComparisonOf(const duckdb::BoundComparisonExpression& comparison, const Expression& column) {
  if (comparison.left.get() == &column)
    return Comparison(comparison.GetExpressionType(), ConstantIn(*comparison.right, column.return_type));
  return Comparison(duckdb::FlipComparisonExpression(comparison.GetExpressionType()),
                    ConstantIn(*comparison.left, column.return_type));
}

FilterPtr BetweenOf(const duckdb::BoundBetweenExpression& between) {
  const duckdb::LogicalType& type = between.input->return_type;
  FilterPtr lower = Comparison(between.LowerComparisonType(), ConstantIn(*between.lower, type));
  FilterPtr upper = Comparison(between.UpperComparisonType(), ConstantIn(*between.upper, type));
  if (!lower || !upper) return nullptr;
  auto both = duckdb::make_uniq<duckdb::ConjunctionAndFilter>();
  both->child_filters.push_back(std::move(lower));
  both->child_filters.push_back(std::move(upper));
  return both;
}

FilterPtr OperatorOf(const duckdb::BoundOperatorExpression& op) {
  switch (op.GetExpressionType()) {
    case ExpressionType::OPERATOR_IS_NULL:
      return duckdb::make_uniq<duckdb::IsNullFilter>();
    case ExpressionType::OPERATOR_IS_NOT_NULL:
      return duckdb::make_uniq<duckdb::IsNotNullFilter>();
    case ExpressionType::COMPARE_IN: {
      duckdb::vector<duckdb::Value> values;
      for (size_t i = 1; i < op.children.size(); i++) {
        const duckdb::Value* const value = ConstantIn(*op.children[i], op.children[0]->return_type);
        if (value == nullptr) return nullptr;
        values.push_back(*value);
      }
      return duckdb::make_uniq<duckdb::InFilter>(std::move(values));
    }
    default:
      return nullptr;
  }
}

FilterPtr FilterOf(const Expression& expression, const Expression& column) {
  switch (expression.GetExpressionClass()) {
    case duckdb::ExpressionClass::BOUND_COMPARISON:
      return ComparisonOf(expression.Cast<duckdb::BoundComparisonExpression>(), column);
    case duckdb::ExpressionClass::BOUND_BETWEEN:
      return BetweenOf(expression.Cast<duckdb::BoundBetweenExpression>());
    default:
      return OperatorOf(expression.Cast<duckdb::BoundOperatorExpression>());
  }
}

bool NanMayPass(const ColumnPredicate& predicate) {
  if (!predicate.type->IsFloating()) return false;
  auto nan = duckdb::NumericStats::CreateUnknown(*predicate.type);
  const duckdb::Value value = duckdb::Value("nan").DefaultCastAs(*predicate.type);
  duckdb::NumericStats::SetMin(nan, value);
  duckdb::NumericStats::SetMax(nan, value);
  nan.Set(duckdb::StatsInfo::CANNOT_HAVE_NULL_VALUES);
  return predicate.filter->CheckStatistics(nan) != duckdb::FilterPropagateResult::FILTER_ALWAYS_FALSE;
}

// Statistics do not tell whether there are NaNs, which are larger than every number: unless another predicate rules
// them out, nothing can be said of one that they pass.
void DropWhatNanPasses(std::vector<ColumnPredicate>* predicates) {
  std::set<size_t> without_nan;
  for (const ColumnPredicate& predicate : *predicates) {
    if (!NanMayPass(predicate)) without_nan.insert(predicate.column);
  }
  std::erase_if(*predicates, [&](const ColumnPredicate& predicate) { return !without_nan.contains(predicate.column); });
}

}  // namespace

std::vector<ColumnPredicate> PredicatesOf(const ExpressionList& filters, size_t columns) {
  std::vector<ColumnPredicate> predicates;
  for (size_t i = 0; i < filters.size(); i++) {
    const Expression& expression = filters.at(i);
    // DuckDB tests them in this order, row by row, where one of them can fail.
    if (expression.CanThrow()) break;
    const Expression* const compared = ComparedColumn(expression);
    const auto* const column = compared == nullptr ? nullptr : ColumnIn(*compared);
    if (column == nullptr || column->index >= columns) continue;
    if (FilterPtr filter = FilterOf(expression, *compared))
      predicates.push_back({column->index, MakeType(column->return_type), std::move(filter)});
  }
  DropWhatNanPasses(&predicates);
  return predicates;
}

std::string ToString(const std::vector<ColumnPredicate>& predicates, const Schema& columns) {
  std::string text;
  for (const ColumnPredicate& predicate : predicates)
    text += (text.empty() ? "" : " AND ") + predicate.filter->ToString(columns[predicate.column].name);
  return text;
}

}  // namespace laminar
