#include "sql/rel.h"

#include <algorithm>

#include "duckdb/function/scalar/struct_utils.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"

#include "sql/event_times.h"
#include "sql/window_function.h"

namespace laminar::sql {
using duckdb::Expression;
using duckdb::ExpressionClass;

bool IsReference(const Expression& expression) {
  return expression.GetExpressionClass() == ExpressionClass::BOUND_REF;
}

namespace {

// Counts the uses of each column of the Rel.
void CountUses(const Expression& expression, Rel& rel, std::map<const RelColumn*, int>* uses) {
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
    (*uses)[rel.Find(expression.Cast<duckdb::BoundColumnRefExpression>().binding)]++;
    return;
  }
  duckdb::ExpressionIterator::EnumerateChildren(expression,
                                                [&](const Expression& child) { CountUses(child, rel, uses); });
}

// Forgets columns that nothing uses, before they become a node.
void Prune(Rel* rel, const std::map<const RelColumn*, int>& uses) {
  std::vector<RelColumn> kept;
  for (RelColumn& column : rel->columns) {
    if (column.carried > 0 || uses.contains(&column)) kept.push_back(std::move(column));
  }
  rel->columns = std::move(kept);
}

// A field of a struct that is built where it is taken apart.
void TakeField(ExpressionPtr& expression) {
  if (expression->GetExpressionClass() != ExpressionClass::BOUND_FUNCTION) return;
  auto& call = expression->Cast<duckdb::BoundFunctionExpression>();
  if (call.function.name != "struct_extract" ||
      call.children[0]->GetExpressionClass() != ExpressionClass::BOUND_FUNCTION)
    return;
  auto& packed = call.children[0]->Cast<duckdb::BoundFunctionExpression>();
  if (packed.function.name != "struct_pack") return;
  ExpressionPtr field = std::move(packed.children.at(call.bind_info->Cast<duckdb::StructExtractBindData>().index));
  field->SetQueryLocation(expression->GetQueryLocation());
  if (expression->HasAlias()) field->SetAlias(expression->GetAlias());
  expression = std::move(field);
}

// Hidden columns last, in their order.
void OrderColumns(Rel* rel) {
  const auto rank = [](const RelColumn& column) {
    return column.binding == HiddenBinding(Hidden::kTime) ? 1 : column.binding == HiddenBinding(Hidden::kOrder) ? 2 : 0;
  };
  std::stable_sort(rel->columns.begin(), rel->columns.end(),
                   [&](const RelColumn& a, const RelColumn& b) { return rank(a) < rank(b); });
}

}  // namespace

namespace {

// Costs next to nothing, and is taken apart by most that use it: the start and end of a window as a struct.
bool IsCheap(const Expression& expression) {
  if (IsFree(expression)) return true;
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_FUNCTION) return false;
  const auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
  return call.function.name == "struct_pack" &&
         std::all_of(call.children.begin(), call.children.end(), [](const auto& child) { return IsFree(*child); });
}

}  // namespace

bool IsFree(const Expression& expression) {
  return IsReference(expression) || expression.GetExpressionClass() == ExpressionClass::BOUND_CONSTANT;
}

std::optional<size_t> OffsetOf(const Expression& expression) {
  if (expression.GetQueryLocation().IsValid()) return expression.GetQueryLocation().GetIndex();
  std::optional<size_t> found;
  duckdb::ExpressionIterator::EnumerateChildren(expression, [&](const Expression& child) {
    if (!found) found = OffsetOf(child);
  });
  return found;
}

RelColumn* Rel::Find(const duckdb::ColumnBinding& binding) {
  for (RelColumn& column : columns) {
    if (column.binding == binding) return &column;
  }
  throw duckdb::InternalException("a column of the plan has no source");
}

duckdb::ColumnBinding HiddenBinding(Hidden which) {
  constexpr duckdb::idx_t kNoTable = static_cast<duckdb::idx_t>(-3);
  return duckdb::ColumnBinding(kNoTable, which == Hidden::kTime ? 0 : 1);
}

RelColumn* Rel::FindHidden(Hidden which) {
  for (RelColumn& column : columns) {
    if (column.binding == HiddenBinding(which)) return &column;
  }
  return nullptr;
}

void Rel::DropHidden(Hidden which) {
  std::erase_if(columns, [&](const RelColumn& column) { return column.binding == HiddenBinding(which); });
}

void Rel::DropHidden() {
  DropHidden(Hidden::kTime);
  DropHidden(Hidden::kOrder);
}

void Rel::Substitute(ExpressionPtr& expression) {
  if (IsEventTimeCall(*expression)) {
    const RelColumn* time = FindHidden(Hidden::kTime);
    if (!time) throw NoEventTime{node, OffsetOf(*expression)};
    auto replacement = time->expression->Copy();
    replacement->SetQueryLocation(expression->GetQueryLocation());
    expression = std::move(replacement);
    return;
  }
  if (expression->GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
    auto replacement = Find(expression->Cast<duckdb::BoundColumnRefExpression>().binding)->expression->Copy();
    // A column's own position is where it is used; a computed one keeps the place of its computation.
    if (IsFree(*replacement)) replacement->SetQueryLocation(expression->GetQueryLocation());
    expression = std::move(replacement);
    return;
  }
  duckdb::ExpressionIterator::EnumerateChildren(*expression, [&](ExpressionPtr& child) { Substitute(child); });
  TakeField(expression);
}

bool Rel::IsPlain() const {
  for (const RelColumn& column : columns) {
    if (!IsFree(*column.expression)) return false;
  }
  return true;
}

