// What a query may not do on a stream whatever its tables are, found on the parsed tree, where every clause still has
// its place in the text. What depends on event time and on tables that end is found when the bound plan is converted.
#pragma once

#include <span>

#include "duckdb.hpp"

#include "sql/problems.h"
#include "sql/tokens.h"

namespace laminar::sql {

// Adds a problem for each thing that would need the whole stream (ORDER BY, LIMIT, aggregates without GROUP BY, ...),
// that reaches out of the pipeline (table functions, settings), or that is no query at all. tokens: of the statement,
// to point at clauses that DuckDB keeps no place for.
void CheckQuery(duckdb::ClientContext& context, duckdb::QueryNode& node, std::span<const Token> tokens,
                Problems* problems);

// The same for an expression that stands alone: a generated column.
void CheckExpression(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::ParsedExpression>& expression,
                     std::span<const Token> tokens, Problems* problems);

}  // namespace laminar::sql
