// DuckDB's -> and ->> bind weaker than AND, OR, NOT and comparisons on their left.
#pragma once

#include <span>

#include "duckdb.hpp"

#include "sql/problems.h"
#include "sql/tokens.h"

namespace laminar::sql {

// Adds a problem if the expression is an arrow that reads from a condition: nobody means that, and it would fail, or
// give NULL, row by row. tokens: of the statement, for the hint; may be empty.
void CheckArrow(const duckdb::ParsedExpression& expression, std::span<const Token> tokens, Problems* problems);

}  // namespace laminar::sql
