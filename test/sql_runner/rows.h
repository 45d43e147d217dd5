// Compares what sinks got: JSON objects, one a line.
#pragma once

#include <string>
#include <vector>

#include "duck/schema.h"

namespace laminar::sqltest {

using Rows = std::vector<std::string>;

// "" if both hold the same rows, as often; else the first that the one has and the other has not. The columns of
// `schema` that are DOUBLE or FLOAT may differ by 1e-9 of the value (or by 1e-9 near 0), the text of all others may
// not.
std::string Difference(const Schema& schema, const Rows& expected, const Rows& actual, bool ordered);

}  // namespace laminar::sqltest
