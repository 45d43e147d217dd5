// One datum read as another schema or column says: promotions, aliases, defaults, unions, logical types.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/avro/avro_rows_for_test.h"

namespace laminar {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string LogicalOf(const std::string& type, const std::string& logical) {
  return R"({"type":")" + type + R"(","logicalType":")" + logical + "\"}";
}

TEST(AvroResolution, NumbersIntoColumns) {
  EXPECT_EQ(ReadOne(R"("int")", "BIGINT", AvroLong(-7)), "-7");
  EXPECT_EQ(ReadOne(R"("long")", "SMALLINT", AvroLong(70000)),
            "bad: expected SMALLINT, found the number 70000, which is out of range");
  EXPECT_EQ(ReadOne(R"("long")", "UBIGINT", AvroLong(-1)),
            "bad: expected UBIGINT, found the number -1, which is out of range");
  EXPECT_EQ(ReadOne(R"("int")", "DOUBLE", AvroLong(5)), "5.0");
  EXPECT_EQ(ReadOne(R"("long")", "DECIMAL(5,2)", AvroLong(-123)), "-123.00");
  EXPECT_EQ(ReadOne(R"("long")", "DECIMAL(5,2)", AvroLong(1234)),
            "bad: expected DECIMAL(5,2), found a decimal that is out of range");
  EXPECT_EQ(ReadOne(R"("float")", "DOUBLE", AvroFixed(1.5f)), "1.5");
  EXPECT_EQ(ReadOne(R"("int")", "HUGEINT", AvroLong(-5)), "-5");
  EXPECT_EQ(ReadOne(R"("int")", "INTEGER", AvroLong(int64_t{1} << 40)), "bad: an int has more than 32 bits");
  EXPECT_EQ(ReadOne(R"("boolean")", "BOOLEAN", "\x01"), "true");
  EXPECT_EQ(ReadOne(R"("boolean")", "BOOLEAN", "\x02"), "bad: expected BOOLEAN, found the byte 2");
}

TEST(AvroResolution, WhatAColumnCannotTakeIsRefused) {
  EXPECT_EQ(ReadOne(R"("double")", "FLOAT", ""), "refused: field v: double cannot be read as FLOAT");
  EXPECT_EQ(ReadOne(R"("string")", "BIGINT", ""), "refused: field v: string cannot be read as BIGINT");
  EXPECT_EQ(ReadOne(R"("long")", "TIMESTAMP", ""), "refused: field v: long cannot be read as TIMESTAMP");
  EXPECT_EQ(ReadOne(LogicalOf("long", "timestamp-micros"), "VARCHAR[]", ""),
            "refused: field v: long (timestamp-micros) cannot be read as VARCHAR[]");
  EXPECT_EQ(ReadOne(R"({"type":"array","items":"string"})", "BIGINT[]", ""),
            "refused: field v: its elements: string cannot be read as BIGINT");
  EXPECT_EQ(ReadOne(R"("int")", "VARCHAR", "", R"("string")"),
            "refused: field v: the writer's int cannot be read as the reader's string");
  EXPECT_EQ(ReadOne(R"("int")", "BIGINT", "", R"("double")"),
            "refused: field v: int, read as double, cannot be read as BIGINT");
  EXPECT_EQ(ReadOne(R"(["string","boolean"])", "BIGINT", ""), "refused: field v: string cannot be read as BIGINT");
}

TEST(AvroResolution, TheReadersTypePromotes) {
  EXPECT_EQ(ReadOne(R"("int")", "DOUBLE", AvroLong(16777217), R"("float")"), "16777216.0");
  EXPECT_EQ(ReadOne(R"("int")", "DOUBLE", AvroLong(16777217), R"("double")"), "16777217.0");
  EXPECT_EQ(ReadOne(R"("bytes")", "VARCHAR", AvroText("abc"), R"("string")"), "abc");
  EXPECT_EQ(ReadOne(R"("bytes")", "VARCHAR", AvroText("\xff"), R"("string")"),
            "bad: expected VARCHAR, found a string that is not valid UTF-8");
  EXPECT_EQ(ReadOne(R"("string")", "BLOB", AvroText("a"), R"("bytes")"), "a");
  EXPECT_EQ(ReadOne(R"("long")", "BIGINT", AvroLong(3), R"(["null","string","long"])"), "3");
}

