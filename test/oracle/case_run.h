// Runs a random test and says how its results differ from DuckDB's.
#pragma once

#include <string>

#include "random_case.h"

namespace laminar::oracle {

// "": every run gave what DuckDB gives, and no row was late.
std::string DifferenceOf(const RandomCase& random_case);

// The test with as few rows as could be found in `attempts` runs while it still differs.
RandomCase Shrink(RandomCase random_case, int attempts);

}  // namespace laminar::oracle
