// An operator of DuckDB's plan becomes a Rel: columns over a node, not yet a node themselves. Filters and projections
// pile up in the Rel and become one FilterProjectNode as late as possible; columns that are only passed on never cost
// one.
//
// A projection over a Rel is put into it by substitution, as long as no computed column would then be computed twice.
#include "sql/convert.h"

#include <optional>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression/bound_unnest_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/operator/logical_column_data_get.hpp"
#include "duckdb/planner/operator/logical_cteref.hpp"
#include "duckdb/planner/operator/logical_dummy_scan.hpp"
#include "duckdb/planner/operator/logical_expression_get.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_materialized_cte.hpp"
#include "duckdb/planner/operator/logical_set_operation.hpp"
#include "duckdb/planner/operator/logical_unnest.hpp"

namespace laminar::sql {
namespace {

using duckdb::Expression;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using ExpressionPtr = duckdb::unique_ptr<Expression>;

struct RelColumn {
  duckdb::ColumnBinding binding;  // how the operators above name it
  ExpressionPtr expression;       // over the node's columns
  std::string name;
};

struct Rel {
  NodeId node = 0;
  std::vector<ExpressionPtr> filters;  // over the node's columns
  std::vector<RelColumn> columns;
};

struct NotStreamable {
  std::string what;
  size_t offset;
  bool has_offset;
};

bool IsReference(const Expression& expression) {
  return expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_REF;
}
bool IsFree(const Expression& expression) {
  return IsReference(expression) || expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_CONSTANT;
}

// The first place in the script that an expression or something inside it comes from.
std::optional<size_t> OffsetOf(const Expression& expression) {
  if (expression.GetQueryLocation().IsValid()) return expression.GetQueryLocation().GetIndex();
  std::optional<size_t> found;
  duckdb::ExpressionIterator::EnumerateChildren(expression, [&](const Expression& child) {
    if (!found) found = OffsetOf(child);
  });
  return found;
}

std::string NameOf(const LogicalOperator& op) {
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
      return "aggregates over a stream need a window, and windows are not supported yet";
    case LogicalOperatorType::LOGICAL_WINDOW:
      return "OVER is not supported on a stream yet";
    case LogicalOperatorType::LOGICAL_DISTINCT:
      return "DISTINCT over a stream needs a window, which is not supported yet";
    case LogicalOperatorType::LOGICAL_ORDER_BY:
    case LogicalOperatorType::LOGICAL_TOP_N:
      return "ORDER BY over a stream would wait for its end: it is not supported";
    case LogicalOperatorType::LOGICAL_LIMIT:
      return "LIMIT over a stream is not supported";
    case LogicalOperatorType::LOGICAL_DELIM_JOIN:
      return "this use of UNNEST is not supported yet";
    case LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
    case LogicalOperatorType::LOGICAL_ANY_JOIN:
    case LogicalOperatorType::LOGICAL_CROSS_PRODUCT:
    case LogicalOperatorType::LOGICAL_POSITIONAL_JOIN:
    case LogicalOperatorType::LOGICAL_ASOF_JOIN:
    case LogicalOperatorType::LOGICAL_DEPENDENT_JOIN:
      return "joins over streams are not supported yet";
    default:
      return "this cannot run on a stream yet: " + op.GetName();
  }
}

class Converter {
 public:
  Converter(const std::function<NodeId(const std::string&)>& node_of, size_t offset, StreamPlan* plan,
            Problems* problems)
      : node_of_(node_of), offset_(offset), plan_(plan), problems_(problems) {}

  NodeId Convert(BoundQuery& bound) {
    Rel rel = ConvertOperator(*bound.plan);
    CHECK(rel.columns.size() == bound.names.size());
    for (size_t i = 0; i < rel.columns.size(); i++) rel.columns[i].name = bound.names[i];
    Materialise(&rel, true);
    return rel.node;
  }

 private:
  SqlPosition Position(const Expression& expression) const {
    return problems_->At(OffsetOf(expression).value_or(offset_));
  }

