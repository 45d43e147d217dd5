// duckdb_query THREADS SQL: runs one statement in DuckDB itself, the yardstick of the benchmarks: the same library that
// Laminar is linked to. The rows of a SELECT are fetched and forgotten, as a blackhole does.
#include <cstdio>
#include <string>

#include "duckdb.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: duckdb_query THREADS SQL\n", stderr);
    return 2;
  }
  duckdb::DuckDB database(nullptr);
  duckdb::Connection connection(database);
  for (const std::string& sql :
       {"SET threads = " + std::string(argv[1]), std::string("SET TimeZone = 'UTC'"), std::string(argv[2])}) {
    const auto result = connection.SendQuery(sql);
    while (!result->HasError() && result->Fetch()) {
    }
    if (result->HasError()) {
      std::fprintf(stderr, "duckdb_query: %s\n", result->GetError().c_str());
      return 1;
    }
  }
  return 0;
}
