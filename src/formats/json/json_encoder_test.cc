#include "formats/json/json_encoder.h"

#include "formats/json/json_rows_for_test.h"
#include "formats/json/json_string.h"

namespace laminar {
namespace {

// A value of a type, given as DuckDB's text, as JSON.
std::string EncodeOne(const std::string& type, const std::string& text, const JsonOptions& options = {}) {
  const Schema schema = TestSchema({{"v", type}});
  Batch batch(schema);
  batch.chunk().SetCardinality(1);
  const bool json = type == "JSON";
  batch.chunk().SetValue(0, 0,
                         json             ? duckdb::Value(text)
                         : text == "NULL" ? duckdb::Value(*schema[0].type)
                                          : duckdb::Value(text).DefaultCastAs(*schema[0].type));
  const std::string line = EncodeAll(schema, batch, options)[0];
  EXPECT_TRUE(line.starts_with("{\"v\":") && line.ends_with("}")) << line;
  return line.substr(5, line.size() - 6);
}

TEST(JsonEncoder, Row) {
  const Schema schema = TestSchema(
      {{"device \"id\"", "VARCHAR"}, {"details", "JSON"}, {"detected_at", "TIMESTAMP"}, {"amount", "DECIMAL(38,10)"}});
  Batch batch(schema);
  batch.chunk().SetCardinality(2);
  batch.chunk().SetValue(0, 0, duckdb::Value("dev \"1\"\n"));
  batch.chunk().SetValue(1, 0, duckdb::Value(R"({"a":[1,2]})"));
  batch.chunk().SetValue(2, 0, duckdb::Value::TIMESTAMP(duckdb::timestamp_t(1'767'225'600'001'000)));
  batch.chunk().SetValue(3, 0, duckdb::Value("12345678901234.5678").DefaultCastAs(*schema[3].type));
  for (size_t i = 0; i < 4; i++) batch.chunk().SetValue(i, 1, duckdb::Value(*schema[i].type));
  const auto lines = EncodeAll(schema, batch);
  EXPECT_EQ(
      lines[0],
      R"({"device \"id\"":"dev \"1\"\n","details":{"a":[1,2]},"detected_at":"2026-01-01T00:00:00.001Z","amount":12345678901234.5678})");
  EXPECT_EQ(lines[1], R"({"device \"id\"":null,"details":null,"detected_at":null,"amount":null})");
}

TEST(JsonEncoder, Numbers) {
  EXPECT_EQ(EncodeOne("TINYINT", "-128"), "-128");
  EXPECT_EQ(EncodeOne("UTINYINT", "255"), "255");
  EXPECT_EQ(EncodeOne("SMALLINT", "-32768"), "-32768");
  EXPECT_EQ(EncodeOne("USMALLINT", "65535"), "65535");
  EXPECT_EQ(EncodeOne("UINTEGER", "4294967295"), "4294967295");
  EXPECT_EQ(EncodeOne("BIGINT", "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(EncodeOne("UBIGINT", "18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(EncodeOne("HUGEINT", "-170141183460469231731687303715884105728"),
            "-170141183460469231731687303715884105728");
  EXPECT_EQ(EncodeOne("HUGEINT", "18446744073709551616"), "18446744073709551616");
  EXPECT_EQ(EncodeOne("UHUGEINT", "340282366920938463463374607431768211455"),
            "340282366920938463463374607431768211455");
  EXPECT_EQ(EncodeOne("UHUGEINT", "0"), "0");
  EXPECT_EQ(EncodeOne("DECIMAL(18,3)", "100"), "100");
  EXPECT_EQ(EncodeOne("DECIMAL(18,3)", "-0.05"), "-0.05");
  EXPECT_EQ(EncodeOne("DECIMAL(18,3)", "0"), "0");
  EXPECT_EQ(EncodeOne("DECIMAL(4,2)", "-99.90"), "-99.9");
  EXPECT_EQ(EncodeOne("DECIMAL(9,0)", "120"), "120");
  EXPECT_EQ(EncodeOne("DECIMAL(38,10)", "1234567890123456789012345678.0123456789"),
            "1234567890123456789012345678.0123456789");
  EXPECT_EQ(EncodeOne("DECIMAL(38,38)", "0.00000000000000000000000000000000000001"),
            "0.00000000000000000000000000000000000001");
  EXPECT_EQ(EncodeOne("DOUBLE", "31.5"), "31.5");
  EXPECT_EQ(EncodeOne("DOUBLE", "0.1"), "0.1");
  EXPECT_EQ(EncodeOne("DOUBLE", "-0.3333333333333333"), "-0.3333333333333333");
  EXPECT_EQ(EncodeOne("DOUBLE", "100"), "100");
  EXPECT_EQ(EncodeOne("DOUBLE", "1e300"), "1e+300");
  EXPECT_EQ(EncodeOne("DOUBLE", "nan"), "null");
  EXPECT_EQ(EncodeOne("DOUBLE", "-inf"), "null");
  EXPECT_EQ(EncodeOne("FLOAT", "0.1"), "0.1");
  EXPECT_EQ(EncodeOne("FLOAT", "inf"), "null");
}

TEST(JsonEncoder, Times) {
  EXPECT_EQ(EncodeOne("TIMESTAMP", "2026-01-01 00:00:00"), R"("2026-01-01T00:00:00.000Z")");
  EXPECT_EQ(EncodeOne("TIMESTAMP", "2026-12-31 23:59:59.123456"), R"("2026-12-31T23:59:59.123456Z")");
  EXPECT_EQ(EncodeOne("TIMESTAMP", "1969-12-31 23:59:59.999"), R"("1969-12-31T23:59:59.999Z")");
  EXPECT_EQ(EncodeOne("TIMESTAMP", "0001-01-01 00:00:00"), R"("0001-01-01T00:00:00.000Z")");
  EXPECT_EQ(EncodeOne("TIMESTAMP", "9999-12-31 00:00:00"), R"("9999-12-31T00:00:00.000Z")");
  EXPECT_EQ(EncodeOne("TIMESTAMP", "12026-01-01 00:00:00"), R"("12026-01-01 00:00:00")");
  EXPECT_EQ(EncodeOne("TIMESTAMP", "infinity"), R"("infinity")");
  EXPECT_EQ(EncodeOne("TIMESTAMP", "-infinity"), R"("-infinity")");
  EXPECT_EQ(EncodeOne("TIMESTAMP_S", "2026-01-01 00:00:01"), R"("2026-01-01T00:00:01.000Z")");
  EXPECT_EQ(EncodeOne("TIMESTAMP_MS", "2026-01-01 00:00:01.002"), R"("2026-01-01T00:00:01.002Z")");
  EXPECT_EQ(EncodeOne("TIMESTAMP_NS", "2026-01-01 00:00:01.000000003"), R"("2026-01-01T00:00:01.000000003Z")");
  EXPECT_EQ(EncodeOne("TIMESTAMPTZ", "2026-01-01 00:00:01+00"), R"("2026-01-01T00:00:01.000Z")");
  EXPECT_EQ(EncodeOne("DATE", "2026-01-01"), R"("2026-01-01")");
  EXPECT_EQ(EncodeOne("TIME", "01:02:03.000004"), R"("01:02:03.000004")");
  EXPECT_EQ(EncodeOne("INTERVAL", "1 day 2 hours"), R"("1 day 02:00:00")");
  using Format = JsonTimestampFormat;
  const auto as = [](Format format, const char* text = "2026-01-01 00:00:00.001002") {
    return EncodeOne("TIMESTAMP", text, {.timestamp_format = format});
  };
  EXPECT_EQ(as(Format::kRfc3339), R"("2026-01-01T00:00:00.001002Z")");
  EXPECT_EQ(as(Format::kSql), R"("2026-01-01 00:00:00.001002")");
  EXPECT_EQ(as(Format::kEpochSeconds), "1767225600.001002");
  EXPECT_EQ(as(Format::kEpochSeconds, "2026-01-01 00:00:00"), "1767225600");
  EXPECT_EQ(as(Format::kEpochMillis), "1767225600001");
  EXPECT_EQ(as(Format::kEpochMillis, "1969-12-31 23:59:59.9995"), "-1");
  EXPECT_EQ(as(Format::kEpochMicros), "1767225600001002");
  EXPECT_EQ(as(Format::kEpochNanos), "1767225600001002000");
}

TEST(JsonEncoder, TextAndNested) {
  EXPECT_EQ(EncodeOne("VARCHAR", "é \"quoted\" \\ \t\x01\x1f 😀 and more than thirty-two bytes\r"),
            "\"é \\\"quoted\\\" \\\\ \\t\\u0001\\u001f 😀 and more than thirty-two bytes\\r\"");
  EXPECT_EQ(EncodeOne("BOOLEAN", "true"), "true");
  EXPECT_EQ(EncodeOne("BLOB", "\\x00ab\\xFF"), R"("AGFi/w==")");
  EXPECT_EQ(EncodeOne("BLOB", ""), R"("")");
  EXPECT_EQ(EncodeOne("UUID", "6f1f0e1e-6c6d-4a8a-9b3b-0d6f7a8b9c0d"), R"("6f1f0e1e-6c6d-4a8a-9b3b-0d6f7a8b9c0d")");
  EXPECT_EQ(EncodeOne("ENUM('red','green')", "green"), R"("green")");
  EXPECT_EQ(EncodeOne("INTEGER[]", "[1, NULL, 3]"), "[1,null,3]");
  EXPECT_EQ(EncodeOne("INTEGER[]", "[]"), "[]");
  EXPECT_EQ(EncodeOne("VARCHAR[2]", "[a, b]"), R"(["a","b"])");
  EXPECT_EQ(EncodeOne("STRUCT(a INTEGER, \"b\"\"\" VARCHAR[])", "{'a': 1, 'b\"': ['x']}"), R"({"a":1,"b\"":["x"]})");
  EXPECT_EQ(EncodeOne("MAP(VARCHAR, INTEGER)", "{x=1, y=2}"), R"({"x":1,"y":2})");
  EXPECT_EQ(EncodeOne("MAP(INTEGER, DOUBLE)", "{1=0.5}"), R"({"1":0.5})");
  EXPECT_EQ(EncodeOne("JSON", "{\n  \"a\" : [1, 2],\r\n\t\"b\\\"\\\\\": \"x y\"\n}"), R"({"a":[1,2],"b\"\\":"x y"})");
  EXPECT_EQ(EncodeOne("JSON", R"({"a":NaN,"b":[-Infinity,Infinity, 1],"c":"NaN and -Infinity","info":"nan"})"),
            R"({"a":null,"b":[null,null,1],"c":"NaN and -Infinity","info":"nan"})");
  EXPECT_EQ(EncodeOne("JSON", "NaN"), "null");
  EXPECT_EQ(EncodeOne("JSON", "-Infinity"), "null");
  EXPECT_EQ(EncodeOne("JSON", R"({"a" : 1})"), R"({"a" : 1})");
}

TEST(JsonEncoder, StringsOfEveryLengthAndEscapeAtEveryPlace) {
  const auto reference = [](const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      if (c == '\n') {
        out += "\\n";
      } else if (static_cast<unsigned char>(c) < 0x20) {
        out += "\\u0005";
      } else {
        out += c;
      }
    }
    return "\"" + out + "\"";
  };
  for (size_t size = 0; size < 70; size++) {
    const std::string plain(size, 'a');
    const auto exact = std::make_unique<char[]>(size);
    std::memcpy(exact.get(), plain.data(), size);
    EXPECT_EQ(QuoteJson(std::string_view(exact.get(), size)), reference(plain));
    for (size_t at = 0; at < size; at++) {
      for (const char special : {'"', '\\', '\n', '\x05', '\x7f', '\xff', '!'}) {
        std::memcpy(exact.get(), plain.data(), size);
        exact[at] = special;
        if (size > 3) exact[(at * 7 + 3) % size] = special;
        const std::string text(exact.get(), size);
        ASSERT_EQ(QuoteJson(std::string_view(exact.get(), size)), reference(text)) << size << " " << at;
      }
    }
  }
}

TEST(JsonEncoder, EveryKindOfVector) {
  const Schema schema = TestSchema({{"c", "VARCHAR"}, {"d", "VARCHAR"}, {"l", "STRUCT(a INTEGER[])"}});
  Batch batch(schema);
  auto& chunk = batch.chunk();
  chunk.SetCardinality(4);
  chunk.data[0].Reference(duckdb::Value("constant"));
  for (size_t row = 0; row < 4; row++) {
    chunk.SetValue(
        1, row, row == 2 ? duckdb::Value(duckdb::LogicalType::VARCHAR) : duckdb::Value("row " + std::to_string(row)));
    chunk.SetValue(2, row, duckdb::Value("{'a': [" + std::to_string(row) + "]}").DefaultCastAs(*schema[2].type));
  }
  duckdb::SelectionVector selection(3);
  selection.set_index(0, 3);
  selection.set_index(1, 2);
  selection.set_index(2, 3);
  batch.Slice(selection, 3);
  const auto lines = EncodeAll(schema, batch);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], R"({"c":"constant","d":"row 3","l":{"a":[3]}})");
  EXPECT_EQ(lines[1], R"({"c":"constant","d":null,"l":{"a":[2]}})");
  EXPECT_EQ(lines[2], lines[0]);
}