TEST(AvroResolution, LogicalTypes) {
  EXPECT_EQ(ReadOne(LogicalOf("int", "date"), "DATE", AvroLong(-1)), "1969-12-31");
  EXPECT_EQ(ReadOne(LogicalOf("int", "date"), "TIMESTAMP", AvroLong(1)), "1970-01-02 00:00:00");
  EXPECT_EQ(ReadOne(LogicalOf("int", "time-millis"), "TIME", AvroLong(1500)), "00:00:01.5");
  EXPECT_EQ(ReadOne(LogicalOf("long", "time-micros"), "TIME", AvroLong(-5)),
            "bad: expected TIME, found the number -5, which is out of range");
  EXPECT_EQ(ReadOne(LogicalOf("long", "timestamp-millis"), "TIMESTAMP", AvroLong(-1)), "1969-12-31 23:59:59.999");
  EXPECT_EQ(ReadOne(LogicalOf("long", "timestamp-micros"), "TIMESTAMP_MS", AvroLong(-1)), "1969-12-31 23:59:59.999");
  EXPECT_EQ(ReadOne(LogicalOf("long", "local-timestamp-nanos"), "TIMESTAMP", AvroLong(1999)),
            "1970-01-01 00:00:00.000001");
  EXPECT_EQ(ReadOne(LogicalOf("long", "timestamp-millis"), "TIMESTAMP", AvroLong(INT64_MAX - 1)),
            "bad: expected TIMESTAMP, found the number 9223372036854775806, which is out of range");
  EXPECT_EQ(ReadOne(LogicalOf("long", "timestamp-millis"), "TIMESTAMP", AvroLong(INT64_MAX)), "infinity");
  // The writer's unit, whatever the reader's.
  EXPECT_EQ(
      ReadOne(LogicalOf("long", "timestamp-millis"), "TIMESTAMP", AvroLong(1), LogicalOf("long", "timestamp-micros")),
      "1970-01-01 00:00:00.001");
  EXPECT_EQ(ReadOne(R"("long")", "TIMESTAMP", AvroLong(1), LogicalOf("long", "timestamp-micros")),
            "1970-01-01 00:00:00.000001");
  EXPECT_EQ(ReadOne(LogicalOf("string", "uuid"), "UUID", AvroText("6f1f0e1e-6c6d-4a8a-9b3b-0d6f7a8b9c0d")),
            "6f1f0e1e-6c6d-4a8a-9b3b-0d6f7a8b9c0d");
  EXPECT_EQ(ReadOne(LogicalOf("string", "uuid"), "UUID", AvroText("6f1f")),
            "bad: expected UUID, found the string \"6f1f\"");
  EXPECT_EQ(ReadOne(R"({"type":"fixed","name":"F","size":12,"logicalType":"duration"})", "INTERVAL",
                    AvroFixed(1u) + AvroFixed(2u) + AvroFixed(3000u)),
            "1 month 2 days 00:00:03");
  EXPECT_EQ(ReadOne(R"("string")", "TIMESTAMP", AvroText("2026-01-01T00:00:00.5Z")), "2026-01-01 00:00:00.5");
}

