// Rows that share records, in the sink: when records are closed, what counts as a row, what a restart makes of them.
// Random runs are in sink_simulation_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "connectors/kinesis/kinesis_sink.h"
#include "connectors/kinesis/kpl.h"
#include "connectors/kinesis/partition_key.h"
#include "connectors/kinesis/record_id.h"
#include "connectors/kinesis/world_for_test.h"
#include "duck/pch.h"

namespace laminar::kinesis {
namespace {

using line_format::MakeBatch;
using testing::HasSubstr;

std::vector<std::string> NumberedLines(int first, int count) {
  std::vector<std::string> lines;
  for (int i = first; i < first + count; i++) lines.push_back("line " + std::to_string(i));
  return lines;
}

Schema KeyedSchema() {
  return {{"line", MakeType("VARCHAR"), false}, {"key", MakeType("VARCHAR"), false}};
}

// Row i has the key i % keys.
Batch MakeKeyed(int first, int count, int keys) {
  Batch batch(KeyedSchema());
  for (int i = 0; i < count; i++) {
    batch.chunk().SetValue(0, static_cast<size_t>(i), duckdb::Value("line " + std::to_string(first + i)));
    batch.chunk().SetValue(1, static_cast<size_t>(i), duckdb::Value("key " + std::to_string((first + i) % keys)));
  }
  batch.chunk().SetCardinality(static_cast<size_t>(count));
  return batch;
}

class LineOrigins final : public RowOrigins {
 public:
  RowPosition Position(uint32_t row) const override {
    RowPosition position;
    position.source = "input";
    position.line = row + 1;
    return position;
  }
};

class AggregationTest : public testing::Test {
 protected:
  AggregationTest() { settings_.aggregation = AggregationLimits{}; }
  ~AggregationTest() override { Close(); }

  void Open(std::vector<SinkState> states = {}, ModelOptions options = {}, int shards = 3) {
    if (world_ == nullptr) {
      world_ = std::make_unique<TestWorld>(1, options);
      world_->table.schema = settings_.partition_key.empty() ? line_format::LineSchema() : KeyedSchema();
      world_->model.CreateStream("out", shards);
      world_->context.sink_buffer_bytes = buffer_bytes_;
    }
    sink_ = std::make_unique<KinesisSink>(world_->model.Connect("out"), world_->table, settings_, world_->context);
    ASSERT_TRUE(sink_->Resume("6f1c", std::move(states)).ok());
    ASSERT_TRUE(sink_->Start(world_->Wakers(1)).ok());
    writer_ = sink_->CreateWriter(0);
    last_ = Cycle();
  }
  void Close() {
    writer_.reset();
    sink_.reset();
  }
  Status Cycle() {
    for (int i = 0; i < 20; i++) {
      world_->Settle();
      RETURN_IF_ERROR(writer_->Poll());
    }
    return Status::Ok();
  }
  void Advance(int64_t micros) {
    world_->clock.Advance(micros);
    ASSERT_TRUE(Cycle().ok());
  }
  void Finish() {
    writer_->Finish();
    for (int i = 0; i < 100 && !writer_->Drained(); i++) ASSERT_TRUE(Cycle().ok());
    ASSERT_TRUE(writer_->Drained());
  }
  // As it is read from a checkpoint.
  static SinkState Copied(const SinkState& state) {
    SinkState copy{.progress = state.progress, .parts = {}};
    for (const auto& part : state.parts)
      copy.parts.push_back(std::make_shared<CheckpointPart>(CheckpointPart{part->bytes, "file"}));
    return copy;
  }
  // The rows in the stream; those of aggregated records as consumers take them.
  std::multiset<std::string> Rows() {
    std::multiset<std::string> rows;
    for (const auto& record : world_->model.Records("out")) {
      const HashKey hash = record.explicit_hash_key.empty() ? HashKeyOf(record.partition_key)
                                                            : ParseHashKey(record.explicit_hash_key).value();
      const HashKeyRange exact{hash, hash};
      std::vector<KplRecord> users;
      const KplOutcome outcome = Deaggregate(record.data, &exact, &users);
      EXPECT_NE(outcome, KplOutcome::kOutOfRange);
      if (outcome == KplOutcome::kPlain) rows.insert(record.data);
      for (const KplRecord& user : users) rows.emplace(user.data);
    }
    return rows;
  }
  static std::multiset<std::string> Expected(int count) {
    const std::vector<std::string> lines = NumberedLines(0, count);
    return {lines.begin(), lines.end()};
  }
  size_t Records() { return world_->model.Records("out").size(); }

