// An operator of DuckDB's plan becomes a Rel (rel.h). A projection over a Rel is put into it by substitution, as long
// as no computed column would then be computed twice.
//
// Lateral joins (FROM t, UNNEST(t.list)): DuckDB plans them as a DELIM_JOIN of t, whose rows it numbers, with a plan
// over a DELIM_GET, which stands for the distinct rows of t that the right side looks at. On a stream each row meets
// its own right side at once: the DELIM_GET becomes t itself, and t's columns are carried through the operators above
// it.
#include "sql/convert.h"

#include <optional>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression/bound_unnest_expression.hpp"
#include "duckdb/planner/operator/logical_any_join.hpp"
#include "duckdb/planner/operator/logical_column_data_get.hpp"
#include "duckdb/planner/operator/logical_comparison_join.hpp"
#include "duckdb/planner/operator/logical_cteref.hpp"
#include "duckdb/planner/operator/logical_delim_get.hpp"
#include "duckdb/planner/operator/logical_dummy_scan.hpp"
#include "duckdb/planner/operator/logical_expression_get.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_materialized_cte.hpp"
#include "duckdb/planner/operator/logical_set_operation.hpp"
#include "duckdb/planner/operator/logical_unnest.hpp"

#include "sql/rel.h"

namespace laminar::sql {
namespace {

using duckdb::Expression;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

struct NotStreamable {
  std::string what;
  std::optional<size_t> offset = std::nullopt;
};

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
    case LogicalOperatorType::LOGICAL_DELIM_GET:
      return "this use of LATERAL or UNNEST is not supported yet";
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
            const Problems* problems)
      : node_of_(node_of), make_(plan, problems, offset) {}

  NodeId Convert(BoundQuery& bound) {
    Rel rel = ConvertOperator(*bound.plan);
    CHECK(rel.columns.size() == bound.names.size());
    for (size_t i = 0; i < rel.columns.size(); i++) rel.columns[i].name = bound.names[i];
    make_.Shape(&rel, true);
    return rel.node;
  }

