// A random test: one shape of query, random tables, and how to run it. All of it comes from one seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shapes.h"
#include "test_file.h"

namespace laminar::oracle {

struct RunSettings {
  int workers;
  size_t batch_rows;
};

struct RandomCase {
  std::string shape;
  sqltest::TestFile test;  // the script, its inputs, the query for DuckDB
  std::vector<RunSettings> runs;
};

// shape: nullptr = the seed chooses; consecutive seeds go through all shapes.
RandomCase MakeCase(uint64_t seed, const Shape* shape);

// As a text test without expected rows: what to put into test/sql once it is small.
std::string AsTestFile(const RandomCase& random_case);

}  // namespace laminar::oracle
