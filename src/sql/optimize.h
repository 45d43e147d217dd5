// DuckDB's optimiser, without what it gets wrong. The passes that assume a finite input are off already
// (duck/database.cc).
#pragma once

#include "duckdb.hpp"

namespace laminar::sql {

// Throws DuckDB's exceptions.
duckdb::unique_ptr<duckdb::LogicalOperator> Optimize(duckdb::Binder& binder, duckdb::ClientContext& context,
                                                     duckdb::unique_ptr<duckdb::LogicalOperator> plan);

}  // namespace laminar::sql
