// UNNEST, lateral joins, and a stream beside rows that are made from nothing.
//
// Lateral joins (FROM t, UNNEST(t.list)): DuckDB plans them as a DELIM_JOIN of t, whose rows it numbers, with a plan
// over a DELIM_GET, which stands for the distinct rows of t that the right side looks at. On a stream each row meets
// its own right side at once: the DELIM_GET becomes t itself, and t's columns are carried through the operators above
// it.
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression/bound_unnest_expression.hpp"
#include "duckdb/planner/expression/bound_window_expression.hpp"
#include "duckdb/planner/operator/logical_any_join.hpp"
#include "duckdb/planner/operator/logical_comparison_join.hpp"
#include "duckdb/planner/operator/logical_delim_get.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_unnest.hpp"

#include "sql/converter.h"

namespace laminar::sql {

using duckdb::Expression;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

Rel Converter::ConvertUnnest(duckdb::LogicalUnnest& op) {
  Rel rel = ConvertOperator(*op.children[0]);
  std::vector<UnnestedList> lists;
  for (size_t i = 0; i < op.expressions.size(); i++) {
    auto& unnest = op.expressions[i]->Cast<duckdb::BoundUnnestExpression>();
    if (!unnest.child->GetQueryLocation().IsValid()) unnest.child->SetQueryLocation(unnest.GetQueryLocation());
    lists.push_back({duckdb::ColumnBinding(op.unnest_index, i), std::move(unnest.child), unnest.return_type,
                     unnest.HasAlias() ? unnest.GetAlias() : "unnest"});
  }
  AddUnnest(std::move(lists), &rel);
  return rel;
}

// UNNEST in FROM: the list is the child's first column, and of its columns those of projected_input are passed on; or
// it is a constant, without a child.
Rel Converter::ConvertUnnestFunction(duckdb::LogicalGet& get) {
  Rel rel;
  ExpressionPtr list;
  if (get.children.empty()) {
    rel = ConvertOneRow();
    list = duckdb::make_uniq<duckdb::BoundConstantExpression>(get.parameters.at(0));
  } else {
    get.children[0]->ResolveOperatorTypes();
    list = duckdb::make_uniq<duckdb::BoundColumnRefExpression>(get.children[0]->types[0],
                                                               get.children[0]->GetColumnBindings()[0]);
    rel = ConvertOperator(*get.children[0]);  // takes the expressions
  }
  std::vector<UnnestedList> lists;
  lists.push_back({duckdb::ColumnBinding(get.table_index, 0), std::move(list), get.returned_types[0],
                   get.names.empty() ? "unnest" : get.names[0]});
  AddUnnest(std::move(lists), &rel);
  Keep(get.GetColumnBindings(), &rel);
  return rel;
}

void Converter::AddUnnest(std::vector<UnnestedList> unnested, Rel* rel) {
  make_.Materialise(rel);
  PlanNode node;
  node.inputs = {rel->node};
  node.schema = make_.SchemaOf(rel->node);
  std::vector<ExpressionPtr> lists;
  for (UnnestedList& one : unnested) {
    rel->Substitute(one.list);
    lists.push_back(std::move(one.list));
  }
  for (UnnestedList& one : unnested) {
    rel->columns.push_back(
        {one.binding, duckdb::make_uniq<duckdb::BoundReferenceExpression>(one.name, one.element, node.schema.size()),
         one.name});
    node.schema.push_back({one.name, MakeType(one.element), false});
  }
  node.position = lists.empty() ? make_.QueryPosition() : make_.Position(*lists.front());
  node.op = UnnestNode{make_.MakeList(std::move(lists))};
  rel->node = make_.Add(std::move(node));
}

namespace {

// The first place of an expression in an operator, or in those below it.
std::optional<size_t> OffsetInside(const duckdb::LogicalOperator& op) {
  for (const auto& expression : op.expressions) {
    if (const auto offset = OffsetOf(*expression)) return offset;
  }
  for (const auto& child : op.children) {
    if (const auto offset = OffsetInside(*child)) return offset;
  }
  return std::nullopt;
}

// The first table that an operator, or one below it, reads; "" without.
std::string TableInside(LogicalOperator& op) {
  if (op.type == LogicalOperatorType::LOGICAL_GET) {
    const auto& get = op.Cast<duckdb::LogicalGet>();
    if (get.function.name == kStreamFunction) return StreamOfScan(*get.bind_data);
  }
  std::string table;
  for (size_t i = 0; i < op.children.size() && table.empty(); i++) table = TableInside(*op.children[i]);
  return table;
}

[[noreturn]] void RefuseCorrelated(const duckdb::LogicalComparisonJoin& op, const ConvertInput& input) {
  std::optional<size_t> offset;
  for (const auto& condition : op.conditions) {
    for (const Expression* side : {condition.left.get(), condition.right.get()}) {
      if (!offset) offset = OffsetOf(*side);
    }
  }
  LogicalOperator& subquery = *op.children[op.delim_flipped ? 0 : 1];
  if (!offset) offset = OffsetInside(subquery);
  if (!offset) offset = input.place_of(TableInside(subquery));
  if (op.join_type == duckdb::JoinType::SEMI || op.join_type == duckdb::JoinType::ANTI ||
      op.join_type == duckdb::JoinType::MARK) {
    throw NotStreamable{"this subquery does more than look up the row in a table that ends", offset,
                        "write EXISTS (SELECT 1 FROM t WHERE t.key = s.key), or a JOIN"};
  }
  throw NotStreamable{NameOf(op), offset};
}

}  // namespace

Rel Converter::ConvertLateral(duckdb::LogicalComparisonJoin& op) {
  const size_t side = op.delim_flipped ? 1 : 0;
  if (auto rel = ConvertExists(op)) return std::move(*rel);
  if (op.join_type != duckdb::JoinType::INNER || op.predicate) RefuseCorrelated(op, input_);
  Lateral lateral;
  left_depth_++;
  lateral.left = ConvertOperator(*op.children[side]);
  left_depth_--;
  if (!lateral.left.IsPlain()) make_.Materialise(&lateral.left);
  for (const auto& expression : op.duplicate_eliminated_columns) {
    RelColumn column{{}, expression->Copy(), ""};
    column.same_as = BindingOf(*expression);
    lateral.left.Substitute(column.expression);
    lateral.visible.push_back(std::move(column));
  }
  for (RelColumn& column : lateral.left.columns) column.carried++;
  laterals_.push_back(std::move(lateral));
  Rel rel = ConvertOperator(*op.children[1 - side]);
  if (!laterals_.back().taken) throw NotStreamable{NameOf(op)};
  laterals_.pop_back();
  for (RelColumn& column : rel.columns) column.carried = std::max(column.carried - 1, 0);
  AddConditions(op.conditions, &rel);
  Keep(op.GetColumnBindings(), &rel);
  return rel;
}

bool Converter::IsRowNumber(const LogicalOperator& op) {
  for (const auto& expression : op.expressions) {
    const auto& window = expression->Cast<duckdb::BoundWindowExpression>();
    if (window.GetExpressionType() != duckdb::ExpressionType::WINDOW_ROW_NUMBER || !window.partitions.empty() ||
        !window.orders.empty()) {
      return false;
    }
  }
  return true;
}

// DuckDB numbers the rows of the left side to find them again; here each is at hand, and the number is never looked
// at.
Rel Converter::ConvertRowNumber(LogicalOperator& op) {
  Rel rel = ConvertOperator(*op.children[0]);
  const auto bindings = op.GetColumnBindings();
  for (size_t i = bindings.size() - op.expressions.size(); i < bindings.size(); i++) {
    rel.columns.push_back({bindings[i],
                           duckdb::make_uniq<duckdb::BoundConstantExpression>(
                               duckdb::Value(duckdb::LogicalType(duckdb::LogicalType::BIGINT))),
                           ""});
  }
  return rel;
}

// Most conditions only lead a row of the right side back to its row of the left side; the others come from WHERE and
// ON.
void Converter::AddConditions(duckdb::vector<duckdb::JoinCondition>& conditions, Rel* rel) {
  std::vector<duckdb::JoinCondition*> real;
  std::vector<const Expression*> sides;
  for (auto& condition : conditions) {
    if (LeadsBack(condition, *rel)) continue;
    real.push_back(&condition);
    sides.push_back(condition.left.get());
    sides.push_back(condition.right.get());
  }
  make_.PrepareFor(sides, true, false, rel);
  for (duckdb::JoinCondition* condition : real) {
    rel->Substitute(condition->left);
    rel->Substitute(condition->right);
    rel->filters.push_back(duckdb::make_uniq<duckdb::BoundComparisonExpression>(
        condition->comparison, std::move(condition->left), std::move(condition->right)));
  }
}

bool Converter::LeadsBack(const duckdb::JoinCondition& condition, Rel& rel) {
  if (condition.comparison != duckdb::ExpressionType::COMPARE_NOT_DISTINCT_FROM) return false;
  const auto left = BindingOf(*condition.left), right = BindingOf(*condition.right);
  if (!left || !right) return false;
  return rel.Find(*right)->same_as == left || rel.Find(*left)->same_as == right;
}

Rel Converter::ConvertDelimGet(duckdb::LogicalDelimGet& op) {
  if (laterals_.empty() || laterals_.back().taken) throw NotStreamable{NameOf(op)};
  Lateral& lateral = laterals_.back();
  lateral.taken = true;
  Rel rel = std::move(lateral.left);
  const auto bindings = op.GetColumnBindings();
  for (size_t i = 0; i < bindings.size(); i++) {
    lateral.visible[i].binding = bindings[i];
    rel.columns.push_back(std::move(lateral.visible[i]));
  }
  return rel;
}

// A stream beside rows that are made from nothing (SELECT without FROM, UNNEST of a constant list): each row of the
// stream meets all of them, so the stream takes the place of the one row that they are made from. A WHERE over both
// makes it a join with conditions.
Rel Converter::ConvertBeside(LogicalOperator& op) {
  for (size_t side = 0; side < 2; side++) {
    if (!IsMadeFromNothing(*op.children[1 - side])) continue;
    beside_.reset();
    Rel left = ConvertOperator(*op.children[side]);
    if (!left.IsPlain()) make_.Materialise(&left);
    for (RelColumn& column : left.columns) column.carried++;
    beside_ = std::move(left);
    Rel rel = ConvertOperator(*op.children[1 - side]);
    for (RelColumn& column : rel.columns) column.carried = std::max(column.carried - 1, 0);
    if (op.type == LogicalOperatorType::LOGICAL_ANY_JOIN)
      AddFilter(std::move(op.Cast<duckdb::LogicalAnyJoin>().condition), &rel);
    if (op.type == LogicalOperatorType::LOGICAL_COMPARISON_JOIN) {
      auto& join = op.Cast<duckdb::LogicalComparisonJoin>();
      AddConditions(join.conditions, &rel);
      if (join.predicate) AddFilter(std::move(join.predicate), &rel);
    }
    Keep(op.GetColumnBindings(), &rel);
    return rel;
  }
  throw NotStreamable{NameOf(op), FirstOffset(op)};
}

bool Converter::IsMadeFromNothing(const LogicalOperator& op) {
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_DUMMY_SCAN:
      return true;
    case LogicalOperatorType::LOGICAL_GET:
      return op.Cast<duckdb::LogicalGet>().function.name == "unnest" &&
             (op.children.empty() || IsMadeFromNothing(*op.children[0]));
    case LogicalOperatorType::LOGICAL_PROJECTION:
    case LogicalOperatorType::LOGICAL_FILTER:
    case LogicalOperatorType::LOGICAL_UNNEST:
      return IsMadeFromNothing(*op.children[0]);
    default:
      return false;
  }
}

Rel Converter::ConvertOneRow() {
  if (!beside_) return ConvertRows({ExpressionList()}, {}, {});
  Rel rel = std::move(*beside_);
  beside_.reset();
  return rel;
}

}  // namespace laminar::sql
