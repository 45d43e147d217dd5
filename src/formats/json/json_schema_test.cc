#include "formats/json/json_schema.h"

#include <gtest/gtest.h>

#include <string>

namespace laminar {
namespace {

// "a BIGINT NOT NULL, b VARCHAR", or the error.
std::string Columns(const std::string& schema) {
  const Result<Schema> columns = ColumnsOfJsonSchema(schema);
  if (!columns.ok()) return columns.status().message();
  std::string text;
  for (const Column& column : *columns) {
    text +=
        (text.empty() ? "" : ", ") + column.name + " " + TypeName(*column.type) + (column.not_null ? " NOT NULL" : "");
  }
  return text;
}

// The type of a property of that schema.
std::string TypeOf(const std::string& property, const std::string& defs = "{}") {
  return Columns(R"({"type":"object","properties":{"x":)" + property + R"(},"$defs":)" + defs + "}");
}

TEST(JsonSchema, AnObjectsPropertiesInTheirOrder) {
  EXPECT_EQ(Columns(R"({
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Order", "type": "object",
    "required": ["order_id", "note", "absent"],
    "properties": {
      "order_id": {"type": "integer", "description": "unique"},
      "note": {"type": ["string", "null"]},
      "amount": {"type": "number"},
      "paid": {"type": "boolean"},
      "at": {"type": "string", "format": "date-time"}
    }})"),
            "order_id BIGINT NOT NULL, note VARCHAR, amount DOUBLE, paid BOOLEAN, at TIMESTAMP");
  EXPECT_EQ(Columns(R"({"properties":{"x":{"type":"integer"}}})"), "x BIGINT");  // no type: the properties say it
}

TEST(JsonSchema, Scalars) {
  EXPECT_EQ(TypeOf(R"({"type":"string","format":"date"})"), "x DATE");
  EXPECT_EQ(TypeOf(R"({"type":"string","format":"time"})"), "x TIME");
  EXPECT_EQ(TypeOf(R"({"type":"string","format":"uuid"})"), "x UUID");
  EXPECT_EQ(TypeOf(R"({"type":"string","format":"email"})"), "x VARCHAR");
  EXPECT_EQ(TypeOf(R"({"type":"string","contentEncoding":"base64"})"), "x BLOB");
  EXPECT_EQ(TypeOf(R"({"type":["integer","number"]})"), "x DOUBLE");
  EXPECT_EQ(TypeOf(R"({"type":"integer","minimum":0,"maximum":9223372036854775807})"), "x BIGINT");
  EXPECT_EQ(TypeOf(R"({"type":"integer","maximum":18446744073709551615})"), "x HUGEINT");
  EXPECT_EQ(TypeOf(R"({"type":["string","integer"]})"), "x JSON");
  EXPECT_EQ(TypeOf(R"({"type":"null"})"), "x JSON");
  EXPECT_EQ(TypeOf("{}"), "x JSON");
  EXPECT_EQ(TypeOf("true"), "x JSON");
  EXPECT_EQ(TypeOf("false"), "x JSON");
}

TEST(JsonSchema, EnumAndConst) {
  EXPECT_EQ(TypeOf(R"({"enum":["red","green"]})"), "x VARCHAR");
  EXPECT_EQ(TypeOf(R"({"enum":["red",null]})"), "x VARCHAR");
  EXPECT_EQ(TypeOf(R"({"const":"red"})"), "x VARCHAR");
  EXPECT_EQ(TypeOf(R"({"enum":[1,2]})"), "x BIGINT");
  EXPECT_EQ(TypeOf(R"({"enum":[1,2.5]})"), "x DOUBLE");
  EXPECT_EQ(TypeOf(R"({"enum":[true]})"), "x BOOLEAN");
  EXPECT_EQ(TypeOf(R"({"enum":["1",1]})"), "x JSON");
  EXPECT_EQ(Columns(R"({"required":["a","b"],"properties":{"a":{"enum":["x"]},"b":{"enum":["x",null]}}})"),
            "a VARCHAR NOT NULL, b VARCHAR");
}

TEST(JsonSchema, ArraysAndObjects) {
  EXPECT_EQ(TypeOf(R"({"type":"array","items":{"type":"integer"}})"), "x BIGINT[]");
  EXPECT_EQ(TypeOf(R"({"items":{"type":"integer"}})"), "x BIGINT[]");
  EXPECT_EQ(TypeOf(R"({"type":"array"})"), "x JSON[]");
  EXPECT_EQ(TypeOf(R"({"type":"array","items":[{"type":"integer"},{"type":"string"}]})"), "x JSON");
  EXPECT_EQ(TypeOf(R"({"type":"array","prefixItems":[{"type":"integer"}]})"), "x JSON");
  EXPECT_EQ(
      TypeOf(
          R"({"type":"object","properties":{"a b":{"type":"number"},"c":{"type":"array","items":{"properties":{"d":{}}}}}})"),
      "x STRUCT(\"a b\" DOUBLE, c STRUCT(d JSON)[])");
  EXPECT_EQ(TypeOf(R"({"type":"object","additionalProperties":{"type":"integer"}})"), "x MAP(VARCHAR, BIGINT)");
  EXPECT_EQ(TypeOf(R"({"type":"object","additionalProperties":true})"), "x JSON");
  EXPECT_EQ(TypeOf(R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"string"}}})"),
            "x STRUCT(a VARCHAR)");
  // A STRUCT would leave out what the others hold.
  EXPECT_EQ(TypeOf(R"({"type":"object","additionalProperties":{"type":"integer"},"properties":{"a":{}}})"), "x JSON");
  EXPECT_EQ(TypeOf(R"({"type":"object","patternProperties":{"^x":{"type":"integer"}}})"), "x JSON");
  EXPECT_EQ(TypeOf(R"({"type":"object","properties":{"a":{},"A":{}}})"), "x JSON");
  EXPECT_EQ(TypeOf(R"({"type":"object","properties":{"":{}}})"), "x JSON");
}

