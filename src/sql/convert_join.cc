// Joins of a stream with a table that ends.
//
// DuckDB binds a join to equalities, other comparisons and a predicate over both sides. Here one side must end by
// itself: it is read first, by every worker (an exchange to all of them). Equalities between an expression of each side
// become the keys, everything else the condition. Which side of the JOIN the table stands on does not matter, as long
// as the rows of the table need not all appear in the result.
#include <algorithm>
#include <set>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_conjunction_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/operator/logical_any_join.hpp"
#include "duckdb/planner/operator/logical_comparison_join.hpp"

#include "sql/converter.h"

namespace laminar::sql {
namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::ExpressionType;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

bool IsColumnOf(const Rel& rel, const duckdb::ColumnBinding& binding) {
  return std::any_of(rel.columns.begin(), rel.columns.end(),
                     [&](const RelColumn& column) { return column.binding == binding; });
}

// Whether all columns in the expression are the Rel's.
bool IsOver(const Expression& expression, const Rel& rel) {
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF)
    return IsColumnOf(rel, expression.Cast<duckdb::BoundColumnRefExpression>().binding);
  bool over = true;
  duckdb::ExpressionIterator::EnumerateChildren(expression,
                                                [&](const Expression& child) { over = over && IsOver(child, rel); });
  return over;
}

// a AND b AND c -> a, b, c
void Split(ExpressionPtr expression, std::vector<ExpressionPtr>* parts) {
  if (expression->GetExpressionType() != ExpressionType::CONJUNCTION_AND) {
    parts->push_back(std::move(expression));
    return;
  }
  for (auto& child : expression->Cast<duckdb::BoundConjunctionExpression>().children) Split(std::move(child), parts);
}

struct JoinKey {
  ExpressionPtr stream, table;
  bool nulls_equal = false;
};

// stream = table, either way round.
std::optional<JoinKey> AsKey(const Expression& condition, const Rel& stream, const Rel& table) {
  const bool nulls_equal = condition.GetExpressionType() == ExpressionType::COMPARE_NOT_DISTINCT_FROM;
  if (!nulls_equal && condition.GetExpressionType() != ExpressionType::COMPARE_EQUAL) return std::nullopt;
  const auto& comparison = condition.Cast<duckdb::BoundComparisonExpression>();
  const Expression* left = comparison.left.get();
  const Expression* right = comparison.right.get();
  if (!IsOver(*left, stream) || !IsOver(*right, table)) std::swap(left, right);
  if (!IsOver(*left, stream) || !IsOver(*right, table)) return std::nullopt;
  return JoinKey{left->Copy(), right->Copy(), nulls_equal};
}

std::string TitleOfJoin(duckdb::JoinType type) {
  switch (type) {
    case duckdb::JoinType::SEMI:
      return "IN or EXISTS";
    case duckdb::JoinType::ANTI:
      return "NOT EXISTS";
    default:
      return "a join";
  }
}

constexpr const char* kJoinHint =
    "join with a table that ends (connector = 'single_file', VALUES), or put both streams into one with UNION ALL";

}  // namespace

std::vector<ExpressionPtr> Converter::TakeJoinConditions(LogicalOperator& op) {
  std::vector<ExpressionPtr> parts;
  if (op.type == LogicalOperatorType::LOGICAL_ANY_JOIN)
    Split(std::move(op.Cast<duckdb::LogicalAnyJoin>().condition), &parts);
  if (op.type == LogicalOperatorType::LOGICAL_COMPARISON_JOIN || op.type == LogicalOperatorType::LOGICAL_DELIM_JOIN) {
    auto& join = op.Cast<duckdb::LogicalComparisonJoin>();
    for (auto& condition : join.conditions) {
      parts.push_back(duckdb::make_uniq<duckdb::BoundComparisonExpression>(
          condition.comparison, std::move(condition.left), std::move(condition.right)));
    }
    if (join.predicate) Split(std::move(join.predicate), &parts);
  }
  return parts;
}

