#include "connectors/kinesis/key_columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "connectors/kinesis/kinesis_sink.h"
#include "connectors/kinesis/partition_key.h"
#include "connectors/kinesis/record_id.h"
#include "connectors/kinesis/world_for_test.h"
#include "duck/pch.h"

namespace laminar::kinesis {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kMostHashKey[] = "340282366920938463463374607431768211455";

class AnyOrigin final : public RowOrigins {
 public:
  RowPosition Position(uint32_t row) const override {
    RowPosition position;
    position.source = "file in.jsonl";
    position.line = row + 1;
    return position;
  }
};

// Of the columns (key, line, hash); "-" is NULL.
struct KeyedRow {
  std::string key, line, hash;
};

Batch MakeRows(const std::vector<KeyedRow>& rows) {
  const TypeRef text = MakeType("VARCHAR");
  Batch batch({{"key", text}, {"line", text}, {"hash", text}});
  for (size_t i = 0; i < rows.size(); i++) {
    size_t column = 0;
    for (const std::string& value : {rows[i].key, rows[i].line, rows[i].hash})
      batch.chunk().SetValue(column++, i, value == "-" ? duckdb::Value() : duckdb::Value(value));
  }
  batch.chunk().SetCardinality(rows.size());
  batch.origins = std::make_shared<AnyOrigin>();
  return batch;
}

std::vector<std::string> Texts(const EncodedRows& rows) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < rows.rows(); i++) texts.emplace_back(rows.row(i));
  return texts;
}

class KeyColumnsTest : public testing::Test {
 protected:
  KeyColumnsTest() {
    world_.table.metadata = {{"partition_key", "key", 0, {}}, {"explicit_hash_key", "hash", 2, SqlPosition{3, 7}}};
    world_.model.CreateStream("out", 4);
  }
  ~KeyColumnsTest() override { Close(); }

  void Open(const SinkSettings& settings, std::vector<SinkState> states = {}) {
    sink_ = std::make_unique<KinesisSink>(world_.model.Connect("out"), world_.table, settings, world_.context);
    ASSERT_TRUE(sink_->Resume("6f1c", std::move(states)).ok());
    ASSERT_TRUE(sink_->Start(world_.Wakers(1)).ok());
    writer_ = sink_->CreateWriter(0);
    Run();
  }
  void Close() {
    writer_.reset();
    sink_.reset();
  }
  void Run() {
    for (int i = 0; i < 200; i++) {
      world_.Settle();
      ASSERT_TRUE(writer_->Poll().ok());
      world_.clock.Advance(100 * kMicrosPerMilli);
    }
  }
  std::map<std::string, ModelKinesis::StoredRecord> Records() {
    std::map<std::string, ModelKinesis::StoredRecord> records;
    for (const auto& record : world_.model.Records("out")) EXPECT_TRUE(records.emplace(record.data, record).second);
    return records;
  }

  TestWorld world_;
  std::unique_ptr<KinesisSink> sink_;
  std::unique_ptr<SinkWriter> writer_;
};

TEST_F(KeyColumnsTest, TheOtherColumnsAreEncoded) {
  KeyColumns columns(world_.table);
  const Batch batch = MakeRows({{"k", "first", "0"}, {"k", "second", "-"}});
  const Batch& encoded = columns.WithoutThem(batch);
  EXPECT_EQ(encoded.columns(), 1u);
  EXPECT_THAT(line_format::Lines(encoded), ElementsAre("first", "second"));
  EXPECT_EQ(encoded.DescribeOrigin(1), "file in.jsonl, line 2");
}

TEST_F(KeyColumnsTest, RowsWithoutAKeyGetOneOfTheirOwn) {
  const KeyColumns columns(world_.table);
  Random rng(1);
  EncodedRows keys;
  const std::string most(207, 'x');
  columns.AppendPartitionKeys(
      MakeRows({{"customer 7", "", "-"}, {"-", "", "-"}, {"", "", "-"}, {most, "", "-"}, {most + "x", "", "-"}}), 207,
      &rng, &keys);
  ASSERT_EQ(keys.rows(), 5u);
  EXPECT_EQ(keys.row(0), "customer 7");
  EXPECT_EQ(keys.row(1).size(), kKeyBytes);
  EXPECT_EQ(keys.row(2).size(), kKeyBytes);
  EXPECT_NE(keys.row(1), keys.row(2));
  EXPECT_EQ(keys.row(3), most);
  EXPECT_EQ(keys.row(4), Md5Hex(most + "x"));
}

TEST_F(KeyColumnsTest, HashKeysAreNumbersOf128Bits) {
  const KeyColumns columns(world_.table);
  EncodedRows keys;
  ASSERT_TRUE(
      columns.AppendHashKeys(MakeRows({{"", "", "0"}, {"", "", "-"}, {"", "", "007"}, {"", "", kMostHashKey}}), &keys)
          .ok());
  EXPECT_THAT(Texts(keys), ElementsAre("0", "", "7", kMostHashKey));
  for (const char* wrong : {"", "-1", "1.0", "abc", "0x10", " 1", "340282366920938463463374607431768211456"}) {
    const Status status = columns.AppendHashKeys(MakeRows({{"", "", "5"}, {"", "", wrong}}), &keys);
    EXPECT_EQ(status.kind(), StatusKind::kUser) << wrong;
    EXPECT_THAT(status.ToString(),
                AllOf(HasSubstr("column hash is METADATA FROM 'explicit_hash_key', and '" + std::string(wrong) +
                                "' is no hash key; the row comes from file in.jsonl, line 2"),
                      HasSubstr(kMostHashKey)));
    EXPECT_EQ(status.position().line, 3u);
  }
  std::string accents = "a";  // of two bytes each: a cut at an even place would halve one
  for (int i = 0; i < 200; i++) accents += "\u00e9";
  const Status cut = columns.AppendHashKeys(MakeRows({{"", "", accents}}), &keys);
  EXPECT_TRUE(duckdb::Value::StringIsValid(cut.message().data(), cut.message().size()));
  EXPECT_LT(cut.message().size(), 300u);
}

