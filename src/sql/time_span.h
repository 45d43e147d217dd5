// Lengths of time as a script writes them: INTERVAL '5' MINUTE, '5 minutes', to_days(7).
#pragma once

#include <optional>
#include <string>

#include "duckdb.hpp"

#include "sql/problems.h"
#include "stream/plan.h"

namespace laminar::sql {

// Whether an expression uses a column.
bool HasColumn(const duckdb::ParsedExpression& expression);

// The least position inside an expression, where its text begins as nearly as DuckDB says; nowhere: SIZE_MAX.
size_t LeftmostOffset(const duckdb::ParsedExpression& expression);

// The value of a constant expression. what: "the size of TUMBLE". Not constant, no interval, NULL, months beside days
// or hours, longer than kMostYears: a problem at the expression (else at fallback_offset) and an empty result. Any
// sign. Call it in a transaction of the context.
std::optional<TimeSpan> ReadTimeSpan(duckdb::ClientContext& context, const duckdb::ParsedExpression& expression,
                                     const std::string& what, size_t fallback_offset, Problems* problems);

// The longest window, gap, offset, frame or delay. Event times and a few such lengths add up without overflow.
inline constexpr int kMostYears = 1000;
bool IsShortEnough(const duckdb::interval_t& interval);

// As a literal.
duckdb::unique_ptr<duckdb::ParsedExpression> MakeInterval(const TimeSpan& span);

// INTERVAL '5 minutes': how users write it.
std::string IntervalText(const TimeSpan& span);

}  // namespace laminar::sql
