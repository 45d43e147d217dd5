#include "sql/aggregate_plan.h"

#include <functional>
#include <map>
#include <set>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_case_expression.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "base/check.h"
#include "duck/own_aggregates.h"
#include "duck/own_finals.h"

namespace laminar::sql {
namespace {

using duckdb::BoundAggregateExpression;
using duckdb::Expression;
using duckdb::LogicalType;

ExpressionPtr Take(std::unique_ptr<Expression> expression) {
  return ExpressionPtr(expression.release());
}

ExpressionPtr Reference(std::string name, const LogicalType& type, size_t column) {
  return duckdb::make_uniq<duckdb::BoundReferenceExpression>(std::move(name), type, column);
}

// A call of DuckDB's own function, whatever the script calls so.
ExpressionPtr BindAggregate(duckdb::ClientContext& context, const std::string& name, ExpressionPtr argument) {
  auto& entry = duckdb::Catalog::GetSystemCatalog(context).GetEntry<duckdb::AggregateFunctionCatalogEntry>(
      context, DEFAULT_SCHEMA, name);
  duckdb::vector<ExpressionPtr> arguments;
  arguments.push_back(std::move(argument));
  duckdb::FunctionBinder binder(context);
  duckdb::ErrorData error;
  const duckdb::optional_idx best = binder.BindFunction(name, entry.functions, arguments, error);
  if (!best.IsValid()) error.Throw();
  return binder.BindAggregateFunction(entry.functions.GetFunctionByOffset(best.GetIndex()), std::move(arguments));
}

ExpressionPtr BindScalar(duckdb::ClientContext& context, const std::string& name,
                         duckdb::vector<ExpressionPtr> arguments, bool is_operator = false) {
  duckdb::FunctionBinder binder(context);
  duckdb::ErrorData error;
  auto bound = binder.BindScalarFunction(DEFAULT_SCHEMA, name, std::move(arguments), error, is_operator);
  if (!bound) error.Throw();
  return bound;
}

// CASE WHEN filter THEN value END; no filter: value.
ExpressionPtr Where(const ExpressionPtr& filter, ExpressionPtr value) {
  if (!filter) return value;
  auto null = duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(value->return_type));
  return duckdb::make_uniq<duckdb::BoundCaseExpression>(filter->Copy(), std::move(value), std::move(null));
}

// The aggregate that makes f(a and b) of f(a) and f(b), whatever their order; nullptr: there is none. Of one argument,
// of which NULLs count for nothing.
const char* MergeOf(const BoundAggregateExpression& call) {
  static const std::map<std::string, const char*> kMerges = {
      {"sum", "sum"},       {"sum_no_overflow", "sum"}, {"fsum", "fsum"},       {"kahan_sum", "fsum"},
      {"sumkahan", "fsum"}, {"count_if", "sum"},        {"countif", "sum"},     {"min", "min"},
      {"max", "max"},       {"bool_and", "bool_and"},   {"bool_or", "bool_or"}, {"bit_and", "bit_and"},
      {"bit_or", "bit_or"}, {"bit_xor", "bit_xor"},     {"product", "product"}};
  if (call.children.size() != 1) return nullptr;
  const auto found = kMerges.find(call.function.name);
  return found == kMerges.end() ? nullptr : found->second;
}

// Of one argument, of which NULLs count for nothing.
bool IgnoresNulls(const BoundAggregateExpression& call) {
  static const std::set<std::string> kNames = {"count", "avg", "mean", "favg", "approx_count_distinct"};
  return MergeOf(call) != nullptr ||
         (call.children.size() == 1 && (kNames.contains(call.function.name) || IsMomentsFunction(call.function.name)));
}

// The rows that an aggregate keeps: fields, each once.
class Fields {
 public:
  size_t Add(const Expression& expression) {
    for (size_t i = 0; i < list_.size(); i++) {
      if (!expression.IsVolatile() && list_[i]->Equals(expression)) return i;
    }
    list_.push_back(expression.Copy());
    return list_.size() - 1;
  }
  std::optional<size_t> Find(const Expression& expression) const {
    for (size_t i = 0; i < list_.size(); i++) {
      if (list_[i]->Equals(expression)) return i;
    }
    return std::nullopt;
  }
  size_t size() const { return list_.size(); }
  // STRUCT(f0, f1, ...)
  ExpressionPtr Pack(duckdb::ClientContext& context) {
    for (size_t i = 0; i < list_.size(); i++) list_[i]->SetAlias("f" + std::to_string(i));
    return BindScalar(context, "struct_pack", std::move(list_));
  }
  ExpressionPtr TakeOnly() {
    CHECK(list_.size() == 1);
    return std::move(list_[0]);
  }

