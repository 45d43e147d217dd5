#include "infer/inferred_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "duck/pch.h"
#include "formats/compression/compressor.h"
#include "infer/world_for_test.h"

namespace laminar::infer {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class InferTest : public testing::Test {
 protected:
  Result<InferredTable> Infer(std::vector<std::string> records, const InferSettings& settings = {},
                              uint64_t most_rows = UINT64_MAX) {
    return world_.Infer(std::move(records), settings, most_rows);
  }
  // "a BIGINT, b VARCHAR (its note)"; the error's message.
  std::string Columns(const Result<InferredTable>& table) {
    if (!table.ok()) return table.status().ToString();
    std::string text;
    for (const InferredColumn& column : table->columns) {
      text += (text.empty() ? "" : ", ") + column.name + " " + TypeName(*column.type);
      if (!column.note.empty()) text += " (" + column.note + ")";
    }
    return text;
  }

  TestWorld world_;
};

TEST_F(InferTest, JsonHasTheTypesOfItsValues) {
  const auto table = Infer(
      {R"({"id":1,"name":"ann","ok":true,"price":1.5,"seen":"2026-01-01T10:00:00Z","day":"2026-01-01",)"
       R"("at":{"lat":1.0,"tags":["a","b"]},"lines":[{"n":1}]})",
       "{\n  \"id\": 2, \"name\": \"bob\", \"ok\": null,\r\n  \"price\": 2, \"seen\": \"2026-01-01T10:00:01.25Z\",\n"
       "  \"day\": \"2026-02-01\", \"at\": {\"lat\": 2, \"tags\": []}, \"more\": \"x\"\n}"});
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  EXPECT_EQ(Columns(table),
            "id BIGINT, name VARCHAR, ok BOOLEAN, price DOUBLE, seen TIMESTAMP, day DATE, "
            "at STRUCT(lat DOUBLE, tags VARCHAR[]), lines STRUCT(n BIGINT)[], more VARCHAR");
  EXPECT_EQ(table->format, "json");
  EXPECT_THAT(table->options, IsEmpty());
  EXPECT_EQ(table->rows, 2u);
  EXPECT_EQ(table->columns[0].nulls, 0u);
  EXPECT_EQ(table->columns[2].nulls, 1u);
  EXPECT_EQ(table->columns[8].nulls, 1u);
  EXPECT_EQ(table->event_time, 4u);
}

TEST_F(InferTest, ValuesOfSeveralKindsAreSaid) {
  const auto table = Infer({R"({"v":1,"w":null,"o":{}})", R"({"v":"x","o":[1]})", R"({"v":2})"});
  EXPECT_EQ(
      Columns(table),
      "v JSON (numbers in 2 rows, texts in 1), w JSON (only NULL was seen), o JSON (objects in 1 row, lists in 1)");
}

TEST_F(InferTest, WhatLaminarReadsOtherwiseBecomesText) {
  // Dates that DuckDB's detection knows and the format's reader does not.
  const auto table = Infer({R"({"d":"12-31-2026"})", R"({"d":"12-30-2026"})"});
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  EXPECT_EQ(Columns(table), "d VARCHAR (not all values can be read as DATE)");
}

TEST_F(InferTest, ValuesWithoutFieldsAreRowsAsTheyAre) {
  const auto table = Infer({"[1,2]", "[3]"});
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  EXPECT_EQ(Columns(table), "value JSON");
  EXPECT_THAT(table->options, ElementsAre(Pair("json.unstructured", "true")));
}

TEST_F(InferTest, FieldsAreReadAsTheyAreWritten) {
  const auto table =
      Infer({R"({"long":123456789012345678901234567890,"ts":1767225600000,"n":1767225600000,)"
             R"("tooLong":1234567890123456789012345678901234567890123,"mixed":"2026-01-01T10:00:00+02:00"})"});
  EXPECT_EQ(Columns(table),
            "long HUGEINT, ts BIGINT (milliseconds since 1970? Declared as TIMESTAMP it is read as a time), n BIGINT, "
            "tooLong VARCHAR (not all values can be read as HUGEINT), mixed TIMESTAMP");
}

TEST_F(InferTest, NamesThatNoColumnCanHaveAreLeftOut) {
  const auto table = Infer({R"({"a":1,"A":2,"":3})"});
  EXPECT_EQ(Columns(table), "a BIGINT");
  ASSERT_TRUE(table.ok());
  EXPECT_THAT(table->remarks, ElementsAre(HasSubstr("2 fields are left out")));
  EXPECT_THAT(Infer({"{}", "{ }"}).status().message(), HasSubstr("the objects have no fields"));
}

TEST_F(InferTest, NamesWithinAValueThatSqlCannotTellApartMakeItJson) {
  const auto table =
      Infer({R"({"a":{"v":1,"V":2},"b":{"c":{"":1},"d":2},"e":[{"x\u0000":1}],"f":{"g":1},"n":1,"N":null,"":2})"});
  EXPECT_EQ(Columns(table),
            "a JSON (JSON, as names within it differ in case only), "
            "b STRUCT(c JSON, d BIGINT) (JSON, as SQL cannot write its fields: a name is empty), "
            "e JSON[] (JSON, as SQL cannot write its fields: a name holds a zero byte), f STRUCT(g BIGINT), n BIGINT");
}

TEST_F(InferTest, TextWithoutDelimiterIsLines) {
  const auto table = Infer({"just some text\nand more\n"});
  EXPECT_EQ(Columns(table), "line VARCHAR");
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->format, "raw_string");
  EXPECT_EQ(table->rows, 2u);
  const auto csv = Infer({"n\n1\n2\n"}, {.format = "csv"});
  EXPECT_EQ(Columns(csv), "n BIGINT");
}

