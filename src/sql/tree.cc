#include "sql/tree.h"

#include "duckdb/parser/common_table_expression_info.hpp"
#include "duckdb/parser/expression/subquery_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/query_node/recursive_cte_node.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/query_node/set_operation_node.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref/expressionlistref.hpp"
#include "duckdb/parser/tableref/joinref.hpp"
#include "duckdb/parser/tableref/pivotref.hpp"
#include "duckdb/parser/tableref/subqueryref.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"

namespace laminar::sql {
namespace {

using duckdb::unique_ptr;

void WalkOptional(unique_ptr<duckdb::ParsedExpression>& expression, TreeVisitor& visitor) {
  if (expression) WalkExpression(expression, visitor);
}

void WalkTable(unique_ptr<duckdb::TableRef>& table, TreeVisitor& visitor) {
  if (!table) return;
  switch (table->type) {
    case duckdb::TableReferenceType::JOIN: {
      auto& join = table->Cast<duckdb::JoinRef>();
      WalkTable(join.left, visitor);
      WalkTable(join.right, visitor);
      WalkOptional(join.condition, visitor);
      break;
    }
    case duckdb::TableReferenceType::SUBQUERY:
      WalkNode(*table->Cast<duckdb::SubqueryRef>().subquery->node, visitor);
      break;
    case duckdb::TableReferenceType::TABLE_FUNCTION: {
      auto& function = table->Cast<duckdb::TableFunctionRef>();
      // The function itself is OnTable's business; its arguments are expressions.
      if (function.function) {
        duckdb::ParsedExpressionIterator::EnumerateChildren(
            *function.function, [&](unique_ptr<duckdb::ParsedExpression>& child) { WalkExpression(child, visitor); });
      }
      if (function.subquery) WalkNode(*function.subquery->node, visitor);
      break;
    }
    case duckdb::TableReferenceType::EXPRESSION_LIST:
      for (auto& row : table->Cast<duckdb::ExpressionListRef>().values) {
        for (auto& value : row) WalkExpression(value, visitor);
      }
      break;
    case duckdb::TableReferenceType::PIVOT:
      WalkTable(table->Cast<duckdb::PivotRef>().source, visitor);
      break;
    default:
      break;
  }
  visitor.OnTable(table);
}

}  // namespace

void WalkExpression(unique_ptr<duckdb::ParsedExpression>& expression, TreeVisitor& visitor) {
  visitor.OnExpression(expression);
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      *expression, [&](unique_ptr<duckdb::ParsedExpression>& child) { WalkExpression(child, visitor); });
  if (expression->GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY) {
    WalkNode(*expression->Cast<duckdb::SubqueryExpression>().subquery->node, visitor);
  }
}

void WalkNode(duckdb::QueryNode& node, TreeVisitor& visitor) {
  visitor.EnterNode(node);
  for (auto& cte : node.cte_map.map) {
    WalkNode(*cte.second->query->node, visitor);
    visitor.LeaveCte(cte.first, *cte.second);
  }
  switch (node.type) {
    case duckdb::QueryNodeType::SELECT_NODE: {
      auto& select = node.Cast<duckdb::SelectNode>();
      WalkTable(select.from_table, visitor);
      for (auto& expression : select.select_list) WalkExpression(expression, visitor);
      WalkOptional(select.where_clause, visitor);
      for (auto& expression : select.groups.group_expressions) WalkExpression(expression, visitor);
      WalkOptional(select.having, visitor);
      WalkOptional(select.qualify, visitor);
      break;
    }
    case duckdb::QueryNodeType::SET_OPERATION_NODE:
      for (auto& child : node.Cast<duckdb::SetOperationNode>().children) WalkNode(*child, visitor);
      break;
    case duckdb::QueryNodeType::RECURSIVE_CTE_NODE: {
      auto& recursive = node.Cast<duckdb::RecursiveCTENode>();
      WalkNode(*recursive.left, visitor);
      WalkNode(*recursive.right, visitor);
      break;
    }
    default:
      break;
  }
  duckdb::ParsedExpressionIterator::EnumerateQueryNodeModifiers(
      node, [&](unique_ptr<duckdb::ParsedExpression>& expression) { WalkExpression(expression, visitor); });
  visitor.LeaveNode(node);
}

}  // namespace laminar::sql
