// Bound aggregates from SQL text, for tests of what computes them.
#pragma once

#include <string>
#include <vector>

#include "duckdb/parser/parser.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/planner.hpp"

#include "base/check.h"
#include "duck/aggregate_list.h"
#include "duck/database.h"

namespace laminar {

// input: names and types of the batch's columns. calls: "sum(v)": over columns as they are.
inline AggregateList BindAggregates(DuckSession* session, const std::vector<std::pair<std::string, std::string>>& input,
                                    const std::vector<std::string>& calls) {
  std::string sql = "SELECT ", columns;
  for (const std::string& call : calls) sql += call + ", ";
  for (const auto& [name, type] : input) columns += "CAST(NULL AS " + type + ") AS " + name + ", ";
  sql += "FROM (SELECT " + columns + ") t";
  std::vector<std::unique_ptr<duckdb::Expression>> aggregates;
  session->context().RunFunctionInTransaction([&] {
    duckdb::Parser parser;
    parser.ParseQuery(sql);
    duckdb::Planner planner(session->context());
    planner.CreatePlan(std::move(parser.statements.at(0)));
    duckdb::LogicalOperator* op = planner.plan.get();
    while (op->type != duckdb::LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) op = op->children.at(0).get();
    for (const auto& expression : op->expressions) {
      auto& aggregate = expression->Cast<duckdb::BoundAggregateExpression>();
      for (auto& child : aggregate.children) {
        CHECK_MSG(child->GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF, child->ToString().c_str());
        const auto column = child->Cast<duckdb::BoundColumnRefExpression>().binding.column_index;
        child = duckdb::make_uniq<duckdb::BoundReferenceExpression>(child->GetName(), child->return_type, column);
      }
      aggregates.push_back(std::unique_ptr<duckdb::Expression>(expression->Copy().release()));
    }
  });
  CHECK_MSG(aggregates.size() == calls.size(), "a call appears twice");
  return AggregateList(std::move(aggregates));
}

}  // namespace laminar