  NodeId AddNode(PlanNode node) {
    plan_->nodes.push_back(std::move(node));
    return static_cast<NodeId>(plan_->nodes.size()) - 1;
  }

  ExpressionList MakeList(std::vector<ExpressionPtr> expressions) const {
    std::vector<SqlPosition> positions;
    std::vector<std::unique_ptr<Expression>> list;
    for (auto& expression : expressions) {
      positions.push_back(Position(*expression));
      list.push_back(std::move(expression));
    }
    return ExpressionList(std::move(list), std::move(positions));
  }

  // Whether the Rel's columns are the node's, one to one.
  bool IsNode(const Rel& rel, bool names_matter) const {
    const Schema& schema = plan_->nodes[rel.node].schema;
    if (!rel.filters.empty() || schema.size() != rel.columns.size()) return false;
    for (size_t i = 0; i < schema.size(); i++) {
      const Expression& expression = *rel.columns[i].expression;
      if (!IsReference(expression) || expression.Cast<duckdb::BoundReferenceExpression>().index != i) return false;
      if (names_matter && schema[i].name != rel.columns[i].name) return false;
    }
    return true;
  }

  // Makes the Rel's filters and columns a node, if they are not one already; its columns are then references.
  void Materialise(Rel* rel, bool names_matter = false) {
    if (IsNode(*rel, names_matter)) return;
    PlanNode node;
    FilterProjectNode op;
    node.inputs = {rel->node};
    node.position = problems_->At(offset_);
    if (!rel->filters.empty()) {
      node.position = Position(*rel->filters.front());
    } else if (!rel->columns.empty()) {
      node.position = Position(*rel->columns.front().expression);
    }
    std::vector<ExpressionPtr> projections;
    for (size_t i = 0; i < rel->columns.size(); i++) {
      RelColumn& column = rel->columns[i];
      const auto type = column.expression->return_type;
      node.schema.push_back({column.name, MakeType(type), false});
      projections.push_back(std::move(column.expression));
      column.expression = duckdb::make_uniq<duckdb::BoundReferenceExpression>(type, i);
    }
    op.filters = MakeList(std::move(rel->filters));
    op.projections = MakeList(std::move(projections));
    rel->filters.clear();
    node.op = std::move(op);
    rel->node = AddNode(std::move(node));
  }

  static RelColumn* Find(Rel& rel, const duckdb::ColumnBinding& binding) {
    for (RelColumn& column : rel.columns) {
      if (column.binding == binding) return &column;
    }
    throw duckdb::InternalException("a column of the plan has no source");
  }

  // Counts the uses of each column of the Rel.
  static void CountUses(const Expression& expression, Rel& rel, std::map<const RelColumn*, int>* uses) {
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF) {
      (*uses)[Find(rel, expression.Cast<duckdb::BoundColumnRefExpression>().binding)]++;
      return;
    }
    duckdb::ExpressionIterator::EnumerateChildren(expression,
                                                  [&](const Expression& child) { CountUses(child, rel, uses); });
  }

  // Replaces the names of the Rel's columns by what they stand for.
  static void Substitute(ExpressionPtr& expression, Rel& rel) {
    if (expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF) {
      auto replacement = Find(rel, expression->Cast<duckdb::BoundColumnRefExpression>().binding)->expression->Copy();
      // A column's own position is where it is used; a computed one keeps the place of its computation.
      if (IsFree(*replacement)) replacement->SetQueryLocation(expression->GetQueryLocation());
      expression = std::move(replacement);
      return;
    }
    duckdb::ExpressionIterator::EnumerateChildren(*expression, [&](ExpressionPtr& child) { Substitute(child, rel); });
  }

  // Forgets columns that nothing uses, before they become a node.
  static void Prune(Rel* rel, const std::map<const RelColumn*, int>& uses) {
    std::vector<RelColumn> kept;
    for (RelColumn& column : rel->columns) {
      if (uses.contains(&column)) kept.push_back(std::move(column));
    }
    rel->columns = std::move(kept);
  }

