// The names of a query's columns that have no AS.
#pragma once

#include <span>
#include <string>

#include "sql/tokens.h"

namespace duckdb {
class QueryNode;
}

namespace laminar::sql {

// Gives every column of every SELECT that has neither a name nor is a column itself the text that the user wrote for
// it: count(*), TRIM(name) || '!'. DuckDB would show what it, or we, made of that. node: adapted (parse.h), and its
// windows rewritten. tokens: of its statement in `script`.
void NameColumns(const std::string& script, std::span<const Token> tokens, duckdb::QueryNode& node);

}  // namespace laminar::sql
