// now(), current_timestamp, current_date and their relatives: processing time in UTC from our own clock, one value per
// batch.
#pragma once

#include <cstdint>

namespace duckdb {
class ClientContext;
class DatabaseInstance;
}  // namespace duckdb

namespace laminar {

class Clock;

// Replaces DuckDB's own functions of that name, which the optimiser would fold into one constant per query, by volatile
// ones. now() returns TIMESTAMP, not TIMESTAMP WITH TIME ZONE. Throws DuckDB's exceptions; called once, by
// DuckDatabase.
void RegisterCurrentTimeFunctions(duckdb::DatabaseInstance& database);

// Gives a session its clock (borrowed, outlives the session). Required before the functions are evaluated in it.
void SetSessionClock(duckdb::ClientContext& context, const Clock* clock);

// Reads the clock: what the functions answer until the next call. Before the first call they read the clock at each
// evaluation.
void FreezeSessionTime(duckdb::ClientContext& context);

}  // namespace laminar
