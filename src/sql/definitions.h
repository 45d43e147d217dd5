// CREATE TABLE and CREATE VIEW into the catalogue.
#pragma once

#include "sql/catalogue.h"
#include "sql/parse.h"
#include "sql/problems.h"

namespace laminar::sql {

// A CREATE TABLE. `statement` is what DuckDB parsed of it, nullptr when it has no column list. Everything that is wrong
// with it becomes a problem; the table is added to the catalogue in any case (broken, then) unless its name is taken.
// is_inserted: the script inserts into it; without `type` and columns it is a sink then.
void DefineTable(duckdb::ClientContext& context, const PreparedStatement& prepared, duckdb::SQLStatement* statement,
                 bool is_inserted, const Registry& registry, Catalogue* catalogue, Problems* problems);

// A CREATE VIEW. Its query is kept as it is and checked by the caller.
void DefineView(duckdb::CreateStatement& statement, size_t offset, Catalogue* catalogue, Problems* problems);

// The value of an option as the user wrote it, found under any spelling that the specs know; nullptr.
const WrittenOption* FindOption(const std::vector<WrittenOption>& options, std::string_view name);

}  // namespace laminar::sql
