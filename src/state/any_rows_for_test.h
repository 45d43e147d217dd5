// Any value of any type, and batches in all the shapes that an operator may get: for property tests (RapidCheck).
#pragma once

#include <rapidcheck.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/value.hpp"

#include "duck/batch.h"

namespace laminar {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;

// From few values, so that pairs are often equal; NULL at every level.
inline Value AnyValue(const LogicalType& type) {
  if (*rc::gen::inRange(0, 6) == 0) return Value(type);
  const auto pick = [](auto... values) { return *rc::gen::element(values...); };
  switch (type.id()) {
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
      return Value::DOUBLE(pick(0.0, -0.0, 1.5, -1.5, std::nan(""), -std::nan("7"), HUGE_VAL)).DefaultCastAs(type);
    case LogicalTypeId::VARCHAR:
      return Value(pick(std::string(), std::string("a"), std::string("a\0b", 3), std::string("twelve bytes"),
                        std::string("more than twelve bytes"), std::string("\xC3\xA9")));
    case LogicalTypeId::BLOB:
      return Value::BLOB(pick(std::string(), std::string("\\x00"), std::string("\\x00\\x01")));
    case LogicalTypeId::BOOLEAN:
      return Value::BOOLEAN(pick(true, false));
    case LogicalTypeId::DATE:
      return Value::DATE(duckdb::date_t(pick(-719'528, 0, 1, 20'000)));
    case LogicalTypeId::TIME:
      return Value::TIME(duckdb::dtime_t(pick(0, 1, 1'000'000)));
    case LogicalTypeId::TIME_TZ:
      return Value::TIMETZ(duckdb::dtime_tz_t(duckdb::dtime_t(pick(0, 3'600'000'000)), pick(0, 3600, -3600)));
    case LogicalTypeId::TIMESTAMP:
      return Value::TIMESTAMP(duckdb::timestamp_t(pick(-1, 0, INT64_MAX, -INT64_MAX)));
    case LogicalTypeId::TIMESTAMP_TZ:
      return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(pick(-1, 0, 1)));
    case LogicalTypeId::TIMESTAMP_NS:
      return Value::TIMESTAMPNS(duckdb::timestamp_ns_t(pick(-1, 0, 1)));
    case LogicalTypeId::INTERVAL:
      return Value::INTERVAL(pick(0, 1, -1), pick(0, 1, 29, 30, -30, 31),
                             pick(INT64_C(0), INT64_C(86'400'000'000), INT64_C(-86'400'000'000), INT64_C(1)));
    case LogicalTypeId::UUID:
      return Value::UUID(pick(std::string("00000000-0000-0000-0000-000000000000"),
                              std::string("ffffffff-ffff-ffff-ffff-ffffffffffff"),
                              std::string("12345678-1234-5678-1234-567812345678")));
    case LogicalTypeId::HUGEINT:
      return Value(pick(std::string("0"), std::string("-1"), std::string("18446744073709551616"),
                        std::string("-170141183460469231731687303715884105728")))
          .DefaultCastAs(type);
    case LogicalTypeId::UHUGEINT:
      return Value(pick(std::string("0"), std::string("1"), std::string("340282366920938463463374607431768211455")))
          .DefaultCastAs(type);
    case LogicalTypeId::BIT:
      return Value::BIT(pick(std::string("0"), std::string("00"), std::string("0101")));
    case LogicalTypeId::BIGNUM:
      return Value(pick(std::string("0"), std::string("-5"), std::string("300"))).DefaultCastAs(type);
    case LogicalTypeId::LIST: {
      duckdb::vector<Value> elements;
      for (int i = *rc::gen::inRange(0, 4); i > 0; i--)
        elements.push_back(AnyValue(duckdb::ListType::GetChildType(type)));
      return Value::LIST(duckdb::ListType::GetChildType(type), elements);
    }
    case LogicalTypeId::ARRAY: {
      duckdb::vector<Value> elements;
      for (size_t i = 0; i < duckdb::ArrayType::GetSize(type); i++) {
        elements.push_back(AnyValue(duckdb::ArrayType::GetChildType(type)));
      }
      return Value::ARRAY(duckdb::ArrayType::GetChildType(type), elements);
    }
    case LogicalTypeId::STRUCT: {
      duckdb::vector<Value> fields;
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type)) fields.push_back(AnyValue(child));
      return Value::STRUCT(type, fields);
    }
    case LogicalTypeId::MAP: {
      duckdb::vector<Value> keys, values;
      for (int i = *rc::gen::inRange(0, 3); i > 0; i--) {
        keys.push_back(Value::INTEGER(i));
        values.push_back(AnyValue(duckdb::MapType::ValueType(type)));
      }
      return Value::MAP(duckdb::MapType::KeyType(type), duckdb::MapType::ValueType(type), keys, values);
    }
    default:  // integers and DECIMAL
      return Value::INTEGER(*rc::gen::inRange(0, 3)).DefaultCastAs(type);
  }
}

inline constexpr std::array kTypes = {"BOOLEAN",
                                      "TINYINT",
                                      "SMALLINT",
                                      "INTEGER",
                                      "BIGINT",
                                      "HUGEINT",
                                      "UTINYINT",
                                      "USMALLINT",
                                      "UINTEGER",
                                      "UBIGINT",
                                      "UHUGEINT",
                                      "FLOAT",
                                      "DOUBLE",
                                      "DECIMAL(4,1)",
                                      "DECIMAL(9,2)",
                                      "DECIMAL(18,3)",
                                      "DECIMAL(38,10)",
                                      "VARCHAR",
                                      "BLOB",
                                      "BIT",
                                      "BIGNUM",
                                      "DATE",
                                      "TIME",
                                      "TIMETZ",
                                      "TIMESTAMP",
                                      "TIMESTAMPTZ",
                                      "TIMESTAMP_NS",
                                      "INTERVAL",
                                      "UUID",
                                      "INTEGER[]",
                                      "VARCHAR[]",
                                      "DOUBLE[][]",
                                      "DOUBLE[2]",
                                      "VARCHAR[1][]",
                                      "STRUCT(a VARCHAR, b DOUBLE)",
                                      "STRUCT(a INTERVAL[], b STRUCT(c BIGINT, d VARCHAR[]))",
                                      "STRUCT(a INTEGER, b VARCHAR)[]",
                                      "STRUCT(a FLOAT)[2]",
                                      "MAP(INTEGER, VARCHAR)",
                                      "MAP(INTEGER, DOUBLE[])"};

inline Schema SchemaOf(const std::vector<std::string>& types) {
  Schema schema;
  for (const std::string& type : types) schema.push_back({"k", MakeType(type), false});
  return schema;
}

// As an operator may get it: flat, sliced (a dictionary), or with one value for all rows.
inline void Reshape(Batch* batch) {
  const int shape = *rc::gen::inRange(0, 3);
  if (shape == 1) {
    duckdb::SelectionVector selection(kBatchRows);
    const size_t rows = *rc::gen::inRange<size_t>(0, 2 * batch->rows());
    for (size_t i = 0; i < rows; i++) selection.set_index(i, *rc::gen::inRange<size_t>(0, batch->rows()));
    batch->Slice(selection, rows);
  } else if (shape == 2) {
    const Value value = batch->chunk().GetValue(0, 0);
    batch->chunk().data[0].Reference(value);
  }
}

}  // namespace laminar
