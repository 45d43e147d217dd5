// An operator of DuckDB's plan becomes a Rel (rel.h). A projection over a Rel is put into it by substitution, as long
// as no computed column would then be computed twice.
#include "sql/convert.h"

#include <exception>
#include <utility>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_column_data_get.hpp"
#include "duckdb/planner/operator/logical_comparison_join.hpp"
#include "duckdb/planner/operator/logical_cteref.hpp"
#include "duckdb/planner/operator/logical_delim_get.hpp"
#include "duckdb/planner/operator/logical_distinct.hpp"
#include "duckdb/planner/operator/logical_expression_get.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_materialized_cte.hpp"
#include "duckdb/planner/operator/logical_set_operation.hpp"
#include "duckdb/planner/operator/logical_unnest.hpp"
#include "duckdb/planner/operator/logical_window.hpp"

#include "sql/converter.h"
#include "sql/over_call.h"

namespace laminar::sql {

using duckdb::Expression;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

std::string NameOf(const LogicalOperator& op) {
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_ORDER_BY:
    case LogicalOperatorType::LOGICAL_TOP_N:
      return "ORDER BY over a stream would wait for its end: it is not supported";
    case LogicalOperatorType::LOGICAL_LIMIT:
      return "LIMIT over a stream is not supported";
    case LogicalOperatorType::LOGICAL_DELIM_JOIN:
    case LogicalOperatorType::LOGICAL_DELIM_GET:
      return "this use of LATERAL or UNNEST is not supported yet";
    case LogicalOperatorType::LOGICAL_POSITIONAL_JOIN:
    case LogicalOperatorType::LOGICAL_ASOF_JOIN:
    case LogicalOperatorType::LOGICAL_DEPENDENT_JOIN:
      return "this kind of join is not supported on a stream";
    default:
      return "this cannot run on a stream yet: " + op.GetName();
  }
}

NodeId Converter::Convert(BoundQuery& bound) {
  PlaceWindowCalls(*bound.plan);
  Rel rel = ConvertOperator(*bound.plan);
  if (!keeps_hidden_) rel.DropHidden();
  Keep(bound.plan->GetColumnBindings(), &rel);
  CHECK(rel.columns.size() >= bound.names.size());
  for (size_t i = 0; i < bound.names.size(); i++) rel.columns[i].name = bound.names[i];
  make_.Shape(&rel, true);
  return rel.node;
}

namespace {

template <class Expressions>
std::vector<const Expression*> Pointers(const Expressions& expressions) {
  std::vector<const Expression*> pointers;
  for (const auto& expression : expressions) pointers.push_back(expression.get());
  return pointers;
}

// The column of a scan that has none.
RelColumn NoColumn(const duckdb::ColumnBinding& binding) {
  return {binding,
          duckdb::make_uniq<duckdb::BoundConstantExpression>(
              duckdb::Value(duckdb::LogicalType(duckdb::LogicalType::INTEGER))),
          ""};
}

}  // namespace

