// DuckDB's optimised plan of a query -> nodes of the streaming plan.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "duckdb.hpp"

#include "sql/bind.h"
#include "sql/problems.h"
#include "stream/plan.h"

namespace laminar::sql {

// Table -> the columns of it that a plan scans: what its SourceNode must yield.
using ScannedColumns = std::map<std::string, std::set<std::string>>;
void CollectColumns(duckdb::LogicalOperator& plan, ScannedColumns* columns);

// Appends the nodes of `bound` (taken apart by it) to `plan`; the last one yields the query's columns, named `names`.
// node_of: the node whose rows are those of a table of the catalogue. A plan that has an operator of another kind than
// the stream knows: a problem at `offset`, and an empty result.
std::optional<NodeId> ConvertQuery(BoundQuery& bound, const std::function<NodeId(const std::string& table)>& node_of,
                                   size_t offset, StreamPlan* plan, Problems* problems);

}  // namespace laminar::sql
