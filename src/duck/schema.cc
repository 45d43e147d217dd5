#include "duck/schema.h"

#include "duckdb/common/types.hpp"

#include "base/check.h"

namespace laminar {

TypeRef MakeType(const duckdb::LogicalType& type) {
  return std::make_shared<const duckdb::LogicalType>(type);
}

TypeRef MakeType(const std::string& sql_name) {
  if (sql_name == "JSON") return MakeType(duckdb::LogicalType::JSON());
  static duckdb::DuckDB* database = [] {  // never destroyed: only resolves names of types
    duckdb::DBConfig config;
    config.options.maximum_threads = 1;
    return new duckdb::DuckDB(nullptr, &config);
  }();
  duckdb::Connection connection(*database);
  const auto result = connection.Query("SELECT CAST(NULL AS " + sql_name + ")");
  CHECK_MSG(!result->HasError(), result->HasError() ? result->GetError().c_str() : "");
  return MakeType(result->types[0]);
}

std::string TypeName(const duckdb::LogicalType& type) {
  return type.ToString();
}

}  // namespace laminar
