// Values of every type, extremes among them, for tests that write rows and read them back.
#pragma once

#include <string>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/value.hpp"

#include "base/random.h"
#include "duck/batch.h"

namespace laminar {

struct TypedValues {
  std::string type;
  std::vector<std::string> texts;  // that DuckDB casts to the type
};

inline const std::vector<TypedValues>& ValuesOfEveryType() {
  static const std::vector<TypedValues> kValues = {
      {"BOOLEAN", {"true", "false"}},
      {"TINYINT", {"-128", "0", "127"}},
      {"SMALLINT", {"-32768", "0", "32767"}},
      {"INTEGER", {"-2147483648", "0", "2147483647"}},
      {"BIGINT", {"-9223372036854775808", "0", "9223372036854775807"}},
      {"UTINYINT", {"0", "255"}},
      {"USMALLINT", {"0", "65535"}},
      {"UINTEGER", {"0", "4294967295"}},
      {"UBIGINT", {"0", "18446744073709551615"}},
      {"HUGEINT", {"-170141183460469231731687303715884105728", "170141183460469231731687303715884105727"}},
      {"UHUGEINT", {"0", "340282366920938463463374607431768211455"}},
      {"FLOAT", {"-3.4028235e38", "1e-45", "0.1", "-0.0", "inf", "-inf", "nan"}},
      {"DOUBLE", {"-1.7976931348623157e308", "5e-324", "0.1", "-0.0", "inf", "-inf", "nan"}},
      {"DECIMAL(4,2)", {"-99.99", "0", "99.99"}},
      {"DECIMAL(9,0)", {"-999999999", "999999999"}},
      {"DECIMAL(18,3)", {"-999999999999999.999", "0.001"}},
      {"DECIMAL(38,10)", {"-9999999999999999999999999999.9999999999", "0.0000000001"}},
      {"DATE", {"0001-01-01", "1969-12-31", "9999-12-31", "-100-01-01"}},
      {"TIME", {"00:00:00", "23:59:59.999999"}},
      {"TIMESTAMP", {"0001-01-01 00:00:00", "1969-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999"}},
      {"TIMESTAMP_S", {"0001-01-01 00:00:00", "9999-12-31 23:59:59"}},
      {"TIMESTAMP_MS", {"0001-01-01 00:00:00.001", "9999-12-31 23:59:59.999"}},
      {"TIMESTAMP_NS", {"1677-09-22 00:00:00.000000001", "2262-04-11 23:47:16.854775806"}},
      {"TIMESTAMPTZ", {"0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00"}},
      {"INTERVAL", {"0 seconds", "1 year 2 months 3 days 04:05:06.007"}},
      {"UUID", {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"}},
      {"BLOB", {"", "\\x00\\xFF\\x0A", "abc"}},
      {"VARCHAR",
       {"", "a", "line\nbreak", "\"quoted\", and, commas", "NULL", "é 😀", "a string of more than twelve bytes"}},
      {"JSON", {"{\"a\": [1, null]}", "\"text\"", "17"}},
      {"ENUM('red', 'green, \"blue\"')", {"red", "green, \"blue\""}},
      {"INTEGER[]", {"[]", "[1, NULL, -3]"}},
      {"VARCHAR[][]", {"[]", "[[a, b], [], NULL]"}},
      {"INTEGER[3]", {"[1, 2, NULL]"}},
      {"STRUCT(a INTEGER, b VARCHAR[])", {"{'a': 1, 'b': [x]}", "{'a': NULL, 'b': NULL}"}},
      {"MAP(VARCHAR, DOUBLE)", {"{}", "{a=1.5, b=NULL}"}},
      {"STRUCT(m MAP(INTEGER, DATE), d DECIMAL(18,3))[]", {"[{'m': {1=2026-01-01}, 'd': 1.5}, NULL]"}},
  };
  return kValues;
}

inline duckdb::Value ValueOf(const duckdb::LogicalType& type, const std::string& text) {
  duckdb::Value value = duckdb::Value(text).DefaultCastAs(type.IsJSONType() ? duckdb::LogicalType::VARCHAR : type);
  if (type.IsJSONType()) value.Reinterpret(type);
  return value;
}

// A batch of random many rows: values of that type in column 0, NULL now and then, and their numbers in column 1.
inline Batch RandomRows(const Schema& schema, const TypedValues& values, Random* random) {
  Batch batch(schema);
  const size_t rows = 1 + random->Uniform(300);
  for (size_t row = 0; row < rows; row++) {
    const bool null = random->Uniform(5) == 0;
    batch.chunk().SetValue(0, row,
                           null ? duckdb::Value(*schema[0].type)
                                : ValueOf(*schema[0].type, values.texts[random->Uniform(values.texts.size())]));
    batch.chunk().SetValue(1, row, duckdb::Value::INTEGER(static_cast<int32_t>(row)));
  }
  batch.chunk().SetCardinality(rows);
  return batch;
}

}  // namespace laminar