TEST_F(InferTest, CompressedTextIsTextToo) {
  std::string lines[2];
  for (std::string& line : lines) Compressor(Compression::kGzip).Append("GET /index.html\n", &line);
  const auto table = Infer({lines[0], lines[1]});
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  EXPECT_EQ(table->format, "raw_string");
  EXPECT_THAT(table->options, ElementsAre(Pair("compression", "gzip")));
}

TEST_F(InferTest, WhatIsNoJsonSaysNothingOfAColumn) {
  const auto table = Infer({"{\"a\":1}\n{\"a\":}\n{\"a\":3}\n{\"a\":"}, {.drops_bad = true});
  EXPECT_EQ(Columns(table), "a BIGINT");
  EXPECT_EQ(table->bad_rows, 2u);
}

TEST_F(InferTest, ManyFieldsOfOneTypeAreColumns) {
  std::string json = R"({"m":{)";
  for (int i = 0; i < 250; i++) json += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":1";
  json += "}";
  for (int i = 0; i < 250; i++) json += ",\"f" + std::to_string(i) + "\":" + std::to_string(i);
  const auto table = Infer({json + "}"});
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  EXPECT_EQ(table->columns.size(), 251u);
  const auto one_type = Infer({"{" + json.substr(json.find("},") + 2) + "}"});
  ASSERT_TRUE(one_type.ok()) << one_type.status().ToString();
  EXPECT_EQ(one_type->columns.size(), 250u);
}

TEST_F(InferTest, LinesOfCsvMayEndAsInWindows) {
  EXPECT_EQ(Columns(Infer({"id,name\r\n1,a\r\n2,b"})), "id BIGINT, name VARCHAR");
  EXPECT_EQ(Columns(Infer({"id,name\n1,a\r\n2,\"b\r\n\"\n"})), "id BIGINT, name VARCHAR");
  EXPECT_EQ(Columns(Infer({"id,name\r\n1,a", "id,name\r\n2,b\r\n3,c"})), "id BIGINT, name VARCHAR");
}

TEST_F(InferTest, AWordForNullAmongNumbersIsTold) {
  // Not of two words, or among other texts.
  EXPECT_EQ(
      Columns(Infer({"a,b,c,d,n\n1.5,NA,x,1,1\nNA,2,NA,2,2\n3,NA,y,-,3\n4,NULL,z,?,4\n"}, {.format = "csv"})),
      "a VARCHAR (numbers, and 'NA' in 1 row: with 'csv.null' = 'NA' that is NULL, and the column can be DOUBLE or "
      "BIGINT), b VARCHAR, c VARCHAR, d VARCHAR, n BIGINT");
}

TEST_F(InferTest, ABadRecordIsNamedOrCounted) {
  const std::vector<std::string> records = {R"({"n":1})", R"({"n":2)", R"({"n":3})"};
  const auto stopped = Infer(records);
  EXPECT_THAT(stopped.status().message(), HasSubstr("record 1"));
  EXPECT_THAT(stopped.status().hint(), HasSubstr("--bad-data drop"));
  const auto table = Infer(records, {.format = "", .drops_bad = true});
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  EXPECT_EQ(Columns(table), "n BIGINT");
  EXPECT_EQ(table->rows, 2u);
  EXPECT_EQ(table->bad_rows, 1u);
  EXPECT_THAT(table->first_bad, HasSubstr("record 1"));
  EXPECT_FALSE(Infer({"{{{"}).ok());
  EXPECT_FALSE(Infer({"{{{"}, {.format = "", .drops_bad = true}).ok());
}

