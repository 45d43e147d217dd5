// Windows of event time as DuckDB can answer them.
#pragma once

#include <string>

namespace laminar::sqltest {

// The text with every TUMBLE(time, size[, offset]) and TUMBLE_START of it as time_bucket(size, time, origin), and
// TUMBLE_END as that plus the size. All else stands as it is: TUMBLE(size) too.
std::string AsBatchSql(const std::string& sql);

}  // namespace laminar::sqltest
