// DuckDB's binder and optimiser over one query of the script.
#pragma once

#include "duckdb.hpp"
#include "duckdb/planner/logical_operator.hpp"

#include "sql/catalogue.h"
#include "sql/problems.h"

namespace laminar::sql {

// INSERT INTO table (columns) query; a bare SELECT has no table.
struct Query {
  Table* target = nullptr;
  std::vector<NamedOffset> columns;  // the INSERT's column list; empty = all
  bool by_name = false;              // INSERT ... BY NAME
  duckdb::unique_ptr<duckdb::SelectStatement> select;
  size_t offset = 0;         // of the statement
  size_t target_offset = 0;  // of the table's name
};

struct BoundQuery {
  duckdb::shared_ptr<duckdb::Binder> binder;         // shared: DuckDB's own way to own it; it outlives the plan
  duckdb::unique_ptr<duckdb::LogicalOperator> plan;  // optimised; its columns are those of the target, in order
  std::vector<std::string> names;
  std::vector<Status> warnings;
};

// Binds the (resolved) query, casts its columns to those of the target, optimises. A target without a column list gets
// its columns here. nullptr plan: problems have been added.
BoundQuery BindQuery(duckdb::ClientContext& context, Query& query, Problems* problems);

}  // namespace laminar::sql