TEST(AvroResolution, Decimals) {
  const auto decimal = [](int precision, int scale) {
    return R"({"type":"bytes","logicalType":"decimal","precision":)" + std::to_string(precision) +
           ",\"scale\":" + std::to_string(scale) + "}";
  };
  EXPECT_EQ(ReadOne(decimal(9, 2), "DECIMAL(9,2)", AvroText("\x04\xd2")), "12.34");
  EXPECT_EQ(ReadOne(decimal(9, 2), "DECIMAL(9,2)", AvroText("\xff")), "-0.01");
  EXPECT_EQ(ReadOne(decimal(9, 2), "DECIMAL(9,2)", AvroText("")), "0.00");
  EXPECT_EQ(ReadOne(decimal(9, 2), "DECIMAL(38,10)", AvroText("\x04\xd2")), "12.3400000000");
  EXPECT_EQ(ReadOne(decimal(9, 2), "DECIMAL(9,1)", AvroText("\x04\xd7")), "12.4");  // 12.39
  EXPECT_EQ(ReadOne(decimal(9, 2), "DECIMAL(3,2)", AvroText("\x04\xd2")),
            "bad: expected DECIMAL(3,2), found a decimal that is out of range");
  EXPECT_EQ(ReadOne(decimal(20, 0), "UBIGINT", AvroText(std::string("\0\xff\xff\xff\xff\xff\xff\xff\xff", 9))),
            "18446744073709551615");
  EXPECT_EQ(ReadOne(decimal(60, 0), "HUGEINT", AvroText(std::string(20, '\xff'))), "-1");
  EXPECT_EQ(ReadOne(decimal(60, 0), "HUGEINT", AvroText("\x7f" + std::string(16, '\0'))),
            "bad: expected HUGEINT, found a decimal that is out of range");
  EXPECT_EQ(ReadOne(R"({"type":"fixed","name":"F","size":3,"logicalType":"decimal","precision":5,"scale":1})",
                    "DECIMAL(5,1)", "\xff\xff\xf6"),
            "-1.0");
  EXPECT_EQ(ReadOne(decimal(9, 2), "BIGINT", ""), "refused: field v: bytes (decimal(9,2)) cannot be read as BIGINT");
}

TEST(AvroResolution, Unions) {
  EXPECT_EQ(ReadOne(R"(["null","long"])", "BIGINT", AvroLong(0)), "NULL");
  EXPECT_EQ(ReadOne(R"(["null","long"])", "BIGINT", AvroLong(1) + AvroLong(9)), "9");
  EXPECT_EQ(ReadOne(R"(["long","null"])", "BIGINT", AvroLong(0) + AvroLong(9)), "9");
  EXPECT_EQ(ReadOne(R"(["long","null"])", "BIGINT", AvroLong(1)), "NULL");
  EXPECT_EQ(ReadOne(R"(["long","null"])", "BIGINT", AvroLong(2)), "bad: a union has no branch of that number");
  EXPECT_EQ(ReadOne(R"(["long","null"])", "BIGINT", AvroLong(-1)), "bad: a union has no branch of that number");
  const std::string wide = R"(["null","int","double","string"])";
  EXPECT_EQ(ReadOne(wide, "DOUBLE", AvroLong(1) + AvroLong(3)), "3.0");
  EXPECT_EQ(ReadOne(wide, "DOUBLE", AvroLong(3) + AvroText("x")), "bad: string cannot be read as DOUBLE");
  EXPECT_EQ(ReadOne(wide, "VARCHAR", AvroLong(3) + AvroText("x\"y")), "x\"y");
  EXPECT_EQ(ReadOne(wide, "VARCHAR", AvroLong(2) + AvroFixed(1.5)), "1.5");
  EXPECT_EQ(ReadOne(wide, "JSON", AvroLong(3) + AvroText("x\"y")), R"("x\"y")");
  EXPECT_EQ(ReadOne(wide, "JSON", AvroLong(0)), "NULL");
  EXPECT_EQ(ReadOne("[\"long\"]", "BIGINT", AvroLong(0) + AvroLong(9)), "9");
}

TEST(AvroResolution, Enums) {
  const std::string suit = R"({"type":"enum","name":"S","symbols":["HEARTS","SPADES"]})";
  EXPECT_EQ(ReadOne(suit, "VARCHAR", AvroLong(1)), "SPADES");
  EXPECT_EQ(ReadOne(suit, "ENUM('SPADES','HEARTS')", AvroLong(1)), "SPADES");
  EXPECT_EQ(ReadOne(suit, "ENUM('HEARTS')", AvroLong(1)),
            "bad: expected ENUM('HEARTS'), found the symbol SPADES, which is none of its values");
  EXPECT_EQ(ReadOne(suit, "JSON", AvroLong(0)), "\"HEARTS\"");
  EXPECT_EQ(ReadOne(suit, "VARCHAR", AvroLong(2)), "bad: an enum has no symbol of that number");
  EXPECT_EQ(
      ReadOne(suit, "VARCHAR", AvroLong(1), R"({"type":"enum","name":"S","symbols":["X","HEARTS"],"default":"X"})"),
      "X");
  EXPECT_EQ(ReadOne(suit, "VARCHAR", AvroLong(1), R"({"type":"enum","name":"S","symbols":["HEARTS"]})"),
            "bad: expected VARCHAR, found the symbol SPADES, which the schema does not have");
  EXPECT_EQ(ReadOne(R"("string")", "ENUM('a','b')", AvroText("b")), "b");
}

