#include "formats/avro/avro_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/avro/avro_columns.h"
#include "formats/avro/avro_rows_for_test.h"

namespace laminar {
namespace {

using ::testing::HasSubstr;

std::string Why(const std::string& text) {
  const auto schema = AvroSchema::Parse(text);
  return schema.ok() ? "" : schema.status().message();
}

// The vectors of the specification's own tests (share/test/data/schema-tests.txt).
TEST(AvroSchemaTest, FingerprintsAreTheSpecifications) {
  EXPECT_EQ(TestAvroSchema(R"("null")")->fingerprint(), 7195948357588979594u);
  EXPECT_EQ(TestAvroSchema(R"({"type":"null"})")->fingerprint(), 7195948357588979594u);
  EXPECT_EQ(static_cast<int64_t>(TestAvroSchema(R"("boolean")")->fingerprint()), -6970731678124411036);
  EXPECT_EQ(TestAvroSchema(R"({"type":"int","logicalType":"date"})")->fingerprint(), 8247732601305521295u);
}

TEST(AvroSchemaTest, FingerprintsLeaveOutWhatDoesNotChangeTheBytes) {
  const auto plain = TestAvroSchema(R"({"type":"record","name":"a.R","fields":[{"name":"x","type":["null","long"]}]})");
  const auto rich = TestAvroSchema(
      R"({"doc":"d","fields":[{"default":null,"name":"x","aliases":["y"],"type":["null",{"type":"long","logicalType":"timestamp-micros"}]}],"namespace":"a","name":"R","type":"record"})");
  EXPECT_EQ(plain->fingerprint(), rich->fingerprint());
  EXPECT_NE(plain->fingerprint(), TestAvroSchema(R"({"type":"record","name":"R","fields":[]})")->fingerprint());
}

TEST(AvroSchemaTest, NamesAreResolvedInTheirNamespace) {
  const auto schema = TestAvroSchema(
      R"({"type":"record","name":"R","namespace":"n","fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":["A"]}},{"name":"f","type":"E"},{"name":"next","type":["null","n.R"]}]})");
  EXPECT_EQ(schema->root().name, "n.R");
  EXPECT_EQ(schema->root().fields[1].type, schema->root().fields[0].type);
  EXPECT_EQ(schema->root().fields[2].type->children[1], &schema->root());
}

TEST(AvroSchemaTest, SaysWhatIsWrong) {
  EXPECT_THAT(Why("{"), HasSubstr("no valid JSON"));
  EXPECT_THAT(Why(R"("order")"), HasSubstr(R"(the type "order" is not defined)"));
  EXPECT_THAT(Why(R"(["null","null"])"), HasSubstr("two branches of the type null"));
  EXPECT_THAT(Why(R"(["null",["int"]])"), HasSubstr("directly within a union"));
  EXPECT_THAT(Why(R"({"type":"array"})"), HasSubstr(R"(has no "items")"));
  EXPECT_THAT(Why(R"({"type":"fixed","name":"f","size":-1})"), HasSubstr(R"(no "size")"));
  EXPECT_THAT(Why(R"({"type":"fixed","name":"f","size":100000000000})"), HasSubstr(R"(no "size")"));
  EXPECT_THAT(Why(R"({"type":"enum","name":"e","symbols":["A","A"]})"), HasSubstr("twice"));
  EXPECT_THAT(Why(R"({"type":"enum","name":"e","symbols":["A"],"default":"B"})"), HasSubstr("none of its symbols"));
  EXPECT_THAT(Why(R"({"type":"record","name":"r","fields":[{"name":"a"}]})"), HasSubstr(R"(has no "type")"));
  EXPECT_THAT(Why(R"({"type":"record","name":5,"fields":[]})"), HasSubstr(R"(has no "name")"));
  std::string deep = R"("int")";
  for (int i = 0; i < 100; i++) deep = R"({"type":"array","items":)" + deep + "}";
  EXPECT_THAT(Why(deep), HasSubstr("more than 64 deep"));
}

TEST(AvroSchemaTest, LogicalTypesThatCannotBeAreLeftOut) {
  const auto logical = [](const std::string& type) {
    return TestAvroSchema(OneField(type))->root().fields[0].type->logical;
  };
  EXPECT_EQ(logical(R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":2})"), AvroLogical::kDecimal);
  EXPECT_EQ(logical(R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":5})"), AvroLogical::kNone);
  EXPECT_EQ(logical(R"({"type":"fixed","name":"f","size":2,"logicalType":"decimal","precision":5})"),
            AvroLogical::kNone);
  EXPECT_EQ(logical(R"({"type":"string","logicalType":"date"})"), AvroLogical::kNone);
  EXPECT_EQ(logical(R"({"type":"fixed","name":"f","size":11,"logicalType":"duration"})"), AvroLogical::kNone);
}

std::string Columns(const std::string& type) {
  return TypeName(*ColumnsOf(*TestAvroSchema(OneField(type))).at(0).type);
}

TEST(AvroSchemaTest, ColumnsOfASchema) {
  EXPECT_EQ(Columns(R"("int")"), "INTEGER");
  EXPECT_EQ(Columns(R"(["null","string"])"), "VARCHAR");
  EXPECT_EQ(Columns(R"({"type":"long","logicalType":"timestamp-millis"})"), "TIMESTAMP");
  EXPECT_EQ(Columns(R"({"type":"long","logicalType":"local-timestamp-nanos"})"), "TIMESTAMP_NS");
  EXPECT_EQ(Columns(R"({"type":"bytes","logicalType":"decimal","precision":10,"scale":2})"), "DECIMAL(10,2)");
  EXPECT_EQ(Columns(R"({"type":"map","values":{"type":"array","items":"double"}})"), "MAP(VARCHAR, DOUBLE[])");
  EXPECT_EQ(Columns(R"({"type":"record","name":"S","fields":[{"name":"a","type":"boolean"}]})"), "STRUCT(a BOOLEAN)");
  EXPECT_EQ(Columns(R"(["int","string"])"), "JSON");
  EXPECT_EQ(Columns(R"(["null","R"])"), "STRUCT(v JSON)");  // it holds itself
  EXPECT_EQ(Columns(R"({"type":"fixed","name":"f","size":12,"logicalType":"duration"})"), "INTERVAL");
}

TEST(AvroSchemaTest, SchemaOfColumns) {
  EXPECT_EQ(SchemaOf(TestSchema({{"id", "BIGINT NOT NULL"}, {"at", "TIMESTAMP"}})).value(),
            R"({"type":"record","name":"Row","fields":[{"name":"id","type":"long"},)"
            R"({"name":"at","type":["null",{"type":"long","logicalType":"timestamp-micros"}],"default":null}]})");
  // Two types that would have the same name.
  const auto twice = SchemaOf(TestSchema({{"a_b", "STRUCT(x INTEGER)"}, {"a", "STRUCT(b STRUCT(x INTEGER))"}}));
  EXPECT_TRUE(AvroSchema::Parse(twice.value()).ok()) << twice.value();
  EXPECT_THAT(SchemaOf(TestSchema({{"order id", "BIGINT"}})).status().message(),
              HasSubstr("\"order id\" cannot be the name of an Avro field"));
  EXPECT_THAT(SchemaOf(TestSchema({{"u", "UNION(a INTEGER, b VARCHAR)"}})).status().message(),
              HasSubstr("column u: the type UNION(a INTEGER, b VARCHAR) has no form in Avro"));
}

}  // namespace
}  // namespace laminar