std::set<std::string> Converter::SourcesOf(NodeId id) const {
  std::set<std::string> sources;
  const PlanNode& node = make_.NodeOf(id);
  if (const auto* source = std::get_if<SourceNode>(&node.op)) sources.insert(source->table);
  for (const NodeId input : node.inputs) sources.merge(SourcesOf(input));
  return sources;
}

bool Converter::IsBounded(NodeId id) const {
  const std::set<std::string> sources = SourcesOf(id);
  return std::all_of(sources.begin(), sources.end(), input_.is_bounded);
}

// A table that the operator reads, as the query names it.
std::string Converter::TableOf(LogicalOperator& op, const Rel& rel) const {
  ScannedColumns scanned;
  CollectColumns(op, &scanned);
  for (const auto& [table, columns] : scanned) {
    if (!IsBounded(input_.node_of(table))) return table;
  }
  const std::set<std::string> sources = SourcesOf(rel.node);
  return sources.empty() ? "" : *sources.begin();
}

// Which kind of LookupJoinNode it is with the table on that side; throws NotStreamable if it is none.
LookupJoinNode::Kind Converter::KindOfJoin(duckdb::JoinType type, bool table_is_right, std::optional<size_t> offset) {
  switch (type) {
    case duckdb::JoinType::INNER:
      return LookupJoinNode::Kind::kInner;
    case duckdb::JoinType::SEMI:
      if (table_is_right) return LookupJoinNode::Kind::kSemi;
      break;
    case duckdb::JoinType::ANTI:
      if (table_is_right) return LookupJoinNode::Kind::kAnti;
      break;
    case duckdb::JoinType::LEFT:
      if (table_is_right) return LookupJoinNode::Kind::kLeft;
      throw NotStreamable{
          "LEFT JOIN with the table on the left would wait for the stream's end to find the rows of the "
          "table without a partner",
          offset, "put the stream on the left, or write JOIN"};
    case duckdb::JoinType::RIGHT:
      if (!table_is_right) return LookupJoinNode::Kind::kLeft;
      throw NotStreamable{
          "RIGHT JOIN with the table on the right would wait for the stream's end to find the rows of "
          "the table without a partner",
          offset, "write LEFT JOIN, or JOIN"};
    case duckdb::JoinType::MARK:
      throw NotStreamable{"IN (SELECT ...) and EXISTS are conditions of WHERE here: they have no value of their own",
                          offset, "join with the table: LEFT JOIN t ON t.key = s.key, then t.key IS NOT NULL"};
    default:
      break;
  }
  throw NotStreamable{"this kind of join is not supported on a stream: " + duckdb::EnumUtil::ToString(type), offset,
                      "write JOIN, or LEFT JOIN with the stream on the left"};
}

Rel Converter::ConvertJoin(LogicalOperator& op) {
  const bool crossed = op.type == LogicalOperatorType::LOGICAL_CROSS_PRODUCT;
  if (op.type == LogicalOperatorType::LOGICAL_POSITIONAL_JOIN || op.type == LogicalOperatorType::LOGICAL_ASOF_JOIN)
    throw NotStreamable{NameOf(op), FirstOffset(op)};
  const auto type = crossed ? duckdb::JoinType::INNER : op.Cast<duckdb::LogicalJoin>().join_type;
  if (type == duckdb::JoinType::INNER && (IsMadeFromNothing(*op.children[0]) || IsMadeFromNothing(*op.children[1])))
    return ConvertBeside(op);
  Rel rel = JoinRels(*op.children[0], *op.children[1], type, TakeJoinConditions(op));
  Keep(op.GetColumnBindings(), &rel);
  return rel;
}