TEST(AvroResolution, NestedTypes) {
  const std::string list = R"({"type":"array","items":["null","int"]})";
  const std::string two = AvroLong(1) + AvroLong(1) + AvroLong(5);  // a block of one
  EXPECT_EQ(ReadOne(list, "BIGINT[]", two + AvroLong(1) + AvroLong(0) + AvroLong(0)), "[5, NULL]");
  EXPECT_EQ(ReadOne(list, "BIGINT[]", AvroLong(-1) + AvroLong(2) + AvroLong(1) + AvroLong(5) + AvroLong(0)), "[5]");
  EXPECT_EQ(ReadOne(list, "BIGINT[]", AvroLong(-1) + AvroLong(3) + AvroLong(1) + AvroLong(5) + AvroLong(0)),
            "bad: the length of an array's or a map's block is wrong");
  EXPECT_EQ(ReadOne(list, "INTEGER[2]", two + two + AvroLong(0)), "[5, 5]");
  EXPECT_EQ(ReadOne(list, "INTEGER[2]", two + AvroLong(0)), "bad: expected INTEGER[2], found an array of 1");
  EXPECT_EQ(ReadOne(list, "INTEGER[2]", two + two + two + AvroLong(0)),
            "bad: expected INTEGER[2], found an array of more");
  const std::string map = R"({"type":"map","values":"int"})";
  EXPECT_EQ(ReadOne(map, "MAP(VARCHAR, INTEGER)",
                    AvroLong(3) + AvroText("a") + AvroLong(1) + AvroText("b") + AvroLong(2) + AvroText("a") +
                        AvroLong(3) + AvroLong(0)),
            "{b=2, a=3}");
  const std::string record =
      R"({"type":"record","name":"S","fields":[{"name":"x","type":"int"},{"name":"y","type":"string"},{"name":"z","type":"int"}]})";
  const std::string datum = AvroLong(1) + AvroText("t") + AvroLong(3);
  EXPECT_EQ(ReadOne(record, "STRUCT(z INTEGER, x BIGINT, w VARCHAR)", datum), "{'z': 3, 'x': 1, 'w': NULL}");
  EXPECT_EQ(ReadOne(record, "JSON", datum), R"({"x":1,"y":"t","z":3})");
  EXPECT_EQ(ReadOne(map, "JSON", AvroLong(1) + AvroText("a") + AvroLong(1) + AvroLong(0)), R"({"a":1})");
  EXPECT_EQ(ReadOne(list, "VARCHAR", two + two + AvroLong(0)), "[5,5]");
  EXPECT_EQ(
      ReadOne(
          R"({"type":"array","items":{"type":"record","name":"E","fields":[{"name":"key","type":"int"},{"name":"value","type":"string"}]}})",
          "MAP(INTEGER, VARCHAR)", AvroLong(1) + AvroLong(7) + AvroText("x") + AvroLong(0)),
      "{7=x}");
}

