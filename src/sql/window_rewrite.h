// Windows as users write them -> the functions of window_function.h, on the parsed tree:
//
//   TUMBLE_START(ts, INTERVAL '5' MINUTE)            tumble(ts, '00:05:00').start
//   tumble(INTERVAL '5 minutes')                     tumble(laminar_event_time(), '00:05:00')
//   window.start, where SELECT has ... AS window     the window's expression .start
//   GROUP BY w, 2, TUMBLE_START(...)                 the window itself, if that is what w, 2, ... are
//   window_start(), window_end()                     of the window in GROUP BY
//
// Lengths become literals, so that one window written in two ways is one expression for DuckDB's binder.
#pragma once

#include <span>

#include "duckdb.hpp"

#include "sql/problems.h"
#include "sql/tokens.h"

namespace laminar::sql {

// Rewrites every SELECT of the query. Problems: what is wrong with a window. tokens: of the statement.
void RewriteWindows(duckdb::ClientContext& context, duckdb::QueryNode& node, std::span<const Token> tokens,
                    Problems* problems);

// TUMBLE(...) in OVER (PARTITION BY ...) -> its end: rows of equal window have an equal end, which is an event time.
void PartitionByEnd(duckdb::unique_ptr<duckdb::ParsedExpression>* partition);

}  // namespace laminar::sql