 private:
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
      case LogicalOperatorType::LOGICAL_WINDOW:
        return ConvertRowNumber(op);
      case LogicalOperatorType::LOGICAL_DELIM_JOIN:
        return ConvertLateral(op.Cast<duckdb::LogicalComparisonJoin>());
      case LogicalOperatorType::LOGICAL_DELIM_GET:
        return ConvertDelimGet(op.Cast<duckdb::LogicalDelimGet>());
      case LogicalOperatorType::LOGICAL_CROSS_PRODUCT:
      case LogicalOperatorType::LOGICAL_ANY_JOIN:
      case LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
        return ConvertBeside(op);
      case LogicalOperatorType::LOGICAL_DUMMY_SCAN: {
        Rel rel = ConvertOneRow();
        rel.columns.push_back(NoColumn(op.GetColumnBindings()[0]));
        return rel;
      }
      case LogicalOperatorType::LOGICAL_EXPRESSION_GET:
        return ConvertValues(op.Cast<duckdb::LogicalExpressionGet>());
      case LogicalOperatorType::LOGICAL_CHUNK_GET:
        return ConvertCollection(op.Cast<duckdb::LogicalColumnDataGet>());
      case LogicalOperatorType::LOGICAL_EMPTY_RESULT:
        op.ResolveOperatorTypes();
        return ConvertRows({}, op.types, op.GetColumnBindings());
      default:
        throw NotStreamable{NameOf(op), FirstOffset(op)};
    }
  }

  static std::optional<size_t> FirstOffset(const LogicalOperator& op) {
    for (const auto& expression : op.expressions) {
      if (const auto offset = OffsetOf(*expression)) return offset;
    }
    return std::nullopt;
  }

  Rel ConvertScan(duckdb::LogicalGet& get) {
    if (get.function.name == "unnest") return ConvertUnnestFunction(get);
    if (get.function.name != kStreamFunction) {
      throw NotStreamable{"table function " + get.function.name + "() is not available on a stream"};
    }
    Rel rel;
    rel.node = node_of_(StreamOfScan(*get.bind_data));
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
    return rel;
  }

  Rel ConvertProjection(LogicalOperator& op) {
    Rel rel = ConvertOperator(*op.children[0]);
    make_.PrepareFor(Pointers(op.expressions), false, true, &rel);
    const auto bindings = op.GetColumnBindings();
    std::vector<RelColumn> columns;
    for (size_t i = 0; i < op.expressions.size(); i++) {
      ExpressionPtr expression = std::move(op.expressions[i]);
      RelColumn column{bindings[i], nullptr, expression->GetName()};
      if (const auto binding = BindingOf(*expression)) {
        const RelColumn& below = *rel.Find(*binding);
        if (!expression->HasAlias()) column.name = below.name;
        column.same_as = below.same_as;
      }
      rel.Substitute(expression);
      column.expression = std::move(expression);
      columns.push_back(std::move(column));
    }
    KeepCarried(rel, &columns);
    rel.columns = std::move(columns);
    return rel;
  }

  static void KeepCarried(const Rel& from, std::vector<RelColumn>* columns) {
    const size_t named = columns->size();
    for (const RelColumn& column : from.columns) {
      const auto same = [&](const RelColumn& other) { return other.binding == column.binding; };
      const auto end = columns->begin() + static_cast<ptrdiff_t>(named);
      if (column.carried > 0 && std::none_of(columns->begin(), end, same)) columns->push_back(column.Copy());
    }
  }

  Rel ConvertFilter(LogicalOperator& op) {
    Rel rel = ConvertOperator(*op.children[0]);
    // A filter that looks at what is computed runs after it; one that looks at plain columns before, so that nothing is
    // computed in vain.
    make_.PrepareFor(Pointers(op.expressions), true, false, &rel);
    for (auto& expression : op.expressions) {
      rel.Substitute(expression);
      rel.filters.push_back(std::move(expression));
    }
    Keep(op.GetColumnBindings(), &rel);
    return rel;
  }

  // Keeps the columns that are named, in that order, and those that are carried.
  static void Keep(const duckdb::vector<duckdb::ColumnBinding>& bindings, Rel* rel) {
    std::vector<RelColumn> kept;
    for (const duckdb::ColumnBinding& binding : bindings) kept.push_back(rel->Find(binding)->Copy());
    KeepCarried(*rel, &kept);
    rel->columns = std::move(kept);
  }

  Rel ConvertUnnest(duckdb::LogicalUnnest& op) {
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
  Rel ConvertUnnestFunction(duckdb::LogicalGet& get) {
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

  struct UnnestedList {
    duckdb::ColumnBinding binding;  // of the elements
    ExpressionPtr list;             // over the Rel's columns
    duckdb::LogicalType element;
    std::string name;
  };

  void AddUnnest(std::vector<UnnestedList> unnested, Rel* rel) {
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

  // The left side of a lateral join that is being converted, until its DELIM_GET takes it.
  struct Lateral {
    Rel left;
    std::vector<RelColumn> visible;  // the DELIM_GET's columns, over left's node
    bool taken = false;
  };

  Rel ConvertLateral(duckdb::LogicalComparisonJoin& op) {
    const size_t side = op.delim_flipped ? 1 : 0;
    if (op.join_type != duckdb::JoinType::INNER || op.predicate) throw NotStreamable{NameOf(op)};
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

  // DuckDB numbers the rows of the left side to find them again; here each is at hand, and the number is never looked
  // at.
  Rel ConvertRowNumber(LogicalOperator& op) {
    if (left_depth_ == 0) throw NotStreamable{NameOf(op), FirstOffset(op)};
    for (const auto& expression : op.expressions) {
      if (expression->GetExpressionType() != duckdb::ExpressionType::WINDOW_ROW_NUMBER) throw NotStreamable{NameOf(op)};
    }
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
  void AddConditions(duckdb::vector<duckdb::JoinCondition>& conditions, Rel* rel) {
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

  static bool LeadsBack(const duckdb::JoinCondition& condition, Rel& rel) {
    if (condition.comparison != duckdb::ExpressionType::COMPARE_NOT_DISTINCT_FROM) return false;
    const auto left = BindingOf(*condition.left), right = BindingOf(*condition.right);
    if (!left || !right) return false;
    return rel.Find(*right)->same_as == left || rel.Find(*left)->same_as == right;
  }

  // The column that an expression is, if it is nothing more.
  static std::optional<duckdb::ColumnBinding> BindingOf(const Expression& expression) {
    if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) return std::nullopt;
    return expression.Cast<duckdb::BoundColumnRefExpression>().binding;
  }

  Rel ConvertDelimGet(duckdb::LogicalDelimGet& op) {
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
  Rel ConvertBeside(LogicalOperator& op) {
    const bool crossed = op.type == LogicalOperatorType::LOGICAL_CROSS_PRODUCT;
    if (!crossed && op.Cast<duckdb::LogicalJoin>().join_type != duckdb::JoinType::INNER)
      throw NotStreamable{NameOf(op)};
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

  void AddFilter(ExpressionPtr condition, Rel* rel) {
    make_.PrepareFor({condition.get()}, true, false, rel);
    rel->Substitute(condition);
    rel->filters.push_back(std::move(condition));
  }

  // Operators over one row without columns, each of which makes its rows from those of the one below.
  static bool IsMadeFromNothing(const LogicalOperator& op) {
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

  // One row without columns, or the stream that takes its place.
  Rel ConvertOneRow() {
    if (!beside_) return ConvertRows({ExpressionList()}, {}, {});
    Rel rel = std::move(*beside_);
    beside_.reset();
    return rel;
  }

  // The column of a scan that has none.
  static RelColumn NoColumn(const duckdb::ColumnBinding& binding) {
    return {binding,
            duckdb::make_uniq<duckdb::BoundConstantExpression>(
                duckdb::Value(duckdb::LogicalType(duckdb::LogicalType::INTEGER))),
            ""};
  }

  Rel ConvertUnion(duckdb::LogicalSetOperation& op) {
    if (!op.setop_all)
      throw NotStreamable{"UNION without ALL would keep every row to find duplicates: it is not supported on a stream"};
    PlanNode node;
    node.position = make_.QueryPosition();
    op.ResolveOperatorTypes();
    for (auto& child : op.children) {
      Rel rel = ConvertOperator(*child);
      make_.Shape(&rel, false);
      node.inputs.push_back(rel.node);
      if (node.schema.empty()) node.schema = WithoutNotNull(make_.SchemaOf(rel.node));
    }
    node.op = UnionAllNode{};
    return make_.Wrap(make_.Add(std::move(node)), op.GetColumnBindings());
  }

  static Schema WithoutNotNull(Schema schema) {
    for (Column& column : schema) column.not_null = false;
    return schema;
  }

  Rel ConvertCte(duckdb::LogicalMaterializedCTE& op) {
    Rel rel = ConvertOperator(*op.children[0]);
    make_.Shape(&rel, false);
    ctes_[op.table_index] = rel.node;
    return ConvertOperator(*op.children[1]);
  }

  Rel ConvertCteRef(duckdb::LogicalCTERef& op) {
    const auto found = ctes_.find(op.cte_index);
    if (found == ctes_.end()) throw NotStreamable{"WITH RECURSIVE over a stream never ends: it is not supported"};
    return make_.Wrap(found->second, op.GetColumnBindings());
  }

  Rel ConvertRows(std::vector<ExpressionList> rows, const duckdb::vector<duckdb::LogicalType>& types,
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

  Rel ConvertValues(duckdb::LogicalExpressionGet& op) {
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

  Rel ConvertCollection(duckdb::LogicalColumnDataGet& op) {
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

  const std::function<NodeId(const std::string&)>& node_of_;
  NodeMaker make_;
  std::map<duckdb::idx_t, NodeId> ctes_;
  std::vector<Lateral> laterals_;
  std::optional<Rel> beside_;  // a stream that takes the place of the next row without columns
  int left_depth_ = 0;         // of lateral joins whose left sides are being converted
};

}  // namespace

void CollectColumns(LogicalOperator& op, ScannedColumns* columns) {
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
    problems->Add(refused.offset.value_or(offset), refused.what);
  } catch (const std::exception& exception) {
    problems->AddException(exception, nullptr, offset);
  }
  return std::nullopt;
}

}  // namespace laminar::sql