 private:
  duckdb::vector<ExpressionPtr> list_;
};

bool IsDescending(const duckdb::BoundOrderByNode& node) {
  return node.type == duckdb::OrderType::DESCENDING;
}
bool HasNullsFirst(const duckdb::BoundOrderByNode& node) {
  return node.null_order == duckdb::OrderByNullType::NULLS_FIRST;
}

class AggregatePlanner {
 public:
  AggregatePlanner(duckdb::ClientContext& context, size_t first_payload, size_t first_partial, size_t first_result,
                   const Expression& time, const Expression* order)
      : context_(context),
        first_payload_(first_payload),
        first_partial_(first_partial),
        first_result_(first_result),
        time_(time),
        order_(order) {}

  void Plan(ExpressionPtr expression) {
    // DuckDB's binder gives the call itself no place; then that of its first argument that has one.
    location_ = duckdb::optional_idx();
    if (const auto offset = OffsetOf(*expression)) location_ = *offset;
    auto& call = expression->Cast<BoundAggregateExpression>();
    const LogicalType type = call.return_type;
    const ExpressionPtr filter = std::move(call.filter);
    const auto order_bys = std::move(call.order_bys);
    const bool distinct = call.IsDistinct() && call.function.GetDistinctDependent() !=
                                                   duckdb::AggregateDistinctDependent::NOT_DISTINCT_DEPENDENT;
    call.aggr_type = duckdb::AggregateType::NON_DISTINCT;
    ExpressionPtr final = distinct ? OfDistinct(call, filter, order_bys.get()) : InParts(call, filter);
    if (!final) final = OfRows(call, filter, order_bys.get());
    CHECK_MSG(final->return_type == type, call.ToString().c_str());
    final->SetAlias(expression->GetAlias());
    final->SetQueryLocation(location_);
    plan_.finals.push_back(std::move(final));
  }

  AggregatePlan TakePlan() { return std::move(plan_); }

 private:
  using Merge = std::function<ExpressionPtr(ExpressionPtr result)>;

  // A reference to the payload column that is `expression`.
  ExpressionPtr Payload(ExpressionPtr expression) {
    size_t i = 0;
    while (i < plan_.payload.size() && (expression->IsVolatile() || !plan_.payload[i]->Equals(*expression))) i++;
    auto reference = Reference(expression->GetName(), expression->return_type, first_payload_ + i);
    reference->SetQueryLocation(expression->GetQueryLocation());
    if (i == plan_.payload.size()) plan_.payload.push_back(std::move(expression));
    return reference;
  }

  // A reference to the result of `aggregate`, which is over payload columns.
  ExpressionPtr Part(ExpressionPtr aggregate, const Merge& merge) {
    size_t i = 0;
    while (i < plan_.aggregates.size() && !plan_.aggregates[i]->Equals(*aggregate)) i++;
    const LogicalType type = aggregate->return_type;
    if (i == plan_.aggregates.size()) {
      aggregate->SetQueryLocation(location_);
      ExpressionPtr merged = merge(Reference(aggregate->GetName(), type, first_partial_ + i));
      CHECK_MSG(merged->return_type == type, merged->ToString().c_str());
      merged->SetQueryLocation(location_);
      plan_.aggregates.push_back(std::move(aggregate));
      plan_.merges.push_back(std::move(merged));
    }
    return Reference(plan_.aggregates[i]->GetName(), type, first_result_ + i);
  }

  ExpressionPtr Count(ExpressionPtr payload) {
    return Part(BindAggregate(context_, "count", std::move(payload)), MergeCounts());
  }
  static Merge MergeCounts() {
    return [](ExpressionPtr counts) { return Take(SumCounts(std::move(counts))); };
  }

  // One number for each part, or a few. nullptr: it takes more than that.
  ExpressionPtr InParts(BoundAggregateExpression& call, const ExpressionPtr& filter) {
    const std::string& name = call.function.name;
    if (name == "count_star") {
      if (!filter) return Part(call.Copy(), MergeCounts());
      return Count(Payload(Where(filter, duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(true)))));
    }
    if (call.children.size() != 1) return nullptr;
    const LogicalType& argument = call.children[0]->return_type;
    if (name == "count") return Count(PayloadOf(call, filter));
    if (const char* merge = MergeOf(call)) return Merged(call, filter, merge);
    if ((name == "avg" || name == "mean" || name == "favg") && call.return_type == LogicalType::DOUBLE &&
        argument.IsNumeric()) {
      return Average(name == "favg" ? "fsum" : "sum", PayloadOf(call, filter));
    }
    if (IsMomentsFunction(name) && argument == LogicalType::DOUBLE) {
      const auto merge = [](ExpressionPtr moments) { return Take(MergeMoments(std::move(moments))); };
      return Take(MomentsResult(name, Part(Take(Moments(PayloadOf(call, filter))), merge)));
    }
    return nullptr;
  }

  ExpressionPtr PayloadOf(const BoundAggregateExpression& call, const ExpressionPtr& filter) {
    return Payload(Where(filter, call.children[0]->Copy()));
  }

  ExpressionPtr Merged(BoundAggregateExpression& call, const ExpressionPtr& filter, const std::string& name) {
    const Merge merge = [&](ExpressionPtr result) { return BindAggregate(context_, name, std::move(result)); };
    const LogicalType& type = call.return_type;
    if (merge(Reference("", type, 0))->return_type != type) return nullptr;
    auto part = call.Copy();
    part->Cast<BoundAggregateExpression>().children[0] = PayloadOf(call, filter);
    return Part(std::move(part), merge);
  }