  SinkSettings settings_;
  int64_t buffer_bytes_ = 64 << 20;
  std::unique_ptr<TestWorld> world_;
  std::unique_ptr<KinesisSink> sink_;
  std::unique_ptr<SinkWriter> writer_;
  Status last_;
};

TEST_F(AggregationTest, RowsOfManyBatchesShareARecordUntilTheIntervalIsOver) {
  Open();
  for (int i = 0; i < 3; i++) ASSERT_TRUE(writer_->Push(MakeBatch(NumberedLines(i * 100, 100))).ok());
  EXPECT_GT(world_->metrics.buffered_bytes.Get(), 300 * 8);
  EXPECT_EQ(writer_->NextDeadline(), world_->clock.SteadyMicros() + settings_.batch.interval_micros);
  EXPECT_FALSE(writer_->Drained());
  Advance(settings_.batch.interval_micros - 1);
  EXPECT_EQ(Records(), 0u);
  Advance(1);
  EXPECT_EQ(Records(), 1u);
  EXPECT_EQ(Rows(), Expected(300));
  EXPECT_EQ(world_->metrics.rows_out.Get(), 300u);
  EXPECT_TRUE(writer_->Drained());
  EXPECT_EQ(writer_->NextDeadline(), kNever);
  EXPECT_EQ(world_->metrics.buffered_bytes.Get(), 0);
}

TEST_F(AggregationTest, AFullRecordIsSentWithTheRequestThatItFills) {
  settings_.aggregation->bytes = 1000;
  settings_.batch.records = 2;
  Open();
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedLines(0, 500))).ok());
  ASSERT_TRUE(Cycle().ok());
  EXPECT_GT(Records(), 5u);
  EXPECT_EQ(Records() % 2, 0u);
  EXPECT_LT(Rows().size(), 500u);
  Finish();
  EXPECT_EQ(Rows(), Expected(500));
}

TEST_F(AggregationTest, AnEpochsEndClosesRecords) {
  Open();
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedLines(0, 10))).ok());
  writer_->EndEpoch(1);
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedLines(10, 10))).ok());
  EXPECT_FALSE(writer_->EpochReady(1));
  ASSERT_TRUE(Cycle().ok());
  EXPECT_TRUE(writer_->EpochReady(1));
  EXPECT_EQ(Rows(), Expected(10));
  EXPECT_FALSE(writer_->Drained());
}

TEST_F(AggregationTest, HalfTheBufferClosesRecords) {
  buffer_bytes_ = 20'000;
  settings_.batch.interval_micros = 3600 * kMicrosPerSecond;
  settings_.partition_key = {1};
  Open();
  // Small records of many groups.
  for (int i = 0; i < 100 && writer_->CanAccept(); i++) {
    ASSERT_TRUE(writer_->Push(MakeKeyed(i * 100, 100, 1000)).ok());
    ASSERT_TRUE(Cycle().ok());
    ASSERT_TRUE(writer_->CanAccept()) << "it cannot be full while nothing is on its way";
  }
  EXPECT_GT(Records(), 0u);
  EXPECT_LT(world_->metrics.buffered_bytes.Get(), 10'000);
}

TEST_F(AggregationTest, ARowsKeyIsItsOwnAndItsRecordLiesWithItsGroup) {
  settings_.partition_key = {1};
  settings_.aggregation->key_groups = 5;
  Open();
  for (int i = 0; i < 4; i++) ASSERT_TRUE(writer_->Push(MakeKeyed(i * 500, 500, 50)).ok());
  Finish();
  EXPECT_EQ(Records(), 5u);
  EXPECT_EQ(Rows(), Expected(2000));
  std::set<std::string> hashes;
  for (const auto& record : world_->model.Records("out")) {
    hashes.insert(record.explicit_hash_key);
    std::vector<KplRecord> users;
    ASSERT_EQ(Deaggregate(record.data, nullptr, &users), KplOutcome::kAggregated);
    EXPECT_GT(users.size(), 200u);
    EXPECT_EQ(users[0].partition_key, record.partition_key);
    for (const KplRecord& user : users) {
      const int row = std::stoi(std::string(user.data.substr(5)));
      EXPECT_EQ(user.partition_key, "key " + std::to_string(row % 50));
    }
  }
  EXPECT_EQ(hashes.size(), 5u);
}

TEST_F(AggregationTest, OfEachGroupOneRecordIsOnItsWay) {
  settings_.partition_key = {1};
  settings_.aggregation = AggregationLimits{.bytes = 300, .key_groups = 2};
  settings_.batch.interval_micros = 0;
  Open();
  ASSERT_TRUE(writer_->Push(MakeKeyed(0, 500, 50)).ok());
  Finish();
  EXPECT_GT(Records(), 20u);
  EXPECT_EQ(world_->model.counts().most_put_records, 2u);
  EXPECT_EQ(Rows(), Expected(500));
}

TEST_F(AggregationTest, ExactlyOnceAnEpochsRowsShareRecordsWithAnId) {
  settings_.exactly_once = true;
  for (const bool keyed : {false, true}) {
    Close();
    world_.reset();
    settings_.partition_key = keyed ? std::vector<size_t>{1} : std::vector<size_t>{};
    settings_.aggregation->key_groups = 3;
    Open();
    for (int i = 0; i < 3; i++) {
      ASSERT_TRUE(writer_->Push(keyed ? MakeKeyed(i * 100, 100, 50) : MakeBatch(NumberedLines(i * 100, 100))).ok());
      Advance(settings_.batch.interval_micros);  // they wait for the epoch's end, not for the interval
    }
    EXPECT_EQ(writer_->NextDeadline(), kNever);
    writer_->EndEpoch(1);
    const SinkState state = Copied(writer_->State(1));
    EXPECT_EQ(Records(), 0u);
    // This process dies; the next one has other settings, which must not matter to these rows.
    Close();
    settings_.aggregation.reset();
    Open({state});
    Advance(settings_.fence_wait_micros);
    for (int i = 0; i < 100 && !writer_->Drained(); i++) Advance(kMicrosPerSecond);
    ASSERT_TRUE(writer_->Drained());
    EXPECT_EQ(Records(), keyed ? 3u : 1u);
    EXPECT_EQ(Rows(), Expected(300));
    for (const auto& record : world_->model.Records("out"))
      EXPECT_TRUE(FindId(record.partition_key, IdPrefix("6f1c", "lines"))) << record.partition_key;
    settings_.aggregation = AggregationLimits{};
  }
}

TEST_F(AggregationTest, ExactlyOnceAnOpenRecordCountsForTheEarlyCheckpoint) {
  settings_.exactly_once = true;
  settings_.epoch_max_bytes = 1000;
  Open();
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedLines(0, 20))).ok());
  EXPECT_FALSE(writer_->WantsCheckpoint());
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedLines(20, 100))).ok());
  EXPECT_TRUE(writer_->WantsCheckpoint());
}

