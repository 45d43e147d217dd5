// Walking DuckDB's parsed statements: every expression, table and query node, in subqueries and CTEs too.
#pragma once

#include <string>

#include "duckdb/common/unique_ptr.hpp"

namespace duckdb {
class ParsedExpression;
class QueryNode;
class TableRef;
struct CommonTableExpressionInfo;
}  // namespace duckdb

namespace laminar::sql {

class TreeVisitor {
 public:
  virtual ~TreeVisitor() = default;
  virtual void EnterNode(duckdb::QueryNode& node) {}
  virtual void LeaveNode(duckdb::QueryNode& node) {}
  // After the CTE's own query; its name is known from here to the end of `node`.
  virtual void LeaveCte(const std::string& name, duckdb::CommonTableExpressionInfo& cte) {}
  virtual void OnExpression(duckdb::unique_ptr<duckdb::ParsedExpression>& expression) {}  // before what is inside it
  virtual void OnTable(duckdb::unique_ptr<duckdb::TableRef>& table) {}  // after what is inside it; may replace it
};

// The tables of a SELECT come before its expressions: what is wrong with a table is then known first.
void WalkNode(duckdb::QueryNode& node, TreeVisitor& visitor);
void WalkExpression(duckdb::unique_ptr<duckdb::ParsedExpression>& expression, TreeVisitor& visitor);

}  // namespace laminar::sql