Rel Converter::ConvertOperator(LogicalOperator& op) {
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
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
      return ConvertAggregate(op.Cast<duckdb::LogicalAggregate>());
    case LogicalOperatorType::LOGICAL_DISTINCT:
      return ConvertDistinct(op.Cast<duckdb::LogicalDistinct>());
    case LogicalOperatorType::LOGICAL_WINDOW:
      return left_depth_ > 0 && IsRowNumber(op) ? ConvertRowNumber(op) : ConvertOver(op.Cast<duckdb::LogicalWindow>());
    case LogicalOperatorType::LOGICAL_DELIM_JOIN:
      return ConvertLateral(op.Cast<duckdb::LogicalComparisonJoin>());
    case LogicalOperatorType::LOGICAL_DELIM_GET:
      return ConvertDelimGet(op.Cast<duckdb::LogicalDelimGet>());
    case LogicalOperatorType::LOGICAL_CROSS_PRODUCT:
    case LogicalOperatorType::LOGICAL_ANY_JOIN:
    case LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
    case LogicalOperatorType::LOGICAL_POSITIONAL_JOIN:
    case LogicalOperatorType::LOGICAL_ASOF_JOIN:
      return ConvertJoin(op);
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

Rel Converter::ConvertBelowTime(LogicalOperator& op) {
  const bool keeps_hidden = std::exchange(keeps_hidden_, true);
  Rel rel = ConvertOperator(op);
  keeps_hidden_ = keeps_hidden;
  return rel;
}

std::optional<size_t> Converter::FirstOffset(const LogicalOperator& op) {
  for (const auto& expression : op.expressions) {
    if (const auto offset = OffsetOf(*expression)) return offset;
  }
  return std::nullopt;
}

Rel Converter::ConvertProjection(LogicalOperator& op) {
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

void Converter::KeepCarried(const Rel& from, std::vector<RelColumn>* columns) {
  const size_t named = columns->size();
  for (const RelColumn& column : from.columns) {
    const auto same = [&](const RelColumn& other) { return other.binding == column.binding; };
    const auto end = columns->begin() + static_cast<ptrdiff_t>(named);
    if (column.carried > 0 && std::none_of(columns->begin(), end, same)) columns->push_back(column.Copy());
  }
}

Rel Converter::ConvertFilter(LogicalOperator& op) {
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

void Converter::AddFilter(ExpressionPtr condition, Rel* rel) {
  make_.PrepareFor({condition.get()}, true, false, rel);
  rel->Substitute(condition);
  rel->filters.push_back(std::move(condition));
}

void Converter::Keep(const duckdb::vector<duckdb::ColumnBinding>& bindings, Rel* rel) {
  std::vector<RelColumn> kept;
  for (const duckdb::ColumnBinding& binding : bindings) kept.push_back(rel->Find(binding)->Copy());
  KeepCarried(*rel, &kept);
  rel->columns = std::move(kept);
}

std::optional<duckdb::ColumnBinding> Converter::BindingOf(const Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) return std::nullopt;
  return expression.Cast<duckdb::BoundColumnRefExpression>().binding;
}

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

bool NeedsEventTime(const LogicalOperator& op) {
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
    case LogicalOperatorType::LOGICAL_DISTINCT:
    case LogicalOperatorType::LOGICAL_WINDOW:
      return true;
    default:
      break;
  }
  for (size_t i = 0; i < op.children.size(); i++) {
    const LogicalOperator* child = op.children[i].get();
    // DuckDB numbers the rows of a lateral join's left side.
    if (op.type == LogicalOperatorType::LOGICAL_DELIM_JOIN && child->type == LogicalOperatorType::LOGICAL_WINDOW)
      child = child->children[0].get();
    if (NeedsEventTime(*child)) return true;
  }
  return false;
}

std::optional<NodeId> ConvertQuery(duckdb::ClientContext& context, BoundQuery& bound, const ConvertInput& input,
                                   StreamPlan* plan, Problems* problems) {
  try {
    Converter converter(context, input, plan, problems);
    NodeId node = 0;
    std::exception_ptr thrown;  // not all of it is an std::exception, which is what DuckDB's transactions catch
    context.RunFunctionInTransaction([&] {
      try {
        node = converter.Convert(bound);
      } catch (...) {
        thrown = std::current_exception();
      }
    });
    if (!thrown) return node;
    try {
      std::rethrow_exception(thrown);
    } catch (const NoEventTime& missing) {
      converter.AskForArrival(missing);
    }
  } catch (const Replan&) {
    throw;
  } catch (const NotStreamable& refused) {
    size_t offset = refused.offset.value_or(input.offset);
    if (!refused.word.empty()) offset = PlaceInOver(problems->script().text(), offset, refused.word);
    problems->Add(offset, refused.what, refused.hint);
  } catch (const std::exception& exception) {
    problems->AddException(exception, nullptr, input.offset);
  }
  return std::nullopt;
}

}  // namespace laminar::sql
