#include "connectors/kinesis/partition_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/kinesis/record_id.h"
#include "duck/pch.h"

namespace laminar::kinesis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Schema kSchema = {{"Customer_Id", MakeType("BIGINT"), false},
                        {"region", MakeType("VARCHAR"), false},
                        {"price", MakeType("DECIMAL(10,2)"), false}};

std::vector<std::string> Keys(const Batch& batch, const std::vector<size_t>& columns, size_t most = 256) {
  EncodedRows keys;
  MakePartitionKeys(batch, columns, most, &keys);
  std::vector<std::string> out;
  for (size_t i = 0; i < keys.rows(); i++) out.emplace_back(keys.row(i));
  return out;
}

Batch MakeRows(const std::vector<std::vector<duckdb::Value>>& rows) {
  Batch batch(kSchema);
  for (size_t i = 0; i < rows.size(); i++) {
    for (size_t c = 0; c < kSchema.size(); c++) batch.chunk().SetValue(c, i, rows[i][c]);
  }
  batch.chunk().SetCardinality(rows.size());
  return batch;
}

TEST(PartitionKey, NamesColumnsWithoutRegardToCase) {
  auto columns = ParsePartitionKey(" region , customer_id", kSchema);
  ASSERT_TRUE(columns.ok());
  EXPECT_THAT(*columns, ElementsAre(1, 0));
  EXPECT_THAT(ParsePartitionKey("regoin", kSchema).status().hint(), HasSubstr("region"));
  EXPECT_THAT(ParsePartitionKey("nothing_like_it", kSchema).status().message(), HasSubstr("nothing_like_it"));
  EXPECT_THAT(ParsePartitionKey("region,", kSchema).status().message(), HasSubstr("no column's name"));
  EXPECT_THAT(ParsePartitionKey("region,REGION", kSchema).status().message(), HasSubstr("twice"));
}

TEST(PartitionKey, IsTheTextOfTheValues) {
  const duckdb::Value null;
  const Batch batch =
      MakeRows({{duckdb::Value::BIGINT(-7), duckdb::Value("eu,west"), duckdb::Value::DECIMAL(int64_t{1250}, 10, 2)},
                {null, duckdb::Value(""), null}});
  EXPECT_THAT(Keys(batch, {0, 1}), ElementsAre("-7,eu,west", "NULL,"));
  EXPECT_THAT(Keys(batch, {2}), ElementsAre("12.50", "NULL"));
  EXPECT_THAT(Keys(batch, {1}), ElementsAre("eu,west", "''"));
}

TEST(PartitionKey, CountsCharactersAndReplacesWhatIsTooLong) {
  std::string umlauts;
  for (int i = 0; i < 256; i++) umlauts += "\xc3\xa4";
  const duckdb::Value one = duckdb::Value::BIGINT(1);
  const Batch batch = MakeRows({{one, duckdb::Value(umlauts), one}, {one, duckdb::Value(umlauts + "a"), one}});
  const std::vector<std::string> keys = Keys(batch, {1});
  EXPECT_EQ(keys[0], umlauts);
  EXPECT_EQ(keys[1], Md5Hex(umlauts + "a"));
  EXPECT_EQ(Keys(batch, {1}, 255)[0].size(), 32u);
}

TEST(PartitionKey, HashKeysAreMd5InDecimal) {
  EXPECT_EQ(Md5Hex(""), "d41d8cd98f00b204e9800998ecf8427e");  // RFC 1321, A.5
  EXPECT_EQ(Md5Hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
  std::string hash;
  AppendHashKey(HashKeyOf("abc"), &hash);
  EXPECT_EQ(hash, "191415658344158766168031473277922803570");
}

TEST(RecordId, IsFoundAgainInAKey) {
  const std::string prefix = IdPrefix("6f1c", "alerts");
  EXPECT_EQ(prefix.size(), 16u);
  EXPECT_NE(prefix, IdPrefix("6f1c", "other"));
  EXPECT_NE(prefix, IdPrefix("6f1d", "alerts"));
  const RecordId id{3, 41, 123'456};
  std::string text;
  AppendId(prefix, id, &text);
  EXPECT_EQ(text, prefix + ".3.41.123456");
  EXPECT_EQ(FindId(text, prefix), id);
  EXPECT_EQ(FindId("customer\x1f 7\x1f" + text, prefix), id);
  for (const std::string& other : {std::string(), prefix, prefix + ".3.41", text + ".1", text + "x", "x" + text,
                                   prefix + ".-3.41.1", prefix + "..41.1", text + "\x1f" + "customer"}) {
    EXPECT_EQ(FindId(other, prefix), std::nullopt) << other;
  }
  std::string longest;
  AppendId(prefix, {99'999, 999'999'999'999, 999'999'999'999}, &longest);
  EXPECT_LE(longest.size(), kMostIdBytes);
}

}  // namespace
}  // namespace laminar::kinesis
