// What stands where a condition must: WHERE, HAVING, QUALIFY, FILTER, ON.
#pragma once

namespace duckdb {
class ClientContext;
class QueryNode;
}  // namespace duckdb

namespace laminar::sql {

// Makes the function known to DuckDB by which MarkConditions works. Idempotent.
void RegisterConditionFunction(duckdb::ClientContext& context);

// Has DuckDB's binder refuse, with the place, conditions that are neither BOOLEAN nor a number: it would cast a text,
// and every row that says neither true nor false would fail. The last thing that is done to a parsed query.
void MarkConditions(duckdb::QueryNode& node);

}  // namespace laminar::sql
