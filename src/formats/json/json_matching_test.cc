// How fields find their columns: json.case_insensitive, json.unknown_fields.
#include "formats/json/json_rows_for_test.h"

namespace laminar {
namespace {

constexpr JsonOptions kAnyCase = {.case_insensitive = true};
constexpr JsonOptions kStrict = {.unknown_fields_are_bad = true};

// The rows of column d, "1 2 3", and why others are bad.
std::string Rows(const Decoded& decoded) {
  std::string text;
  for (size_t i = 0; i < decoded.rows.size(); i++) text += (i ? " " : "") + decoded.row(i);
  for (const BadRow& bad : decoded.bad) text += " [" + (bad.column.empty() ? "" : bad.column + ": ") + bad.reason + "]";
  return text;
}

TEST(JsonMatching, AnyCaseOfAToZ) {
  const Schema schema = TestSchema({{"deviceId", "BIGINT"}, {"Ä", "BIGINT"}});
  EXPECT_EQ(
      Rows(DecodeAll(schema, {R"({"deviceId":1}{"DEVICEID":2}{"deviceid":3,"Ä":4}{"DeviceID":5,"ä":6}{"device_id":7})"},
                     kAnyCase)),
      "1|NULL 2|NULL 3|4 5|NULL NULL|NULL");
  EXPECT_EQ(Rows(DecodeAll(schema, {R"({"deviceId":1}{"DEVICEID":2})"})), "1|NULL NULL|NULL");
}

TEST(JsonMatching, AnExactNameCountsWhereverItStands) {
  const Schema schema = TestSchema({{"id", "BIGINT"}, {"n", "BIGINT"}});
  EXPECT_EQ(Rows(DecodeAll(schema,
                           {R"({"id":1,"ID":2,"n":0})", R"({"ID":2,"id":1,"n":0})", R"({"ID":2,"id":1,"Id":3,"n":0})",
                            R"({"ID":2,"Id":1,"n":0})", R"({"id":null,"ID":2,"N":0})", R"({"id":1,"id":2,"ID":3})"},
                           kAnyCase)),
            "1|0 1|0 1|0 1|0 NULL|0 2|NULL");
  // What does not count is stepped over.
  EXPECT_EQ(Rows(DecodeAll(schema, {R"({"id":1,"ID":"x","n":0})"}, kAnyCase)), "1|0");
}

TEST(JsonMatching, AnyCaseOfNotNullColumns) {
  const Schema schema = TestSchema({{"id", "BIGINT NOT NULL"}});
  EXPECT_EQ(Rows(DecodeAll(schema, {R"({"ID":1}{"ID":null}{"x":1})"}, kAnyCase)),
            "1 [id: found null, but the column is NOT NULL] [id: the field is missing, but the column is NOT NULL]");
}

TEST(JsonMatching, AnyCaseOfTheFieldsOfAStruct) {
  const std::string type = "STRUCT(skuCode VARCHAR, qty BIGINT)[]";
  EXPECT_EQ(DecodeOne(type, R"([{"SKUCODE":"a","QTY":1},{"QTY":2,"skucode":"b"},{"qty":3,"QTY":4},{"QTY":4,"qty":3}])",
                      kAnyCase),
            "[{'skuCode': a, 'qty': 1}, {'skuCode': b, 'qty': 2}, {'skuCode': NULL, 'qty': 3}, "
            "{'skuCode': NULL, 'qty': 3}]");
  EXPECT_EQ(DecodeOne(type, R"([{"SKUCODE":"a","qty":1}])"), "[{'skuCode': NULL, 'qty': 1}]");
  // The keys of a MAP are data.
  EXPECT_EQ(DecodeOne("MAP(VARCHAR, BIGINT)", R"({"a":1,"A":2})", kAnyCase), "{a=1, A=2}");
}

TEST(JsonMatching, UnknownFieldsAreBadData) {
  const Schema schema = TestSchema({{"a", "BIGINT"}, {"j", "JSON"}, {"m", "MAP(VARCHAR, BIGINT)"}});
  const Decoded decoded = DecodeAll(schema,
                                    {"{\"a\":1}\n{\"a\":2,\"b\":{\"c\":[1]}}\n{\"A\":3}\n{\"j\":{\"any\":1},\"m\":{"
                                     "\"thing\":2}}\n{\"b\":1 \"a\":2}\n{\"a\":4}"},
                                    kStrict);
  EXPECT_EQ(Rows(decoded),
            "1|NULL|NULL NULL|{\"any\":1}|{thing=2} 4|NULL|NULL [unknown field \"b\"] [unknown field \"A\"] "
            "[the value is not valid JSON: a comma or a closing bracket is missing]");
  EXPECT_EQ(decoded.bad[0].line, 2u);
}

TEST(JsonMatching, UnknownFieldsOfAStruct) {
  const Schema schema = TestSchema({{"order", "STRUCT(items STRUCT(qty BIGINT)[])"}});
  const std::string record =
      R"({"order":{"items":[{"qty":1}]}}{"order":{"items":[{"qty":1},{"Qty":2}]}}{"order":{"x":null}}{"order":{}})";
  EXPECT_EQ(Rows(DecodeAll(schema, {record}, kStrict)),
            "{'items': [{'qty': 1}]} {'items': NULL} [order: at .items[1]: unknown field \"Qty\"] "
            "[order: unknown field \"x\"]");
  EXPECT_EQ(DecodeAll(schema, {record}).bad.size(), 0u);
}

TEST(JsonMatching, BothTogether) {
  const Schema schema = TestSchema({{"a", "BIGINT"}, {"s", "STRUCT(b BIGINT)"}});
  const JsonOptions both = {.case_insensitive = true, .unknown_fields_are_bad = true};
  EXPECT_EQ(Rows(DecodeAll(schema, {R"({"A":1,"S":{"B":2}}{"a":1,"A":2}{"c":1}{"S":{"C":1}})"}, both)),
            "1|{'b': 2} 1|NULL [unknown field \"c\"] [s: unknown field \"C\"]");
}

TEST(JsonMatching, LongAndEscapedNamesInReasons) {
  const Schema schema = TestSchema({{"a", "BIGINT"}});
  EXPECT_EQ(Rows(DecodeAll(schema, {R"({"\u0061":1}{"\u0062":1})"}, kStrict)), R"(1 [unknown field "\u0062"])");
  const Decoded decoded = DecodeAll(schema, {"{\"" + std::string(5000, 'x') + "\":1}"}, kStrict);
  ASSERT_EQ(decoded.bad.size(), 1u);
  EXPECT_LT(decoded.bad[0].reason.size(), 200u);
}

}  // namespace
}  // namespace laminar
