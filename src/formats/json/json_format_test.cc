#include "formats/json/json_format.h"

#include "formats/json/json_rows_for_test.h"

namespace laminar {
namespace {

OptionValues Options(const std::vector<WrittenOption>& written, std::vector<Status>* problems) {
  const auto specs = JsonFormatOptions();
  return ParseOptions(specs, written, OptionUse::kSource, "a table", problems);
}

TEST(JsonFormat, OptionsReachDecoderAndEncoder) {
  std::vector<Status> problems;
  const OptionValues options = Options({{"json.timestamp_format", "epoch_millis", {}}}, &problems);
  ASSERT_TRUE(problems.empty());
  const auto format = MakeJsonFormat();
  const Schema schema = TestSchema({{"t", "TIMESTAMP"}});
  auto decoder = format->MakeDecoder(schema, options);
  auto encoder = format->MakeEncoder(schema, options);
  ASSERT_TRUE(decoder.ok() && encoder.ok());
  const TestRecords records({R"({"t":1000})"});
  BadRows bad;
  DecodeCursor cursor;
  Batch batch(schema);
  ASSERT_TRUE((*decoder)->Decode(records.views(), &cursor, &bad, &batch).value());
  EXPECT_EQ(batch.chunk().GetValue(0, 0).ToString(), "1970-01-01 00:00:01");
  EncodedRows rows;
  ASSERT_TRUE((*encoder)->Encode(batch, &rows).ok());
  EXPECT_EQ(rows.row(0), R"({"t":1000})");
}

TEST(JsonFormat, DefaultsAndChoices) {
  std::vector<Status> problems;
  const OptionValues options = Options({}, &problems);
  ASSERT_TRUE(problems.empty());
  EXPECT_TRUE(MakeJsonFormat()->MakeDecoder(TestSchema({{"a", "BIGINT"}}), options).ok());
  Options({{"json.timestamp_format", "epoch_hours", {}}}, &problems);
  EXPECT_EQ(problems.size(), 1u);
}

TEST(JsonFormat, UnstructuredTakesOneJsonColumn) {
  std::vector<Status> problems;
  const OptionValues options = Options({{"json.unstructured", "true", {3, 5}}}, &problems);
  ASSERT_TRUE(problems.empty());
  const auto format = MakeJsonFormat();
  EXPECT_TRUE(format->MakeDecoder(TestSchema({{"value", "JSON"}}), options).ok());
  EXPECT_TRUE(format->MakeDecoder(Schema{}, options).ok());
  for (const Schema& schema :
       {TestSchema({{"value", "VARCHAR"}}), TestSchema({{"value", "JSON"}, {"other", "JSON"}})}) {
    const auto refused = format->MakeDecoder(schema, options);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.status().kind(), StatusKind::kUser);
    EXPECT_EQ(refused.status().position().line, 3);
  }
}

TEST(JsonFormat, MatchingOptionsReachTheDecoder) {
  std::vector<Status> problems;
  const OptionValues options =
      Options({{"json.case_insensitive", "true", {}}, {"json.unknown_fields", "bad_data", {}}}, &problems);
  ASSERT_TRUE(problems.empty());
  const auto format = MakeJsonFormat();
  auto decoder = format->MakeDecoder(TestSchema({{"a", "BIGINT"}}), options);
  ASSERT_TRUE(decoder.ok());
  const TestRecords records({R"({"A":1}{"b":2})"});
  const Decoded decoded = DecodeAll(decoder->get(), records.views());
  ASSERT_EQ(decoded.rows.size(), 1u);
  EXPECT_EQ(decoded.row(0), "1");
  ASSERT_EQ(decoded.bad.size(), 1u);
  EXPECT_EQ(decoded.bad[0].reason, "unknown field \"b\"");
  EXPECT_TRUE(format->ReadsAllColumns(options));
  EXPECT_FALSE(format->ReadsAllColumns(Options({}, &problems)));
}

TEST(JsonFormat, UnstructuredHasNoFields) {
  std::vector<Status> problems;
  const OptionValues options =
      Options({{"json.unstructured", "true", {}}, {"json.unknown_fields", "bad_data", {4, 2}}}, &problems);
  const auto refused = MakeJsonFormat()->MakeDecoder(TestSchema({{"value", "JSON"}}), options);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().message(),
            "json.unstructured = 'true' looks at no fields, so json.unknown_fields has no meaning");
  EXPECT_EQ(refused.status().position().line, 4);
}

constexpr char kOrderSchema[] =
    R"({"properties":{"id":{"type":"integer"},"at":{"format":"date-time","type":"string"}}})";

TEST(JsonFormat, ColumnsOfASchema) {
  std::vector<Status> problems;
  const auto format = MakeJsonFormat([](const std::string& path) -> Result<std::string> {
    if (path == "order.json") return std::string(kOrderSchema);
    if (path == "bad.json") return std::string("{}");
    return NoSchemaFiles(path);
  });
  for (const auto& option :
       {WrittenOption{"json.schema", kOrderSchema, {}}, WrittenOption{"json.schema_file", "order.json", {}}}) {
    const Result<Schema> columns = format->ColumnsOf(Options({option}, &problems));
    ASSERT_TRUE(columns.ok());
    ASSERT_EQ(columns->size(), 2u);
    EXPECT_EQ((*columns)[1].name, "at");
    EXPECT_EQ(TypeName(*(*columns)[1].type), "TIMESTAMP");
  }
  EXPECT_TRUE(format->ColumnsOf(Options({}, &problems)).value().empty());
  const auto refused = [&](const std::vector<WrittenOption>& written) {
    const Result<Schema> columns = format->ColumnsOf(Options(written, &problems));
    EXPECT_FALSE(columns.ok());
    EXPECT_EQ(columns.status().position().line, 7);
    return columns.status().message();
  };
  EXPECT_EQ(refused({{"json.schema_file", "bad.json", {7, 1}}}),
            "bad.json: the JSON Schema gives no columns: at /: it names no properties");
  EXPECT_EQ(refused({{"json.schema_file", "no.json", {7, 1}}}), "the schema file no.json cannot be read here");
  EXPECT_EQ(refused({{"json.schema", "{}", {6, 1}}, {"json.schema_file", "order.json", {7, 1}}}),
            "both json.schema and json.schema_file are given");
  EXPECT_TRUE(problems.empty());
}

TEST(JsonFormat, ColumnsBesideASchemaAreItsProperties) {
  const auto format = MakeJsonFormat();
  const auto problems_of = [&](const Schema& columns, const std::string& any_case) {
    std::vector<Status> problems;
    const OptionValues options =
        Options({{"json.schema", kOrderSchema, {2, 1}}, {"json.case_insensitive", any_case, {}}}, &problems);
    format->Check(columns, options, OptionUse::kSource, &problems);
    std::string text;
    for (const Status& problem : problems) text += problem.ToString() + ";";
    return text;
  };
  EXPECT_EQ(problems_of(TestSchema({{"id", "DECIMAL(18,0)"}}), "false"), "");
  EXPECT_EQ(problems_of(TestSchema({{"ID", "BIGINT"}}), "true"), "");
  const std::string text = problems_of(TestSchema({{"ID", "BIGINT"}, {"total", "BIGINT"}}), "false");
  EXPECT_NE(text.find("column ID is no property of the JSON Schema"), std::string::npos) << text;
  EXPECT_NE(text.find("did you mean id?"), std::string::npos) << text;
  EXPECT_NE(text.find("column total is no property of the JSON Schema"), std::string::npos) << text;
}

}  // namespace
}  // namespace laminar
