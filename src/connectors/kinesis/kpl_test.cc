#include "connectors/kinesis/kpl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "duckdb/common/types/vector.hpp"

#include "connectors/kinesis/answer_records.h"
#include "connectors/kinesis/kpl_writer_for_test.h"
#include "connectors/kinesis/record_metadata.h"

namespace laminar::kinesis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct KplRead {
  KplOutcome outcome;
  std::vector<UserRecord> records;  // without explicit hash keys
};

KplRead ReadKpl(const std::string& data, const HashKeyRange* range = nullptr) {
  std::vector<KplRecord> views;
  KplRead out;
  out.outcome = Deaggregate(data, range, &views);
  for (const KplRecord& view : views) out.records.push_back({std::string(view.partition_key), std::string(view.data)});
  return out;
}

const std::vector<UserRecord> kThree = {{"a", "one"}, {"b", ""}, {"a", std::string("3\0 3", 4)}};

TEST(Kpl, TakesARecordApart) {
  const KplRead out = ReadKpl(Aggregate(kThree));
  EXPECT_EQ(out.outcome, KplOutcome::kAggregated);
  EXPECT_EQ(out.records, kThree);
}

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

// Made by aws_kinesis_agg 1.2.3, AWS's aggregator for Python.
TEST(Kpl, ReadsWhatAnotherAggregatorWrote) {
  const std::string data = FromHex(
      "f3899ac20a01610a0162120231371a0b08001a077b226e223a317d1a0d080110001a077b226e223a327d1a0408001a00f616241bc884cf8d"
      "19"
      "36ba7e3b01d7c4");
  const KplRead out = ReadKpl(data);
  EXPECT_EQ(out.outcome, KplOutcome::kAggregated);
  EXPECT_THAT(out.records,
              ElementsAre(UserRecord{"a", R"({"n":1})"}, UserRecord{"b", R"({"n":2})"}, UserRecord{"a", ""}));
  // The second has the explicit hash key 17.
  const HashKeyRange with{17, HashKeyOf("a")}, without{18, HashKeyOf("a")};
  EXPECT_EQ(ReadKpl(data, &with).outcome, KplOutcome::kAggregated);
  EXPECT_EQ(ReadKpl(data, &without).outcome, KplOutcome::kOutOfRange);
}

TEST(Kpl, AWrongDigestMakesAPlainRecord) {
  std::string data = Aggregate(kThree);
  data.back() ^= 1;
  EXPECT_EQ(ReadKpl(data).outcome, KplOutcome::kPlain);
  EXPECT_THAT(ReadKpl(data).records, IsEmpty());
}

TEST(Kpl, WhatOnlyBeginsLikeOneIsPlain) {
  const std::string magic = "\xF3\x89\x9A\xC2";
  for (const std::string& data : {std::string(), std::string("{"), magic, magic + "x", magic + std::string(15, 'x'),
                                  magic + std::string(16, 'x'), magic + std::string(100, 'x')}) {
    EXPECT_EQ(ReadKpl(data).outcome, KplOutcome::kPlain) << data.size();
  }
}

TEST(Kpl, AMessageThatIsBrokenInsideIsPlain) {
  const auto entry = [](const std::string& bytes) { return KplFrame(KplBytes(1, "pk") + KplBytes(3, bytes)); };
  const std::string data = KplBytes(3, "x");
  EXPECT_EQ(ReadKpl(entry(KplVarint(8) + KplVarint(0) + data)).outcome, KplOutcome::kAggregated);
  EXPECT_EQ(ReadKpl(entry(KplVarint(8) + KplVarint(1) + data)).outcome, KplOutcome::kPlain) << "no such key";
  EXPECT_EQ(ReadKpl(entry(KplVarint(8) + KplVarint(~uint64_t{0}) + data)).outcome, KplOutcome::kPlain) << "no such key";
  EXPECT_EQ(ReadKpl(entry(KplVarint(8) + KplVarint(0) + KplVarint(16) + KplVarint(0) + data)).outcome, KplOutcome::kPlain)
      << "no such hash key";
  EXPECT_EQ(ReadKpl(entry(data)).outcome, KplOutcome::kPlain) << "no key";
  EXPECT_EQ(ReadKpl(entry(KplVarint(8) + KplVarint(0))).outcome, KplOutcome::kPlain) << "no data";
  EXPECT_EQ(ReadKpl(entry(KplVarint(26) + KplVarint(1000) + "x")).outcome, KplOutcome::kPlain)
      << "a length beyond the end";
  EXPECT_EQ(ReadKpl(entry(KplVarint(26) + KplVarint(~uint64_t{0}))).outcome, KplOutcome::kPlain) << "a huge length";
  EXPECT_EQ(ReadKpl(KplFrame(std::string(20, '\xff'))).outcome, KplOutcome::kPlain) << "a number without an end";
  EXPECT_EQ(ReadKpl(KplFrame("\x0b")).outcome, KplOutcome::kPlain) << "a group";
}