NodeId NodeMaker::Add(PlanNode node) {
  FindTimes(*plan_, &node);
  plan_->nodes.push_back(std::move(node));
  return static_cast<NodeId>(plan_->nodes.size()) - 1;
}

SqlPosition NodeMaker::Position(const Expression& expression) const {
  return problems_->At(OffsetOf(expression).value_or(offset_));
}

template <class List>
List NodeMaker::Make(std::vector<ExpressionPtr> expressions) const {
  std::vector<SqlPosition> positions;
  std::vector<std::unique_ptr<Expression>> list;
  for (auto& expression : expressions) {
    positions.push_back(Position(*expression));
    list.push_back(std::move(expression));
  }
  return List(std::move(list), std::move(positions));
}

ExpressionList NodeMaker::MakeList(std::vector<ExpressionPtr> expressions) const {
  return Make<ExpressionList>(std::move(expressions));
}

AggregateList NodeMaker::MakeAggregates(std::vector<ExpressionPtr> aggregates) const {
  return Make<AggregateList>(std::move(aggregates));
}

// Whether the Rel's columns are the node's, one to one.
bool NodeMaker::IsNode(const Rel& rel, bool names_matter) const {
  const Schema& schema = SchemaOf(rel.node);
  if (!rel.filters.empty() || schema.size() != rel.columns.size()) return false;
  for (size_t i = 0; i < schema.size(); i++) {
    const Expression& expression = *rel.columns[i].expression;
    if (!IsReference(expression) || expression.Cast<duckdb::BoundReferenceExpression>().index != i) return false;
    if (names_matter && schema[i].name != rel.columns[i].name) return false;
  }
  return true;
}

SqlPosition NodeMaker::PositionOf(const Rel& rel) const {
  if (!rel.filters.empty()) return Position(*rel.filters.front());
  if (!rel.columns.empty()) return Position(*rel.columns.front().expression);
  return QueryPosition();
}

void NodeMaker::AddFilterProject(Rel* rel, std::vector<ExpressionPtr> projections, Schema schema) {
  PlanNode node;
  node.inputs = {rel->node};
  node.position = rel->filters.empty() && !projections.empty() ? Position(*projections.front()) : PositionOf(*rel);
  node.schema = std::move(schema);
  FilterProjectNode op;
  op.filters = MakeList(std::move(rel->filters));
  op.projections = MakeList(std::move(projections));
  rel->filters.clear();
  node.op = std::move(op);
  rel->node = Add(std::move(node));
}

void NodeMaker::Materialise(Rel* rel) {
  if (rel->filters.empty() && rel->IsPlain()) return;
  std::vector<ExpressionPtr> projections;
  Schema schema;
  std::map<duckdb::idx_t, size_t> passed_on;  // column of the node below -> of the new one
  for (RelColumn& column : rel->columns) {
    const auto type = column.expression->return_type;
    if (column.expression->GetExpressionClass() == ExpressionClass::BOUND_CONSTANT) continue;
    size_t index = projections.size();
    if (IsReference(*column.expression)) {
      const auto below = column.expression->Cast<duckdb::BoundReferenceExpression>().index;
      index = passed_on.emplace(below, index).first->second;
    }
    if (index == projections.size()) {
      schema.push_back({column.name, MakeType(type), false});
      projections.push_back(std::move(column.expression));
    }
    column.expression = duckdb::make_uniq<duckdb::BoundReferenceExpression>(column.name, type, index);
  }
  AddFilterProject(rel, std::move(projections), std::move(schema));
}

void NodeMaker::Shape(Rel* rel, bool names_matter) {
  OrderColumns(rel);
  if (IsNode(*rel, names_matter)) return;
  std::vector<ExpressionPtr> projections;
  Schema schema;
  for (size_t i = 0; i < rel->columns.size(); i++) {
    RelColumn& column = rel->columns[i];
    const auto type = column.expression->return_type;
    schema.push_back({column.name, MakeType(type), false});
    projections.push_back(std::move(column.expression));
    column.expression = duckdb::make_uniq<duckdb::BoundReferenceExpression>(column.name, type, i);
  }
  AddFilterProject(rel, std::move(projections), std::move(schema));
}

void NodeMaker::PrepareFor(const std::vector<const Expression*>& expressions, bool only_free, bool prune, Rel* rel) {
  std::map<const RelColumn*, int> uses;
  for (const Expression* expression : expressions) CountUses(*expression, *rel, &uses);
  for (const RelColumn& column : rel->columns) {
    if (column.carried > 0) uses[&column]++;
  }
  bool materialise = false;
  for (const auto& [column, count] : uses) {
    if (!IsCheap(*column->expression) && (only_free || count > 1)) materialise = true;
  }
  if (!materialise) return;
  if (prune) Prune(rel, uses);
  Materialise(rel);
}

Rel NodeMaker::Wrap(NodeId node, const duckdb::vector<duckdb::ColumnBinding>& bindings) const {
  Rel rel;
  rel.node = node;
  const Schema& schema = SchemaOf(node);
  CHECK(bindings.size() <= schema.size());
  for (size_t i = 0; i < schema.size(); i++) {
    const bool hidden = i >= bindings.size();
    const Hidden which = schema[i].name == kTimeName ? Hidden::kTime : Hidden::kOrder;
    rel.columns.push_back({hidden ? HiddenBinding(which) : bindings[i],
                           duckdb::make_uniq<duckdb::BoundReferenceExpression>(schema[i].name, *schema[i].type, i),
                           schema[i].name, hidden ? 1 : 0});
  }
  return rel;
}

}  // namespace laminar::sql
