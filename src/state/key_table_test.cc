#include "state/key_table.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

#include "state/key_codec.h"

namespace laminar {
namespace {

uint32_t Add(KeyTable* table, const std::string& key) {
  bool created = false;
  return table->FindOrAdd(key, HashKey(key), &created);
}

TEST(KeyTableTest, NumbersKeysInTheOrderOfTheirArrival) {
  KeyTable table;
  bool created = false;
  EXPECT_EQ(table.FindOrAdd("a", HashKey("a"), &created), 0U);
  EXPECT_TRUE(created);
  EXPECT_EQ(table.FindOrAdd("b", HashKey("b"), &created), 1U);
  EXPECT_EQ(table.FindOrAdd("a", HashKey("a"), &created), 0U);
  EXPECT_FALSE(created);
  EXPECT_EQ(table.Find("c", HashKey("c")), KeyTable::kNotFound);
  EXPECT_EQ(table.key(1), "b");
  EXPECT_EQ(table.hash(1), HashKey("b"));
}

TEST(KeyTableTest, AnEmptyKeyIsAKey) {
  KeyTable table;
  EXPECT_EQ(Add(&table, ""), 0U);
  EXPECT_EQ(table.key(0), "");
  table.Erase(0);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.end_number(), 0U);
}

TEST(KeyTableTest, KeysOfEqualHashesAreDifferentKeys) {
  KeyTable table;
  bool created = false;
  for (uint32_t i = 0; i < 100; i++) EXPECT_EQ(table.FindOrAdd("key" + std::to_string(i), 7, &created), i);
  for (uint32_t i = 0; i < 100; i += 3) table.Erase(i);
  for (uint32_t i = 0; i < 100; i++) {
    EXPECT_EQ(table.Find("key" + std::to_string(i), 7), i % 3 == 0 ? KeyTable::kNotFound : i);
  }
}

TEST(KeyTableTest, StartsWithFewBytes) {
  KeyTable table;
  for (int i = 0; i < 5; i++) Add(&table, "some key " + std::to_string(i));
  EXPECT_LT(table.bytes(), 700);
}

TEST(KeyTableTest, GivesItsMemoryBack) {
  KeyTable table;
  const int64_t empty = table.bytes();
  for (int i = 0; i < 100'000; i++) Add(&table, "some key " + std::to_string(i));
  EXPECT_GT(table.bytes(), 3'000'000);
  for (uint32_t i = 0; i < 100'000; i++) table.Erase(i);
  EXPECT_LT(table.bytes(), empty + 4096);
}

TEST(KeyTableTest, KeysThatComeAndGoNeedNoMoreThanThoseThatAreThere) {
  KeyTable table;
  int64_t after_first = 0;
  for (int i = 0; i < 300'000; i++) {
    const std::string old = "key " + std::to_string(i - 1000);
    Add(&table, "key " + std::to_string(i));
    if (i >= 1000) table.Erase(table.Find(old, HashKey(old)));
    if (i == 10'000) after_first = table.bytes();
  }
  EXPECT_EQ(table.end_number(), 1001U);
  EXPECT_LT(table.bytes(), 2 * after_first);
}

TEST(KeyTableTest, ManyAtOnceAreAsOneByOne) {
  KeyTable one_by_one, at_once;
  for (int round = 0; round < 20; round++) {
    std::vector<std::string> texts;
    for (int i = 0; i < 500; i++) texts.push_back("key " + std::to_string((i * i + round * 300) % 2500));
    std::vector<std::string_view> keys(texts.begin(), texts.end());
    std::vector<uint64_t> hashes;
    for (const std::string_view key : keys) hashes.push_back(HashKey(key));
    std::vector<uint32_t> numbers, created, expected, expected_created;
    for (uint32_t i = 0; i < keys.size(); i++) {
      bool is_new = false;
      expected.push_back(one_by_one.FindOrAdd(keys[i], hashes[i], &is_new));
      if (is_new) expected_created.push_back(i);
    }
    at_once.FindOrAdd(keys, hashes, &numbers, &created);
    EXPECT_EQ(numbers, expected);
    EXPECT_EQ(created, expected_created);
    for (const uint32_t i : expected_created) {
      if (i % 3 != 0) continue;
      one_by_one.Erase(expected[i]);
      at_once.Erase(numbers[i]);
    }
  }
}

// Of each hundred keys one stays: no block ever becomes empty, and yet what the others had is used again.
TEST(KeyTableTest, AFewThatStayDoNotHoldWhatOthersHad) {
  KeyTable table;
  const std::string padding(100, 'x');
  std::vector<uint32_t> gone;
  for (int i = 0; i < 200'000; i++) {
    const std::string key = padding + std::to_string(i);
    bool created = false;
    const uint32_t number = table.FindOrAdd(key, HashKey(key), &created);
    if (i % 100 != 0) gone.push_back(number);
    if (gone.size() == 1000) {
      for (const uint32_t one : gone) table.Erase(one);
      gone.clear();
    }
  }
  EXPECT_EQ(table.size(), 2000U);
  EXPECT_LT(table.bytes(), 1'500'000);
}

TEST(KeyTableTest, LongKeysHaveBlocksOfTheirOwn) {
  KeyTable table;
  const int64_t empty = table.bytes();
  for (int round = 0; round < 3; round++) {
    std::vector<uint32_t> numbers;
    for (int i = 0; i < 50; i++) numbers.push_back(Add(&table, std::string(100'000, static_cast<char>('a' + i))));
    Add(&table, "short");
    EXPECT_GT(table.bytes(), 5'000'000);
    for (const uint32_t number : numbers) table.Erase(number);
    EXPECT_LT(table.bytes(), 200'000);
    EXPECT_EQ(table.key(table.Find("short", HashKey("short"))), "short");
  }
  table.Erase(table.Find("short", HashKey("short")));
  EXPECT_LT(table.bytes(), empty + 4096);
}

TEST(KeyTableTest, BehavesLikeAMap) {
  EXPECT_TRUE(
      rc::check("a table is a map from keys to numbers", [](const std::vector<std::pair<bool, uint8_t>>& steps) {
        KeyTable table;
        std::map<std::string, uint32_t> model;
        for (const auto& [add, which] : steps) {
          const std::string key(which % 40, static_cast<char>(which));
          const auto known = model.find(key);
          bool created = false;
          if (add) {
            const uint32_t number = table.FindOrAdd(key, HashKey(key), &created);
            RC_ASSERT(created == (known == model.end()));
            if (!created) RC_ASSERT(number == known->second);
            for (const auto& [other, used] : model) RC_ASSERT((used == number) == (other == key));
            model[key] = number;
          } else if (known != model.end()) {
            table.Erase(known->second);
            model.erase(known);
          }
          RC_ASSERT(table.size() == model.size());
          for (const auto& [other, number] : model) {
            RC_ASSERT(table.Find(other, HashKey(other)) == number);
            RC_ASSERT(table.key(number) == other);
            RC_ASSERT(number < table.end_number());
          }
        }
      }));
}

}  // namespace
}  // namespace laminar
