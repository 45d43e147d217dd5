// What the aggregate functions of our own have in common. Private to their .cc files.
#pragma once

#include <memory>
#include <string>

#include "duck/own_aggregates.h"

namespace duckdb {
class AggregateFunction;
struct FunctionData;
struct LogicalType;
}  // namespace duckdb

namespace laminar {

// A call of `function`, which takes one argument.
AggregateExpression CallOwnAggregate(duckdb::AggregateFunction function, AggregateExpression argument,
                                     std::unique_ptr<duckdb::FunctionData> bind_data = nullptr);

// Whether finalize leaves the state as it is, as it does for all of ours.
bool IsOwnAggregate(const duckdb::AggregateFunction& function);

}  // namespace laminar
