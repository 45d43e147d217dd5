// Columns as Laminar's own headers name them; DuckDB's LogicalType appears only by forward declaration.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace duckdb {
struct LogicalType;
}

namespace laminar {

using TypeRef =
    std::shared_ptr<const duckdb::LogicalType>;  // shared: immutable, named by plans, decoders and encoders at once

struct Column {
  std::string name;  // as the user wrote it
  TypeRef type;
  bool not_null = false;
  // Where it stands among the columns that the table declares (computed ones are not counted): for formats without
  // names.
  uint32_t position = 0;
};

using Schema = std::vector<Column>;

TypeRef MakeType(const duckdb::LogicalType& type);
// A type by its SQL name, e.g. "DECIMAL(38,10)". CHECKs that it exists: for our own tables and tests.
TypeRef MakeType(const std::string& sql_name);
// "BIGINT", "DECIMAL(38,10)", "JSON"
std::string TypeName(const duckdb::LogicalType& type);

}  // namespace laminar
