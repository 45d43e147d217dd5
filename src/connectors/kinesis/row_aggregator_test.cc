#include "connectors/kinesis/row_aggregator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "connectors/kinesis/kpl.h"
#include "connectors/kinesis/partition_key.h"

namespace laminar::kinesis {
namespace {

using testing::ElementsAre;

EncodedRows EncodedTexts(const std::vector<std::string>& texts) {
  EncodedRows rows;
  for (const std::string& text : texts) {
    rows.bytes += text;
    rows.ends.push_back(rows.bytes.size());
  }
  return rows;
}

RowsToPut Keyed(int count, int keys) {
  std::vector<std::string> texts, texts_of_keys;
  for (int i = 0; i < count; i++) {
    texts.push_back("row " + std::to_string(i));
    texts_of_keys.push_back("key " + std::to_string(i % keys));
  }
  return {.rows = EncodedTexts(texts), .keys = EncodedTexts(texts_of_keys)};
}

// The rows of a closed record; of an aggregated one as a consumer takes them whose shard has this very hash key alone.
std::vector<KplRecord> Take(const RowsToPut& closed, size_t i, HashKey put_with) {
  std::vector<KplRecord> records;
  const HashKeyRange exact{put_with, put_with};
  const KplOutcome outcome = Deaggregate(closed.rows.row(i), &exact, &records);
  EXPECT_NE(outcome, KplOutcome::kOutOfRange);
  if (outcome == KplOutcome::kPlain) records.push_back({closed.rows.row(i), closed.keys.row(i)});
  EXPECT_EQ(records.size(), closed.counts[i]);
  return records;
}

TEST(KeyGroups, DivideTheKeySpace) {
  const HashKey last = ~HashKey{0};
  for (const uint32_t groups : {1u, 2u, 3u, 64u, 1000u, kMostKeyGroups}) {
    EXPECT_EQ(KeyGroupOf(0, groups), 0u);
    EXPECT_EQ(KeyGroupOf(last, groups), groups - 1);
    for (uint32_t group = 0; group < groups; group++)
      ASSERT_EQ(KeyGroupOf(HashKeyOfGroup(group, groups), groups), group) << groups;
  }
  EXPECT_EQ(HashKeyOfGroup(0, 1), HashKey{1} << 127);
  EXPECT_EQ(HashKeyOfGroup(1, 2), HashKey{3} << 126);
}

TEST(RowAggregator, WithoutKeysAllRowsShareTheGeneratedKeyOfTheirRecord) {
  Random random(1);
  RowAggregator aggregator({.bytes = 1000, .rows = 10'000}, &random);
  RowsToPut closed;
  std::vector<std::string> texts;
  for (int i = 0; i < 500; i++) texts.push_back("row " + std::to_string(i));
  aggregator.Add({.rows = EncodedTexts(texts), .keys = {}}, 5, &closed);
  const size_t full = closed.rows.rows();
  EXPECT_GT(full, 5u);
  EXPECT_GT(aggregator.bytes(), 0);
  aggregator.CloseAll(&closed);
  EXPECT_TRUE(aggregator.empty());
  ASSERT_EQ(closed.rows.rows(), full + 1);
  EXPECT_EQ(closed.key_groups, 0u);
  std::vector<std::string> read;
  std::set<std::string> keys;
  for (size_t i = 0; i <= full; i++) {
    EXPECT_LE(closed.rows.row(i).size(), 1000u);
    if (i < full) EXPECT_GT(closed.rows.row(i).size(), 980u);
    const std::string key(closed.keys.row(i));
    EXPECT_EQ(key.size(), kKeyBytes);
    keys.insert(key);
    for (const KplRecord& record : Take(closed, i, HashKeyOf(key))) {
      EXPECT_EQ(record.partition_key, key);
      read.emplace_back(record.data);
    }
  }
  EXPECT_EQ(read, texts);
  EXPECT_EQ(keys.size(), full + 1) << "every record has a key of its own";
}

TEST(RowAggregator, WithKeysARecordIsOfOneGroup) {
  Random random(1);
  RowAggregator aggregator({.bytes = 500, .rows = 10'000, .key_groups = 8}, &random);
  RowsToPut closed;
  aggregator.Add(Keyed(3000, 100), 5, &closed);
  aggregator.CloseAll(&closed);
  EXPECT_EQ(closed.key_groups, 8u);
  EXPECT_LT(closed.rows.rows(), 400u);
  std::map<std::string, std::vector<int>> by_key;
  std::map<std::string, std::set<uint32_t>> groups;
  for (size_t i = 0; i < closed.rows.rows(); i++) {
    const uint32_t group = KeyGroupOf(HashKeyOf(closed.keys.row(i)), 8);
    for (const KplRecord& record : Take(closed, i, HashKeyOfGroup(group, 8))) {
      by_key[std::string(record.partition_key)].push_back(std::stoi(std::string(record.data.substr(4))));
      EXPECT_EQ(KeyGroupOf(HashKeyOf(record.partition_key), 8), group);
    }
  }
  ASSERT_EQ(by_key.size(), 100u);
  for (int key = 0; key < 100; key++) {
    const std::vector<int>& rows = by_key["key " + std::to_string(key)];
    ASSERT_EQ(rows.size(), 30u);
    for (int i = 0; i < 30; i++) EXPECT_EQ(rows[static_cast<size_t>(i)], key + i * 100);
  }
}

TEST(RowAggregator, ARecordHasAtMostSoManyRows) {
  Random random(1);
  RowAggregator aggregator({.bytes = 1'000'000, .rows = 4}, &random);
  RowsToPut closed;
  aggregator.Add({.rows = EncodedTexts({"a", "b", "c", "d", "e", "f"}), .keys = {}}, 0, &closed);
  aggregator.Add({.rows = EncodedTexts({"g", "h", "i"}), .keys = {}}, 0, &closed);
  aggregator.CloseAll(&closed);
  EXPECT_THAT(closed.counts, ElementsAre(4, 4, 1));
  EXPECT_EQ(closed.rows.row(2), "i");
}

TEST(RowAggregator, ARowBeyondTheBoundIsPlainAndKeepsItsPlace) {
  Random random(1);
  RowAggregator aggregator({.bytes = 100, .rows = 10'000, .key_groups = 1}, &random);
  RowsToPut closed;
  const std::string large(200, 'x');
  aggregator.Add({.rows = EncodedTexts({"a", "b", large, "c", "d"}), .keys = EncodedTexts({"k", "l", "large", "k", "l"})}, 0, &closed);
  aggregator.CloseAll(&closed);
  EXPECT_THAT(closed.counts, ElementsAre(2, 1, 2));
  EXPECT_EQ(closed.rows.row(1), large);
  EXPECT_EQ(closed.keys.row(1), "large");
}

TEST(RowAggregator, CountsTheTablesRowsOfAPackingFormat) {
  Random random(1);
  RowAggregator aggregator({}, &random);
  RowsToPut closed;
  aggregator.Add({.rows = EncodedTexts({"three", "seven"}), .keys = {}, .counts = {3, 7}}, 0, &closed);
  aggregator.CloseAll(&closed);
  EXPECT_THAT(closed.counts, ElementsAre(10));
}

TEST(RowAggregator, KnowsHowLongARowHasWaited) {
  Random random(1);
  RowAggregator aggregator({.bytes = 100, .rows = 2}, &random);
  RowsToPut closed;
  aggregator.Add({.rows = EncodedTexts({"a"}), .keys = {}}, 10, &closed);
  aggregator.Add({.rows = EncodedTexts({"b"}), .keys = {}}, 20, &closed);
  EXPECT_EQ(aggregator.since_micros(), 10);
  aggregator.Add({.rows = EncodedTexts({"c"}), .keys = {}}, 30, &closed);
  EXPECT_EQ(closed.rows.rows(), 1u);
  EXPECT_EQ(aggregator.since_micros(), 30);
}

}  // namespace
}  // namespace laminar::kinesis
