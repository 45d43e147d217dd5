// The event times that CREATE TABLE declares, bound to the table's columns.
#pragma once

#include "duckdb.hpp"

#include "sql/catalogue.h"
#include "sql/problems.h"

namespace laminar::sql {

// Fills computed_time and bound_watermark of every table that declares an event time, and the type of a generated
// column that is one. Call it when all tables are known, before queries are resolved, in the catalogue's scope.
void BindEventTimes(duckdb::ClientContext& context, Catalogue* catalogue, Problems* problems);

// The same for an event time that was found in a query (Table::event_time_traced).
void BindTracedTime(duckdb::ClientContext& context, Table* table, Problems* problems);

// The columns that a source must decode for its event time.
std::vector<std::string> ColumnsOfEventTime(const Table& table);

}  // namespace laminar::sql
