// What stateful operators ask of a Rel: their input as columns of one node, and which of them are event times.
#include <algorithm>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "sql/event_times.h"
#include "sql/rel.h"

namespace laminar::sql {
namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;

// Bindings of columns that no operator of DuckDB's names.
constexpr duckdb::idx_t kHiddenTable = duckdb::DConstants::INVALID_INDEX - 1;

size_t ColumnOf(const Expression& expression) {
  return expression.Cast<duckdb::BoundReferenceExpression>().index;
}

const duckdb::BoundFunctionExpression* AsFunction(const Expression& expression, const char* name) {
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_FUNCTION) return nullptr;
  const auto& function = expression.Cast<duckdb::BoundFunctionExpression>();
  return function.function.name == name ? &function : nullptr;
}

// The field that struct_extract(struct_pack(...), 'name') takes, else nullptr.
const Expression* FieldOf(const Expression& expression) {
  const auto* extract = AsFunction(expression, "struct_extract");
  if (!extract || extract->children.size() != 2) return nullptr;
  const auto* pack = AsFunction(*extract->children[0], "struct_pack");
  if (!pack || extract->children[1]->GetExpressionClass() != ExpressionClass::BOUND_CONSTANT) return nullptr;
  const std::string name = extract->children[1]->Cast<duckdb::BoundConstantExpression>().value.ToString();
  const auto& fields = duckdb::StructType::GetChildTypes(pack->return_type);
  for (size_t i = 0; i < fields.size() && i < pack->children.size(); i++) {
    if (duckdb::StringUtil::CIEquals(fields[i].first, name)) return pack->children[i].get();
  }
  return nullptr;
}

// The event time in microseconds in an expression over the node's columns: of several, the one with the least lag.
const PlanNode::TimeColumn* TimeIn(const PlanNode& node, const Expression& expression, bool inside_structs) {
  if (IsReference(expression) && !IsMicros(expression.return_type)) return nullptr;
  if (IsReference(expression)) return node.FindTime(ColumnOf(expression));
  if (const Expression* field = FieldOf(expression)) return TimeIn(node, *field, inside_structs);
  const auto* pack = inside_structs ? AsFunction(expression, "struct_pack") : nullptr;
  if (!pack) return nullptr;
  const PlanNode::TimeColumn* best = nullptr;
  for (const auto& child : pack->children) {
    const PlanNode::TimeColumn* time = TimeIn(node, *child, true);
    if (time && (!best || time->lag_micros < best->lag_micros)) best = time;
  }
  return best;
}

}  // namespace

std::vector<size_t> NodeMaker::MakeColumns(std::vector<ExpressionPtr> expressions, Rel* rel) {
  std::vector<ExpressionPtr> projections;
  Schema schema;
  const auto add = [&](const Expression& expression, const std::string& name) {
    for (size_t i = 0; i < projections.size(); i++) {
      if (projections[i]->return_type == expression.return_type && projections[i]->Equals(expression)) return i;
    }
    schema.push_back({name, MakeType(expression.return_type), false});
    projections.push_back(expression.Copy());
    return projections.size() - 1;
  };
  // The Rel's own columns first: they keep their order.
  bool as_it_is = rel->filters.empty();
  std::vector<std::optional<size_t>> own;
  for (const RelColumn& column : rel->columns) {
    const bool constant = column.expression->GetExpressionClass() == ExpressionClass::BOUND_CONSTANT;
    own.push_back(constant ? std::nullopt : std::optional(add(*column.expression, column.name)));
    as_it_is = as_it_is && IsFree(*column.expression);
  }
  std::vector<size_t> numbers;
  for (const ExpressionPtr& expression : expressions) {
    const std::string name =
        IsReference(*expression) ? SchemaOf(rel->node)[ColumnOf(*expression)].name : expression->GetName();
    numbers.push_back(add(*expression, name));
    as_it_is = as_it_is && IsReference(*expression);
  }
  // A batch has a column at least.
  if (projections.empty() && !SchemaOf(rel->node).empty() && !as_it_is) {
    const Column& first = SchemaOf(rel->node).front();
    add(duckdb::BoundReferenceExpression(first.name, *first.type, 0), first.name);
  }
  // A node with columns that nobody wants would have them kept by the operator above.
  if (as_it_is && (projections.empty() || projections.size() == SchemaOf(rel->node).size())) {
    for (size_t& number : numbers) number = ColumnOf(*projections[number]);
    return numbers;
  }
  for (size_t i = 0; i < own.size(); i++) {
    if (!own[i]) continue;
    RelColumn& column = rel->columns[i];
    column.expression =
        duckdb::make_uniq<duckdb::BoundReferenceExpression>(column.name, column.expression->return_type, *own[i]);
  }
  AddFilterProject(rel, std::move(projections), std::move(schema));
  return numbers;
}

