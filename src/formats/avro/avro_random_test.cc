// decode(encode(rows)) = rows, for every type, encoding and codec, with NULLs and extremes.
#include "duckdb/common/types/hugeint.hpp"

#include "base/random.h"
#include "formats/avro/avro_columns.h"
#include "formats/avro/avro_rows_for_test.h"
#include "formats/json/random_value_for_test.h"

namespace laminar {
namespace {

using duckdb::Value;

const char* const kTypes[] = {"BOOLEAN",
                              "TINYINT",
                              "SMALLINT",
                              "INTEGER",
                              "BIGINT",
                              "UTINYINT",
                              "USMALLINT",
                              "UINTEGER",
                              "UBIGINT",
                              "HUGEINT",
                              "UHUGEINT",
                              "FLOAT",
                              "DOUBLE",
                              "DECIMAL(4,2)",
                              "DECIMAL(9,0)",
                              "DECIMAL(18,3)",
                              "DECIMAL(38,10)",
                              "DECIMAL(38,38)",
                              "TIMESTAMP",
                              "TIMESTAMPTZ",
                              "TIMESTAMP_S",
                              "TIMESTAMP_MS",
                              "TIMESTAMP_NS",
                              "DATE",
                              "TIME",
                              "INTERVAL",
                              "UUID",
                              "BLOB",
                              "BIT",
                              "ENUM('red','green')",
                              "ENUM('red','dark green')",
                              "VARCHAR",
                              "JSON",
                              "INTEGER[]",
                              "VARCHAR[2]",
                              "JSON[]",
                              "TIMESTAMP[][]",
                              "STRUCT(a INTEGER, b STRUCT(cd VARCHAR, e DOUBLE[]))[]",
                              "MAP(VARCHAR, STRUCT(a DECIMAL(18,3)))",
                              "MAP(INTEGER, VARCHAR[])",
                              "STRUCT(a INTEGER[2], b MAP(VARCHAR, DATE))[2]"};

AvroOptions RandomOptions(Random* random) {
  AvroOptions options;
  options.encoding = static_cast<AvroEncoding>(1 + random->Uniform(3));
  options.codec = static_cast<AvroCodec>(random->Uniform(4));
  return options;
}

// What is encoded, decoded: with the schema that was written, and containers with the one that they carry.
void ExpectSame(const Schema& schema, const AvroOptions& options, const Batch& batch) {
  const auto records = EncodeAvro(schema, options, batch, 3000);
  ASSERT_TRUE(records.ok()) << records.status().message();
  AvroOptions reading = options;
  if (options.encoding != AvroEncoding::kContainer) reading.schema = TestAvroSchema(SchemaOf(schema).value());
  const auto decoder = TestDecoder(schema, reading);
  const Decoded decoded = DecodeAvro(decoder.get(), records.value());
  ASSERT_TRUE(decoded.bad.empty()) << decoded.bad[0].column << ": " << decoded.bad[0].reason;
  ASSERT_EQ(decoded.rows.size(), batch.rows());
  for (size_t row = 0; row < batch.rows(); row++) {
    for (size_t i = 0; i < schema.size(); i++) {
      ASSERT_EQ(decoded.rows[row][i].ToString(), batch.chunk().GetValue(i, row).ToString())
          << TypeName(*schema[i].type);
    }
  }
}

TEST(AvroRandom, RowsThereAndBack) {
  Random random(20260101);
  for (int round = 0; round < 150; round++) {
    Schema schema;
    for (uint64_t n = 1 + random.Uniform(8); n > 0; n--)
      schema.push_back({"c" + std::to_string(n), MakeType(kTypes[random.Uniform(std::size(kTypes))]), false});
    const size_t rows = 1 + random.Uniform(100);
    Batch batch(schema);
    batch.chunk().SetCardinality(rows);
    for (size_t row = 0; row < rows; row++) {
      for (size_t i = 0; i < schema.size(); i++) {
        const bool is_bit = schema[i].type->id() == duckdb::LogicalTypeId::BIT;
        batch.chunk().SetValue(
            i, row, is_bit ? Value("0101").DefaultCastAs(*schema[i].type) : RandomValue(*schema[i].type, &random));
      }
    }
    ExpectSame(schema, RandomOptions(&random), batch);
    if (HasFatalFailure()) return;
  }
}

TEST(AvroRandom, ExtremesThereAndBack) {
  Random random(1);
  for (const char* const name : kTypes) {
    const Schema schema = TestSchema({{"v", name}});
    const duckdb::LogicalType& type = *schema[0].type;
    std::vector<Value> values = {Value(type)};
    const auto add = [&](const std::string& text) { values.push_back(Value(text).DefaultCastAs(type)); };
    if (type.IsNumeric() && type.id() != duckdb::LogicalTypeId::DECIMAL) {
      values.push_back(Value::MinimumValue(type));
      values.push_back(Value::MaximumValue(type));
    }
    switch (type.id()) {
      case duckdb::LogicalTypeId::FLOAT:
      case duckdb::LogicalTypeId::DOUBLE:
        for (const char* text : {"nan", "inf", "-inf", "-0.0", "1e-45"}) add(text);
        break;
      case duckdb::LogicalTypeId::DECIMAL: {
        const auto width = duckdb::DecimalType::GetWidth(type), scale = duckdb::DecimalType::GetScale(type);
        const std::string nines = std::string(width - scale, '9') + "." + std::string(scale, '9');
        for (const char* sign : {"", "-"}) add(sign + nines);
        break;
      }
      case duckdb::LogicalTypeId::DATE:
      case duckdb::LogicalTypeId::TIMESTAMP:
      case duckdb::LogicalTypeId::TIMESTAMP_TZ:
      case duckdb::LogicalTypeId::TIMESTAMP_SEC:
      case duckdb::LogicalTypeId::TIMESTAMP_MS:
        for (const char* text :
             {"infinity", "-infinity", "0001-01-01", "9999-12-31", "1969-12-31", "290309-12-22 (BC)", "294246-12-31"})
          add(text);
        break;
      case duckdb::LogicalTypeId::TIMESTAMP_NS:
        for (const char* text : {"infinity", "-infinity", "1677-09-22", "2262-04-11"}) add(text);
        break;
      case duckdb::LogicalTypeId::TIME:
        for (const char* text : {"00:00:00", "23:59:59.999999", "24:00:00"}) add(text);
        break;
      case duckdb::LogicalTypeId::VARCHAR:
        if (!type.IsJSONType()) values.push_back(Value(std::string(100000, 'x') + "\xf0\x9f\x98\x80"));
        break;
      default:
        break;
    }
    for (int encoding = 1; encoding <= 3; encoding++) {
      AvroOptions options;
      options.encoding = static_cast<AvroEncoding>(encoding);
      ExpectSame(schema, options, OneColumn(schema, values));
      if (HasFatalFailure()) {
        ADD_FAILURE() << name;
        return;
      }
    }
  }
}

}  // namespace
}  // namespace laminar
