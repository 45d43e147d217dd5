// One statement through DuckDB's parser, made ready for the rest: positions point into the script, bare DECIMAL is
// DECIMAL(38,10).
#pragma once

#include "duckdb.hpp"

#include "sql/prepare.h"
#include "sql/problems.h"

namespace laminar::sql {

// nullptr: a problem has been added, or the text is empty.
duckdb::unique_ptr<duckdb::SQLStatement> ParseStatement(duckdb::ClientContext& context, const EditedText& sql,
                                                        Problems* problems);

// Done by ParseStatement for queries; for the expressions and types of a CREATE TABLE the caller does it.
void AdaptNode(duckdb::QueryNode& node, const EditedText& sql);
void AdaptExpression(duckdb::unique_ptr<duckdb::ParsedExpression>& expression, const EditedText& sql);
duckdb::LogicalType AdaptType(const duckdb::LogicalType& type, const EditedText& sql);

}  // namespace laminar::sql