  // Prepares the Rel for expressions above it that use its columns.
  void PrepareFor(const std::vector<const Expression*>& expressions, bool only_free, bool prune, Rel* rel) {
    std::map<const RelColumn*, int> uses;
    for (const Expression* expression : expressions) CountUses(*expression, *rel, &uses);
    bool materialise = false;
    for (const auto& [column, count] : uses) {
      if (!IsFree(*column->expression) && (only_free || count > 1)) materialise = true;
    }
    if (!materialise) return;
    if (prune) Prune(rel, uses);
    Materialise(rel);
  }

  template <class Expressions>
  static std::vector<const Expression*> Pointers(const Expressions& expressions) {
    std::vector<const Expression*> pointers;
    for (const auto& expression : expressions) pointers.push_back(expression.get());
    return pointers;
  }

  Rel ConvertOperator(LogicalOperator& op) {
    switch (op.type) {
      case LogicalOperatorType::LOGICAL_GET:
        return ConvertScan(op.Cast<duckdb::LogicalGet>());
      case LogicalOperatorType::LOGICAL_PROJECTION:
        return ConvertProjection(op);
      case LogicalOperatorType::LOGICAL_FILTER:
        return ConvertFilter(op);
      case LogicalOperatorType::LOGICAL_UNNEST:
        return ConvertUnnest(op.Cast<duckdb::LogicalUnnest>());
      case LogicalOperatorType::LOGICAL_UNION:
        return ConvertUnion(op.Cast<duckdb::LogicalSetOperation>());
      case LogicalOperatorType::LOGICAL_MATERIALIZED_CTE:
        return ConvertCte(op.Cast<duckdb::LogicalMaterializedCTE>());
      case LogicalOperatorType::LOGICAL_CTE_REF:
        return ConvertCteRef(op.Cast<duckdb::LogicalCTERef>());
      case LogicalOperatorType::LOGICAL_DUMMY_SCAN: {
        Rel rel = ConvertRows(op, {ExpressionList()}, {});
        rel.columns.push_back(
            {op.Cast<duckdb::LogicalDummyScan>().GetColumnBindings()[0],
             duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(duckdb::LogicalType::INTEGER)), ""});
        return rel;
      }
      case LogicalOperatorType::LOGICAL_EXPRESSION_GET:
        return ConvertValues(op.Cast<duckdb::LogicalExpressionGet>());
      case LogicalOperatorType::LOGICAL_CHUNK_GET:
        return ConvertCollection(op.Cast<duckdb::LogicalColumnDataGet>());
      case LogicalOperatorType::LOGICAL_EMPTY_RESULT:
        op.ResolveOperatorTypes();
        return ConvertRows(op, {}, op.types);
      default:
        throw NotStreamable{NameOf(op), FirstOffset(op).value_or(0), FirstOffset(op).has_value()};
    }
  }

  static std::optional<size_t> FirstOffset(const LogicalOperator& op) {
    for (const auto& expression : op.expressions) {
      if (const auto offset = OffsetOf(*expression)) return offset;
    }
    return std::nullopt;
  }

  Rel ConvertScan(duckdb::LogicalGet& get) {
    if (get.function.name != kStreamFunction) {
      throw NotStreamable{"table function " + get.function.name + "() is not available on a stream", 0, false};
    }
    Rel rel;
    rel.node = node_of_(StreamOfScan(*get.bind_data));
    const Schema& schema = plan_->nodes[rel.node].schema;
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
          {binding, duckdb::make_uniq<duckdb::BoundReferenceExpression>(*schema[index].type, index), name});
    }
    return rel;
  }

  Rel ConvertProjection(LogicalOperator& op) {
    Rel rel = ConvertOperator(*op.children[0]);
    PrepareFor(Pointers(op.expressions), false, true, &rel);
    const auto bindings = op.GetColumnBindings();
    std::vector<RelColumn> columns;
    for (size_t i = 0; i < op.expressions.size(); i++) {
      ExpressionPtr expression = std::move(op.expressions[i]);
      std::string name = expression->GetName();
      if (expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF && !expression->HasAlias()) {
        name = Find(rel, expression->Cast<duckdb::BoundColumnRefExpression>().binding)->name;
      }
      Substitute(expression, rel);
      columns.push_back({bindings[i], std::move(expression), std::move(name)});
    }
    rel.columns = std::move(columns);
    return rel;
  }

  Rel ConvertFilter(LogicalOperator& op) {
    Rel rel = ConvertOperator(*op.children[0]);
    // A filter that looks at what is computed runs after it; one that looks at plain columns before, so that nothing is
    // computed in vain.
    PrepareFor(Pointers(op.expressions), true, false, &rel);
    for (auto& expression : op.expressions) {
      Substitute(expression, rel);
      rel.filters.push_back(std::move(expression));
    }
    std::vector<RelColumn> kept;
    for (const duckdb::ColumnBinding& binding : op.GetColumnBindings()) kept.push_back(std::move(*Find(rel, binding)));
    rel.columns = std::move(kept);
    return rel;
  }

  Rel ConvertUnnest(duckdb::LogicalUnnest& op) {
    Rel rel = ConvertOperator(*op.children[0]);
    bool plain = rel.filters.empty();
    for (const RelColumn& column : rel.columns) plain = plain && IsFree(*column.expression);
    if (!plain) Materialise(&rel);
    PlanNode node;
    node.inputs = {rel.node};
    node.schema = plan_->nodes[rel.node].schema;
    std::vector<ExpressionPtr> lists;
    for (size_t i = 0; i < op.expressions.size(); i++) {
      auto& unnest = op.expressions[i]->Cast<duckdb::BoundUnnestExpression>();
      const std::string name = unnest.HasAlias() ? unnest.GetAlias() : "unnest";
      rel.columns.push_back(
          {duckdb::ColumnBinding(op.unnest_index, i),
           duckdb::make_uniq<duckdb::BoundReferenceExpression>(unnest.return_type, node.schema.size()), name});
      node.schema.push_back({name, MakeType(unnest.return_type), false});
      ExpressionPtr list = std::move(unnest.child);
      if (!list->GetQueryLocation().IsValid()) list->SetQueryLocation(unnest.GetQueryLocation());
      Substitute(list, rel);
      lists.push_back(std::move(list));
    }
    node.position = lists.empty() ? problems_->At(offset_) : Position(*lists.front());
    node.op = UnnestNode{MakeList(std::move(lists))};
    rel.node = AddNode(std::move(node));
    return rel;
  }

  Rel ConvertUnion(duckdb::LogicalSetOperation& op) {
    if (!op.setop_all)
      throw NotStreamable{"UNION without ALL would keep every row to find duplicates: it is not supported on a stream",
                          0, false};
    PlanNode node;
    node.position = problems_->At(offset_);
    op.ResolveOperatorTypes();
    for (auto& child : op.children) {
      Rel rel = ConvertOperator(*child);
      Materialise(&rel);
      node.inputs.push_back(rel.node);
      if (node.schema.empty()) node.schema = WithoutNotNull(plan_->nodes[rel.node].schema);
    }
    node.op = UnionAllNode{};
    return Wrap(AddNode(std::move(node)), op.GetColumnBindings());
  }

  static Schema WithoutNotNull(Schema schema) {
    for (Column& column : schema) column.not_null = false;
    return schema;
  }

  // A Rel whose columns are the node's.
  Rel Wrap(NodeId node, const duckdb::vector<duckdb::ColumnBinding>& bindings) const {
    Rel rel;
    rel.node = node;
    const Schema& schema = plan_->nodes[node].schema;
    CHECK(bindings.size() == schema.size());
    for (size_t i = 0; i < schema.size(); i++) {
      rel.columns.push_back(
          {bindings[i], duckdb::make_uniq<duckdb::BoundReferenceExpression>(*schema[i].type, i), schema[i].name});
    }
    return rel;
  }

  Rel ConvertCte(duckdb::LogicalMaterializedCTE& op) {
    Rel rel = ConvertOperator(*op.children[0]);
    Materialise(&rel);
    ctes_[op.table_index] = rel.node;
    return ConvertOperator(*op.children[1]);
  }

  Rel ConvertCteRef(duckdb::LogicalCTERef& op) {
    const auto found = ctes_.find(op.cte_index);
    if (found == ctes_.end())
      throw NotStreamable{"WITH RECURSIVE over a stream never ends: it is not supported", 0, false};
    return Wrap(found->second, op.GetColumnBindings());
  }

  Rel ConvertRows(LogicalOperator& op, std::vector<ExpressionList> rows,
                  const duckdb::vector<duckdb::LogicalType>& types) {
    PlanNode node;
    node.op = ValuesNode{std::move(rows)};
    node.position = problems_->At(offset_);
    for (size_t i = 0; i < types.size(); i++)
      node.schema.push_back({"column" + std::to_string(i), MakeType(types[i]), false});
    const NodeId id = AddNode(std::move(node));
    if (types.empty()) {
      Rel rel;
      rel.node = id;
      return rel;
    }
    return Wrap(id, op.GetColumnBindings());
  }

  Rel ConvertValues(duckdb::LogicalExpressionGet& op) {
    std::vector<ExpressionList> rows;
    for (auto& written : op.expressions) {
      std::vector<ExpressionPtr> row;
      for (auto& expression : written) {
        if (!expression->IsScalar()) {
          throw NotStreamable{"VALUES beside a stream may not use its columns yet", OffsetOf(*expression).value_or(0),
                              OffsetOf(*expression).has_value()};
        }
        row.push_back(std::move(expression));
      }
      rows.push_back(MakeList(std::move(row)));
    }
    return ConvertRows(op, std::move(rows), op.expr_types);
  }

  Rel ConvertCollection(duckdb::LogicalColumnDataGet& op) {
    std::vector<ExpressionList> rows;
    for (auto& chunk : op.collection->Chunks()) {
      for (duckdb::idx_t r = 0; r < chunk.size(); r++) {
        std::vector<ExpressionPtr> row;
        for (duckdb::idx_t c = 0; c < chunk.ColumnCount(); c++)
          row.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(chunk.GetValue(c, r)));
        rows.push_back(MakeList(std::move(row)));
      }
    }
    return ConvertRows(op, std::move(rows), op.chunk_types);
  }

  const std::function<NodeId(const std::string&)>& node_of_;
  const size_t offset_;
  StreamPlan* const plan_;
  Problems* const problems_;
  std::map<duckdb::idx_t, NodeId> ctes_;
};

}  // namespace

void CollectColumns(LogicalOperator& op, std::map<std::string, std::set<std::string>>* columns) {
  if (op.type == LogicalOperatorType::LOGICAL_GET) {
    auto& get = op.Cast<duckdb::LogicalGet>();
    if (get.function.name == kStreamFunction) {
      auto& names = (*columns)[StreamOfScan(*get.bind_data)];
      for (const duckdb::ColumnIndex& id : get.GetColumnIds()) {
        if (!id.IsVirtualColumn()) names.insert(get.GetColumnName(id));
      }
    }
  }
  for (auto& child : op.children) CollectColumns(*child, columns);
}

std::optional<NodeId> ConvertQuery(BoundQuery& bound, const std::function<NodeId(const std::string&)>& node_of,
                                   size_t offset, StreamPlan* plan, Problems* problems) {
  try {
    return Converter(node_of, offset, plan, problems).Convert(bound);
  } catch (const NotStreamable& refused) {
    problems->Add(refused.has_offset ? refused.offset : offset, refused.what);
  } catch (const std::exception& exception) {
    problems->AddException(exception, nullptr, offset);
  }
  return std::nullopt;
}

}  // namespace laminar::sql
