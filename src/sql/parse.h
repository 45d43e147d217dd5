// One statement through DuckDB's parser, made ready for the rest: positions point into the script, bare DECIMAL is
// DECIMAL(38,10).
#pragma once

#include <functional>
#include <string>

#include "duckdb.hpp"

#include "sql/prepare.h"
#include "sql/problems.h"

namespace laminar::sql {

// Whether a table of the script has a column of that name (in lower case).
using IsColumn = std::function<bool(const std::string&)>;

// nullptr: a problem has been added, or the text is empty. is_column: for the hint of a syntax error.
duckdb::unique_ptr<duckdb::SQLStatement> ParseStatement(duckdb::ClientContext& context, const EditedText& sql,
                                                        Problems* problems, const IsColumn& is_column = nullptr);

// Done by ParseStatement for queries; for the expressions and types of a CREATE TABLE the caller does it.
void AdaptNode(duckdb::QueryNode& node, const EditedText& sql);
void AdaptExpression(duckdb::unique_ptr<duckdb::ParsedExpression>& expression, const EditedText& sql);
duckdb::LogicalType AdaptType(const duckdb::LogicalType& type, const EditedText& sql);

}  // namespace laminar::sql
