// DuckDB's optimised plan of a query -> nodes of the streaming plan.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "duckdb.hpp"

#include "sql/bind.h"
#include "sql/problems.h"
#include "stream/plan.h"

namespace laminar::sql {

// Table -> the columns of it that a plan scans: what its SourceNode must yield.
using ScannedColumns = std::map<std::string, std::set<std::string>>;
void CollectColumns(duckdb::LogicalOperator& plan, ScannedColumns* columns);

// What a query is converted with.
struct ConvertInput {
  size_t offset = 0;  // of the query in the script
  // The node whose rows are those of a table of the catalogue.
  std::function<NodeId(const std::string& table)> node_of;
  // Where the query's FROM names a table last.
  std::function<std::optional<size_t>(const std::string& table)> place_of;
  // Whether a source table ends by itself (Connector::IsBounded).
  std::function<bool(const std::string& table)> is_bounded;
  int64_t state_ttl_micros = 0;             // SET state.ttl; 0 = state is kept for ever
  std::vector<Status>* warnings = nullptr;  // borrowed
};

// Appends the nodes of `bound` (taken apart by it) to `plan`; the last one yields the query's columns, named `names`.
// A plan that cannot run on a stream: a problem, and an empty result.
std::optional<NodeId> ConvertQuery(duckdb::ClientContext& context, BoundQuery& bound, const ConvertInput& input,
                                   StreamPlan* plan, Problems* problems);

}  // namespace laminar::sql
