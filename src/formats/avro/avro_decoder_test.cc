// Records: their encodings, containers and where reading goes on in them, bad ones among good ones.
#include "formats/avro/avro_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/random.h"
#include "formats/avro/avro_rows_for_test.h"

namespace laminar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const char kText[] =
    R"({"type":"record","name":"R","fields":[{"name":"id","type":"int"},{"name":"s","type":"string"}]})";

Schema Columns() {
  return TestSchema({{"id", "INTEGER"}, {"s", "VARCHAR"}});
}

AvroOptions Options(AvroEncoding encoding = AvroEncoding::kAuto, bool with_schema = true) {
  AvroOptions options;
  options.encoding = encoding;
  if (with_schema) options.schema = TestAvroSchema(kText);
  return options;
}

std::string Row(int64_t id) {
  return AvroLong(id) + AvroText("row " + std::to_string(id));
}

std::string SingleObject(const std::string& datum) {
  return "\xC3\x01" + AvroFixed(TestAvroSchema(kText)->fingerprint()) + datum;
}

// Rows first, first + 1, ... in blocks of so many; damage: a block to spoil before it is framed.
std::string Container(int64_t first, const std::vector<int>& blocks, AvroCodec codec = AvroCodec::kNull,
                      const std::function<void(size_t, std::string*)>& damage = nullptr,
                      const std::string& schema = kText) {
  std::string sync = "0123456789abcdef";
  std::string out(kAvroMagic);
  out += AvroLong(2) + AvroText("avro.schema") + AvroText(schema) + AvroText("avro.codec") +
         AvroText(std::string(AvroCodecName(codec))) + AvroLong(0) + sync;
  for (size_t i = 0; i < blocks.size(); i++) {
    std::string data, block;
    for (int row = 0; row < blocks[i]; row++) data += Row(first++);
    if (damage) damage(i, &data);
    CompressAvro(codec, data, &block);
    out += AvroLong(blocks[i]) + AvroText(block) + sync;
  }
  return out;
}

std::vector<int> Ids(const Decoded& decoded) {
  std::vector<int> ids;
  for (const auto& row : decoded.rows) ids.push_back(row[0].GetValue<int>());
  return ids;
}

std::string Reason(const std::string& record, const AvroOptions& options) {
  const auto decoder = TestDecoder(Columns(), options);
  const Decoded decoded = DecodeAvro(decoder.get(), {record, SingleObject(Row(1)), Row(2)});
  EXPECT_EQ(decoded.bad.size(), 1u);
  EXPECT_THAT(Ids(decoded), ElementsAre(1, 2));
  EXPECT_EQ(decoded.bad.at(0).record, 0u);
  return (decoded.bad[0].column.empty() ? "" : decoded.bad[0].column + ": ") + decoded.bad[0].reason;
}