TEST(AvroResolution, TextOfOtherTypes) {
  EXPECT_EQ(ReadOne(R"("string")", "UUID", AvroText("a\xff")),
            "bad: expected UUID, found a string that is not valid UTF-8");
  EXPECT_EQ(ReadOne(R"("string")", "JSON", AvroText(R"( {"a": [1]} )")), R"({"a": [1]})");
  EXPECT_THAT(ReadOne(R"("string")", "JSON", AvroText("{")), StartsWith("bad: expected JSON, found a string that"));
  EXPECT_THAT(ReadOne(R"("string")", "JSON", AvroText("")), HasSubstr("is empty"));
  EXPECT_THAT(ReadOne(R"("string")", "JSON", AvroText("1 2")), HasSubstr("something follows"));
  EXPECT_EQ(ReadOne(LogicalOf("long", "timestamp-millis"), "VARCHAR", AvroLong(1500)), "1970-01-01T00:00:01.500Z");
  EXPECT_EQ(ReadOne(LogicalOf("long", "timestamp-millis"), "JSON", AvroLong(1500)), "\"1970-01-01T00:00:01.500Z\"");
  EXPECT_EQ(ReadOne(LogicalOf("int", "date"), "VARCHAR", AvroLong(1)), "1970-01-02");
  EXPECT_EQ(ReadOne(R"("bytes")", "VARCHAR", AvroText("abc")), "YWJj");
  EXPECT_EQ(ReadOne(R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":2})", "JSON", AvroText("\x78")),
            "1.2");
  EXPECT_EQ(ReadOne(R"("double")", "JSON", AvroFixed(0.1)), "0.1");
  EXPECT_EQ(ReadOne(R"("boolean")", "VARCHAR", "\x01"), "true");
}

// Columns a, b, c of a reader's record; one row of the writer's.
std::string ReadRecord(const std::string& writer_fields, const std::string& reader_fields, const std::string& datum) {
  const auto record = [](const std::string& fields) {
    return R"({"type":"record","name":"R","fields":[)" + fields + "]}";
  };
  AvroOptions options;
  options.encoding = AvroEncoding::kRaw;
  options.writers = {TestAvroSchema(record(writer_fields))};
  options.schema = TestAvroSchema(record(reader_fields));
  auto decoder = AvroDecoder::Make(TestSchema({{"a", "BIGINT"}, {"b", "VARCHAR"}, {"c", "INTEGER[]"}}), options);
  if (!decoder.ok()) return decoder.status().message() + " | " + decoder.status().hint();
  const Decoded decoded = DecodeAvro(decoder.value().get(), {datum, datum});
  EXPECT_EQ(decoded.rows.size(), 2u);
  return decoded.row(1);
}

TEST(AvroResolution, FieldsRenamedMissingAndMore) {
  const std::string b = R"({"name":"b","type":"string"})";
  const std::string c = R"({"name":"c","type":{"type":"array","items":"int"},"default":[7,8]})";
  EXPECT_EQ(ReadRecord(R"({"name":"extra","type":{"type":"map","values":"string"}},{"name":"old_a","type":"int"},)" + b,
                       R"({"name":"a","aliases":["older_a","old_a"],"type":"long"},)" + b + "," + c,
                       AvroLong(1) + AvroText("k") + AvroText("v") + AvroLong(0) + AvroLong(-4) + AvroText("x")),
            "-4|x|[7, 8]");
  EXPECT_EQ(
      ReadRecord(R"({"name":"a","type":"int"})",
                 R"({"name":"a","type":"int"},{"name":"b","type":["null","string"],"default":null},)" + c, AvroLong(1)),
      "1|NULL|[7, 8]");
  EXPECT_EQ(
      ReadRecord(
          R"({"name":"a","type":"int"})",
          R"({"name":"a","type":"int"},{"name":"b","type":["null","string"],"default":"a long default text"},)" + c,
          AvroLong(1)),
      "1|a long default text|[7, 8]");
  EXPECT_THAT(ReadRecord(R"({"name":"a","type":"int"})", R"({"name":"a","type":"int"},)" + b + "," + c, AvroLong(1)),
              StartsWith("the writer's schema has no field b, and the reader's gives it no default"));
  EXPECT_THAT(ReadRecord(b, b + "," + c, AvroText("")),
              StartsWith("the Avro schema has no field a | Name the column as one of its fields: b, c"));
  EXPECT_THAT(ReadRecord(b, R"({"name":"a","type":"int","default":"x"},)" + b + "," + c, AvroText("")),
              StartsWith("field a: the default \"x\" is no int"));
}

