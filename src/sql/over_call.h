// A bound call of a window function, taken apart: what the operators of OVER can do with it.
#pragma once

#include <string>

#include "duckdb.hpp"
#include "duckdb/planner/expression/bound_window_expression.hpp"
#include "duckdb/planner/logical_operator.hpp"

#include "stream/plan.h"

namespace laminar::sql {

// Gives each call in the plan the place where it stands in the script: DuckDB's binder keeps it only in the references
// to the call's result.
void PlaceWindowCalls(duckdb::LogicalOperator& plan);

// OverFunction::name.
std::string NameOfCall(const duckdb::BoundWindowExpression& call);
// As an error message names it: "count(*)", "lag()".
std::string TitleOfCall(const duckdb::BoundWindowExpression& call);

// Where a word (in lower case) stands inside the OVER (...) of the call at `call` in the script; `call` if it is not
// there: the window has a name and is written elsewhere.
size_t PlaceInOver(const std::string& script, size_t call, std::string_view word);

// Throws NotStreamable, at `offset`, for functions that need the rows after their own.
void CheckLooksBack(const duckdb::BoundWindowExpression& call, size_t offset);
// The frame of a call that is ordered by event time. Throws NotStreamable for one that is not ended by its own row.
Frame FrameOf(const duckdb::BoundWindowExpression& call, size_t offset);
// Whether its state is freed by the watermark; else its partitions are kept for ever, unless state.ttl says how long.
bool IsFreedByTime(const Frame& frame, const duckdb::BoundWindowExpression& call);

// RANGE BETWEEN x PRECEDING, which the binder has made a difference to the order column, becomes x again: for
// SqlOfCall.
void UndoRangeBounds(duckdb::BoundWindowExpression* call, size_t offset);
// The call as SQL (WindowedOverNode::functions). Its expressions are BoundReferences, which the text names c0, c1, ...
// Throws NotStreamable, at `offset`, for the functions whose constants DuckDB's binder has taken out of the call.
std::string SqlOfCall(const duckdb::BoundWindowExpression& call, size_t offset);

}  // namespace laminar::sql
