// EXISTS and IN whose subquery uses columns of the stream's row.
//
// DuckDB plans WHERE EXISTS (SELECT 1 FROM d WHERE d.k = s.k AND d.n > s.n) as a join of s with the rows of d that have
// a partner among the distinct (k, n) of s (DELIM_GET), found again by IS NOT DISTINCT FROM. Here it is a semi join of
// s with d by the subquery's own conditions: the columns of the DELIM_GET are replaced by the expressions over s that
// they repeat, and what then compares an expression with itself falls away.
#include <map>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/operator/logical_comparison_join.hpp"
#include "duckdb/planner/operator/logical_delim_get.hpp"

#include "sql/converter.h"

namespace laminar::sql {
namespace {

using duckdb::Expression;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

using Meaning = std::map<std::pair<duckdb::idx_t, duckdb::idx_t>, const Expression*>;  // binding -> what it stands for

void Replace(ExpressionPtr& expression, const Meaning& meaning) {
  if (expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF) {
    const auto& binding = expression->Cast<duckdb::BoundColumnRefExpression>().binding;
    const auto found = meaning.find({binding.table_index, binding.column_index});
    if (found == meaning.end()) return;
    expression = found->second->Copy();
    return Replace(expression, meaning);
  }
  duckdb::ExpressionIterator::EnumerateChildren(*expression, [&](ExpressionPtr& child) { Replace(child, meaning); });
}

bool ComparesWithItself(const Expression& condition) {
  if (condition.GetExpressionType() != duckdb::ExpressionType::COMPARE_NOT_DISTINCT_FROM) return false;
  const auto& comparison = condition.Cast<duckdb::BoundComparisonExpression>();
  return comparison.left->Equals(*comparison.right);
}

}  // namespace

std::optional<Rel> Converter::ConvertExists(duckdb::LogicalComparisonJoin& op) {
  if (op.join_type != duckdb::JoinType::SEMI && op.join_type != duckdb::JoinType::ANTI) return std::nullopt;
  const size_t side = op.delim_flipped ? 1 : 0;
  Meaning meaning;
  std::vector<const Expression*> filters;
  // Projections and filters over the subquery's table joined with the DELIM_GET.
  LogicalOperator* below = op.children[1 - side].get();
  while (below->type == LogicalOperatorType::LOGICAL_PROJECTION || below->type == LogicalOperatorType::LOGICAL_FILTER) {
    if (below->type == LogicalOperatorType::LOGICAL_FILTER) {
      for (const auto& expression : below->expressions) filters.push_back(expression.get());
    } else {
      const auto bindings = below->GetColumnBindings();
      for (size_t i = 0; i < bindings.size(); i++)
        meaning[{bindings[i].table_index, bindings[i].column_index}] = below->expressions[i].get();
    }
    below = below->children[0].get();
  }
  const bool crossed = below->type == LogicalOperatorType::LOGICAL_CROSS_PRODUCT;
  const bool joined = below->type == LogicalOperatorType::LOGICAL_ANY_JOIN ||
                      below->type == LogicalOperatorType::LOGICAL_COMPARISON_JOIN;
  if (!crossed && !(joined && below->Cast<duckdb::LogicalJoin>().join_type == duckdb::JoinType::INNER))
    return std::nullopt;
  const size_t delim = below->children[0]->type == LogicalOperatorType::LOGICAL_DELIM_GET ? 0 : 1;
  if (below->children[delim]->type != LogicalOperatorType::LOGICAL_DELIM_GET) return std::nullopt;
  std::vector<ExpressionPtr> conditions = TakeJoinConditions(op);
  for (ExpressionPtr& condition : TakeJoinConditions(*below)) conditions.push_back(std::move(condition));
  for (const Expression* filter : filters) conditions.push_back(filter->Copy());
  const auto repeated = below->children[delim]->GetColumnBindings();
  for (size_t i = 0; i < repeated.size(); i++)
    meaning[{repeated[i].table_index, repeated[i].column_index}] = op.duplicate_eliminated_columns.at(i).get();
  for (ExpressionPtr& condition : conditions) Replace(condition, meaning);
  std::erase_if(conditions, [](const ExpressionPtr& condition) { return ComparesWithItself(*condition); });
  Rel rel = JoinRels(*op.children[side], *below->children[1 - delim], op.join_type, std::move(conditions));
  Keep(op.GetColumnBindings(), &rel);
  return rel;
}

}  // namespace laminar::sql