// A value of the writer's type as JSON, by the reader's.
std::string ReadJson(const std::string& writer, const std::string& reader, const std::string& datum) {
  const auto record = [](const std::string& type) {
    return R"({"type":"record","name":"Outer","fields":[{"name":"v","type":)" + type + "}]}";
  };
  AvroOptions options;
  options.encoding = AvroEncoding::kRaw;
  options.writers = {TestAvroSchema(record(writer))};
  options.schema = TestAvroSchema(record(reader));
  auto decoder = AvroDecoder::Make(TestSchema({{"v", "JSON"}}), options);
  if (!decoder.ok()) return decoder.status().message();
  const Decoded decoded = DecodeAvro(decoder.value().get(), {datum});
  return decoded.rows.empty() ? "bad: " + decoded.bad.at(0).reason : decoded.row(0);
}

TEST(AvroResolution, WhatBecomesJsonIsAsTheReaderSays) {
  const std::string symbols = R"({"type":"enum","name":"E","symbols":["X","Y"]})";
  const std::string writer =
      R"({"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"gone","type":"string"},)"
      R"({"name":"e","type":)" +
      symbols + "}]}";
  const std::string reader =
      R"({"type":"record","name":"R","fields":[{"name":"aa","aliases":["a"],"type":"long"},)"
      R"({"name":"e","type":{"type":"enum","name":"E","symbols":["X","Z"],"default":"Z"}},)"
      R"({"name":"n","type":"int","default":5},{"name":"l","type":{"type":"array","items":"string"},"default":["\"q\""]}]})";
  const std::string datum = AvroLong(1) + AvroText("?") + AvroLong(1);
  const std::string read = R"({"aa":1,"e":"Z","n":5,"l":["\"q\""]})";
  const auto array = [](const std::string& of) { return R"({"type":"array","items":)" + of + "}"; };
  EXPECT_EQ(ReadJson(writer, reader, datum), read);
  EXPECT_EQ(ReadJson(array(writer), array(reader), AvroLong(2) + datum + datum + AvroLong(0)),
            "[" + read + "," + read + "]");
  EXPECT_EQ(ReadJson(writer, R"(["int",)" + reader + "]", datum), read);
  EXPECT_EQ(ReadJson(R"(["int",)" + writer + "]", R"(["long",)" + reader + "]", AvroLong(1) + datum), read);
  EXPECT_EQ(ReadJson(symbols, R"({"type":"enum","name":"E","symbols":["X"]})", AvroLong(1)),
            "bad: an enum has a symbol that the reader's does not have, and that has no default");
  // Of a union only what the reader has a type for.
  EXPECT_EQ(ReadJson(R"(["string",)" + writer + "]", R"(["null","string"])", AvroLong(0) + AvroText("t")), "\"t\"");
  EXPECT_THAT(ReadJson(R"(["string","int",)" + writer + "]", R"(["null","string","int"])", AvroLong(2) + datum),
              HasSubstr("cannot be read as the reader's"));
  EXPECT_EQ(ReadJson(array(R"("bytes")"), array(R"("string")"), AvroLong(1) + AvroText("abc") + AvroLong(0)),
            "[\"abc\"]");
  // A field of the reader's that is nowhere; a record of nothing but defaults.
  EXPECT_THAT(ReadJson(writer, R"({"type":"record","name":"R","fields":[{"name":"b","type":"int"}]})", datum),
              HasSubstr("the writer's schema has no field b, and the reader's gives it no default"));
  EXPECT_EQ(ReadJson(writer, R"({"type":"record","name":"R","fields":[{"name":"b","type":"int","default":1}]})", datum),
            R"({"b":1})");
  // One that holds itself.
  const auto node = [](const std::string& more) {
    return R"({"type":"record","name":"Node","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","Node"]})" +
           more + "]}";
  };
  EXPECT_EQ(ReadJson(node(""), node(R"(,{"name":"x","type":"int","default":9})"),
                     AvroLong(1) + AvroLong(1) + AvroLong(2) + AvroLong(0)),
            R"({"v":1,"next":{"v":2,"next":null,"x":9},"x":9})");
}

}  // namespace
}  // namespace laminar
