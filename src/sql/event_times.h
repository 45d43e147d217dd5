// Which columns of the plan's nodes are event times (PlanNode::times), and which column of a source a time comes from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "duckdb.hpp"

#include "stream/plan.h"

namespace laminar::sql {

// An expression that follows a column in time: between the column's value - lag_micros and + ahead_micros, and monotone
// in it. A cast, a truncation (date_trunc, time_bucket, CAST AS DATE), plus or minus a constant, the start or end of a
// tumbling window.
struct FollowedTime {
  size_t column = 0;  // of the input
  int64_t lag_micros = 0, ahead_micros = 0;
};
std::optional<FollowedTime> FollowsTime(const duckdb::Expression& expression);

// Whether times of that type can be event times of operators: TIMESTAMP and TIMESTAMPTZ, which count microseconds.
bool IsMicros(const duckdb::LogicalType& type);
// Times of coarser or finer count: DATE, TIMESTAMP_S, _MS, _NS.
bool IsOtherTime(const duckdb::LogicalType& type);

// Fills `times` and `order_column` of a node from its operator and its inputs, which are in the plan.
void FindTimes(const StreamPlan& plan, PlanNode* node);

// The columns of sources that a node's column comes from (several behind UNION ALL); empty if it is computed otherwise.
struct TimeOrigin {
  NodeId source = 0;
  std::string table, column;
};
std::vector<TimeOrigin> OriginsOf(const StreamPlan& plan, NodeId node, size_t column);

// The sources that a node reads, directly or not, as long as no operator between gives rows a time of their own.
std::vector<NodeId> SourcesBelow(const StreamPlan& plan, NodeId node);

}  // namespace laminar::sql
