#include "formats/json/json_value_reader.h"

#include "formats/json/json_rows_for_test.h"

namespace laminar {
namespace {

bool IsBad(const std::string& type, const std::string& json, const JsonOptions& options = {}) {
  const std::string result = DecodeOne(type, json, options);
  return result.starts_with("bad: ") && !DecodeOne(type, json, options).ends_with(": ");
}

TEST(JsonValueReader, Varchar) {
  EXPECT_EQ(DecodeOne("VARCHAR", R"("")"), "");
  EXPECT_EQ(DecodeOne("VARCHAR", R"("exactly12byt")"), "exactly12byt");
  EXPECT_EQ(DecodeOne("VARCHAR", R"("exactly13byte")"), "exactly13byte");
  EXPECT_EQ(DecodeOne("VARCHAR", R"("é\u00e9\ud83d\ude00 \"\\\/\b\f\n\r\t")"), "éé😀 \"\\/\b\f\n\r\t");
  EXPECT_EQ(DecodeOne("VARCHAR", "12.50"), "12.50");
  EXPECT_EQ(DecodeOne("VARCHAR", "true"), "true");
  EXPECT_EQ(DecodeOne("VARCHAR", "null"), "NULL");
  EXPECT_EQ(DecodeOne("VARCHAR", R"({"a": [1, "x"]})"), R"({"a": [1, "x"]})");
  for (const char* bad : {R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")", R"("\u12g4")", R"("\q")", "tru", "nul",
                          "1.", "[1,]", R"({"a"})", R"(["\q"])"}) {
    EXPECT_TRUE(IsBad("VARCHAR", bad)) << bad;
  }
}

TEST(JsonValueReader, Json) {
  for (const char* same :
       {R"("a\u00e9 \"b\"")", "1.50", "1e400", "-0", "123456789012345678901234567890.12345678901234567890", "true",
        "[ ]", "{ }", R"({"a" : [1, {"b":[]}, "]"] })"}) {
    EXPECT_EQ(DecodeOne("JSON", same), same);
  }
  EXPECT_EQ(DecodeOne("JSON", "null"), "NULL");
  for (const char* bad :
       {"01",       "+1",    ".5",      "1e",           "[1 2]",  "[1,]", R"({"a":1,})", R"({"a":1 "b":2})",
        R"({1:2})", "[tru]", R"("\x")", R"({"a\q":1})", "[}",     "[1}",  "1x",          R"("a"1)",
        "nulls",    "-",     "[-]",     "[01]",         "[1.2.3]"}) {
    EXPECT_TRUE(IsBad("JSON", bad)) << bad;
  }
}