TEST(JsonEncoder, NullInANotNullColumn) {
  class Origins final : public RowOrigins {
    RowPosition Position(uint32_t row) const override { return {"stream orders", "shard-1", std::to_string(row)}; }
  };
  const Schema schema = TestSchema({{"a", "INTEGER"}, {"b", "INTEGER NOT NULL"}});
  Batch batch(schema);
  batch.chunk().SetCardinality(2);
  for (size_t row = 0; row < 2; row++) {
    batch.chunk().SetValue(0, row, duckdb::Value(duckdb::LogicalType::INTEGER));
    batch.chunk().SetValue(1, row, row == 0 ? duckdb::Value::INTEGER(1) : duckdb::Value(duckdb::LogicalType::INTEGER));
  }
  batch.origins = std::make_shared<Origins>();
  JsonEncoder encoder(schema, {});
  EncodedRows rows;
  const Status status = encoder.Encode(batch, &rows);
  EXPECT_EQ(status.kind(), StatusKind::kUser);
  EXPECT_EQ(
      status.message(),
      "column b is NOT NULL, but a row for it holds NULL, made from stream orders, shard shard-1, sequence number 1");
  EXPECT_EQ(rows.rows(), 0u);
}

TEST(JsonEncoder, Unstructured) {
  const Schema schema = TestSchema({{"value", "JSON"}});
  Batch batch(schema);
  batch.chunk().SetCardinality(2);
  batch.chunk().SetValue(0, 0, duckdb::Value("[1,\n2]"));
  batch.chunk().SetValue(0, 1, duckdb::Value(*schema[0].type));
  EXPECT_EQ(EncodeAll(schema, batch, {.unstructured = true}), (std::vector<std::string>{"[1,2]", "null"}));
}

}  // namespace
}  // namespace laminar