  ExpressionPtr Average(const std::string& sum, ExpressionPtr payload) {
    const Merge merge = [&](ExpressionPtr result) { return BindAggregate(context_, sum, std::move(result)); };
    duckdb::vector<ExpressionPtr> operands;
    operands.push_back(Part(BindAggregate(context_, sum, payload->Copy()), merge));
    operands.push_back(Count(std::move(payload)));
    for (auto& operand : operands)
      operand = duckdb::BoundCastExpression::AddCastToType(context_, std::move(operand), LogicalType::DOUBLE);
    return BindScalar(context_, "/", std::move(operands), true);
  }

  // f(DISTINCT x): of the set of x. approx_count_distinct is of it, too: its sketch has no parts that are values.
  ExpressionPtr OfDistinct(BoundAggregateExpression& call, const ExpressionPtr& filter,
                           const duckdb::BoundOrderModifier* order_bys) {
    CollectedRows rows;
    rows.is_struct = !IgnoresNulls(call);
    Fields fields;
    ReferToFields(call, &fields);
    if (call.function.GetOrderDependent() == duckdb::AggregateOrderDependent::ORDER_DEPENDENT) {
      if (order_bys != nullptr) {
        for (const auto& node : order_bys->orders) {
          const auto field = fields.Find(*node.expression);
          if (!field) {
            throw duckdb::BinderException(
                *node.expression, "In a DISTINCT aggregate, ORDER BY expressions must appear in the argument list");
          }
          rows.order.push_back({*field, IsDescending(node), HasNullsFirst(node)});
        }
      }
      for (size_t field = 0; field < fields.size(); field++) rows.order.push_back({field, false, false});
    }
    ExpressionPtr value = rows.is_struct ? fields.Pack(context_) : fields.TakeOnly();
    const auto merge = [](ExpressionPtr lists) { return Take(MergeDistinctValues(std::move(lists))); };
    auto set = Part(Take(DistinctValues(Payload(Where(filter, std::move(value))))), merge);
    if (call.function.name != "count") return Take(ApplyAggregate(call, std::move(rows), std::move(set)));
    duckdb::vector<ExpressionPtr> arguments;
    arguments.push_back(std::move(set));
    return BindScalar(context_, "len", std::move(arguments));
  }

  // Of all rows: their arguments, and what orders them where that matters.
  ExpressionPtr OfRows(BoundAggregateExpression& call, const ExpressionPtr& filter,
                       const duckdb::BoundOrderModifier* order_bys) {
    if (call.function.name == "approx_count_distinct") return OfDistinct(call, filter, nullptr);
    CollectedRows rows;
    Fields fields;
    ReferToFields(call, &fields);
    const size_t arguments = fields.size();
    if (call.function.GetOrderDependent() == duckdb::AggregateOrderDependent::ORDER_DEPENDENT) {
      if (order_bys != nullptr) {
        for (const auto& node : order_bys->orders)
          rows.order.push_back({fields.Add(*node.expression), IsDescending(node), HasNullsFirst(node)});
      }
      rows.order.push_back({fields.Add(time_), false, false});
      if (order_ != nullptr) {
        rows.order.push_back({fields.Add(*order_), false, false});
      } else {
        // Nothing says in which order the rows of one time came; so it must not matter.
        for (size_t field = 0; field < arguments; field++) rows.order.push_back({field, false, false});
      }
    }
    const auto merge = [](ExpressionPtr lists) { return Take(MergeCollectedRows(std::move(lists))); };
    auto list = Part(Take(CollectRows(Payload(Where(filter, fields.Pack(context_))))), merge);
    return Take(ApplyAggregate(call, std::move(rows), std::move(list)));
  }

  // Makes the arguments of the call fields; but for constants behind the first: no row need repeat them.
  static void ReferToFields(BoundAggregateExpression& call, Fields* fields) {
    for (auto& child : call.children) {
      if (fields->size() > 0 && child->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CONSTANT) continue;
      const size_t field = fields->Add(*child);
      child = Reference(child->GetName(), child->return_type, field);
    }
  }

  duckdb::ClientContext& context_;
  const size_t first_payload_, first_partial_, first_result_;
  const Expression& time_;
  const Expression* const order_;
  duckdb::optional_idx location_;  // of the call that is being planned
  AggregatePlan plan_;
};

}  // namespace

AggregatePlan PlanAggregates(duckdb::ClientContext& context, std::vector<ExpressionPtr> calls, size_t first_payload,
                             size_t first_partial, size_t first_result, const Expression& time,
                             const Expression* order) {
  AggregatePlanner planner(context, first_payload, first_partial, first_result, time, order);
  for (ExpressionPtr& call : calls) planner.Plan(std::move(call));
  return planner.TakePlan();
}

}  // namespace laminar::sql