ExpressionPtr NodeMaker::FindTime(const Expression& expression, bool inside_structs, Rel* rel, int64_t* lag_micros) {
  ExpressionPtr substituted = expression.Copy();
  rel->Substitute(substituted);
  const PlanNode::TimeColumn* time = TimeIn(NodeOf(rel->node), *substituted, inside_structs);
  if (!time) return FindFollowedTime(std::move(substituted), rel, lag_micros);
  *lag_micros = time->lag_micros;
  for (const RelColumn& column : rel->columns) {
    if (IsReference(*column.expression) && ColumnOf(*column.expression) == time->column) {
      return duckdb::make_uniq<duckdb::BoundColumnRefExpression>(column.name, column.expression->return_type,
                                                                 column.binding);
    }
  }
  const Column& column = SchemaOf(rel->node)[time->column];
  return AddUnnamed(duckdb::make_uniq<duckdb::BoundReferenceExpression>(column.name, *column.type, time->column), rel);
}

// date_trunc('hour', ts) and its like (event_times.h).
ExpressionPtr NodeMaker::FindFollowedTime(ExpressionPtr expression, Rel* rel, int64_t* lag_micros) {
  const auto followed = IsMicros(expression->return_type) ? FollowsTime(*expression) : std::nullopt;
  const PlanNode::TimeColumn* time = followed ? NodeOf(rel->node).FindTime(followed->column) : nullptr;
  if (!time) return nullptr;
  *lag_micros = std::max<int64_t>(0, time->lag_micros + followed->lag_micros);
  return AddUnnamed(std::move(expression), rel);
}

// A column of the Rel that no operator of DuckDB's names.
ExpressionPtr NodeMaker::AddUnnamed(ExpressionPtr expression, Rel* rel) {
  const duckdb::ColumnBinding binding(kHiddenTable, hidden_columns_++);
  auto reference =
      duckdb::make_uniq<duckdb::BoundColumnRefExpression>(expression->GetName(), expression->return_type, binding);
  rel->columns.push_back({binding, std::move(expression), reference->GetName()});
  return reference;
}

std::string NodeMaker::NameOfTime(const Rel& rel) const {
  const PlanNode& node = NodeOf(rel.node);
  for (const RelColumn& column : rel.columns) {
    if (column.name != kTimeName && IsReference(*column.expression) && node.FindTime(ColumnOf(*column.expression)))
      return column.name;
  }
  // One that the query does not use.
  for (const PlanNode::TimeColumn& time : node.times) {
    if (node.schema[time.column].name != kTimeName) return node.schema[time.column].name;
  }
  return node.times.empty() ? "" : "the event time";
}

void NodeMaker::DealByKey(const std::vector<size_t>& keys, SqlPosition position, Rel* rel) {
  AddExchange({keys.empty() ? ExchangeNode::To::kFirstWorker : ExchangeNode::To::kOwnerOfKey, keys}, position, rel);
}

void NodeMaker::DealToAll(SqlPosition position, Rel* rel) {
  AddExchange({ExchangeNode::To::kAllWorkers, {}}, position, rel);
}

void NodeMaker::AddExchange(ExchangeNode exchange, SqlPosition position, Rel* rel) {
  PlanNode node;
  node.inputs = {rel->node};
  node.schema = SchemaOf(rel->node);
  node.position = position;
  node.op = std::move(exchange);
  rel->node = Add(std::move(node));
}

}  // namespace laminar::sql
