// TUMBLE, HOP and SESSION as functions of DuckDB's, so that its binder and optimiser carry them to the GROUP BY that
// they belong to:
//
//   tumble(ts, size, offset)   hop(ts, size, slide, offset)   session(ts, gap)   -> STRUCT("start", "end" TIMESTAMP)
//   laminar_event_time()       the event time of the rows at hand; stands for ts where the user names no column
//
// The window_rewrite.h pass brings what users write into this form; lengths are literals then. tumble can be computed
// of a single row, the others only by an operator: evaluating them is a bug.
#pragma once

#include <optional>
#include <string>

#include "duckdb.hpp"

#include "stream/plan.h"

namespace laminar::sql {

inline constexpr const char* kTumble = "tumble";
inline constexpr const char* kHop = "hop";
inline constexpr const char* kSession = "session";
inline constexpr const char* kEventTime = "laminar_event_time";

// Makes them known to DuckDB. Idempotent.
void RegisterWindowFunctions(duckdb::ClientContext& context);

// A bound call.
struct WindowCall {
  WindowSpec spec;  // but its time_column
  const duckdb::Expression* time = nullptr;
};
std::optional<WindowCall> AsWindow(const duckdb::Expression& expression);

// window.start, window.end: the call is AsWindow(*window).
struct WindowBound {
  const duckdb::Expression* window = nullptr;
  bool is_end = false;
};
std::optional<WindowBound> AsWindowBound(const duckdb::Expression& expression);

bool IsEventTimeCall(const duckdb::Expression& expression);

// The most that a length can be.
int64_t MostMicros(const TimeSpan& span);

// "TUMBLE": how users write it.
std::string WindowName(WindowKind kind);

}  // namespace laminar::sql