TEST(JsonSchema, References) {
  const std::string defs =
      R"({"money":{"type":"number"},"a/b":{"type":"string"},"line":{"properties":{"price":{"$ref":"#/$defs/money"}}}})";
  EXPECT_EQ(TypeOf(R"({"$ref":"#/$defs/line"})", defs), "x STRUCT(price DOUBLE)");
  EXPECT_EQ(TypeOf(R"({"type":"array","items":{"$ref":"#/$defs/line","title":"t"}})", defs),
            "x STRUCT(price DOUBLE)[]");
  EXPECT_EQ(TypeOf(R"({"$ref":"#/%24defs/a~1b"})", defs), "x VARCHAR");
  EXPECT_EQ(
      Columns(
          R"({"$ref":"#/definitions/o","definitions":{"o":{"type":"object","properties":{"n":{"type":"integer"}}}}})"),
      "n BIGINT");
  EXPECT_EQ(
      Columns(
          R"({"$id":"https://x.test/o.json","properties":{"n":{"$ref":"https://x.test/o.json#/$defs/n"}},"$defs":{"n":{"type":"integer"}}})"),
      "n BIGINT");
  // The same definition twice, side by side, is no recursion.
  EXPECT_EQ(
      TypeOf(
          R"({"properties":{"p":{"$ref":"#/$defs/line"},"q":{"allOf":[{"$ref":"#/$defs/line"},{"$ref":"#/$defs/line"}]}}})",
          defs),
      "x STRUCT(p STRUCT(price DOUBLE), q STRUCT(price DOUBLE))");
}

TEST(JsonSchema, AllOfIsAllTogether) {
  EXPECT_EQ(Columns(R"({"allOf":[{"properties":{"id":{"type":["integer","null"]}},"required":["id"]},
                                 {"properties":{"id":{"type":"integer"},"name":{"type":"string"}}}],
                        "properties":{"at":{"type":"string"}},"required":["name"]})"),
            "at VARCHAR, id BIGINT NOT NULL, name VARCHAR NOT NULL");
  EXPECT_EQ(TypeOf(R"({"allOf":[{"type":"string"},{"format":"date-time"}]})"), "x TIMESTAMP");
}

TEST(JsonSchema, OneOfAndAnyOf) {
  EXPECT_EQ(TypeOf(R"({"oneOf":[{"type":"null"},{"type":"string","format":"date-time"}]})"), "x TIMESTAMP");
  EXPECT_EQ(
      Columns(
          R"({"required":["a","b"],"properties":{"a":{"anyOf":[{"type":"integer"},{"type":"null"}]},"b":{"anyOf":[{"type":"integer"}]}}})"),
      "a BIGINT, b BIGINT NOT NULL");
  EXPECT_EQ(TypeOf(R"({"anyOf":[{"type":"integer"},{"type":"number"}]})"), "x DOUBLE");
  EXPECT_EQ(TypeOf(R"({"anyOf":[{"type":"integer"},{"type":"string"}]})"), "x JSON");
  EXPECT_EQ(
      TypeOf(
          R"({"anyOf":[{"const":null},{"anyOf":[{"type":"null"},{"properties":{"a":{"type":"integer"}},"type":"object"}]}]})"),
      "x STRUCT(a BIGINT)");
  EXPECT_EQ(TypeOf(R"({"oneOf":[{"properties":{"a":{}},"type":"object"},{"properties":{"b":{}},"type":"object"}]})"),
            "x JSON");
  // What only limits the object leaves its type alone.
  EXPECT_EQ(Columns(R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},
                        "oneOf":[{"required":["a"]},{"required":["b"],"properties":{"a":{"minimum":1}}}]})"),
            "a BIGINT, b VARCHAR");
}

TEST(JsonSchema, WhatHasNoColumnsSaysWhere) {
  const std::string at = "the JSON Schema gives no columns: at ";
  EXPECT_EQ(Columns(R"({"type":"array","items":{}})"), at + "/: it describes no object, and a row is an object");
  EXPECT_EQ(Columns(R"({"type":"object"})"), at + "/: it names no properties");
  EXPECT_EQ(Columns("true"), at + "/: it names no properties");
  EXPECT_EQ(Columns(R"({"oneOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]})"),
            at + "/: it describes several kinds of objects, or ones whose fields have patterns for names");
  EXPECT_EQ(Columns(R"({"properties":{"id":{},"ID":{}}})"),
            at + "/properties/ID: its name differs from that of \"id\" by case only, which columns cannot");
  EXPECT_EQ(Columns(R"({"properties":{"":{}}})"), at + "/properties/: a column's name cannot be empty");
  EXPECT_EQ(TypeOf(R"({"type":"text"})"), at + "/properties/x: there is no type \"text\"");
  EXPECT_EQ(TypeOf("[]"), at + "/properties/x: a schema has to be an object, true or false");
  EXPECT_EQ(TypeOf(R"({"items":{"allOf":{}}})"), at + "/properties/x/items: allOf has to be an array of schemas");
  EXPECT_EQ(TypeOf(R"({"properties":{"a/b":{"$ref":"#/$defs/y"}}})"),
            at + "/properties/x/properties/a~1b: $ref \"#/$defs/y\" names nothing in this schema");
  EXPECT_EQ(TypeOf(R"({"$ref":"other.json#/x"})"),
            at + "/properties/x: $ref \"other.json#/x\" is no path within this schema, such as \"#/$defs/address\"");
  EXPECT_TRUE(Columns("{\"type\":").starts_with("the JSON Schema is not valid JSON: parse error at line 1"));
}

TEST(JsonSchema, WhatContainsItselfIsAnError) {
  const std::string at = "the JSON Schema gives no columns: at ";
  const std::string why = " the schema contains itself, so its type has no end";
  EXPECT_EQ(TypeOf(R"({"$ref":"#/$defs/node"})", R"({"node":{"properties":{"next":{"$ref":"#/$defs/node"}}}})"),
            at + "/properties/x/properties/next: through $ref \"#/$defs/node\"" + why);
  EXPECT_EQ(TypeOf(R"({"type":"array","items":{"$ref":"#"}})"), at + "/properties/x/items: through $ref \"#\"" + why);
  EXPECT_EQ(TypeOf(R"({"$ref":"#/properties/x"})"), at + "/properties/x: through $ref \"#/properties/x\"" + why);
  EXPECT_EQ(TypeOf(R"({"$ref":"#/$defs/a"})",
                   R"({"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"anyOf":[{"$ref":"#/$defs/a"}]}})"),
            at + "/properties/x: through $ref \"#/$defs/a\"" + why);
}

TEST(JsonSchema, WithoutEndInOtherWays) {
  std::string deep = R"({"type":"string"})";
  for (int i = 0; i < 5000; i++) deep = R"({"allOf":[)" + deep + "]}";
  EXPECT_NE(TypeOf(deep).find("nested more than 100 deep"), std::string::npos);
  deep = R"({"type":"string"})";
  for (int i = 0; i < 5000; i++) deep = R"({"type":"array","items":)" + deep + "}";
  EXPECT_NE(TypeOf(deep).find("nested more than 100 deep"), std::string::npos);
  deep = R"({"type":"string"})";
  for (int i = 0; i < 5000; i++) deep = R"({"anyOf":[)" + deep + "]}";
  EXPECT_NE(TypeOf(deep).find("deep"), std::string::npos);
  std::string defs = R"("d0":{"type":"string"})";  // 2^40 strings
  for (int i = 1; i <= 40; i++) {
    const std::string ref = "{\"$ref\":\"#/$defs/d" + std::to_string(i - 1) + "\"}";
    defs += ",\"d" + std::to_string(i) + R"(":{"properties":{"a":)" + ref + ",\"b\":" + ref + "}}";
  }
  EXPECT_NE(TypeOf(R"({"$ref":"#/$defs/d40"})", "{" + defs + "}").find("more than 20,000 schemas"), std::string::npos);
}

}  // namespace
}  // namespace laminar
