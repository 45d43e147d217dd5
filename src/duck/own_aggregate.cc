#include "duck/own_aggregate.h"

#include "duckdb/function/aggregate_function.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"

namespace laminar {

namespace {

struct Ours final : duckdb::AggregateFunctionInfo {
  explicit Ours(OneRow one_row) : one_row(one_row) {}
  const OneRow one_row;
};

}  // namespace

AggregateExpression CallOwnAggregate(duckdb::AggregateFunction function, AggregateExpression argument,
                                     std::unique_ptr<duckdb::FunctionData> bind_data, OneRow one_row) {
  function.function_info = duckdb::make_shared_ptr<Ours>(one_row);
  function.SetOrderDependent(duckdb::AggregateOrderDependent::NOT_ORDER_DEPENDENT);
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> children;
  children.push_back(duckdb::unique_ptr<duckdb::Expression>(argument.release()));
  return std::make_unique<duckdb::BoundAggregateExpression>(
      std::move(function), std::move(children), nullptr, duckdb::unique_ptr<duckdb::FunctionData>(bind_data.release()),
      duckdb::AggregateType::NON_DISTINCT);
}

std::optional<OneRow> OwnAggregate(const duckdb::AggregateFunction& function) {
  const auto* const ours = dynamic_cast<const Ours*>(function.function_info.get());
  return ours ? std::optional(ours->one_row) : std::nullopt;
}

}  // namespace laminar
