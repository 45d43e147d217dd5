#include "duck/own_aggregate.h"

#include "duckdb/function/aggregate_function.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"

namespace laminar {

namespace {

struct Ours final : duckdb::AggregateFunctionInfo {};

}  // namespace

AggregateExpression CallOwnAggregate(duckdb::AggregateFunction function, AggregateExpression argument,
                                     std::unique_ptr<duckdb::FunctionData> bind_data) {
  function.function_info = duckdb::make_shared_ptr<Ours>();
  function.SetOrderDependent(duckdb::AggregateOrderDependent::NOT_ORDER_DEPENDENT);
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> children;
  children.push_back(duckdb::unique_ptr<duckdb::Expression>(argument.release()));
  return std::make_unique<duckdb::BoundAggregateExpression>(
      std::move(function), std::move(children), nullptr, duckdb::unique_ptr<duckdb::FunctionData>(bind_data.release()),
      duckdb::AggregateType::NON_DISTINCT);
}

bool IsOwnAggregate(const duckdb::AggregateFunction& function) {
  return dynamic_cast<const Ours*>(function.function_info.get()) != nullptr;
}

}  // namespace laminar