TEST(Kpl, StepsOverWhatItDoesNotKnow) {
  const std::string unknown = KplVarint(9 << 3) + KplVarint(300) + KplVarint(10 << 3 | 1) + "12345678" +
                              KplVarint(11 << 3 | 5) + "1234" + KplBytes(12, "new");
  const std::string entry = unknown + KplVarint(8) + KplVarint(0) + KplBytes(3, "x") + unknown;
  // The table behind the records.
  const KplRead out = ReadKpl(KplFrame(unknown + KplBytes(3, entry) + KplBytes(1, "pk")));
  EXPECT_EQ(out.outcome, KplOutcome::kAggregated);
  EXPECT_THAT(out.records, ElementsAre(UserRecord{"pk", "x"}));
}

TEST(Kpl, NoRecordsAreNone) {
  EXPECT_EQ(ReadKpl(KplFrame(KplBytes(1, "pk"))).outcome, KplOutcome::kAggregated);
  EXPECT_THAT(ReadKpl(KplFrame(KplBytes(1, "pk"))).records, IsEmpty());
}

TEST(Kpl, ARecordOfAnotherShardDropsTheWhole) {
  const HashKey a = HashKeyOf("a"), b = HashKeyOf("b");
  const HashKeyRange both{std::min(a, b), std::max(a, b)}, one{a, a};
  EXPECT_EQ(ReadKpl(Aggregate(kThree), &both).outcome, KplOutcome::kAggregated);
  EXPECT_EQ(ReadKpl(Aggregate(kThree), &one).outcome, KplOutcome::kOutOfRange);
  EXPECT_THAT(ReadKpl(Aggregate(kThree), &one).records, IsEmpty());
}

TEST(Kpl, AnExplicitHashKeyCounts) {
  const HashKeyRange range{100, 200};
  EXPECT_EQ(ReadKpl(Aggregate({{"a", "x", "100"}, {"b", "y", "200"}}), &range).outcome, KplOutcome::kAggregated);
  EXPECT_EQ(ReadKpl(Aggregate({{"a", "x", "100"}, {"b", "y", "201"}}), &range).outcome, KplOutcome::kOutOfRange);
  EXPECT_EQ(ReadKpl(Aggregate({{"a", "x", "no"}}), &range).outcome, KplOutcome::kOutOfRange);
}

TEST(HashKey, IsTheDigestAsANumber) {
  // md5 of "a" is 0cc175b9c0f1b6a831c399e269772661.
  EXPECT_EQ(HashKeyOf("a"), (HashKey{0x0cc175b9c0f1b6a8} << 64) | 0x31c399e269772661);
  EXPECT_EQ(ParseHashKey("340282366920938463463374607431768211455"), ~HashKey{0});
  EXPECT_EQ(ParseHashKey("340282366920938463463374607431768211456"), std::nullopt);
  EXPECT_EQ(ParseHashKey("9340282366920938463463374607431768211455"), std::nullopt);
  EXPECT_EQ(ParseHashKey(""), std::nullopt);
  EXPECT_EQ(ParseHashKey("-1"), std::nullopt);
}

rc::Gen<std::vector<UserRecord>> AnyRecords() {
  return rc::gen::container<std::vector<UserRecord>>(rc::gen::build<UserRecord>(
      rc::gen::set(&UserRecord::partition_key, rc::gen::element<std::string>("", "a", "key")),
      rc::gen::set(&UserRecord::data)));
}

RC_GTEST_PROP(KplProperty, WhatIsAggregatedComesBack, ()) {
  const auto records = *AnyRecords();
  const KplRead out = ReadKpl(Aggregate(records));
  RC_ASSERT(out.outcome == KplOutcome::kAggregated);
  RC_ASSERT(out.records == records);
}

