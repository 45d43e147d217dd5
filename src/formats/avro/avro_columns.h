// The correspondence of Avro's types and DuckDB's: columns for a schema, and a schema for columns.
#pragma once

#include <string>

#include "duck/schema.h"
#include "formats/avro/avro_schema.h"

namespace duckdb {
struct LogicalType;
}

namespace laminar {

// The type that a field of that type becomes where nobody says otherwise: JSON for a union of several types and for
// what holds itself.
TypeRef ColumnTypeOf(const AvroNode& node);

// A column for each field.
Schema ColumnsOf(const AvroSchema& schema);

// The text of a schema for rows of these columns: a record `Row`, each field nullable unless its column is NOT NULL.
// kUser: a column's name is no Avro name, or its type has no form in Avro.
Result<std::string> SchemaOf(const Schema& columns);

}  // namespace laminar
