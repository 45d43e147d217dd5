// Casts of whole columns, by DuckDB's own rules, that find the values which stand in their way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "duck/database.h"

namespace duckdb {
class Vector;
struct LogicalType;
}  // namespace duckdb

namespace laminar {

struct BadCast {
  uint32_t row = 0;
  std::string reason;  // "Could not convert string 'abc' to INT32"
};

// Whether every value of one type has one in the other, also at the extremes: true only where that is well known.
bool NeverFails(const duckdb::LogicalType& from, const duckdb::LogicalType& to);

// Casts the first `count` values of `from` to the type of `to`, which is empty. A value that cannot be cast becomes
// NULL and is appended to `bad`, in the order of the rows. Error: DuckDB failed for reasons of its own (memory).
Status CastColumn(DuckSession* session, duckdb::Vector* from, size_t count, duckdb::Vector* to,
                  std::vector<BadCast>* bad);

}  // namespace laminar
