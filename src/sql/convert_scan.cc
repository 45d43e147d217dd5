// Where rows come from: tables, literal rows, unions, common table expressions.
#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/operator/logical_column_data_get.hpp"
#include "duckdb/planner/operator/logical_cteref.hpp"
#include "duckdb/planner/operator/logical_expression_get.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_materialized_cte.hpp"
#include "duckdb/planner/operator/logical_set_operation.hpp"

#include "sql/converter.h"

namespace laminar::sql {

using duckdb::Expression;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

Rel Converter::ConvertScan(duckdb::LogicalGet& get) {
  if (get.function.name == "unnest") return ConvertUnnestFunction(get);
  if (get.function.name != kStreamFunction) {
    throw NotStreamable{"table function " + get.function.name + "() is not available on a stream"};
  }
  Rel rel;
  rel.node = input_.node_of(StreamOfScan(*get.bind_data));
  const Schema& schema = make_.SchemaOf(rel.node);
  const auto& ids = get.GetColumnIds();
  for (const duckdb::ColumnBinding& binding : get.GetColumnBindings()) {
    if (ids.empty() || ids[binding.column_index].IsVirtualColumn()) {
      rel.columns.push_back(
          {binding, duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(duckdb::LogicalType::BOOLEAN)),
           ""});
      continue;
    }
    const std::string& name = get.GetColumnName(ids[binding.column_index]);
    size_t index = 0;
    while (index < schema.size() && schema[index].name != name) index++;
    CHECK_MSG(index < schema.size(), name.c_str());
    rel.columns.push_back(
        {binding, duckdb::make_uniq<duckdb::BoundReferenceExpression>(name, *schema[index].type, index), name});
  }
  if (keeps_hidden_) AddHidden(&rel);
  return rel;
}

// A source's event time is one of its columns; behind a stream it is a hidden one.
void Converter::AddHidden(Rel* rel) const {
  const PlanNode& node = make_.NodeOf(rel->node);
  const auto add = [&](Hidden which, size_t index) {
    const Column& column = node.schema[index];
    rel->columns.push_back({HiddenBinding(which),
                            duckdb::make_uniq<duckdb::BoundReferenceExpression>(column.name, *column.type, index),
                            which == Hidden::kTime ? kTimeName : kOrderName, 1});
  };
  const auto* source = std::get_if<SourceNode>(&node.op);
  if (source && source->event_time) add(Hidden::kTime, *source->event_time);
  for (size_t i = 0; i < node.schema.size(); i++) {
    if (!source && node.schema[i].name == kTimeName) add(Hidden::kTime, i);
    if (node.schema[i].name == kOrderName) add(Hidden::kOrder, i);
  }
}

namespace {

Schema WithoutNotNull(Schema schema) {
  for (Column& column : schema) column.not_null = false;
  return schema;
}

}  // namespace

Rel Converter::ConvertUnion(duckdb::LogicalSetOperation& op) {
  if (!op.setop_all)
    throw NotStreamable{"UNION without ALL would keep every row to find duplicates: it is not supported on a stream"};
  PlanNode node;
  node.position = make_.QueryPosition();
  op.ResolveOperatorTypes();
  std::vector<Rel> inputs;
  for (auto& child : op.children) {
    const auto bindings = child->GetColumnBindings();
    inputs.push_back(ConvertOperator(*child));
    Keep(bindings, &inputs.back());
  }
  for (const Hidden which : {Hidden::kTime, Hidden::kOrder}) {
    bool in_all = true;
    for (Rel& rel : inputs) in_all = in_all && rel.FindHidden(which);
    for (Rel& rel : inputs) {
      if (!in_all) rel.DropHidden(which);
    }
  }
  for (Rel& rel : inputs) {
    make_.Shape(&rel, false);
    node.inputs.push_back(rel.node);
    if (node.schema.empty()) node.schema = WithoutNotNull(make_.SchemaOf(rel.node));
  }
  node.op = UnionAllNode{};
  return make_.Wrap(make_.Add(std::move(node)), op.GetColumnBindings());
}

Rel Converter::ConvertCte(duckdb::LogicalMaterializedCTE& op) {
  const auto bindings = op.children[0]->GetColumnBindings();
  Rel rel = NeedsEventTime(*op.children[1]) ? ConvertBelowTime(*op.children[0]) : ConvertOperator(*op.children[0]);
  Keep(bindings, &rel);
  make_.Shape(&rel, false);
  ctes_[op.table_index] = rel.node;
  return ConvertOperator(*op.children[1]);
}

Rel Converter::ConvertCteRef(duckdb::LogicalCTERef& op) {
  const auto found = ctes_.find(op.cte_index);
  if (found == ctes_.end()) throw NotStreamable{"WITH RECURSIVE over a stream never ends: it is not supported"};
  return make_.Wrap(found->second, op.GetColumnBindings());
}

Rel Converter::ConvertRows(std::vector<ExpressionList> rows, const duckdb::vector<duckdb::LogicalType>& types,
                           const duckdb::vector<duckdb::ColumnBinding>& bindings) {
  PlanNode node;
  node.op = ValuesNode{std::move(rows)};
  node.position = make_.QueryPosition();
  for (size_t i = 0; i < types.size(); i++)
    node.schema.push_back({"column" + std::to_string(i), MakeType(types[i]), false});
  const NodeId id = make_.Add(std::move(node));
  if (types.empty()) {
    Rel rel;
    rel.node = id;
    return rel;
  }
  return make_.Wrap(id, bindings);
}

Rel Converter::ConvertValues(duckdb::LogicalExpressionGet& op) {
  std::vector<ExpressionList> rows;
  for (auto& written : op.expressions) {
    std::vector<ExpressionPtr> row;
    for (auto& expression : written) {
      if (!expression->IsScalar()) {
        throw NotStreamable{"VALUES beside a stream may not use its columns yet", OffsetOf(*expression)};
      }
      row.push_back(std::move(expression));
    }
    rows.push_back(make_.MakeList(std::move(row)));
  }
  return ConvertRows(std::move(rows), op.expr_types, op.GetColumnBindings());
}

Rel Converter::ConvertCollection(duckdb::LogicalColumnDataGet& op) {
  std::vector<ExpressionList> rows;
  for (auto& chunk : op.collection->Chunks()) {
    for (duckdb::idx_t r = 0; r < chunk.size(); r++) {
      std::vector<ExpressionPtr> row;
      for (duckdb::idx_t c = 0; c < chunk.ColumnCount(); c++)
        row.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(chunk.GetValue(c, r)));
      rows.push_back(make_.MakeList(std::move(row)));
    }
  }
  return ConvertRows(std::move(rows), op.chunk_types, op.GetColumnBindings());
}

}  // namespace laminar::sql