TEST_F(KeyColumnsTest, ARecordIsPutWithThem) {
  Open({});
  ASSERT_TRUE(
      writer_->Push(MakeRows({{"a", "a1", "0"}, {"a", "a2", kMostHashKey}, {"a", "a3", "-"}, {"-", "b", "5"}})).ok());
  writer_->Finish();
  Run();
  const auto records = Records();
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(records.at("a1").partition_key, "a");
  EXPECT_EQ(records.at("a1").explicit_hash_key, "0");
  EXPECT_EQ(records.at("a1").shard_id, "shardId-000000000000");
  EXPECT_EQ(records.at("a2").partition_key, "a");
  EXPECT_EQ(records.at("a2").shard_id, "shardId-000000000003");
  EXPECT_EQ(records.at("a3").explicit_hash_key, "");
  EXPECT_EQ(records.at("b").partition_key.size(), kKeyBytes);
  EXPECT_EQ(records.at("b").explicit_hash_key, "5");
  EXPECT_TRUE(writer_->Drained());
}

TEST_F(KeyColumnsTest, ARowThatIsTooLargeTakesItsKeysAlong) {
  ModelOptions options;
  SinkSettings settings;
  settings.oversize = OversizePolicy::kDrop;
  Open(settings);
  ASSERT_TRUE(
      writer_->Push(MakeRows({{"a", "1", "1"}, {"b", std::string(2'000'000, 'x'), "2"}, {"c", "3", "3"}})).ok());
  writer_->Finish();
  Run();
  const auto records = Records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records.at("3").partition_key, "c");
  EXPECT_EQ(records.at("3").explicit_hash_key, "3");
}

TEST_F(KeyColumnsTest, ACheckpointHoldsThem) {
  SinkSettings settings;
  settings.exactly_once = true;
  settings.fence_wait_micros = kMicrosPerSecond;
  Open(settings);
  ASSERT_TRUE(writer_->Push(MakeRows({{"a", "a1", kMostHashKey}, {"-", "b1", "-"}, {"c", "c1", "12"}})).ok());
  writer_->EndEpoch(1);
  SinkState state;
  for (const SinkState given = writer_->State(1); const auto& part : given.parts) {
    EXPECT_TRUE(part->bytes.starts_with("LKR2"));
    state.progress = given.progress;
    state.parts.push_back(std::make_shared<CheckpointPart>(CheckpointPart{part->bytes, "file"}));
  }
  Close();
  EXPECT_TRUE(Records().empty());
  Open(settings, {state});
  writer_->Finish();
  Run();
  ASSERT_TRUE(writer_->Drained());
  const auto records = Records();
  ASSERT_EQ(records.size(), 3u);
  const std::string id = IdPrefix("6f1c", "lines") + ".0.1.";
  EXPECT_EQ(records.at("a1").partition_key, "a\x1f" + id + "0");
  EXPECT_EQ(records.at("a1").explicit_hash_key, kMostHashKey);
  EXPECT_EQ(records.at("c1").explicit_hash_key, "12");
  // A row without one lies where its key does, although the id stands behind the key.
  const std::string generated = records.at("b1").partition_key.substr(0, kKeyBytes);
  std::string hash;
  AppendHashKey(HashKeyOf(generated), &hash);
  EXPECT_EQ(records.at("b1").explicit_hash_key, hash);
}

TEST_F(KeyColumnsTest, ADamagedHashKeyInACheckpointIsRefused) {
  SinkSettings settings;
  settings.exactly_once = true;
  Open(settings);
  ASSERT_TRUE(writer_->Push(MakeRows({{"a", "line", "4711"}})).ok());
  writer_->EndEpoch(1);
  const SinkState given = writer_->State(1);
  Close();
  const std::string whole = given.parts.at(0)->bytes;
  const auto resume = [&](std::string bytes) {
    SinkState state{.progress = given.progress, .parts = {}};
    state.parts.push_back(std::make_shared<CheckpointPart>(CheckpointPart{std::move(bytes), "file"}));
    KinesisSink sink(world_.model.Connect("out"), world_.table, settings, world_.context);
    return sink.Resume("6f1c", {state});
  };
  EXPECT_TRUE(resume(whole).ok());
  std::string wrong = whole;
  wrong[wrong.find("4711")] = 'x';
  EXPECT_THAT(resume(wrong).message(), HasSubstr("an explicit hash key is no hash key"));
  for (size_t size = 0; size < whole.size(); size++) EXPECT_FALSE(resume(whole.substr(0, size)).ok()) << size;
}

}  // namespace
}  // namespace laminar::kinesis
