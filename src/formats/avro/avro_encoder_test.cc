#include "formats/avro/avro_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "formats/avro/avro_rows_for_test.h"

namespace laminar {
namespace {

using duckdb::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

AvroOptions EncodeOptions(AvroEncoding encoding, const std::string& schema = "") {
  AvroOptions options;
  options.encoding = encoding;
  if (!schema.empty()) options.schema = TestAvroSchema(schema);
  return options;
}

// The bytes of a value in a field `v` of that type, or "refused: <message>".
std::string WriteOne(const std::string& type, const Value& value, const std::string& field) {
  const Schema schema = TestSchema({{"v", type}});
  const Batch batch = OneColumn(schema, {value.DefaultCastAs(*schema[0].type)});
  const auto records = EncodeAvro(schema, EncodeOptions(AvroEncoding::kRaw, OneField(field)), batch);
  return records.ok() ? records.value().at(0) : "refused: " + records.status().message();
}

TEST(AvroEncoder, ValuesAsTheSchemaSays) {
  EXPECT_EQ(WriteOne("INTEGER", Value::INTEGER(-3), R"("int")"), AvroLong(-3));
  EXPECT_EQ(WriteOne("INTEGER", Value::INTEGER(-3), R"("double")"), AvroFixed(-3.0));
  EXPECT_EQ(WriteOne("INTEGER", Value::INTEGER(3), R"(["null","string","long"])"), AvroLong(2) + AvroLong(3));
  EXPECT_EQ(WriteOne("INTEGER", Value(), R"(["long","null"])"), AvroLong(1));
  EXPECT_EQ(WriteOne("TIMESTAMP", Value::TIMESTAMP(duckdb::timestamp_t(-1)),
                     R"({"type":"long","logicalType":"timestamp-millis"})"),
            AvroLong(-1));
  EXPECT_EQ(WriteOne("TIMESTAMP_S", Value("2026-01-01"), R"({"type":"long","logicalType":"timestamp-nanos"})"),
            AvroLong(1767225600000000000));
  EXPECT_EQ(
      WriteOne("DECIMAL(5,1)", Value("-1.2"), R"({"type":"bytes","logicalType":"decimal","precision":9,"scale":2})"),
      AvroText("\x88"));
  EXPECT_EQ(WriteOne("DECIMAL(5,1)", Value("-1.2"),
                     R"({"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":9,"scale":1})"),
            "\xff\xff\xff\xf4");
  EXPECT_EQ(WriteOne("INTERVAL", Value("1 month 2 days 3 seconds"),
                     R"({"type":"fixed","name":"F","size":12,"logicalType":"duration"})"),
            AvroFixed(1u) + AvroFixed(2u) + AvroFixed(3000u));
  EXPECT_EQ(WriteOne("VARCHAR", Value("B"), R"({"type":"enum","name":"E","symbols":["A","B"]})"), AvroLong(1));
  EXPECT_EQ(WriteOne("DATE", Value("1970-01-03"), R"("string")"), AvroText("1970-01-03"));
  EXPECT_EQ(WriteOne("INTEGER[]", Value("[1, NULL]"), R"({"type":"array","items":["null","int"]})"),
            AvroLong(2) + AvroLong(1) + AvroLong(1) + AvroLong(0) + AvroLong(0));
}

TEST(AvroEncoder, ValuesThatDoNotFit) {
  const auto duration = R"({"type":"fixed","name":"F","size":12,"logicalType":"duration"})";
  EXPECT_THAT(WriteOne("INTEGER", Value(), R"("int")"),
              HasSubstr("column v INTEGER of a row cannot be written: it is NULL"));
  EXPECT_THAT(WriteOne("INTERVAL", Value("-1 day"), duration), HasSubstr("it is negative"));
  EXPECT_THAT(WriteOne("INTERVAL", Value("1 microsecond"), duration), HasSubstr("no number of milliseconds"));
  EXPECT_THAT(WriteOne("VARCHAR", Value("C"), R"({"type":"enum","name":"E","symbols":["A"]})"),
              HasSubstr("no symbol of the Avro enum"));
  EXPECT_THAT(WriteOne("BLOB", Value("ab"), R"({"type":"fixed","name":"F","size":3})"), HasSubstr("not as many bytes"));
  EXPECT_THAT(WriteOne("DECIMAL(5,0)", Value("12345"), R"({"type":"bytes","logicalType":"decimal","precision":4})"),
              HasSubstr("more digits than the Avro decimal"));
  EXPECT_THAT(WriteOne("TIMESTAMP", Value("9999-01-01"), R"({"type":"long","logicalType":"timestamp-nanos"})"),
              HasSubstr("out of the range of the Avro timestamp"));
  const Schema schema = TestSchema({{"v", "INTEGER NOT NULL"}});
  const auto records =
      EncodeAvro(schema, EncodeOptions(AvroEncoding::kRaw, OneField(R"(["null","int"])")), OneColumn(schema, {Value()}));
  EXPECT_EQ(records.status().message(), "column v is NOT NULL, but a row for it holds NULL");
}

TEST(AvroEncoder, TypesThatDoNotFit) {
  EXPECT_EQ(WriteOne("BIGINT", Value::BIGINT(1), R"("int")"),
            "refused: field v: BIGINT cannot be written as the Avro type int");
  EXPECT_EQ(WriteOne("DOUBLE", Value::DOUBLE(1), R"("float")"),
            "refused: field v: DOUBLE cannot be written as the Avro type float");
  EXPECT_EQ(WriteOne("BIGINT", Value::BIGINT(1), R"(["null","string"])"),
            "refused: field v: BIGINT cannot be written as the Avro type string");
  EXPECT_EQ(WriteOne("DECIMAL(5,3)", Value("1"), R"({"type":"bytes","logicalType":"decimal","precision":9,"scale":2})"),
            "refused: field v: DECIMAL(5,3) cannot be written as the Avro type bytes (decimal(9,2))");
  EXPECT_EQ(WriteOne("TIME", Value("00:00:01"), R"({"type":"long","logicalType":"timestamp-micros"})"),
            "refused: field v: TIME cannot be written as the Avro type long (timestamp-micros)");
  EXPECT_EQ(WriteOne("INTEGER[]", Value("[1]"), R"({"type":"array","items":"string"})"),
            "refused: field v: its elements: INTEGER cannot be written as the Avro type string");
}

TEST(AvroEncoder, FieldsAndColumnsMustMeet) {
  const Schema schema = TestSchema({{"a", "INTEGER"}});
  const auto failure = [&](const std::string& fields) {
    return EncodeAvro(schema, EncodeOptions(AvroEncoding::kRaw, R"({"type":"record","name":"R","fields":[)" + fields + "]}"),
                      OneColumn(schema, {Value::INTEGER(5)}));
  };
  EXPECT_EQ(failure(R"({"name":"a","type":"int"},{"name":"b","type":"string"})").status().message(),
            "no column gives a value to the field b of the Avro schema, and it has no default");
  EXPECT_EQ(failure(R"({"name":"b","type":"int","default":1})").status().message(),
            "the Avro schema has no field for the column a");
  EXPECT_THAT(failure(R"({"name":"b","type":"string","default":"x"},{"name":"a","type":"int"})").value(),
              ElementsAre(AvroText("x") + AvroLong(5)));
}

TEST(AvroEncoder, SingleObjectsCarryTheFingerprint) {
  const Schema schema = TestSchema({{"v", "INTEGER NOT NULL"}});
  const Batch batch = OneColumn(schema, {Value::INTEGER(1), Value::INTEGER(2)});
  const std::string head =
      "\xC3\x01" +
      AvroFixed(
          TestAvroSchema(R"({"type":"record","name":"Row","fields":[{"name":"v","type":"int"}]})")->fingerprint());
  EXPECT_THAT(EncodeAvro(schema, EncodeOptions(AvroEncoding::kSingleObject), batch).value(),
              ElementsAre(head + AvroLong(1), head + AvroLong(2)));
}

TEST(AvroEncoder, ContainersKeepToTheLimit) {
  const Schema schema = TestSchema({{"v", "VARCHAR"}});
  std::vector<Value> values;
  Random random(3);
  for (int i = 0; i < 500; i++) {
    std::string text(i == 100 ? 20000 : 100, ' ');
    for (char& c : text) c = static_cast<char>('a' + random.Uniform(26));
    values.push_back(Value(text));
  }
  const Batch batch = OneColumn(schema, values);
  for (const AvroCodec codec : {AvroCodec::kNull, AvroCodec::kDeflate, AvroCodec::kSnappy, AvroCodec::kZstandard}) {
    AvroOptions options = EncodeOptions(AvroEncoding::kContainer);
    options.codec = codec;
    const std::unique_ptr<AvroEncoder> encoder = AvroEncoder::Make(schema, options).value();
    encoder->LimitRecords(5000);
    EncodedRows rows;
    ASSERT_TRUE(encoder->Encode(batch, &rows).ok());
    ASSERT_EQ(rows.first_rows.size(), rows.rows());
    std::vector<std::string> records;
    size_t over = 0;
    for (size_t i = 0; i < rows.rows(); i++) {
      records.emplace_back(rows.row(i));
      over += records.back().size() > 5000;
    }
    EXPECT_EQ(over, 1u);  // the one row that is larger
    EXPECT_LT(records.size(), 25u);
    const auto decoder = TestDecoder(schema, {});
    const Decoded decoded = DecodeAvro(decoder.get(), records);
    ASSERT_EQ(decoded.rows.size(), values.size());
    for (size_t i = 0; i < values.size(); i++) {
      ASSERT_EQ(decoded.rows[i][0], values[i]);
      const bool is_first = i == 0 || decoded.origins[i] != decoded.origins[i - 1];
      ASSERT_EQ(is_first, rows.first_rows[decoded.origins[i]] == i);
    }
  }
}

}  // namespace
}  // namespace laminar
