// Random values of any type, as the property tests of formats need them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "duckdb/common/types/value.hpp"

#include "base/random.h"
#include "formats/json/json_string.h"

namespace laminar {

inline std::string RandomText(Random* random) {
  static const char* const kPieces[] = {"a",    "Z", "0",  " ", "\"", "\\", "/", "\n", "\t",       "\x01",
                                        "\x1f", "é", "😀", "{", "}",  "[",  ",", ":",  "abcdefgh", "\x7f"};
  std::string text;
  for (uint64_t n = random->Uniform(random->Uniform(4) == 0 ? 40 : 8); n > 0; n--)
    text += kPieces[random->Uniform(std::size(kPieces))];
  return text;
}

inline std::string RandomJson(Random* random, int depth = 0) {
  switch (random->Uniform(depth < 3 ? 7 : 5)) {
    case 0:
      return "null";
    case 1:
      return random->Uniform(2) ? "true" : "false";
    case 2:
      return std::to_string(static_cast<int64_t>(random->Next()) >> random->Uniform(63));
    case 3:
      return std::to_string(random->Uniform(1000)) + "." + std::to_string(random->Uniform(1000)) +
             (random->Uniform(2) ? "" : "e-3");
    case 4:
      return QuoteJson(RandomText(random));
    case 5: {
      std::string text;
      for (uint64_t n = random->Uniform(4); n > 0; n--)
        text += (text.empty() ? "" : ",") + RandomJson(random, depth + 1);
      return "[" + text + "]";
    }
    default: {
      std::string text;
      for (uint64_t n = 0, size = random->Uniform(4); n < size; n++) {
        text += (text.empty() ? "" : ",") + QuoteJson(RandomText(random) + std::to_string(n)) + ":" +
                RandomJson(random, depth + 1);
      }
      return "{" + text + "}";
    }
  }
}

inline std::string RandomDigits(Random* random, uint64_t most) {
  std::string digits;
  for (uint64_t n = 1 + random->Uniform(most); n > 0; n--) digits += static_cast<char>('0' + random->Uniform(10));
  return digits;
}

// A value that JSON can carry exactly; NULL now and then.
inline duckdb::Value RandomValue(const duckdb::LogicalType& type, Random* random, bool may_be_null = true) {
  if (may_be_null && random->Uniform(8) == 0) return duckdb::Value(type);
  const int64_t wide = static_cast<int64_t>(random->Next()) >> random->Uniform(63);
  const int64_t seconds = static_cast<int64_t>(random->Uniform(315537897600)) - 62135596800;  // years 1 to 9999
  const auto cast = [&](const std::string& text) { return duckdb::Value(text).DefaultCastAs(type); };
  switch (type.id()) {
    case duckdb::LogicalTypeId::BOOLEAN:
      return duckdb::Value::BOOLEAN(random->Uniform(2) == 1);
    case duckdb::LogicalTypeId::TINYINT:
      return duckdb::Value::TINYINT(static_cast<int8_t>(wide));
    case duckdb::LogicalTypeId::SMALLINT:
      return duckdb::Value::SMALLINT(static_cast<int16_t>(wide));
    case duckdb::LogicalTypeId::INTEGER:
      return duckdb::Value::INTEGER(static_cast<int32_t>(wide));
    case duckdb::LogicalTypeId::BIGINT:
      return duckdb::Value::BIGINT(wide);
    case duckdb::LogicalTypeId::UTINYINT:
      return duckdb::Value::UTINYINT(static_cast<uint8_t>(wide));
    case duckdb::LogicalTypeId::USMALLINT:
      return duckdb::Value::USMALLINT(static_cast<uint16_t>(wide));
    case duckdb::LogicalTypeId::UINTEGER:
      return duckdb::Value::UINTEGER(static_cast<uint32_t>(wide));
    case duckdb::LogicalTypeId::UBIGINT:
      return duckdb::Value::UBIGINT(static_cast<uint64_t>(wide));
    case duckdb::LogicalTypeId::HUGEINT:
      return duckdb::Value::HUGEINT(duckdb::hugeint_t(wide, random->Next()));
    case duckdb::LogicalTypeId::UHUGEINT:
      return duckdb::Value::UHUGEINT(duckdb::uhugeint_t(static_cast<uint64_t>(wide), random->Next()));
    case duckdb::LogicalTypeId::FLOAT:
    case duckdb::LogicalTypeId::DOUBLE: {
      if (random->Uniform(2)) return duckdb::Value::DOUBLE(static_cast<double>(wide >> 20) / 100).DefaultCastAs(type);
      const uint64_t bits = random->Next();
      double value;
      std::memcpy(&value, &bits, 8);
      if (!std::isfinite(value)) value = 0.1;
      return type.id() == duckdb::LogicalTypeId::DOUBLE
                 ? duckdb::Value::DOUBLE(value)
                 : duckdb::Value::FLOAT(static_cast<float>(std::fmod(value, 1e30)));
    }
    case duckdb::LogicalTypeId::DECIMAL: {
      const auto width = duckdb::DecimalType::GetWidth(type), scale = duckdb::DecimalType::GetScale(type);
      const std::string whole = width > scale ? RandomDigits(random, width - scale) : "0";
      return cast((random->Uniform(2) ? "-" : "") + whole + (scale ? "." + RandomDigits(random, scale) : ""));
    }
    case duckdb::LogicalTypeId::TIMESTAMP:
      return duckdb::Value::TIMESTAMP(
          duckdb::timestamp_t(seconds * 1'000'000 + static_cast<int64_t>(random->Uniform(1'000'000))));
    case duckdb::LogicalTypeId::TIMESTAMP_TZ:
      return duckdb::Value::TIMESTAMPTZ(
          duckdb::timestamp_tz_t(seconds * 1'000'000 + static_cast<int64_t>(random->Uniform(1000)) * 1000));
    case duckdb::LogicalTypeId::TIMESTAMP_SEC:
      return duckdb::Value::TIMESTAMPSEC(duckdb::timestamp_sec_t(seconds));
    case duckdb::LogicalTypeId::TIMESTAMP_MS:
      return duckdb::Value::TIMESTAMPMS(
          duckdb::timestamp_ms_t(seconds * 1000 + static_cast<int64_t>(random->Uniform(1000))));
    case duckdb::LogicalTypeId::TIMESTAMP_NS:
      return duckdb::Value::TIMESTAMPNS(duckdb::timestamp_ns_t(static_cast<int64_t>(random->Next()) / 2));
    case duckdb::LogicalTypeId::DATE:
      return duckdb::Value::DATE(duckdb::date_t(static_cast<int32_t>(seconds / 86400)));
    case duckdb::LogicalTypeId::TIME:
      return duckdb::Value::TIME(duckdb::dtime_t(static_cast<int64_t>(random->Uniform(86'400'000'000))));
    case duckdb::LogicalTypeId::INTERVAL:
      return duckdb::Value::INTERVAL(static_cast<int32_t>(random->Uniform(2000)) - 1000,
                                     static_cast<int32_t>(random->Uniform(100)) - 50,
                                     static_cast<int64_t>(random->Uniform(200'000'000'000)) - 100'000'000'000);
    case duckdb::LogicalTypeId::UUID:
      return duckdb::Value::UUID(duckdb::hugeint_t(static_cast<int64_t>(random->Next()), random->Next()));
    case duckdb::LogicalTypeId::BLOB: {
      std::string bytes(random->Uniform(20), '\0');
      for (char& byte : bytes) byte = static_cast<char>(random->Next());
      return duckdb::Value::BLOB(reinterpret_cast<duckdb::const_data_ptr_t>(bytes.data()), bytes.size());
    }
    case duckdb::LogicalTypeId::ENUM:
      return duckdb::Value::ENUM(random->Uniform(2), type);
    case duckdb::LogicalTypeId::LIST: {
      duckdb::vector<duckdb::Value> values;
      for (uint64_t n = random->Uniform(4); n > 0; n--)
        values.push_back(RandomValue(duckdb::ListType::GetChildType(type), random));
      return duckdb::Value::LIST(duckdb::ListType::GetChildType(type), values);
    }
    case duckdb::LogicalTypeId::ARRAY: {
      duckdb::vector<duckdb::Value> values;
      for (uint64_t n = duckdb::ArrayType::GetSize(type); n > 0; n--)
        values.push_back(RandomValue(duckdb::ArrayType::GetChildType(type), random));
      return duckdb::Value::ARRAY(duckdb::ArrayType::GetChildType(type), values);
    }
    case duckdb::LogicalTypeId::MAP: {
      duckdb::vector<duckdb::Value> keys, values;
      for (uint64_t n = random->Uniform(4); n > 0; n--) {
        duckdb::Value key = RandomValue(duckdb::MapType::KeyType(type), random, false);
        if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
        keys.push_back(key);
        values.push_back(RandomValue(duckdb::MapType::ValueType(type), random));
      }
      return duckdb::Value::MAP(duckdb::MapType::KeyType(type), duckdb::MapType::ValueType(type), keys, values);
    }
    case duckdb::LogicalTypeId::STRUCT: {
      duckdb::vector<duckdb::Value> values;
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type))
        values.push_back(RandomValue(child, random));
      return duckdb::Value::STRUCT(type, std::move(values));
    }
    default: {
      if (!type.IsJSONType()) return duckdb::Value(RandomText(random));
      std::string json = RandomJson(random);
      if (json == "null") json = "[]";  // as a whole it is NULL
      duckdb::Value value(json);
      value.Reinterpret(type);
      return value;
    }
  }
}

}  // namespace laminar