TEST(JsonValueReader, Integers) {
  EXPECT_EQ(DecodeOne("TINYINT", "-128"), "-128");
  EXPECT_EQ(DecodeOne("SMALLINT", "32767"), "32767");
  EXPECT_EQ(DecodeOne("INTEGER", "-2147483648"), "-2147483648");
  EXPECT_EQ(DecodeOne("BIGINT", "9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(DecodeOne("BIGINT", "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(DecodeOne("UTINYINT", "255"), "255");
  EXPECT_EQ(DecodeOne("USMALLINT", "65535"), "65535");
  EXPECT_EQ(DecodeOne("UINTEGER", "4294967295"), "4294967295");
  EXPECT_EQ(DecodeOne("UBIGINT", "18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(DecodeOne("HUGEINT", "170141183460469231731687303715884105727"), "170141183460469231731687303715884105727");
  EXPECT_EQ(DecodeOne("HUGEINT", "-170141183460469231731687303715884105728"),
            "-170141183460469231731687303715884105728");
  EXPECT_EQ(DecodeOne("UHUGEINT", "340282366920938463463374607431768211455"),
            "340282366920938463463374607431768211455");
  EXPECT_EQ(DecodeOne("BIGINT", "1.0"), "1");
  EXPECT_EQ(DecodeOne("BIGINT", "1e3"), "1000");
  EXPECT_EQ(DecodeOne("BIGINT", "120e-1"), "12");
  EXPECT_EQ(DecodeOne("BIGINT", "9007199254740993.000"), "9007199254740993");  // not through a double
  EXPECT_EQ(DecodeOne("BIGINT", "0.00000000000000000000000000001e29"), "1");
  EXPECT_EQ(DecodeOne("BIGINT", "0e99999999"), "0");
  EXPECT_EQ(DecodeOne("UBIGINT", "-0"), "0");
  EXPECT_EQ(DecodeOne("BIGINT", R"("12")"), "12");
  EXPECT_EQ(DecodeOne("BIGINT", R"(" +012 ")"), "12");
  EXPECT_EQ(DecodeOne("BIGINT", R"("\u0031\u0032")"), "12");
  for (const auto& [type, json] :
       std::vector<std::pair<std::string, std::string>>{{"TINYINT", "128"},
                                                        {"TINYINT", "-129"},
                                                        {"SMALLINT", "32768"},
                                                        {"INTEGER", "2147483648"},
                                                        {"BIGINT", "9223372036854775808"},
                                                        {"BIGINT", "-9223372036854775809"},
                                                        {"UTINYINT", "256"},
                                                        {"UTINYINT", "-1"},
                                                        {"UBIGINT", "18446744073709551616"},
                                                        {"UBIGINT", "-1"},
                                                        {"HUGEINT", "170141183460469231731687303715884105728"},
                                                        {"UHUGEINT", "340282366920938463463374607431768211456"},
                                                        {"UHUGEINT", "1e40"},
                                                        {"BIGINT", "1.5"},
                                                        {"BIGINT", "1e-1"},
                                                        {"BIGINT", "1e-99999999"},
                                                        {"BIGINT", "1e99999999"},
                                                        {"BIGINT", "true"},
                                                        {"BIGINT", R"("")"},
                                                        {"BIGINT", R"("1x")"},
                                                        {"BIGINT", R"("1 2")"},
                                                        {"BIGINT", "{}"},
                                                        {"BIGINT", "01"},
                                                        {"BIGINT", "1x"},
                                                        {"BIGINT", "-"}}) {
    EXPECT_TRUE(IsBad(type, json)) << type << " " << json;
  }
}

TEST(JsonValueReader, Floats) {
  EXPECT_EQ(DecodeOne("DOUBLE", "31.5"), "31.5");
  EXPECT_EQ(DecodeOne("DOUBLE", "-0.0"), "-0.0");
  EXPECT_EQ(DecodeOne("DOUBLE", "1.7976931348623157e308"), "1.7976931348623157e+308");
  EXPECT_EQ(DecodeOne("DOUBLE", "5e-324"), "5e-324");
  EXPECT_EQ(DecodeOne("DOUBLE", "1e-400"), "0.0");
  EXPECT_EQ(DecodeOne("DOUBLE", "-0.00000001e-400"), "-0.0");
  EXPECT_EQ(DecodeOne("DOUBLE", "9007199254740993"), "9007199254740992.0");
  EXPECT_EQ(DecodeOne("DOUBLE", "0.1000000000000000055511151231257827"), "0.1");
  EXPECT_EQ(DecodeOne("DOUBLE", R"("2.5")"), "2.5");
  EXPECT_EQ(DecodeOne("DOUBLE", R"("NaN")"), "nan");
  EXPECT_EQ(DecodeOne("DOUBLE", R"("-Infinity")"), "-inf");
  EXPECT_EQ(DecodeOne("FLOAT", "0.1"), "0.1");
  EXPECT_EQ(DecodeOne("FLOAT", "3.4028235e38"), "3.4028235e+38");
  for (const char* bad : {"1e400", "-1e400", "NaN", "Infinity", R"("abc")", R"("")", "false", "1.5.2"})
    EXPECT_TRUE(IsBad("DOUBLE", bad)) << bad;
  EXPECT_TRUE(IsBad("FLOAT", "1e39"));
}

TEST(JsonValueReader, Decimals) {
  EXPECT_EQ(DecodeOne("DECIMAL(38,10)", "12345678901234.5678"), "12345678901234.5678000000");
  EXPECT_EQ(DecodeOne("DECIMAL(18,4)", "12345678901234.5678"), "12345678901234.5678");
  EXPECT_EQ(DecodeOne("DECIMAL(38,0)", "99999999999999999999999999999999999999"),
            "99999999999999999999999999999999999999");
  EXPECT_EQ(DecodeOne("DECIMAL(38,10)", "-1234567890123456789012345678.0123456789"),
            "-1234567890123456789012345678.0123456789");
  EXPECT_EQ(DecodeOne("DECIMAL(18,3)", "1.0005"), "1.001");
  EXPECT_EQ(DecodeOne("DECIMAL(18,3)", "-1.0005"), "-1.001");
  EXPECT_EQ(DecodeOne("DECIMAL(18,3)", "1.00049999999999999999999"), "1.000");
  EXPECT_EQ(DecodeOne("DECIMAL(18,3)", "0.0005"), "0.001");
  EXPECT_EQ(DecodeOne("DECIMAL(18,3)", "0.00049999"), "0.000");
  EXPECT_EQ(DecodeOne("DECIMAL(18,3)", "123e-2"), "1.230");
  EXPECT_EQ(DecodeOne("DECIMAL(18,3)", "1.5E3"), "1500.000");
  EXPECT_EQ(DecodeOne("DECIMAL(4,2)", R"("99.994")"), "99.99");
  EXPECT_EQ(DecodeOne("DECIMAL(9,2)", "0.1"), "0.10");
  EXPECT_EQ(DecodeOne("DECIMAL(18,3)", "1e-30"), "0.000");
  EXPECT_EQ(DecodeOne("DECIMAL(18,3)", "0e50"), "0.000");
  for (const auto& [type, json] :
       std::vector<std::pair<std::string, std::string>>{{"DECIMAL(4,2)", "100"},
                                                        {"DECIMAL(4,2)", "99.995"},
                                                        {"DECIMAL(18,3)", "1e15"},
                                                        {"DECIMAL(38,0)", "100000000000000000000000000000000000000"},
                                                        {"DECIMAL(38,10)", "1e38"},
                                                        {"DECIMAL(18,3)", R"("1,5")"},
                                                        {"DECIMAL(18,3)", "true"}}) {
    EXPECT_TRUE(IsBad(type, json)) << type << " " << json;
  }
}

TEST(JsonValueReader, TimestampText) {
  const auto at = [](const std::string& text) { return DecodeOne("TIMESTAMP", "\"" + text + "\""); };
  EXPECT_EQ(at("2026-01-01T00:00:00.001Z"), "2026-01-01 00:00:00.001");
  EXPECT_EQ(at("2026-01-01T00:00:00Z"), "2026-01-01 00:00:00");
  EXPECT_EQ(at("2026-01-01T12:34:56.123456+02:00"), "2026-01-01 10:34:56.123456");
  EXPECT_EQ(at("2026-01-01t00:30:00-05:30"), "2026-01-01 06:00:00");
  EXPECT_EQ(at("2026-01-01T00:30:00+0100"), "2025-12-31 23:30:00");
  EXPECT_EQ(at("2026-01-01 00:00:00.5"), "2026-01-01 00:00:00.5");
  EXPECT_EQ(at("2026-01-01 10:00:00+02"), "2026-01-01 08:00:00");
  EXPECT_EQ(at("2026-01-01 10:00:00 UTC"), "2026-01-01 10:00:00");
  EXPECT_EQ(at("2026-01-01 10:00"), "2026-01-01 10:00:00");
  EXPECT_EQ(at("2026-01-01"), "2026-01-01 00:00:00");
  EXPECT_EQ(at("2026-01-01T23:59:59.999999999Z"), "2026-01-01 23:59:59.999999");  // cut, not rounded
  EXPECT_EQ(at("1969-12-31T23:59:59.9999999Z"), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(at("2024-02-29T00:00:00Z"), "2024-02-29 00:00:00");
  EXPECT_EQ(at("0001-01-01T00:00:00Z"), "0001-01-01 00:00:00");
  EXPECT_EQ(at("9999-12-31T23:59:59.999Z"), "9999-12-31 23:59:59.999");
  EXPECT_EQ(at("infinity"), "infinity");
  EXPECT_EQ(at("-infinity"), "-infinity");
  for (const char* bad : {"",
                          "now",
                          "2026",
                          "2026-01",
                          "2026-1-1",
                          "2026-02-29T00:00:00Z",
                          "2100-02-29",
                          "2026-00-01",
                          "2026-13-01",
                          "2026-01-32",
                          "2026-04-31",
                          "0000-01-01",
                          "2026-01-01T24:00:00Z",
                          "2026-01-01T23:60:00Z",
                          "2026-06-30T23:59:60Z",
                          "2026-01-01T00:00:00.Z",
                          "2026-01-01T00:00:00+24:00",
                          "2026-01-01T00:00:00+1",
                          "2026-01-01T00:00:00ZZ",
                          "2026-01-01T00:00:00 PST",
                          "2026-01-01T",
                          "2026-01-01X00:00:00",
                          "2026-01-01T00:00:00.1x",
                          "20260101T000000Z",
                          "2026-01-01T0a:00:00.001Z",
                          "\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000"}) {
    EXPECT_TRUE(at(bad).starts_with("bad: ")) << bad;
  }
}

TEST(JsonValueReader, TimestampPrecisionsAndZones) {
  EXPECT_EQ(DecodeOne("TIMESTAMP_S", R"("2026-01-01T00:00:01.999Z")"), "2026-01-01 00:00:01");
  EXPECT_EQ(DecodeOne("TIMESTAMP_MS", R"("2026-01-01T00:00:01.9999Z")"), "2026-01-01 00:00:01.999");
  EXPECT_EQ(DecodeOne("TIMESTAMP_NS", R"("2026-01-01T00:00:01.123456789Z")"), "2026-01-01 00:00:01.123456789");
  EXPECT_EQ(DecodeOne("TIMESTAMPTZ", R"("2026-01-01T02:00:00+02:00")"), "2026-01-01 00:00:00+00");
  EXPECT_TRUE(IsBad("TIMESTAMP_NS", R"("2500-01-01")"));
}

TEST(JsonValueReader, TimestampFormats) {
  using Format = JsonTimestampFormat;
  const auto at = [](const std::string& json, Format format) {
    return DecodeOne("TIMESTAMP", json, {.timestamp_format = format});
  };
  EXPECT_EQ(at("1767225600", Format::kAuto), "2026-01-01 00:00:00");
  EXPECT_EQ(at("1767225600001", Format::kAuto), "2026-01-01 00:00:00.001");
  EXPECT_EQ(at("1767225600001002", Format::kAuto), "2026-01-01 00:00:00.001002");
  EXPECT_EQ(at("1767225600001002003", Format::kAuto), "2026-01-01 00:00:00.001002");
  EXPECT_EQ(at("1767225600.25", Format::kAuto), "2026-01-01 00:00:00.25");
  EXPECT_EQ(at("0", Format::kAuto), "1970-01-01 00:00:00");
  EXPECT_EQ(at("-1.5", Format::kAuto), "1969-12-31 23:59:58.5");
  EXPECT_EQ(at("1.767225600001e12", Format::kAuto), "2026-01-01 00:00:00.001");
  EXPECT_EQ(at("1000", Format::kEpochMillis), "1970-01-01 00:00:01");
  EXPECT_EQ(at("-1", Format::kEpochMillis), "1969-12-31 23:59:59.999");
  EXPECT_EQ(at("1.9999999", Format::kEpochSeconds), "1970-01-01 00:00:01.999999");
  EXPECT_EQ(at("1.99999999999999999999999", Format::kEpochSeconds), "1970-01-01 00:00:01.999999");
  EXPECT_EQ(at("1001", Format::kEpochMicros), "1970-01-01 00:00:00.001001");
  EXPECT_EQ(at("1999", Format::kEpochNanos), "1970-01-01 00:00:00.000001");
  EXPECT_EQ(at(R"("1000")", Format::kEpochMillis), "1970-01-01 00:00:01");
  EXPECT_EQ(at(R"("2026-01-01 00:00:00")", Format::kSql), "2026-01-01 00:00:00");
  EXPECT_TRUE(at("1000", Format::kRfc3339).starts_with("bad: "));
  EXPECT_TRUE(at(R"("2026-01-01T00:00:00Z")", Format::kEpochMillis).starts_with("bad: "));
  EXPECT_TRUE(at("1e30", Format::kAuto).starts_with("bad: "));
  EXPECT_TRUE(at("1e300", Format::kEpochNanos).starts_with("bad: "));
  EXPECT_TRUE(at("true", Format::kAuto).starts_with("bad: "));
}

TEST(JsonValueReader, OtherScalars) {
  EXPECT_EQ(DecodeOne("BOOLEAN", "true"), "true");
  EXPECT_EQ(DecodeOne("BOOLEAN", "false"), "false");
  EXPECT_EQ(DecodeOne("BOOLEAN", R"("true")"), "true");
  EXPECT_EQ(DecodeOne("DATE", R"("2026-02-28")"), "2026-02-28");
  EXPECT_EQ(DecodeOne("DATE", R"("1969-12-31T00:00:00Z")"), "1969-12-31");
  EXPECT_EQ(DecodeOne("TIME", R"("23:59:59.123456")"), "23:59:59.123456");
  EXPECT_EQ(DecodeOne("TIME", R"("01:02")"), "01:02:00");
  EXPECT_EQ(DecodeOne("TIME", R"("01:02:03.5Z")"), "01:02:03.5");
  EXPECT_EQ(DecodeOne("TIME", R"("01:02:03+02:30")"), "22:32:03");
  EXPECT_EQ(DecodeOne("TIME", R"("23:00-23:59")"), "22:59:00");
  EXPECT_EQ(DecodeOne("INTERVAL", R"("1 day 02:00:00")"), "1 day 02:00:00");
  EXPECT_EQ(DecodeOne("UUID", R"("6f1f0e1e-6c6d-4a8a-9b3b-0d6f7a8b9c0d")"), "6f1f0e1e-6c6d-4a8a-9b3b-0d6f7a8b9c0d");
  EXPECT_EQ(DecodeOne("BLOB", R"("AGFi/w==")"), "\\x00ab\\xFF");
  EXPECT_EQ(DecodeOne("ENUM('red','green')", R"("green")"), "green");
  EXPECT_EQ(DecodeOne("TIMETZ", R"("10:00:00+02")"), "10:00:00+02");
  EXPECT_EQ(DecodeOne("BIT", R"("0101")"), "0101");
  for (const auto& [type, json] :
       std::vector<std::pair<std::string, std::string>>{{"BOOLEAN", "1"},
                                                        {"BOOLEAN", "t"},
                                                        {"BOOLEAN", R"("x")"},
                                                        {"BOOLEAN", "truee"},
                                                        {"DATE", R"("2026-02-30")"},
                                                        {"DATE", R"("2026-02-28T01:00:00Z")"},
                                                        {"DATE", "20260228"},
                                                        {"TIME", R"("24:00:00")"},
                                                        {"TIME", R"("10:00x")"},
                                                        {"TIME", R"("10:00+24:00")"},
                                                        {"INTERVAL", R"("one day")"},
                                                        {"UUID", R"("6f1f0e1e")"},
                                                        {"BLOB", R"("a")"},
                                                        {"BLOB", R"("a*==")"},
                                                        {"ENUM('red')", R"("blue")"},
                                                        {"ENUM('red')", "{}"},
                                                        {"TIMETZ", R"("x")"},
                                                        {"BIT", R"("012")"}}) {
    EXPECT_TRUE(IsBad(type, json)) << type << " " << json << " " << DecodeOne(type, json);
  }
}

TEST(JsonValueReader, Nested) {
  EXPECT_EQ(DecodeOne("INTEGER[]", "[1, null ,3]"), "[1, NULL, 3]");
  EXPECT_EQ(DecodeOne("INTEGER[]", "[]"), "[]");
  EXPECT_EQ(DecodeOne("INTEGER[]", "null"), "NULL");
  EXPECT_EQ(DecodeOne("INTEGER[][]", "[[1],[],[2,3],null]"), "[[1], [], [2, 3], NULL]");
  EXPECT_EQ(DecodeOne("INTEGER[2]", "[1,2]"), "[1, 2]");
  EXPECT_EQ(DecodeOne("INTEGER[2]", "null"), "NULL");
  EXPECT_EQ(DecodeOne("STRUCT(a INTEGER, b VARCHAR[])", R"({"b":["x"],"c":{"a":[]},"a":1})"), "{'a': 1, 'b': [x]}");
  EXPECT_EQ(DecodeOne("STRUCT(a INTEGER, b VARCHAR)", R"({"a":1,"a":2})"), "{'a': 2, 'b': NULL}");
  EXPECT_EQ(DecodeOne("STRUCT(a INTEGER)", "{}"), "{'a': NULL}");
  EXPECT_EQ(DecodeOne("STRUCT(a STRUCT(b INTEGER[2]))", R"({"a":null})"), "{'a': NULL}");
  EXPECT_EQ(DecodeOne("MAP(VARCHAR, INTEGER)", R"({"x":1,"y":2,"x":3})"), "{x=3, y=2}");
  EXPECT_EQ(DecodeOne("MAP(INTEGER, DOUBLE[])", R"({"1":[0.5],"2":null})"), "{1=[0.5], 2=NULL}");
  EXPECT_EQ(DecodeOne("MAP(VARCHAR, INTEGER)", "{}"), "{}");
  for (const auto& [type, json] :
       std::vector<std::pair<std::string, std::string>>{{"INTEGER[]", "{}"},
                                                        {"INTEGER[]", "[1,]"},
                                                        {"INTEGER[]", "[1 2]"},
                                                        {"INTEGER[]", R"(["x"])"},
                                                        {"INTEGER[2]", "[1]"},
                                                        {"INTEGER[2]", "[1,2,3]"},
                                                        {"INTEGER[2]", "[1,2,]"},
                                                        {"INTEGER[2]", "5"},
                                                        {"STRUCT(a INTEGER)", "[]"},
                                                        {"STRUCT(a INTEGER)", R"({"a"})"},
                                                        {"STRUCT(a INTEGER)", R"({"a":1,})"},
                                                        {"STRUCT(a INTEGER)", R"({"a":1]})"},
                                                        {"MAP(INTEGER, INTEGER)", R"({"x":1})"},
                                                        {"MAP(VARCHAR, INTEGER)", R"({"x"})"},
                                                        {"MAP(VARCHAR, INTEGER)", "[]"}}) {
    EXPECT_TRUE(IsBad(type, json)) << type << " " << json;
  }
}

TEST(JsonValueReader, ListsGrowPastTheVectorsCapacity) {
  std::vector<std::string> records;
  for (int i = 0; i < 3000; i++) {
    std::string list;
    for (int k = 0; k < i % 9; k++)
      list += (k ? "," : "") + std::string("{\"k\":") + std::to_string(i * 10 + k) + ",\"s\":[\"abcdefghijklmnop\"]}";
    records.push_back("{\"v\":[" + list + "]}");
    if (i % 7 == 0) records.push_back(R"({"v":[{"k":1,"s":["x"]},{"k":"bad"}]})");
  }
  const Decoded decoded = DecodeAll(TestSchema({{"v", "STRUCT(k INTEGER, s VARCHAR[])[]"}}), records);
  ASSERT_EQ(decoded.rows.size(), 3000u);
  for (size_t i = 0; i < 3000; i++) {
    const auto& list = duckdb::ListValue::GetChildren(decoded.rows[i][0]);
    ASSERT_EQ(list.size(), i % 9);
    for (size_t k = 0; k < list.size(); k++)
      ASSERT_EQ(list[k].ToString(), "{'k': " + std::to_string(i * 10 + k) + ", 's': [abcdefghijklmnop]}");
  }
}

}  // namespace
}  // namespace laminar
