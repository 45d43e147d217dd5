#include "connectors/kinesis/kpl_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "connectors/kinesis/kpl.h"
#include "connectors/kinesis/kpl_writer_for_test.h"

namespace laminar::kinesis {
namespace {

constexpr size_t kUnbounded = 1 << 30;

bool Add(KplBuilder* builder, const UserRecord& record, size_t most_bytes = kUnbounded) {
  return builder->TryAdd(record.partition_key, HashKeyOf(record.partition_key), record.data, most_bytes);
}

std::string Built(const KplBuilder& builder) {
  std::string out;
  builder.AppendTo(&out);
  return out;
}

std::vector<UserRecord> Read(const std::string& data, const HashKeyRange* range = nullptr) {
  std::vector<KplRecord> views;
  EXPECT_EQ(Deaggregate(data, range, &views), KplOutcome::kAggregated);
  std::vector<UserRecord> records;
  for (const KplRecord& view : views) records.push_back({std::string(view.partition_key), std::string(view.data)});
  return records;
}

// Byte by byte, from the description of the format.
TEST(KplBuilder, WritesTablesThenRecords) {
  KplBuilder builder("17");
  for (const UserRecord& record : {UserRecord{"a", "one"}, UserRecord{"b", ""}, UserRecord{"a", "three"}})
    ASSERT_TRUE(Add(&builder, record));
  const auto entry = [](uint64_t key, const std::string& data) {
    return KplBytes(3, KplVarint(1 << 3) + KplVarint(key) + KplVarint(2 << 3) + KplVarint(0) + KplBytes(3, data));
  };
  EXPECT_EQ(Built(builder), KplFrame(KplBytes(1, "a") + KplBytes(1, "b") + KplBytes(2, "17") + entry(0, "one") +
                                     entry(1, "") + entry(0, "three")));
  EXPECT_EQ(builder.first_key(), "a");
  EXPECT_EQ(builder.records(), 3u);
}

TEST(KplBuilder, ASingleRecordIsItsPlainData) {
  KplBuilder builder("");
  ASSERT_TRUE(Add(&builder, {"key", "plain"}, /*most_bytes=*/1));  // the first is always taken
  EXPECT_EQ(Built(builder), "plain");
  EXPECT_FALSE(Add(&builder, {"key", "more"}, /*most_bytes=*/1));
  EXPECT_EQ(Built(builder), "plain");
}

TEST(KplBuilder, TheExplicitHashKeyIsThatOfEveryRecord) {
  KplBuilder builder("1000");
  for (int i = 0; i < 300; i++) ASSERT_TRUE(Add(&builder, {"key " + std::to_string(i), "x"}));
  const HashKeyRange with{1000, 1000}, without{1001, ~HashKey{0}};
  EXPECT_EQ(Read(Built(builder), &with).size(), 300u);
  std::vector<KplRecord> views;
  EXPECT_EQ(Deaggregate(Built(builder), &without, &views), KplOutcome::kOutOfRange);
}

TEST(KplBuilder, KeysWithOneHashStayApart) {
  KplBuilder builder("");
  std::vector<UserRecord> records;
  for (int i = 0; i < 200; i++) {
    records.push_back({"key " + std::to_string(i % 50), std::to_string(i)});
    ASSERT_TRUE(builder.TryAdd(records.back().partition_key, /*hash=*/7, records.back().data, kUnbounded));
  }
  EXPECT_EQ(Read(Built(builder)), records);
}

// Data around the lengths at which a length takes one more byte.
rc::Gen<std::string> AnyData() {
  return rc::gen::map(rc::gen::pair(rc::gen::element<size_t>(0, 1, 2, 30, 110, 120, 125, 130, 16'370, 16'380, 16'390),
                                    rc::gen::inRange<size_t>(0, 10)),
                      [](const auto& size) { return std::string(size.first + size.second, 'x'); });
}

RC_GTEST_PROP(KplBuilderProperty, WhatIsBuiltComesBackWithinItsBounds, ()) {
  const auto keys = *rc::gen::inRange(1, 400);
  const auto most_bytes = *rc::gen::inRange<size_t>(1, 60'000);
  const bool explicit_hash_key = *rc::gen::arbitrary<bool>();
  const auto all = *rc::gen::container<std::vector<std::string>>(AnyData());
  KplBuilder builder(explicit_hash_key ? "340282366920938463463374607431768211455" : "");
  std::vector<UserRecord> records;
  for (size_t repeat = 0; repeat < 20; repeat++) {
    for (const std::string& data : all) {
      const UserRecord record{"key " + std::to_string(static_cast<int>(records.size() * 7) % keys), data};
      const size_t before = builder.bytes();
      if (Add(&builder, record, most_bytes)) {
        records.push_back(record);
        RC_ASSERT(records.size() == 1 || builder.bytes() <= most_bytes);
      } else {
        RC_ASSERT(builder.bytes() == before);
        // It would really have been too large.
        KplBuilder larger = builder;
        RC_ASSERT(Add(&larger, record));
        RC_ASSERT(larger.bytes() > most_bytes);
        RC_ASSERT(Built(larger).size() == larger.bytes());
      }
    }
  }
  RC_ASSERT(builder.records() == records.size());
  if (records.size() < 2) return;
  const std::string built = Built(builder);
  RC_ASSERT(built.size() == builder.bytes());
  RC_ASSERT(Read(built) == records);
  std::set<std::string> distinct;
  for (const UserRecord& record : records) distinct.insert(record.partition_key);
  size_t table = 0;
  for (size_t at = built.find("key "); at != std::string::npos; at = built.find("key ", at + 1)) table++;
  RC_ASSERT(table == distinct.size());
}

}  // namespace
}  // namespace laminar::kinesis