Rel Converter::JoinRels(LogicalOperator& left_op, LogicalOperator& right_op, duckdb::JoinType type,
                        std::vector<ExpressionPtr> conditions) {
  std::optional<size_t> offset;
  for (const auto& condition : conditions) {
    if (!offset) offset = OffsetOf(*condition);
  }
  Rel left = ConvertOperator(left_op);
  Rel right = ConvertOperator(right_op);
  const bool left_ends = IsBounded(left.node), right_ends = IsBounded(right.node);
  if (!left_ends && !right_ends) {
    const std::string one = TableOf(left_op, left), other = TableOf(right_op, right);
    const std::string which = one == other ? "stream " + one + " with itself" : "streams " + one + " and " + other;
    const auto place = input_.place_of(other);
    throw NotStreamable{TitleOfJoin(type) + " of " + which + " is not supported yet", place ? place : offset,
                        kJoinHint};
  }
  if (!offset) offset = input_.place_of(TableOf(right_op, right));
  // Two tables that end: the one whose rows must all appear is read as the stream.
  const bool table_is_right = right_ends && !(left_ends && type == duckdb::JoinType::RIGHT);
  const LookupJoinNode::Kind kind = KindOfJoin(type, table_is_right, offset);
  return table_is_right ? Lookup(kind, std::move(left), std::move(right), std::move(conditions), offset)
                        : Lookup(kind, std::move(right), std::move(left), std::move(conditions), offset);
}

void Converter::MakeFree(std::vector<ExpressionPtr>* expressions, Rel* rel) {
  std::vector<const Expression*> pointers;
  for (const ExpressionPtr& expression : *expressions) pointers.push_back(expression.get());
  make_.PrepareFor(pointers, true, false, rel);
  for (ExpressionPtr& expression : *expressions) rel->Substitute(expression);
}

// The rows of `stream` with their partners in `table`. conditions: over the columns of both.
Rel Converter::Lookup(LookupJoinNode::Kind kind, Rel stream, Rel table, std::vector<ExpressionPtr> conditions,
                      std::optional<size_t> offset) {
  const SqlPosition position = make_.At(offset.value_or(make_.offset()));
  table.DropHidden();  // the stream's stay
  const bool only_stream = kind == LookupJoinNode::Kind::kSemi || kind == LookupJoinNode::Kind::kAnti;
  // Keys become columns of their sides; so do the table's constants, which are NULL where a row has no partner.
  LookupJoinNode join;
  join.kind = kind;
  std::vector<ExpressionPtr> stream_keys, table_columns, rest;
  for (ExpressionPtr& condition : conditions) {
    std::optional<JoinKey> key = AsKey(*condition, stream, table);
    if (!key) {
      rest.push_back(std::move(condition));
      continue;
    }
    stream_keys.push_back(std::move(key->stream));
    table_columns.push_back(std::move(key->table));
    join.nulls_equal.push_back(key->nulls_equal);
  }
  const size_t keys = stream_keys.size();
  if (!rest.empty() && !stream.IsPlain()) make_.Materialise(&stream);
  MakeFree(&stream_keys, &stream);
  for (const RelColumn& column : table.columns) {
    table_columns.push_back(duckdb::make_uniq<duckdb::BoundColumnRefExpression>(
        column.name, column.expression->return_type, column.binding));
  }
  MakeFree(&table_columns, &table);
  join.stream_keys = make_.MakeColumns(std::move(stream_keys), &stream);
  join.table_keys = make_.MakeColumns(std::move(table_columns), &table);
  for (size_t i = 0; i < table.columns.size(); i++) {
    RelColumn& column = table.columns[i];
    column.expression = duckdb::make_uniq<duckdb::BoundReferenceExpression>(column.name, column.expression->return_type,
                                                                            join.table_keys[keys + i]);
  }
  join.table_keys.resize(keys);
  make_.DealToAll(position, &table);

  PlanNode node;
  node.inputs = {stream.node, table.node};
  node.position = position;
  node.schema = make_.SchemaOf(stream.node);
  const size_t width = node.schema.size();
  Rel both = std::move(stream);
  for (RelColumn& column : table.columns) {
    column.expression->Cast<duckdb::BoundReferenceExpression>().index += width;
    column.carried = 0;
    both.columns.push_back(std::move(column));
  }
  for (ExpressionPtr& condition : rest) both.Substitute(condition);
  join.condition = make_.MakeList(std::move(rest));
  if (!only_stream) {
    for (Column column : make_.SchemaOf(table.node)) {
      column.not_null = column.not_null && kind == LookupJoinNode::Kind::kInner;
      node.schema.push_back(std::move(column));
    }
  }
  node.op = std::move(join);
  both.node = make_.Add(std::move(node));
  return both;
}

}  // namespace laminar::sql
