#include "state/rows_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "state/any_rows_for_test.h"

namespace laminar {
namespace {

using ::testing::HasSubstr;

Batch AnyBatch(const Schema& schema) {
  Batch batch(schema);
  const size_t rows = *rc::gen::inRange<size_t>(1, 20);
  for (size_t c = 0; c < schema.size(); c++) {
    for (size_t i = 0; i < rows; i++) batch.chunk().SetValue(c, i, AnyValue(*schema[c].type));
  }
  batch.chunk().SetCardinality(rows);
  Reshape(&batch);
  return batch;
}

void ComesBack() {
  std::vector<std::string> types;
  for (int i = *rc::gen::inRange(1, 4); i > 0; i--) types.emplace_back(*rc::gen::elementOf(kTypes));
  const Schema schema = SchemaOf(types);
  RowsWriter writer(schema), again(schema);
  std::vector<std::string> rows;
  for (int i = *rc::gen::inRange(0, 4); i > 0; i--) {
    const Batch batch = AnyBatch(schema);
    for (size_t row = 0; row < batch.rows(); row++) {
      for (size_t c = 0; c < schema.size(); c++) rows.push_back(batch.chunk().GetValue(c, row).ToSQLString());
    }
    writer.Add(batch);
  }
  const std::string bytes = writer.Take();
  RowsReader reader = RowsReader::Open("f", bytes, schema).value();
  Batch out(schema);
  size_t at = 0;
  while (reader.Next(&out).value()) {
    again.Add(out);
    for (size_t row = 0; row < out.rows(); row++) {
      for (size_t c = 0; c < schema.size(); c++) RC_ASSERT(out.chunk().GetValue(c, row).ToSQLString() == rows.at(at++));
    }
  }
  RC_ASSERT(at == rows.size());
  RC_ASSERT(again.Take() == bytes);  // slices and constants leave no trace
}

TEST(RowsCodec, AnyRowsComeBack) {
  EXPECT_TRUE(rc::check("rows of any types, in batches of any shape, come back", ComesBack));
}

Batch Sample(const Schema& schema) {
  Batch batch(schema);
  const std::vector<std::vector<const char*>> rows = {{"1", "text", "[1, NULL, 3]", "{'a': x, 'b': [2.5]}"},
                                                      {nullptr, nullptr, nullptr, nullptr},
                                                      {"3", "", "[]", "{'a': NULL, 'b': []}"}};
  for (size_t row = 0; row < rows.size(); row++) {
    for (size_t c = 0; c < schema.size(); c++) {
      const char* const text = rows[row][c];
      batch.chunk().SetValue(c, row, text ? Value(text).DefaultCastAs(*schema[c].type) : Value(*schema[c].type));
    }
  }
  batch.chunk().SetCardinality(rows.size());
  return batch;
}

Schema SampleSchema() {
  return SchemaOf({"BIGINT", "VARCHAR", "INTEGER[]", "STRUCT(a VARCHAR, b DOUBLE[])"});
}

// Reads all; whether that went well.
bool Reads(std::string_view bytes, const Schema& schema) {
  auto reader = RowsReader::Open("f", bytes, schema);
  if (!reader.ok()) return false;
  Batch out(schema);
  while (true) {
    const auto more = reader->Next(&out);
    if (!more.ok() || !*more) return more.ok();
  }
}

TEST(RowsCodec, CutOffBytesAreAnError) {
  const Schema schema = SampleSchema();
  RowsWriter writer(schema);
  writer.Add(Sample(schema));
  const std::string bytes = writer.Take();
  ASSERT_TRUE(Reads(bytes, schema));
  for (size_t length = 0; length < bytes.size(); length++)
    EXPECT_FALSE(Reads(std::string(bytes.substr(0, length)), schema)) << length;
  EXPECT_FALSE(Reads(bytes + "x", schema));
}

// The checksum of the file finds it before; the reader must not rely on that.
TEST(RowsCodec, DamagedBytesDoNoHarm) {
  const Schema schema = SampleSchema();
  RowsWriter writer(schema);
  writer.Add(Sample(schema));
  const std::string bytes = writer.Take();
  for (size_t at = 0; at < bytes.size(); at++) {
    for (const int value : {0, 1, 0x7f, 0xff}) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(value);
      Reads(changed, schema);
    }
  }
}

TEST(RowsCodec, OtherTypesAreAnError) {
  RowsWriter writer(SampleSchema());
  const std::string bytes = writer.Take();
  const auto reader = RowsReader::Open("/d/state-1", bytes, SchemaOf({"BIGINT", "DECIMAL(38,10)"}));
  EXPECT_EQ(reader.status().message(),
            "/d/state-1 holds rows of (BIGINT, VARCHAR, INTEGER[], STRUCT(a VARCHAR, b DOUBLE[])), and the pipeline "
            "needs (BIGINT, DECIMAL(38,10))");
}

// Files of this version are in directories of users.
TEST(RowsCodec, TheBytesOfVersion1) {
  const Schema schema = SchemaOf({"INTEGER", "VARCHAR"});
  Batch batch(schema);
  batch.chunk().SetValue(0, 0, Value::INTEGER(7));
  batch.chunk().SetValue(1, 0, Value("ab"));
  batch.chunk().SetValue(0, 1, Value(LogicalType::INTEGER));
  batch.chunk().SetValue(1, 1, Value("c"));
  batch.chunk().SetCardinality(2);
  RowsWriter writer(schema);
  writer.Add(batch);
  using std::literals::string_literals::operator""s;
  EXPECT_EQ(writer.Take(),
            "\2\0\0\0\7\0\0\0INTEGER\7\0\0\0VARCHAR"s  // the schema
            "\2\0\0\0\1\1\7\0\0\0\0\0\0\0"s            // two rows: a number and NULL
            "\0\2\0\0\0\1\0\0\0"
            "abc"
            "\0\0\0\0"s);  // two texts; the end
}

}  // namespace
}  // namespace laminar
