// What the aggregate functions of our own have in common. Private to their .cc files.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "duck/one_row.h"
#include "duck/own_aggregates.h"

namespace duckdb {
class AggregateFunction;
struct FunctionData;
struct LogicalType;
}  // namespace duckdb

namespace laminar {

// A call of `function`, which takes one argument. one_row: what it gives for a row alone.
AggregateExpression CallOwnAggregate(duckdb::AggregateFunction function, AggregateExpression argument,
                                     std::unique_ptr<duckdb::FunctionData> bind_data = nullptr,
                                     OneRow one_row = OneRow::kUnknown);

// Of a function of ours: its one_row. Finalize leaves the state of all of them as it is. nullopt: DuckDB's.
std::optional<OneRow> OwnAggregate(const duckdb::AggregateFunction& function);

}  // namespace laminar