TEST_F(InferTest, OnlySoManyRowsAreLookedAt) {
  const auto table = Infer({"{\"n\":1}\n{\"n\":2}\n{\"n\":\"x\"}\n{"}, {}, 2);
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  EXPECT_EQ(Columns(table), "n BIGINT");
  EXPECT_EQ(table->rows, 2u);
}

TEST_F(InferTest, CsvWithAHeaderInEachRecord) {
  const auto table = Infer({"id;name;at\n1;ann;2026-01-01 10:00:00\n", "id;name;at\n2;;2026-01-01 10:00:01\n"});
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  EXPECT_EQ(Columns(table), "id BIGINT, name VARCHAR, at TIMESTAMP");
  EXPECT_THAT(table->options, ElementsAre(Pair("csv.header", "first_line"), Pair("csv.delimiter", ";")));
  EXPECT_EQ(table->rows, 2u);
  EXPECT_EQ(table->columns[1].nulls, 1u);
  EXPECT_EQ(table->event_time, 2u);
}

TEST_F(InferTest, CsvWithoutHeader) {
  const auto table = Infer({"1,2.5,a", "2,3.5,b", "3,4,\"c,d\""});
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  EXPECT_EQ(Columns(table), "column0 BIGINT, column1 DOUBLE, column2 VARCHAR");
  EXPECT_THAT(table->options, IsEmpty());
  EXPECT_EQ(table->rows, 3u);
}

TEST_F(InferTest, CsvColumnsHaveTheNamesThatTheHeaderIsReadBy) {
  const auto table = Infer({"id, name ,a,A,a,,\"x \"\"y\"\"\"\n1,bob,2,3,4,5,6\n2,al,3,4,5,6,7\n"});
  EXPECT_EQ(Columns(table),
            "id BIGINT,  name  VARCHAR (so named, with spaces, in the header), a BIGINT, x \"y\" BIGINT");
  ASSERT_TRUE(table.ok());
  EXPECT_THAT(table->remarks, ElementsAre("3 fields are left out, as no column can have the name: \"A\" differs from "
                                          "\"a\" in case only; \"a\" is there twice; a name is empty"));
  for (const InferredColumn& column : table->columns) EXPECT_EQ(column.nulls, 0u) << column.name;
  EXPECT_THAT(Infer({",\n1,2\n3,4\n"}, {.format = "csv"}).status().ToString(), HasSubstr("a name is empty"));
}

TEST_F(InferTest, CsvKeepsTheDigitsOfWholeNumbers) {
  const auto table =
      Infer({"a,b,c,d\n9223372036854775808,123456789012345678901234567890,1.5,"
             "1234567890123456789012345678901234567890123\n1,-2,12345678901234567890,3\n"});
  EXPECT_EQ(Columns(table), "a HUGEINT, b HUGEINT, c DOUBLE, d VARCHAR (not all values can be read as HUGEINT)");
}

TEST_F(InferTest, AFewLinesOfAnotherWidthAreCounted) {
  std::string text = "id,name\n";
  for (int i = 0; i < 50; i++) text += std::to_string(i) + (i % 20 == 7 ? ",a,b\n" : ",a\n");
  const auto table = Infer({text});
  EXPECT_EQ(Columns(table), "id BIGINT, name VARCHAR");
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->format, "csv");
  EXPECT_EQ(table->rows, 47u);
  EXPECT_EQ(table->bad_rows, 3u);
  EXPECT_THAT(table->first_bad, HasSubstr("line 9: the line has 3 fields, and the header 2"));
  EXPECT_FALSE(table->drops_bad);
  // A first line of another kind is no header.
  const auto titled = Infer({"a report\n" + text.substr(text.find('\n') + 1)});
  EXPECT_EQ(Columns(titled), "column0 BIGINT, column1 VARCHAR");
  // Most lines are something else: it is text.
  const auto mixed = Infer({text + std::string(20, '\n') + "one\ntwo\nthree\nfour\nfive\nsix\n"});
  EXPECT_EQ(Columns(mixed), "line VARCHAR");
  EXPECT_THAT(Infer({text + "1,2,3\n4,5,6\n"}, {.format = "csv"}).status().hint(), HasSubstr("--bad-data drop"));
}

TEST_F(InferTest, AHeaderThatIsAGuessIsSaid) {
  const auto header = Infer({"name,city\nbob,rome\nal,oslo\n"});
  ASSERT_TRUE(header.ok()) << header.status().ToString();
  EXPECT_THAT(header->remarks, ElementsAre(HasSubstr("the first line is taken as a header")));
  EXPECT_THAT(Infer({"id,city\n1,rome\n2,oslo\n"})->remarks, IsEmpty());
}

