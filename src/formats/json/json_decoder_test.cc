#include "formats/json/json_decoder.h"

#include "formats/json/json_rows_for_test.h"

namespace laminar {
namespace {

const char kSensor[] =
    R"({"device_id":"dev-1","location":{"lat":1.5,"lon":2.5},"temperature":31.5,"humidity":40.1,"pressure":1000.2,"timestamp":"2026-01-01T00:00:00.001Z"})";

Schema SensorSchema() {
  return TestSchema(
      {{"device_id", "VARCHAR"}, {"location", "JSON"}, {"temperature", "DOUBLE"}, {"timestamp", "TIMESTAMP"}});
}

Decoded DecodeInts(const std::vector<std::string>& records) {
  return DecodeAll(TestSchema({{"a", "BIGINT"}}), records);
}

std::string Joined(const Decoded& decoded) {
  std::string text;
  for (size_t i = 0; i < decoded.rows.size(); i++) text += (i ? " " : "") + decoded.row(i);
  return text;
}

TEST(JsonDecoder, SensorRow) {
  const Decoded decoded = DecodeAll(SensorSchema(), {kSensor});
  ASSERT_EQ(decoded.rows.size(), 1u);
  EXPECT_EQ(decoded.row(0), R"(dev-1|{"lat":1.5,"lon":2.5}|31.5|2026-01-01 00:00:00.001)");
  EXPECT_TRUE(decoded.bad.empty());
}

TEST(JsonDecoder, FieldsAreMatchedByNameInAnyOrder) {
  const Schema schema =
      TestSchema({{"a", "INTEGER"}, {"b", "VARCHAR"}, {"a long name of more than sixteen bytes", "INTEGER"}});
  const Decoded decoded =
      DecodeAll(schema, {
                            R"({"a":1,"b":"x","a long name of more than sixteen bytes":2})",
                            R"({"b":"y","a long name of more than sixteen bytes":4,"a":3})",
                            R"({ "a" : 5 , "other" : {"a":99,"b":["}"]} , "b" : "z" })",
                            R"({"A":1,"a ":2,"aa":3,"":4,"a long name of more than sixteen bytez":5})",
                            R"({})",
                            R"({"\u0061":7,"b":null,"a long name of more than sixteen b\u0079tes":8})",
                            R"({"a":1,"a":2,"b":null,"b":"last","a":3})",
                        });
  ASSERT_EQ(decoded.rows.size(), 7u);
  EXPECT_EQ(decoded.row(0), "1|x|2");
  EXPECT_EQ(decoded.row(1), "3|y|4");
  EXPECT_EQ(decoded.row(2), "5|z|NULL");
  EXPECT_EQ(decoded.row(3), "NULL|NULL|NULL");
  EXPECT_EQ(decoded.row(4), "NULL|NULL|NULL");
  EXPECT_EQ(decoded.row(5), "7|NULL|8");
  EXPECT_EQ(decoded.row(6), "3|last|NULL");
}

TEST(JsonDecoder, NamesThatNeverRepeatAreForgotten) {
  std::vector<std::string> records;
  for (int i = 0; i < 10000; i++)
    records.push_back("{\"x" + std::to_string(i) + "\":0,\"a\":" + std::to_string(i) + ",\"y" + std::to_string(i) +
                      "\":1}");
  const Decoded decoded = DecodeInts(records);
  ASSERT_EQ(decoded.rows.size(), 10000u);
  for (size_t i = 0; i < 10000; i++) ASSERT_EQ(decoded.row(i), std::to_string(i));
}

TEST(JsonDecoder, ManyRecordsAndOrigins) {
  std::vector<std::string> records;
  for (int i = 0; i < 5000; i++)
    records.push_back("{\"a\":" + std::to_string(i) + "}\n{\"a\":" + std::to_string(-i) + "}");
  const Decoded decoded = DecodeInts(records);
  ASSERT_EQ(decoded.rows.size(), 10000u);
  for (size_t i = 0; i < 5000; i++) {
    EXPECT_EQ(decoded.row(2 * i), std::to_string(i));
    EXPECT_EQ(decoded.row(2 * i + 1), std::to_string(-static_cast<int>(i)));
    EXPECT_EQ(decoded.origins[2 * i + 1], static_cast<uint32_t>(i));
  }
}

TEST(JsonDecoder, BlockOfLinesResumesWithin) {
  std::string block;
  for (int i = 0; i < 20000; i++) {
    block += "{\"x\":\"unused \\\" { [\",\"a\":" + std::to_string(i) + ",\"s\":\"a string longer than twelve\"}\n";
  }
  const Decoded decoded = DecodeAll(TestSchema({{"a", "BIGINT"}, {"s", "VARCHAR"}}), {block});
  ASSERT_EQ(decoded.rows.size(), 20000u);
  for (size_t i = 0; i < 20000; i++) ASSERT_EQ(decoded.row(i), std::to_string(i) + "|a string longer than twelve");
}

TEST(JsonDecoder, ValuesAreSeparatedByAnythingOrNothing) {
  EXPECT_EQ(Joined(DecodeInts({"", " \n\r\n\t ", "{\"a\":1}\n\n\n{\"a\":2}\r\n  {\"a\":3}{\"a\":4} {\"a\":5}\n",
                               "\xEF\xBB\xBF{\"a\":6}"})),
            "1 2 3 4 5 6");
  const Decoded pretty = DecodeInts({"{\n  \"b\": [\n    1\n  ],\n  \"a\": 1\n}\n{\n  \"a\": 2\n}"});
  EXPECT_EQ(Joined(pretty), "1 2");
  EXPECT_TRUE(pretty.bad.empty());
}

TEST(JsonDecoder, ColumnsOfNoFieldStillCountRows) {
  const Decoded decoded = DecodeAll(Schema{}, {"{\"a\":1}\n{\"a\":2}", "{}"});
  EXPECT_EQ(decoded.rows.size(), 3u);
}

TEST(JsonDecoder, ABadLineCostsItselfOnly) {
  const std::vector<std::string> broken = {
      R"({"a":1)",
      R"({"a":)",
      R"({"a")",
      R"({)",
      R"(})",
      R"({"a":1}})",
      R"({"a":1,})",
      R"({"a" 1})",
      R"({a:1})",
      R"({"a":"x})",
      R"({"a":1 "b":2})",
      R"([1,2)",
      R"(nul)",
      R"({"a":tru})",
      R"({"a":01})",
      R"({"a":1.})",
      R"({"a":--1})",
      R"({"a":"\x"})",
      R"({"b":"\)",
      R"("""")",
      R"({"a":[1,2})",
      "{\"b\":\"\x01\"}",
      "{\"b\":\"\xFF\"}",
      "\xC0\x80",
      R"({"b":{"c":[}},)",
      R"({"a":9223372036854775808})",
      R"({"a":"abc"})",
      R"({"a":{}})",
      R"([])",
      R"("a")",
      R"(5)",
      R"(null)",
      R"({"a":1e999999999999})",
      R"({"\u12":1})",
      R"({"a":NaN})",
  };
  for (const std::string& line : broken) {
    for (const bool many : {false, true}) {
      // Alone in a small record, and in a block of several windows.
      const std::string around = many ? std::string(70000, ' ') + "\n" : "";
      const std::string before = around + "{\"a\":1,\"b\":\"p\"}\n{\"a\":2}\n";
      const std::string record = before + line + "\n{\"b\":\"q\",\"a\":3}\n{\"a\":4}\n" + around;
      const Decoded decoded = DecodeInts({record, "{\"a\":5}"});
      std::string expected = "1 2 3 4 5";
      if (line == R"({"a":1}})") expected = "1 2 1 3 4 5";  // a value, and then a bracket that is none
      EXPECT_EQ(Joined(decoded), expected) << line;
      ASSERT_EQ(decoded.bad.size(), 1u) << line;
      EXPECT_EQ(decoded.bad[0].line, many ? 4u : 3u) << line;
      EXPECT_EQ(decoded.bad[0].offset, before.size() + (expected == "1 2 3 4 5" ? 0 : 7)) << line;
      EXPECT_EQ(decoded.bad[0].record, 0u);
      EXPECT_FALSE(decoded.bad[0].reason.empty());
    }
  }
}

TEST(JsonDecoder, ABadPrettyValueIsOneBadRow) {
  const Decoded decoded = DecodeInts({"{\n  \"b\": [\n    {\"a\": 7},\n    {\"a\": 8}\n  ]\n  \"a\": 1\n}\n{\"a\":2}"});
  EXPECT_EQ(Joined(decoded), "2");
  EXPECT_EQ(decoded.bad.size(), 1u);
  // Valid JSON of the wrong type: decoding goes on right behind it.
  const Decoded typed = DecodeInts({"{\n  \"a\": \"x\",\n \"b\":\n{\"a\":9}\n}{\"a\":2}"});
  EXPECT_EQ(Joined(typed), "2");
  EXPECT_EQ(typed.bad.size(), 1u);
}

TEST(JsonDecoder, ReasonsInPlainWords) {
  const auto reason = [](const std::string& record, const std::string& type = "BIGINT") {
    const Decoded decoded = DecodeAll(TestSchema({{"a", type}}), {record});
    EXPECT_EQ(decoded.bad.size(), 1u) << record;
    return decoded.bad.empty() ? "" : decoded.bad[0].column + "|" + decoded.bad[0].reason;
  };
  EXPECT_EQ(reason(R"({"a":"abc"})"), R"(a|expected BIGINT, found the string "abc")");
  EXPECT_EQ(reason(R"({"a":1.5})"), "a|expected BIGINT, found the number 1.5, which is not a whole number");
  EXPECT_EQ(reason(R"({"a":9223372036854775808})"),
            "a|expected BIGINT, found the number 9223372036854775808, which is out of range");
  EXPECT_EQ(reason(R"({"a":true})"), "a|expected BIGINT, found true");
  EXPECT_EQ(reason(R"({"a":[1]})"), "a|expected BIGINT, found an array");
  EXPECT_EQ(reason(R"({"a":[{"b":1},{"b":"x"}]})", "STRUCT(b INTEGER)[]"),
            R"(a|at [1].b: expected INTEGER, found the string "x")");
  EXPECT_EQ(reason(R"({"a":null})", "BIGINT NOT NULL"), "a|found null, but the column is NOT NULL");
  EXPECT_EQ(reason(R"({"b":1})", "BIGINT NOT NULL"), "a|the field is missing, but the column is NOT NULL");
  EXPECT_EQ(reason(R"({"a":"2026-13-01T00:00:00Z"})", "TIMESTAMP"),
            R"(a|expected TIMESTAMP, found the string "2026-13-01T00:00:00Z", whose month is not 01 to 12)");
  EXPECT_EQ(reason(R"([1])"), "|expected a JSON object, found an array");
  EXPECT_EQ(reason(R"({"a":1)"), "|the value is not valid JSON: it ends too early");
  EXPECT_EQ(reason("{\"b\":\"\xFF\"}"), "|the value is not valid UTF-8");
  EXPECT_EQ(reason(R"({"a":"x)"), "|the value has a string that does not end");
  EXPECT_EQ(reason(R"({"a":1 "b":2})"), "|the value is not valid JSON: a comma or a closing bracket is missing");
}

TEST(JsonDecoder, AValueThatIsBrokenTakesOnlyTheRestOfItsLine) {
  const Schema schema = TestSchema({{"n", "BIGINT"}});
  const std::string good = R"({"n":1} {"n":2,"s":"a\"}{"} {"n":3})";
  for (const std::string broken :
       {R"({"n":4,"s":"x)", "{\"n\":4,\"s\":\"\xFF\"}", "{\"n\":4,\"s\":\"\t\"}", R"("x)", "\xFF"}) {
    for (const std::string between : {"", " ", "}"}) {
      const Decoded decoded = DecodeAll(schema, {good + between + broken + "\n" + R"({"n":5})"});
      ASSERT_EQ(decoded.rows.size(), 4u) << between << broken;
      EXPECT_EQ(decoded.row(0) + decoded.row(1) + decoded.row(2) + decoded.row(3), "1235") << between << broken;
      ASSERT_EQ(decoded.bad.size(), 1u) << between << broken;
      EXPECT_EQ(decoded.bad[0].offset, good.size() + (between == " ")) << between << broken;
    }
  }
}

TEST(JsonDecoder, AHandlersErrorStopsAfterTheRowsBefore) {
  class Refuse final : public BadRowHandler {
    Status OnBadRow(const BadRow& row) override { return Status::User("line " + std::to_string(row.line)); }
  };
  const Schema schema = TestSchema({{"a", "BIGINT"}});
  const TestRecords records({"{\"a\":1}\n{\"a\":2}\n{\"a\":\"x\"}\n{\"a\":3}"});
  JsonDecoder decoder(schema, {});
  Refuse refuse;
  DecodeCursor cursor;
  Batch batch(schema);
  const auto result = decoder.Decode(records.views(), &cursor, &refuse, &batch);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().message(), "line 3");
  EXPECT_EQ(batch.rows(), 2u);
}

TEST(JsonDecoder, ValuesOverTheWindow) {
  // Larger than a window of 64 KiB, alone and among others, on one line and on many.
  const std::string large = "{\"b\":\"" + std::string(200'000, 'x') + "\",\"a\":2}";
  EXPECT_EQ(Joined(DecodeInts({"{\"a\":1}\n" + large + "\n{\"a\":3}"})), "1 2 3");
  std::string pretty = "{\n  \"b\": [0";
  for (int i = 0; i < 50'000; i++) pretty += ",\n    " + std::to_string(i);
  pretty += "],\n  \"a\": 2\n}";
  EXPECT_EQ(Joined(DecodeInts({"{\"a\":1}\n" + pretty + "\n{\"a\":3}\n" + pretty})), "1 2 3 2");
  // And with a broken line behind: the pretty value is still found whole.
  const Decoded decoded = DecodeInts({"{\"a\":1}\n" + pretty + "\n{\"a\":\"\n{\"a\":3}"});
  EXPECT_EQ(Joined(decoded), "1 2 3");
  EXPECT_EQ(decoded.bad.size(), 1u);
}

TEST(JsonDecoder, DeepNesting) {
  const auto nested = [](int depth) {
    return "{\"a\":1,\"j\":" + std::string(static_cast<size_t>(depth), '[') +
           std::string(static_cast<size_t>(depth), ']') + "}\n{\"a\":2}";
  };
  const Schema schema = TestSchema({{"a", "BIGINT"}, {"j", "JSON"}});
  EXPECT_EQ(DecodeAll(schema, {nested(1000)}).rows.size(), 2u);
  const Decoded deep = DecodeAll(schema, {nested(2000)});
  EXPECT_EQ(deep.rows.size(), 1u);
  ASSERT_EQ(deep.bad.size(), 1u);
  EXPECT_NE(deep.bad[0].reason.find("deeper than 1024"), std::string::npos) << deep.bad[0].reason;
  EXPECT_EQ(DecodeInts({nested(100'000)}).rows.size(), 2u);  // of no column: stepped over
}

TEST(JsonDecoder, Unstructured) {
  const Schema schema = TestSchema({{"value", "JSON"}});
  const Decoded decoded =
      DecodeAll(schema, {"{\"a\":1.50}\n[1, 2]\n\"text\"\n-1.25e3\ntrue\nnull\n 7 8\n", "12", "x\n{\"b\":}\n{}"},
                {.unstructured = true});
  EXPECT_EQ(Joined(decoded), R"({"a":1.50} [1, 2] "text" -1.25e3 true NULL 7 8 12 {})");
  EXPECT_EQ(decoded.bad.size(), 2u);
  EXPECT_EQ(DecodeAll(Schema{}, {"1 [2] {}"}, {.unstructured = true}).rows.size(), 3u);
}

TEST(JsonDecoder, StringsPointIntoTheRecord) {
  const Schema schema = TestSchema({{"s", "VARCHAR"}});
  const TestRecords records({R"({"s":"more than twelve bytes"})"});
  JsonDecoder decoder(schema, {});
  BadRows bad;
  DecodeCursor cursor;
  Batch batch(schema);
  ASSERT_TRUE(*decoder.Decode(records.views(), &cursor, &bad, &batch));
  const auto text = duckdb::FlatVector::GetData<duckdb::string_t>(batch.chunk().data[0])[0];
  EXPECT_EQ(text.GetData(), records.views()[0].data() + 6);
}

}  // namespace
}  // namespace laminar
