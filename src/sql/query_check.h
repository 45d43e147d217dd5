// What a query may not do on a stream, found on the parsed tree, where every clause still has its place in the text.
#pragma once

#include <span>

#include "duckdb.hpp"

#include "sql/problems.h"
#include "sql/tokens.h"

namespace laminar::sql {

// Adds a problem for each thing that needs state (aggregates, windows, joins, ORDER BY, LIMIT, ...), that reaches out
// of the pipeline (table functions, settings), or that is no query at all. tokens: of the statement, to point at
// clauses that DuckDB keeps no place for.
void CheckQuery(duckdb::ClientContext& context, duckdb::QueryNode& node, std::span<const Token> tokens,
                Problems* problems);

// The same for an expression that stands alone: a generated column.
void CheckExpression(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::ParsedExpression>& expression,
                     std::span<const Token> tokens, Problems* problems);

}  // namespace laminar::sql
