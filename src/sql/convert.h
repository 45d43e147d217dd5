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

// Whether a plan has operators of event time: aggregates, DISTINCT, OVER.
bool NeedsEventTime(const duckdb::LogicalOperator& plan);

// Thrown by ConvertQuery when a query shows the event time of a source that has none yet: the catalogue has it now, and
// all plans are to be made again.
struct Replan {};

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
  Catalogue* catalogue = nullptr;           // borrowed
  bool keeps_hidden = false;                // for other queries: the rows' hidden columns (rel.h) are kept
};

// Appends the nodes of `bound` (taken apart by it) to `plan`; the last one yields the query's columns, named `names`.
// A plan that cannot run on a stream: a problem, and an empty result.
std::optional<NodeId> ConvertQuery(duckdb::ClientContext& context, BoundQuery& bound, const ConvertInput& input,
                                   StreamPlan* plan, Problems* problems);

}  // namespace laminar::sql
