// A TIMESTAMP of any precision as DuckDB writes it, also where DuckDB itself gives up.
#pragma once

#include <cstdint>
#include <string>

namespace laminar {

// seconds: since 1970, UTC; nanos: within the second. "2026-01-01 00:00:00.25", "290308-12-21 (BC) 19:59:05.224193";
// beyond the days that DuckDB has, the number of seconds. Never throws.
std::string TimestampText(int64_t seconds, int32_t nanos);

}  // namespace laminar
