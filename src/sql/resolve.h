// Table names in a query -> what stands for them in DuckDB's plan.
#pragma once

#include "duckdb.hpp"

#include "sql/catalogue.h"
#include "sql/problems.h"

namespace laminar::sql {

struct Resolved {
  bool broken = false;  // uses a table whose definition has a problem that is reported already
};

// Replaces each table of the catalogue by a scan of it (generated columns: by a subquery that computes them), each view
// by its query, and range() in FROM by an UNNEST. Marks the tables as read. Names of CTEs hide tables. Problems:
// unknown tables, sinks that are read, views that use each other in a circle. Nothing is left that DuckDB would look up
// in a catalogue or a file system.
Resolved ResolveTables(duckdb::QueryNode& node, Catalogue* catalogue, Problems* problems);

// Where the (resolved) query reads a table last.
std::optional<size_t> PlaceOfTable(duckdb::QueryNode& node, const std::string& table);

// FROM table, with its generated columns.
duckdb::unique_ptr<duckdb::TableRef> ScanWithGenerated(const Table& table);

}  // namespace laminar::sql
