// An expression over a table's columns is bound as the query SELECT expression FROM table; what DuckDB plans of that is
// a scan with projections over it, which are put into each other.
#include "sql/event_time.h"

#include <map>

#include "duckdb/parser/expression/cast_expression.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/planner.hpp"

#include "sql/event_times.h"
#include "sql/optimize.h"
#include "sql/resolve.h"

namespace laminar::sql {
namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using ParsedPtr = duckdb::unique_ptr<Expression>;

class RowBinder {
 public:
  RowBinder(duckdb::ClientContext& context, const Table& table) : context_(context), table_(table) {}

  // Throws DuckDB's exceptions.
  RowExpression Bind(duckdb::unique_ptr<duckdb::ParsedExpression> expression) {
    auto node = duckdb::make_uniq<duckdb::SelectNode>();
    node->select_list.push_back(std::move(expression));
    node->from_table = ScanWithGenerated(table_);
    auto select = duckdb::make_uniq<duckdb::SelectStatement>();
    select->node = std::move(node);
    context_.RunFunctionInTransaction([&] {
      duckdb::Planner planner(context_);
      planner.CreatePlan(std::move(select));
      auto plan = Optimize(*planner.binder, context_, std::move(planner.plan));
      plan->ResolveOperatorTypes();
      result_.expression = Inlined(*plan, plan->GetColumnBindings()[0]);
    });
    return std::move(result_);
  }

 private:
  // What a column of the operator is, over the table's columns.
  ParsedPtr Inlined(LogicalOperator& op, const duckdb::ColumnBinding& binding) {
    if (op.type == LogicalOperatorType::LOGICAL_PROJECTION) {
      auto expression = op.expressions[binding.column_index]->Copy();
      Replace(expression, *op.children[0]);
      return expression;
    }
    if (op.type == LogicalOperatorType::LOGICAL_GET) {
      auto& get = op.Cast<duckdb::LogicalGet>();
      const std::string name = get.GetColumnName(get.GetColumnIds()[binding.column_index]);
      size_t index = 0;
      while (index < result_.columns.size() && result_.columns[index] != name) index++;
      if (index == result_.columns.size()) result_.columns.push_back(name);
      op.ResolveOperatorTypes();
      return duckdb::make_uniq<duckdb::BoundReferenceExpression>(name, op.types[binding.column_index], index);
    }
    throw duckdb::BinderException("it must be computed from the columns of its own row");
  }

  void Replace(ParsedPtr& expression, LogicalOperator& below) {
    if (expression->GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
      const auto location = expression->GetQueryLocation();
      expression = Inlined(below, expression->Cast<duckdb::BoundColumnRefExpression>().binding);
      if (!expression->GetQueryLocation().IsValid()) expression->SetQueryLocation(location);
      return;
    }
    duckdb::ExpressionIterator::EnumerateChildren(*expression, [&](ParsedPtr& child) { Replace(child, below); });
  }

  duckdb::ClientContext& context_;
  const Table& table_;
  RowExpression result_;
};

duckdb::unique_ptr<duckdb::ParsedExpression> Cast(duckdb::unique_ptr<duckdb::ParsedExpression> expression,
                                                  const duckdb::LogicalType& type) {
  const auto location = expression->GetQueryLocation();
  auto cast = duckdb::make_uniq<duckdb::CastExpression>(type, std::move(expression));
  cast->SetQueryLocation(location);
  return cast;
}

void BindComputed(duckdb::ClientContext& context, Table* table, TableColumn* column) {
  if (column->type.id() == duckdb::LogicalTypeId::INVALID) column->type = duckdb::LogicalType::TIMESTAMP;
  auto bound = RowBinder(context, *table).Bind(Cast(column->generated->Copy(), column->type));
  for (const std::string& name : bound.columns) {
    if (duckdb::StringUtil::CIEquals(name, column->name))
      throw duckdb::BinderException("column %s is computed from itself", column->name);
  }
  table->computed_time = std::move(bound);
}

void BindAsTimestamp(duckdb::ClientContext& context, Table* table, const TableColumn& column) {
  auto reference = duckdb::make_uniq<duckdb::ColumnRefExpression>(column.name);
  table->computed_time = RowBinder(context, *table).Bind(Cast(std::move(reference), duckdb::LogicalType::TIMESTAMP));
}

TableColumn* EventTimeColumn(Table* table) {
  for (TableColumn& column : table->columns) {
    if (duckdb::StringUtil::CIEquals(column.name, table->event_time->column)) return &column;
  }
  return nullptr;
}

void BindEventTime(duckdb::ClientContext& context, Table* table, Problems* problems) {
  TableColumn* const column = EventTimeColumn(table);
  if (!column) return;  // reported with the definition
  size_t offset = column->offset;
  try {
    if (column->generated) BindComputed(context, table, column);
    if (!column->generated && IsOtherTime(column->type)) BindAsTimestamp(context, table, *column);
    if (column->generated && !IsMicros(column->type)) {
      problems->Add(table->event_time_offset,
                    "the event time " + column->name + " is computed as " + column->type.ToString() + ", not TIMESTAMP",
                    "declare it: " + column->name + " TIMESTAMP AS (...)");
      return;
    }
    if (!table->watermark) return;
    offset = table->event_time_offset;
    RowExpression bound = RowBinder(context, *table).Bind(table->watermark->Copy());
    const duckdb::LogicalType type = bound.expression->return_type;
    if (!IsMicros(type) && !IsOtherTime(type)) {
      problems->Add(table->event_time_offset,
                    "the expression of WATERMARK FOR " + column->name + " is " + type.ToString() + ", not TIMESTAMP",
                    "write " + column->name + " - INTERVAL '5 seconds', or any expression that gives a TIMESTAMP");
      return;
    }
    if (!IsMicros(type)) {
      bound = RowBinder(context, *table).Bind(Cast(table->watermark->Copy(), duckdb::LogicalType::TIMESTAMP));
    }
    table->bound_watermark = std::move(bound);
  } catch (const std::exception& exception) {
    problems->AddException(exception, nullptr, offset);
    table->broken = true;
  }
}

}  // namespace

void BindEventTimes(duckdb::ClientContext& context, Catalogue* catalogue, Problems* problems) {
  for (auto& [key, table] : catalogue->tables()) {
    if (table->event_time && table->kind == TableKind::kConnector && !table->broken)
      BindEventTime(context, table.get(), problems);
  }
}

void BindTracedTime(duckdb::ClientContext& context, Table* table, Problems* problems) {
  BindEventTime(context, table, problems);
}

std::vector<std::string> ColumnsOfEventTime(const Table& table) {
  std::vector<std::string> columns;
  if (!table.event_time) return columns;
  if (!table.computed_time) columns.push_back(table.FindColumn(table.event_time->column)->name);
  for (const auto* expression : {&table.computed_time, &table.bound_watermark}) {
    if (!*expression) continue;
    for (const std::string& column : (*expression)->columns) {
      if (!table.IsComputedTime(*table.FindColumn(column))) columns.push_back(column);
    }
  }
  return columns;
}

}  // namespace laminar::sql