// Bytes changed, cut and added, with a digest that fits: every view stays within the record.
RC_GTEST_PROP(KplProperty, NoMessageLeadsOutOfTheRecord, (const std::string& noise)) {
  const std::string whole = Aggregate(*AnyRecords());
  std::string message = whole.substr(4, whole.size() - 20);
  for (int i = *rc::gen::inRange(0, 5); i > 0 && !message.empty(); i--) {
    const auto at = *rc::gen::inRange<size_t>(0, message.size());
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        message[at] = *rc::gen::arbitrary<char>();
        break;
      case 1:
        message.resize(at);
        break;
      case 2:
        message.insert(at, noise);
        break;
      default:
        message.erase(at, 1);
    }
  }
  const auto data = std::make_unique<std::string>(KplFrame(message));
  const HashKeyRange range{0, HashKey{1} << 127};
  for (const HashKeyRange* checked : {static_cast<const HashKeyRange*>(nullptr), &range}) {
    std::vector<KplRecord> views;
    if (Deaggregate(*data, checked, &views) != KplOutcome::kAggregated) RC_ASSERT(views.empty());
    for (const KplRecord& view : views) {
      for (const std::string_view part : {view.data, view.partition_key}) {
        RC_ASSERT(part.data() >= data->data());
        RC_ASSERT(part.data() + part.size() <= data->data() + data->size());
      }
    }
  }
}

// The views of an answer with plain and aggregated records, and where they came from.
TEST(AnswerRecords, KnowWhereTheyCameFrom) {
  const std::string aggregated = Aggregate(kThree), elsewhere = Aggregate({{"z", "dropped", "5"}});
  GetRecordsResult answer;
  answer.records = {
      {elsewhere, "k", "1", 10}, {"plain", "p", "2", 20}, {aggregated, "k", "3", 30}, {"last", "l", "4", 40}};
  std::vector<RecordView> views;
  const HashKeyRange range{6, ~HashKey{0}};
  const AnswerRecords records(answer, "s", "shard-1", &range, &views);
  EXPECT_THAT(views, ElementsAre("plain", "one", "", kThree[2].data, "last"));
  EXPECT_EQ(records.out_of_range(), 1u);
  EXPECT_EQ(records.Position(0).ToString(), "stream s, shard shard-1, sequence number 2");
  EXPECT_EQ(records.Position(3).ToString(), "stream s, shard shard-1, sequence number 3, sub-sequence number 2");
  EXPECT_EQ(records.Position(3).partition_key, "a");
  EXPECT_EQ(records.ArrivalMicros(3), 30);
  EXPECT_EQ(records.RecordBytes(3), kThree[2].data);
  EXPECT_EQ(records.PlaceOf(0).record, 1u);
  EXPECT_EQ(records.PlaceOf(3).record, 2u);
  EXPECT_EQ(records.PlaceOf(3).sub_sequence_number, 2u);
  EXPECT_EQ(records.PlaceOf(4).sub_sequence_number, 0u);
  EXPECT_EQ(records.ViewInFirst(0), 0u);
  EXPECT_EQ(records.ViewInFirst(1), 0u) << "the first record gave no view";
}

TEST(AnswerRecords, TheirMetadataAreColumns) {
  const std::string aggregated = Aggregate({{"a", "one"}, {"b", ""}, {"a", "three", "5"}});
  GetRecordsResult answer;
  answer.records = {{"plain", "p", "2", 20}, {aggregated, "k", "3", 30}};
  answer.records[0].encryption_type = "KMS";
  std::vector<RecordView> views;
  const AnswerRecords records(answer, "s", "shard-1", nullptr, &views);
  const std::vector<uint32_t> rows = {3, 0};
  std::string found;
  for (const MetadataSpec& spec : RecordMetadataSpecs()) {
    duckdb::Vector vector(*MakeType(std::string(spec.type)));
    records.FillMetadata(spec.name, rows, &vector);
    found +=
        std::string(spec.name) + ": " + vector.GetValue(0).ToString() + ", " + vector.GetValue(1).ToString() + "\n";
  }
  EXPECT_EQ(found,
            "partition_key: a, p\nsequence_number: 3, 2\nsub_sequence_number: 2, NULL\nshard_id: shard-1, shard-1\n"
            "arrival_time: 1970-01-01 00:00:00.00003, 1970-01-01 00:00:00.00002\nstream_name: s, s\n"
            "explicit_hash_key: 5, NULL\nencryption_type: NULL, KMS\n");
}

}  // namespace
}  // namespace laminar::kinesis