TEST_F(AggregationTest, TheErrorOfARowThatIsTooLargeNamesTheRow) {
  Open({}, {.max_record_bytes = 2000});
  ASSERT_TRUE(writer_->Push(MakeBatch({"small", std::string(2000 - kKeyBytes, 'x')})).ok()) << "just fits";
  Batch batch = MakeBatch({"small", "small too", std::string(2001 - kKeyBytes, 'x')});
  batch.origins = std::make_shared<LineOrigins>();
  const Status failed = writer_->Push(batch);
  EXPECT_THAT(failed.ToString(), HasSubstr("is 2,001 bytes with its partition key"));
  EXPECT_THAT(failed.ToString(), HasSubstr("the row comes from input, line 3"));
}

TEST_F(AggregationTest, RowsThatAreDroppedLeaveTheOthersInOrder) {
  settings_.partition_key = {1};
  settings_.oversize = OversizePolicy::kDrop;
  settings_.aggregation->key_groups = 1;
  Open({}, {.max_record_bytes = 2000});
  const auto push = [&](std::vector<bool> too_large) {
    Batch batch = MakeKeyed(0, static_cast<int>(too_large.size()), 3);
    for (size_t i = 0; i < too_large.size(); i++) {
      if (too_large[i]) batch.chunk().SetValue(0, i, duckdb::Value(std::string(2000, 'x')));
    }
    ASSERT_TRUE(writer_->Push(batch).ok());
  };
  push({true, true});  // nothing is left of it
  push({true, false, true, false});
  push({true});
  Finish();
  EXPECT_EQ(Rows(), (std::multiset<std::string>{"line 1", "line 3"}));
  EXPECT_EQ(world_->metrics.oversize_rows.Get(), 5u);
  EXPECT_EQ(world_->metrics.rows_out.Get(), 2u);
}

TEST_F(AggregationTest, RecordsStayWithinWhatTheStreamTakes) {
  settings_.aggregation->bytes = 1 << 20;
  Open({}, {.max_record_bytes = 3000});
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedLines(0, 1000))).ok());
  Finish();
  EXPECT_TRUE(world_->model.counts().violations.empty());
  EXPECT_GT(Records(), 4u);
  EXPECT_LT(Records(), 8u);
  EXPECT_EQ(Rows(), Expected(1000));
}

TEST_F(AggregationTest, AStreamThatIgnoresKeysIsRefused) {
  Open({}, {.ignores_keys = true});
  EXPECT_THAT(last_.ToString(), HasSubstr("consumers drop aggregated records"));
  EXPECT_THAT(last_.hint(), HasSubstr("sink.aggregation"));
}

}  // namespace
}  // namespace laminar::kinesis