TEST_F(InferTest, NumbersThatMayBeTimesSayHowToReadThem) {
  EXPECT_EQ(Columns(Infer({R"({"created_at_ms":1767225600000,"epoch":1767225600,"items":1767225600})"})),
            "created_at_ms BIGINT (milliseconds since 1970? Declared as TIMESTAMP it is read as a time), "
            "epoch BIGINT (seconds since 1970? Declared as TIMESTAMP it is read as a time), items BIGINT");
  EXPECT_EQ(Columns(Infer({"ts_ns,ts\n1767225600000000000,1\n1767225600000000001,2\n"})),
            "ts_ns BIGINT (nanoseconds since 1970? One more column has its time: event_time TIMESTAMP AS "
            "(make_timestamp(ts_ns // 1000))), ts BIGINT");
}

TEST_F(InferTest, CompressionIsAnOption) {
  std::string zipped, plain = R"({"n":1})";
  Compressor(Compression::kGzip).Append(plain, &zipped);
  const auto all = Infer({zipped, zipped});
  ASSERT_TRUE(all.ok()) << all.status().ToString();
  EXPECT_EQ(Columns(all), "n BIGINT");
  EXPECT_THAT(all->options, ElementsAre(Pair("compression", "gzip")));
  EXPECT_THAT(all->remarks, ElementsAre("compressed: gzip"));
  const auto some = Infer({zipped, plain});
  ASSERT_TRUE(some.ok()) << some.status().ToString();
  EXPECT_EQ(Columns(some), "n BIGINT");
  EXPECT_THAT(some->options, ElementsAre(Pair("compression", "auto")));
  std::string csv;
  Compressor(Compression::kZstd).Append("a,b\n1,x\n2,y\n", &csv);
  const auto lines = Infer({csv});
  ASSERT_TRUE(lines.ok()) << lines.status().ToString();
  EXPECT_EQ(Columns(lines), "a BIGINT, b VARCHAR");
  EXPECT_THAT(lines->options, ElementsAre(Pair("csv.header", "first_line"), Pair("compression", "zstd")));
}

TEST_F(InferTest, ADamagedRecordIsNotTakenForAnother) {
  std::string zipped, binary;
  Compressor(Compression::kGzip).Append(R"({"n":1})", &zipped);
  Compressor(Compression::kGzip).Append(std::string("\x00\x01", 2), &binary);
  const std::string damaged = zipped.substr(0, 12);
  EXPECT_THAT(Infer({damaged, zipped}).status().message(), HasSubstr("record 0: gzip"));
  EXPECT_THAT(Infer({damaged, binary}).status().message(), HasSubstr("record 1: its bytes"));
  const auto table = Infer({damaged, zipped}, {.format = "", .drops_bad = true});
  EXPECT_EQ(Columns(table), "n BIGINT");
}

TEST_F(InferTest, WhatCannotBeToldIsSaid) {
  EXPECT_THAT(Infer({std::string("\x00\x01\x02", 3)}).status().ToString(), HasSubstr("--format"));
  EXPECT_THAT(Infer({"\xC3\x01........"}).status().hint(), HasSubstr("avro.schema_file"));
  EXPECT_THAT(Infer({std::string("\x00\x00\x00\x00\x11\x02", 6)}).status().ToString(),
              AllOf(HasSubstr("a zero byte and the number 17"), HasSubstr("docs/schema_registry.md")));
  EXPECT_THAT(Infer({std::string("\x03\x00", 2) + std::string(20, '\x01')}).status().message(), HasSubstr("AWS Glue"));
  EXPECT_THAT(Infer({"name,city\nJos\xE9,Rome\n"}).status().ToString(),
              AllOf(HasSubstr("not in UTF-8"), HasSubstr("iconv")));
  EXPECT_THAT(Infer({""}).status().message(), HasSubstr("record 0 is empty"));
  EXPECT_THAT(Infer({"PAR1 and no more"}).status().message(), HasSubstr("read as parquet"));
}

TEST_F(InferTest, TheEventTimeIsTheLikeliestTimestamp) {
  const auto at = [&](const std::string& record) {
    const auto table = Infer({record});
    return table.ok() && table->event_time ? table->columns[*table->event_time].name : "";
  };
  const std::string time = R"(":"2026-01-01T10:00:00Z")";
  EXPECT_EQ(at("{\"created_at" + time + ",\"eventTime" + time + "}"), "eventTime");
  EXPECT_EQ(at("{\"x" + time + ",\"paid_at" + time + "}"), "paid_at");
  EXPECT_EQ(at("{\"x" + time + "}"), "x");
  EXPECT_EQ(at("{\"x" + time + ",\"y" + time + "}"), "");
  EXPECT_EQ(at("{\"ts\":1}"), "");
}

}  // namespace
}  // namespace laminar::infer
