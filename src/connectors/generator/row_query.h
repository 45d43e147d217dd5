// RowQuery: the SQL that makes a generator table's rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "connectors/connector.h"
#include "duck/database.h"

namespace laminar::generator {

// The query with its parameters: 1 = number of the first row, 2 = how many.
// What a column's own expression may use: i (BIGINT, the row's number from 0), r, r2 and r3 (DOUBLE, 0 <= r < 1, for
// each row and column another one, the same for the same seed), and every scalar function of SQL.
std::string RowQuery(const TableSpec& table);

// Whether columns without an expression of their own can be made up, and the others are right. Appends to `problems`.
void CheckColumns(const TableSpec& table, DuckSession* session, std::vector<Status>* problems);

}  // namespace laminar::generator