TEST(AvroDecoder, EachRecordTellsItsEncoding) {
  const auto decoder = TestDecoder(Columns(), Options());
  const Decoded decoded = DecodeAvro(decoder.get(), {SingleObject(Row(1)), Row(2), Container(3, {2, 0, 1}),
                                                     Container(6, {2}, AvroCodec::kSnappy), Row(8)});
  EXPECT_TRUE(decoded.bad.empty());
  EXPECT_THAT(Ids(decoded), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(decoded.origins, ElementsAre(0, 1, 2, 2, 2, 3, 3, 4));
  EXPECT_EQ(decoded.row(6), "7|row 7");
}

TEST(AvroDecoder, BadRecordsCostThemselvesOnly) {
  const AvroOptions options = Options();
  EXPECT_EQ(Reason("", options), "id: the datum ends too early");
  EXPECT_EQ(Reason(Row(5).substr(0, 4), options), "s: a length goes beyond the end of the datum");
  EXPECT_EQ(Reason(AvroLong(1) + AvroLong(100 << 20) + "abc", options), "s: a length goes beyond the end of the datum");
  EXPECT_EQ(Reason(AvroLong(1) + AvroLong(-3) + "abc", options), "s: a length is negative");
  EXPECT_EQ(Reason(AvroLong(1) + AvroText("\xc3("), options),
            "s: expected VARCHAR, found a string that is not valid UTF-8");
  EXPECT_EQ(Reason(Row(5) + "xy", options), "2 bytes follow the datum: it has another schema");
  EXPECT_EQ(Reason(std::string(12, '\xff'), options), "id: a number has more than 64 bits");
  EXPECT_EQ(Reason("\xC3\x01" + AvroFixed(uint64_t{0x1234}) + Row(1), options),
            "the schema with the fingerprint 0000000000001234 is not known: it is neither avro.schema nor one of "
            "avro.writer_schema_files");
  EXPECT_EQ(Reason("\xC3\x01\x02", options), "the single object ends too early");
}

TEST(AvroDecoder, AnEncodingThatIsNamedIsTheOnlyOne) {
  const auto reason = [](AvroEncoding encoding, const std::string& record) {
    const auto decoder = TestDecoder(Columns(), Options(encoding));
    const Decoded decoded = DecodeAvro(decoder.get(), {record});
    return decoded.bad.empty() ? decoded.row(0) : decoded.bad[0].reason;
  };
  EXPECT_THAT(reason(AvroEncoding::kSingleObject, Row(1)), HasSubstr("it does not begin with the bytes C3 01"));
  EXPECT_THAT(reason(AvroEncoding::kContainer, Row(1)), HasSubstr("it does not begin with 'Obj'"));
  EXPECT_THAT(reason(AvroEncoding::kRaw, SingleObject(Row(1))), HasSubstr("a length"));
  // A raw datum may begin as a single object does.
  EXPECT_EQ(reason(AvroEncoding::kRaw, AvroLong(-98) + AvroText("x")), "-98|x");
}

TEST(AvroDecoder, WithoutASchemaContainersAreRead) {
  const auto decoder =
      TestDecoder(TestSchema({{"s", "VARCHAR"}, {"other", "INTEGER"}}), Options(AvroEncoding::kAuto, false));
  const Decoded decoded = DecodeAvro(decoder.get(), {Container(1, {1}), Row(2), SingleObject(Row(3))});
  ASSERT_EQ(decoded.rows.size(), 1u);
  EXPECT_EQ(decoded.row(0), "row 1|NULL");
  ASSERT_EQ(decoded.bad.size(), 2u);
  EXPECT_THAT(decoded.bad[0].reason, HasSubstr("set avro.schema"));
  EXPECT_THAT(decoded.bad[1].reason, HasSubstr("is not known"));
  const auto raw = AvroDecoder::Make(Columns(), Options(AvroEncoding::kRaw, false));
  EXPECT_THAT(raw.status().message(), HasSubstr("do not carry their schema"));
}

TEST(AvroDecoder, NotNullColumns) {
  AvroOptions options;
  options.encoding = AvroEncoding::kRaw;
  options.schema = TestAvroSchema(
      R"({"type":"record","name":"R","fields":[{"name":"l","type":{"type":"array","items":"int"}},{"name":"v","type":["null","int"]}]})");
  const auto decoder = TestDecoder(TestSchema({{"l", "INTEGER[]"}, {"v", "INTEGER NOT NULL"}}), options);
  const std::string list = AvroLong(2) + AvroLong(1) + AvroLong(2) + AvroLong(0);
  const Decoded decoded = DecodeAvro(decoder.get(), {list + AvroLong(0), list + AvroLong(1) + AvroLong(7)});
  ASSERT_EQ(decoded.bad.size(), 1u);
  EXPECT_EQ(decoded.bad[0].column, "v");
  EXPECT_EQ(decoded.row(0), "[1, 2]|7");
}

TEST(AvroDecoder, WhatWasReadOfABadRowIsTakenBack) {
  AvroOptions options;
  options.encoding = AvroEncoding::kRaw;
  options.schema = TestAvroSchema(
      R"({"type":"record","name":"R","fields":[{"name":"l","type":{"type":"array","items":{"type":"array","items":["null","string"]}}},{"name":"v","type":["null","int"]}]})");
  const Schema schema = TestSchema({{"l", "VARCHAR[][]"}, {"v", "INTEGER"}});
  const auto decoder = TestDecoder(schema, options);
  const auto list = [](const std::string& text) {
    return AvroLong(1) + AvroLong(2) + AvroLong(1) + AvroText(text) + AvroLong(0) + AvroLong(0) + AvroLong(0);
  };
  std::vector<std::string> records;
  for (int i = 0; i < 100; i++) records.push_back(list("good") + AvroLong(1) + AvroLong(i));
  for (int i = 0; i < 100; i++) records.insert(records.begin() + 2 * i, list("bad") + AvroLong(i % 2 ? 9 : 0) + "x");
  const TestRecords memory(records);
  DecodeCursor cursor;
  BadRows bad;
  Batch batch(schema);
  EXPECT_TRUE(decoder->Decode(memory.views(), &cursor, &bad, &batch).value());
  EXPECT_EQ(bad.rows.size(), 100u);
  ASSERT_EQ(batch.rows(), 100u);
  EXPECT_EQ(duckdb::ListVector::GetListSize(batch.chunk().data[0]), 100u);
  for (size_t i = 0; i < 100; i++) {
    EXPECT_EQ(batch.chunk().GetValue(0, i).ToString(), "[[good, NULL]]");
    EXPECT_EQ(batch.chunk().GetValue(1, i).ToString(), std::to_string(i));
  }
}

// 128 records within each other, the datum's own among them; the unions between them do not count.
TEST(AvroDecoder, TheLimitOfDepthIsThatOfRecordsArraysAndMaps) {
  const auto nested = [](int records) {
    std::string datum;
    for (int i = 1; i < records; i++) datum += AvroLong(i) + AvroLong(1);
    return datum + AvroLong(records) + AvroLong(0);
  };
  AvroOptions options;
  options.encoding = AvroEncoding::kRaw;
  options.schema = TestAvroSchema(
      R"({"type":"record","name":"N","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","N"]}]})");
  const Schema read = TestSchema({{"v", "INTEGER"}, {"next", "JSON"}}), stepped_over = TestSchema({{"v", "INTEGER"}});
  for (const Schema& schema : {read, stepped_over, TestSchema({{"next", "STRUCT(v INTEGER, next JSON)"}})}) {
    const auto decoder = TestDecoder(schema, options);
    const Decoded decoded = DecodeAvro(decoder.get(), {nested(128), nested(129), nested(127)});
    EXPECT_EQ(decoded.rows.size(), 2u);
    ASSERT_EQ(decoded.bad.size(), 1u);
    EXPECT_EQ(decoded.bad[0].record, 1u);
    EXPECT_EQ(decoded.bad[0].reason, "values are nested more than 128 deep");
  }
  // Arrays are levels, too: record, array, record, ...
  options.schema = TestAvroSchema(
      R"({"type":"record","name":"T","fields":[{"name":"v","type":"int"},{"name":"children","type":{"type":"array","items":"T"}}]})");
  for (const Schema& schema : {TestSchema({{"v", "INTEGER"}, {"children", "JSON"}}), stepped_over,
                               TestSchema({{"children", "STRUCT(v INTEGER, children JSON)[]"}})}) {
    const auto decoder = TestDecoder(schema, options);
    const auto tree = [](int records) {
      std::string datum;
      for (int i = 0; i < records; i++) datum += AvroLong(i) + AvroLong(i + 1 < records ? 1 : 0);
      return datum + std::string(static_cast<size_t>(records - 1), '\0');
    };
    const Decoded decoded = DecodeAvro(decoder.get(), {tree(64), tree(65), tree(63)});
    EXPECT_EQ(decoded.rows.size(), 2u);
    ASSERT_EQ(decoded.bad.size(), 1u);
    EXPECT_EQ(decoded.bad[0].record, 1u);
    EXPECT_EQ(decoded.bad[0].reason, "values are nested more than 128 deep");
  }
}

TEST(AvroDecoder, DepthAndEmptyElementsAreBounded) {
  AvroOptions options;
  options.encoding = AvroEncoding::kRaw;
  options.schema = TestAvroSchema(
      R"({"type":"record","name":"R","fields":[{"name":"v","type":{"type":"array","items":"null"}},{"name":"next","type":["null","R"]}]})");
  const auto decoder = TestDecoder(TestSchema({{"v", "INTEGER[]"}, {"next", "JSON"}}), options);
  std::string deep = AvroLong(0);
  for (int i = 0; i < 5000; i++) deep += AvroLong(1) + AvroLong(0);
  const Decoded decoded =
      DecodeAvro(decoder.get(), {deep, AvroLong(1'000'000'000) + AvroLong(0) + AvroLong(0),
                                 AvroLong(3) + AvroLong(0) + AvroLong(1) + AvroLong(0) + AvroLong(0)});
  ASSERT_EQ(decoded.bad.size(), 2u);
  EXPECT_EQ(decoded.bad[0].reason, "values are nested more than 128 deep");
  EXPECT_EQ(decoded.bad[1].reason, "an array or a map has more than 10,000 elements that take no bytes");
  EXPECT_EQ(decoded.row(0), R"([NULL, NULL, NULL]|{"v":[],"next":null})");
}

TEST(AvroDecoder, AContainerOfManyBatches) {
  for (const AvroCodec codec : {AvroCodec::kNull, AvroCodec::kDeflate, AvroCodec::kSnappy, AvroCodec::kZstandard}) {
    const auto decoder = TestDecoder(Columns(), Options());
    const Decoded decoded = DecodeAvro(decoder.get(), {Row(-1), Container(0, {3000, 1, 3999}, codec), Row(7000)});
    ASSERT_EQ(decoded.rows.size(), 7002u);
    for (int i = 0; i < 7002; i++) {
      ASSERT_EQ(decoded.row(static_cast<size_t>(i)), std::to_string(i - 1) + "|row " + std::to_string(i - 1));
    }
  }
}

TEST(AvroDecoder, AFreshDecoderGoesOnAtAnyRow) {
  for (const AvroCodec codec : {AvroCodec::kNull, AvroCodec::kZstandard}) {
    const std::string record = Container(0, {3, 0, 4, 2}, codec);
    for (uint64_t row = 1; row <= 9; row++) {
      const auto decoder = TestDecoder(Columns(), Options());
      const Decoded decoded = DecodeAvro(decoder.get(), {Row(77), record, Row(9)}, DecodeCursor{1, row, 0});
      std::vector<int> expected;
      for (int id = static_cast<int>(row); id <= 9; id++) expected.push_back(id);
      EXPECT_EQ(Ids(decoded), expected) << row;
    }
  }
}

// As those of many shards do in one reader.
TEST(AvroDecoder, ContainersTakeTurns) {
  for (const AvroCodec codec : {AvroCodec::kNull, AvroCodec::kZstandard}) {
    constexpr int kShards = 20, kRows = 5000;
    const auto decoder = TestDecoder(Columns(), Options());
    std::vector<std::unique_ptr<TestRecords>> memory;
    for (int shard = 0; shard < kShards; shard++) {
      std::vector<std::string> records;
      for (int i = 0; i < 2; i++) records.push_back(Container(shard * 10'000 + i * kRows, {kRows - 1000, 1000}, codec));
      memory.push_back(std::make_unique<TestRecords>(records));
    }
    std::vector<DecodeCursor> cursors(kShards);
    std::vector<int> next(kShards);
    Random random(7);
    BadRows bad;
    for (int left = kShards; left > 0;) {
      const size_t shard = random.Uniform(kShards);
      if (cursors[shard].record == 2) continue;
      Batch batch(decoder->schema());
      left -= decoder->Decode(memory[shard]->views(), &cursors[shard], &bad, &batch).value() ? 1 : 0;
      for (size_t row = 0; row < batch.rows(); row++) {
        const int id = static_cast<int>(shard) * 10'000 + next[shard]++;
        ASSERT_EQ(batch.chunk().GetValue(0, row).GetValue<int>(), id);
        ASSERT_EQ(batch.chunk().GetValue(1, row).ToString(), "row " + std::to_string(id));
      }
    }
    EXPECT_TRUE(bad.rows.empty());
    EXPECT_EQ(next, std::vector<int>(kShards, 2 * kRows));
  }
}

TEST(AvroDecoder, BadRowsOfAContainer) {
  const auto decode = [](const std::string& record, uint64_t row = 0) {
    const auto decoder = TestDecoder(Columns(), Options());
    return DecodeAvro(decoder.get(), {record, Row(99)}, DecodeCursor{0, row, 0});
  };
  // A value that is bad within a sound frame: a text that is not UTF-8.
  const std::string spoiled = Container(0, {3, 3}, AvroCodec::kDeflate, [](size_t block, std::string* data) {
    if (block == 0) (*data)[data->find("row 1")] = '\xff';
  });
  Decoded decoded = decode(spoiled);
  EXPECT_THAT(Ids(decoded), ElementsAre(0, 2, 3, 4, 5, 99));
  ASSERT_EQ(decoded.bad.size(), 1u);
  EXPECT_EQ(decoded.bad[0].column, "s");
  EXPECT_THAT(decoded.bad[0].reason, HasSubstr("not valid UTF-8, in row 2 of the container"));
  // The cursor counts it; what lies behind it has not been seen yet.
  decoded = decode(spoiled, 2);
  EXPECT_THAT(Ids(decoded), ElementsAre(2, 3, 4, 5, 99));
  EXPECT_TRUE(decoded.bad.empty());
  EXPECT_EQ(decode(spoiled, 1).bad.size(), 1u);
  // A length that is wrong: where the next row begins is not known.
  const std::string broken = Container(0, {4, 2}, AvroCodec::kNull, [](size_t block, std::string* data) {
    if (block == 0) (*data)[Row(0).size() + 1] = '\x7e';
  });
  decoded = decode(broken);
  EXPECT_THAT(Ids(decoded), ElementsAre(0, 4, 5, 99));
  ASSERT_EQ(decoded.bad.size(), 1u);
  EXPECT_THAT(decoded.bad[0].reason, HasSubstr("the 2 rows behind it in its block are lost"));
  EXPECT_THAT(Ids(decode(broken, 4)), ElementsAre(4, 5, 99));
}

TEST(AvroDecoder, ABlockThatBecomesTooLargeIsBad) {
  for (const AvroCodec codec : {AvroCodec::kDeflate, AvroCodec::kSnappy, AvroCodec::kZstandard}) {
    AvroOptions options = Options();
    options.most_block_bytes = 3 * Row(0).size();
    const auto decoder = TestDecoder(Columns(), options);
    const Decoded decoded = DecodeAvro(decoder.get(), {Container(0, {2, 4, 1}, codec)});
    EXPECT_THAT(Ids(decoded), ElementsAre(0, 1, 6));
    ASSERT_EQ(decoded.bad.size(), 1u);
    EXPECT_THAT(decoded.bad[0].reason,
                StartsWith("the block becomes larger than 64 MB, or than --memory-limit lets it"));
  }
}

TEST(AvroDecoder, DamagedContainers) {
  const auto decode = [](const std::string& record) {
    const auto decoder = TestDecoder(Columns(), Options());
    return DecodeAvro(decoder.get(), {record, Row(99)});
  };
  const std::string good = Container(0, {2, 2, 2}, AvroCodec::kSnappy);
  const size_t second = good.find("0123456789abcdef", good.find("0123456789abcdef") + 1) + kAvroSyncBytes;
  // The marker behind the second block.
  std::string record = good;
  record[good.find("0123456789abcdef", second)] = 'x';
  Decoded decoded = decode(record);
  EXPECT_THAT(Ids(decoded), ElementsAre(0, 1, 99));
  ASSERT_EQ(decoded.bad.size(), 1u);
  EXPECT_EQ(decoded.bad[0].reason, "the sync marker behind a block is wrong: the rows of the block are lost");
  // Its data: the checksum.
  record = good;
  record[good.find("0123456789abcdef", second) - 1] ^= 1;
  decoded = decode(record);
  EXPECT_THAT(Ids(decoded), ElementsAre(0, 1, 4, 5, 99));
  ASSERT_EQ(decoded.bad.size(), 1u);
  EXPECT_THAT(decoded.bad[0].reason, HasSubstr("the checksum of the block of snappy is wrong"));
  // Its length: on behind the next marker.
  record = good;
  record[second + 1] = '\x7e';
  decoded = decode(record);
  EXPECT_THAT(Ids(decoded), ElementsAre(0, 1, 4, 5, 99));
  EXPECT_EQ(decoded.bad.size(), 1u);
  // Its count.
  record = good;
  record[second] = '\x7e';
  EXPECT_THAT(decode(record).bad.at(0).reason, StartsWith("a block has more rows than its bytes can be"));
  record[second] = '\x01';
  EXPECT_THAT(decode(record).bad.at(0).reason, StartsWith("a block's count of rows is negative"));
  // Cut off anywhere: no row is lost that is whole, and none is made up.
  for (size_t size = 4; size < good.size(); size++) {
    decoded = decode(good.substr(0, size));
    ASSERT_LE(decoded.bad.size(), 1u);
    ASSERT_EQ(Ids(decoded).back(), 99);
    for (size_t i = 0; i + 1 < decoded.rows.size(); i++) ASSERT_EQ(Ids(decoded)[i], static_cast<int>(i));
  }
}

TEST(AvroDecoder, HeadersThatCannotBeRead) {
  const auto reason = [](const std::string& record) {
    const auto decoder = TestDecoder(Columns(), Options());
    const Decoded decoded = DecodeAvro(decoder.get(), {record, Row(99)});
    EXPECT_THAT(Ids(decoded), ElementsAre(99));
    return decoded.bad.at(0).reason;
  };
  EXPECT_THAT(reason(std::string(kAvroMagic)), HasSubstr("header is damaged: the datum ends too early"));
  EXPECT_EQ(reason(std::string(kAvroMagic) + AvroLong(0) + std::string(16, 'x')),
            "the container's header has no schema");
  std::string record = Container(0, {1});
  record.replace(record.find("\x08null"), 5, "\x08lzma");
  EXPECT_EQ(reason(record), "the container's codec is 'lzma'; null, deflate, snappy and zstandard can be read");
  EXPECT_THAT(reason(Container(0, {1}, AvroCodec::kNull, nullptr, "{")), HasSubstr("the Avro schema is not valid"));
  EXPECT_EQ(
      reason(Container(0, {1}, AvroCodec::kNull, nullptr,
                       R"({"type":"record","name":"R","fields":[{"name":"id","type":"int"}]})")),
      "the container's schema does not fit: the writer's schema has no field s, and the reader's gives it no default");
}

TEST(AvroDecoder, ASingleObjectNamesOneOfSeveralSchemas) {
  AvroOptions options = Options();
  const auto old = TestAvroSchema(
      R"({"type":"record","name":"R","fields":[{"name":"s","type":"string"},{"name":"id","type":"int"}]})");
  options.writers = {old};
  const auto decoder = TestDecoder(Columns(), options);
  const std::string old_row = AvroText("old") + AvroLong(1);
  const Decoded decoded =
      DecodeAvro(decoder.get(), {SingleObject(Row(2)), "\xC3\x01" + AvroFixed(old->fingerprint()) + old_row, old_row});
  EXPECT_TRUE(decoded.bad.empty());
  EXPECT_EQ(decoded.row(0), "2|row 2");
  EXPECT_EQ(decoded.row(1), "1|old");
  EXPECT_EQ(decoded.row(2), "1|old");  // a raw datum has the first
}

TEST(AvroDecoder, ASchemaThatIsNoRecordIsOneColumn) {
  AvroOptions options;
  options.encoding = AvroEncoding::kRaw;
  options.schema = TestAvroSchema(R"(["null","long"])");
  const auto decoder = TestDecoder(TestSchema({{"value", "BIGINT"}}), options);
  const Decoded decoded = DecodeAvro(decoder.get(), {AvroLong(1) + AvroLong(5), AvroLong(0)});
  EXPECT_EQ(decoded.row(0), "5");
  EXPECT_EQ(decoded.row(1), "NULL");
}

TEST(AvroDecoder, TheHandlersErrorEndsDecoding) {
  class Fail final : public BadRowHandler {
    Status OnBadRow(const BadRow&) override { return Status::User("stop"); }
  };
  const TestRecords memory({Row(1), "", Row(2)});
  const auto decoder = TestDecoder(Columns(), Options());
  Fail fail;
  DecodeCursor cursor;
  Batch batch(Columns());
  EXPECT_EQ(decoder->Decode(memory.views(), &cursor, &fail, &batch).status().message(), "stop");
  EXPECT_EQ(batch.rows(), 1u);
}

}  // namespace
}  // namespace laminar
