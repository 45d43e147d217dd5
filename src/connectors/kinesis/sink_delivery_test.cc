// The sink's epochs, its two guarantees, keys and rows that are too large, step by step. Random runs are in
// sink_simulation_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include "connectors/kinesis/kinesis_sink.h"
#include "connectors/kinesis/partition_key.h"
#include "connectors/kinesis/record_id.h"
#include "connectors/kinesis/world_for_test.h"
#include "duck/pch.h"

namespace laminar::kinesis {
namespace {

using line_format::MakeBatch;
using testing::ElementsAre;
using testing::HasSubstr;

const ApiError kNoAnswer{ErrorClass::kTransient, Status::Environment("no answer")};

std::vector<std::string> NumberedRows(int first, int count) {
  std::vector<std::string> lines;
  for (int i = first; i < first + count; i++) lines.push_back("line " + std::to_string(i));
  return lines;
}

Batch MakeKeyed(const std::vector<std::pair<std::string, std::string>>& rows) {
  Batch batch({{"line", MakeType("VARCHAR"), false}, {"key", MakeType("VARCHAR"), false}});
  for (size_t i = 0; i < rows.size(); i++) {
    batch.chunk().SetValue(0, i, duckdb::Value(rows[i].first));
    batch.chunk().SetValue(1, i, duckdb::Value(rows[i].second));
  }
  batch.chunk().SetCardinality(rows.size());
  return batch;
}

class DeliveryTest : public testing::Test {
 protected:
  DeliveryTest() {
    exactly_once_.exactly_once = true;
    exactly_once_.fence_wait_micros = 10 * kMicrosPerSecond;
  }
  ~DeliveryTest() override { Close(); }

  void MakeWorld(ModelOptions options = {}, int shards = 2) {
    world_ = std::make_unique<TestWorld>(1, options);
    world_->model.CreateStream("out", shards);
  }
  // A sink with one writer; Ready.
  void Open(const SinkSettings& settings, std::vector<SinkState> states = {}, DeadLetters letters = {}) {
    if (world_ == nullptr) MakeWorld();
    sink_ = std::make_unique<KinesisSink>(world_->model.Connect("out"), world_->table, settings, world_->context,
                                          std::move(letters));
    resumed_ = sink_->Resume("6f1c", std::move(states));
    if (!resumed_.ok()) return;
    ASSERT_TRUE(sink_->Start(world_->Wakers(1)).ok());
    writer_ = sink_->CreateWriter(0);
    last_ = Cycle();
  }
  void Close() {
    writer_.reset();
    sink_.reset();
  }
  // All calls that are due, and what the writer makes of them, without any waiting.
  Status Cycle() {
    for (int i = 0; i < 20; i++) {
      world_->Settle();
      RETURN_IF_ERROR(writer_->Poll());
    }
    return Status::Ok();
  }
  // Runs for so long.
  void RunFor(int64_t micros) {
    const int64_t end = world_->clock.SteadyMicros() + micros;
    for (;;) {
      ASSERT_TRUE(Cycle().ok());
      const int64_t next = std::min(writer_->NextDeadline(), world_->model.NextDue());
      if (next > end) break;
      world_->clock.Advance(std::max<int64_t>(0, next - world_->clock.SteadyMicros()));
    }
    world_->clock.Advance(std::max<int64_t>(0, end - world_->clock.SteadyMicros()));
    ASSERT_TRUE(Cycle().ok());
  }
  void EndEpoch(int64_t epoch) { writer_->EndEpoch(epoch); }
  void Commit(int64_t epoch) {
    EndEpoch(epoch);
    ASSERT_TRUE(writer_->EpochReady(epoch));
    state_ = Copied(writer_->State(epoch));
    writer_->EpochCommitted(epoch);
  }
  // As it is read from a checkpoint.
  static SinkState Copied(const SinkState& state) {
    SinkState copy{.progress = state.progress, .parts = {}};
    for (const auto& part : state.parts)
      copy.parts.push_back(std::make_shared<CheckpointPart>(CheckpointPart{part->bytes, "file"}));
    return copy;
  }
  std::multiset<std::string> Written(const std::string& stream = "out") {
    std::multiset<std::string> out;
    for (const auto& record : world_->model.Records(stream)) out.insert(record.data);
    return out;
  }

  SinkSettings exactly_once_;
  std::unique_ptr<TestWorld> world_;
  std::unique_ptr<KinesisSink> sink_;
  std::unique_ptr<SinkWriter> writer_;
  Status resumed_, last_;
  SinkState state_;
};

TEST_F(DeliveryTest, AtLeastOnceAnEpochIsReadyWhenItsOwnRowsAreAcknowledged) {
  Open({});
  EXPECT_FALSE(sink_->NeedsCheckpoints());
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(0, 700))).ok());
  EndEpoch(1);
  EXPECT_FALSE(writer_->EpochReady(1));
  // Requests of later rows do not hold it up, nor do rows that wait.
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(1000, 10))).ok());
  ASSERT_TRUE(Cycle().ok());
  EXPECT_TRUE(writer_->EpochReady(1));
  EXPECT_FALSE(writer_->Drained());
  EXPECT_EQ(Written().size(), 700u);  // the rows that an epoch ends with do not wait for the interval
  EndEpoch(2);
  EXPECT_FALSE(writer_->EpochReady(2));
  ASSERT_TRUE(Cycle().ok());
  EXPECT_TRUE(writer_->EpochReady(2));
  EXPECT_TRUE(writer_->Drained());
  EndEpoch(3);
  EXPECT_TRUE(writer_->EpochReady(3));  // it has no rows
}

TEST_F(DeliveryTest, AtLeastOnceARefusedRecordHoldsItsEpochUpAndNoOther) {
  Open({});
  world_->model.FailNext(ModelCall::kPutRecords, {ErrorClass::kThrottled, Status::Environment("slow down")});
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(0, 500))).ok());
  EndEpoch(1);
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(500, 500))).ok());
  EndEpoch(2);
  ASSERT_TRUE(Cycle().ok());
  EXPECT_EQ(Written().size(), 500u);
  EXPECT_FALSE(writer_->EpochReady(1) && writer_->EpochReady(2));
  RunFor(kMicrosPerSecond);
  EXPECT_TRUE(writer_->EpochReady(1) && writer_->EpochReady(2));
}

TEST_F(DeliveryTest, ExactlyOnceSendsAnEpochWhenItsCheckpointIsCommitted) {
  Open(exactly_once_);
  EXPECT_TRUE(sink_->NeedsCheckpoints());
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(0, 700))).ok());
  RunFor(5 * kMicrosPerSecond);
  EXPECT_EQ(Written().size(), 0u);
  EndEpoch(1);
  EXPECT_TRUE(writer_->EpochReady(1));
  const SinkState state = writer_->State(1);
  EXPECT_EQ(state.parts.size(), 1u);
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(1000, 1))).ok());
  RunFor(5 * kMicrosPerSecond);
  EXPECT_EQ(Written().size(), 0u);
  writer_->EpochCommitted(1);
  ASSERT_TRUE(Cycle().ok());
  EXPECT_EQ(Written().size(), 700u);
  std::set<std::string> keys;
  const std::string prefix = IdPrefix("6f1c", "lines");
  for (const auto& record : world_->model.Records("out")) {
    EXPECT_TRUE(FindId(record.partition_key, prefix).has_value()) << record.partition_key;
    keys.insert(record.partition_key);
  }
  EXPECT_EQ(keys.size(), 700u);
  EXPECT_FALSE(writer_->Drained());  // one row waits for its checkpoint
  Commit(2);
  ASSERT_TRUE(Cycle().ok());
  EXPECT_TRUE(writer_->Drained());
  EXPECT_EQ(world_->model.counts().reads, 0);
  EXPECT_EQ(world_->metrics.rows_out.Get(), 701u);
}

TEST_F(DeliveryTest, ExactlyOnceHandsOverWhatIsNotAcknowledgedAgainAsTheSameParts) {
  Open(exactly_once_);
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(0, 700))).ok());
  EndEpoch(1);
  const SinkState first = writer_->State(1);
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(1000, 5))).ok());
  EndEpoch(2);  // and the first one was never committed
  const SinkState second = writer_->State(2);
  ASSERT_EQ(second.parts.size(), 2u);
  EXPECT_EQ(second.parts[0], first.parts[0]);
  writer_->EpochCommitted(2);
  ASSERT_TRUE(Cycle().ok());
  EXPECT_EQ(Written().size(), 705u);
  EndEpoch(3);
  EXPECT_EQ(writer_->State(3).progress, "");
}

TEST_F(DeliveryTest, ExactlyOnceALostAnswerIsReadBackAfterTheFenceAndNotSentAgain) {
  Open(exactly_once_);
  ModelFaults faults;
  faults.lost_answer = 1;
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(0, 100))).ok());
  world_->model.SetFaults(faults);
  Commit(1);
  ASSERT_TRUE(Cycle().ok());
  EXPECT_EQ(Written().size(), 100u);
  world_->model.SetFaults({});
  EXPECT_FALSE(writer_->Drained());
  RunFor(exactly_once_.fence_wait_micros - 1);
  EXPECT_EQ(world_->model.counts().lists, 0);  // nobody looks before the fence
  EXPECT_EQ(world_->model.counts().writes, 1);
  RunFor(5 * kMicrosPerSecond);
  EXPECT_TRUE(writer_->Drained());
  EXPECT_EQ(world_->model.counts().writes, 1);
  EXPECT_EQ(Written().size(), 100u);
  EXPECT_EQ(world_->metrics.rows_out.Get(), 100u);
}

TEST_F(DeliveryTest, ExactlyOnceALostRequestIsSentAgainAfterTheReadBack) {
  Open(exactly_once_);
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(0, 100))).ok());
  world_->model.FailNext(ModelCall::kPutRecords, kNoAnswer);
  Commit(1);
  RunFor(exactly_once_.fence_wait_micros - 1);
  EXPECT_EQ(Written().size(), 0u);
  // Other rows go on meanwhile.
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(100, 1))).ok());
  Commit(2);
  ASSERT_TRUE(Cycle().ok());
  EXPECT_EQ(Written().size(), 1u);
  RunFor(5 * kMicrosPerSecond);
  EXPECT_TRUE(writer_->Drained());
  EXPECT_EQ(Written().size(), 101u);
}

TEST_F(DeliveryTest, ExactlyOnceARefusalIsNoReasonToReadBack) {
  Open(exactly_once_);
  ModelFaults faults;
  faults.throttled = 0.5;
  world_->model.SetFaults(faults);
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(0, 1000))).ok());
  Commit(1);
  RunFor(9 * kMicrosPerSecond);
  EXPECT_TRUE(writer_->Drained());
  EXPECT_EQ(world_->model.counts().reads, 0);
  EXPECT_EQ(Written().size(), 1000u);
}

TEST_F(DeliveryTest, ExactlyOnceAnInternalFailureOfARecordIsUnknown) {
  Open(exactly_once_);
  ModelFaults faults;
  faults.failed_written_record = 0.5;
  world_->model.SetFaults(faults);
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(0, 200))).ok());
  Commit(1);
  ASSERT_TRUE(Cycle().ok());
  world_->model.SetFaults({});
  RunFor(15 * kMicrosPerSecond);
  EXPECT_TRUE(writer_->Drained());
  EXPECT_GT(world_->model.counts().reads, 0);
  EXPECT_EQ(Written().size(), 200u);
}

TEST_F(DeliveryTest, ExactlyOnceANewProcessReadsBackAndSendsWhatIsMissing) {
  Open(exactly_once_);
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(0, 1200))).ok());
  // Of the three requests one is lost; the others take effect, and nobody hears of it.
  EndEpoch(1);
  state_ = Copied(writer_->State(1));
  writer_->EpochCommitted(1);
  world_->model.FailNext(ModelCall::kPutRecords, kNoAnswer);
  world_->Settle();
  const size_t survived = Written().size();
  EXPECT_TRUE(survived == 700 || survived == 1000) << survived;
  Close();
  world_->model.SplitShard("out", world_->model.OpenShards("out")[0]);

  Open(exactly_once_, {state_});
  ASSERT_TRUE(resumed_.ok()) << resumed_.ToString();
  EXPECT_TRUE(writer_->CanAccept());
  // Rows of the new run wait until those of the old one are written.
  ASSERT_TRUE(writer_->Push(MakeBatch({"new"})).ok());
  EndEpoch(2);
  EXPECT_TRUE(writer_->EpochReady(2));
  const SinkState second = writer_->State(2);
  EXPECT_EQ(second.parts.size(), 2u);
  EXPECT_EQ(second.parts[0]->file, "file");  // the part of the old run, which is not written again
  writer_->EpochCommitted(2);
  RunFor(exactly_once_.fence_wait_micros - 1);
  EXPECT_EQ(Written().size(), survived);
  RunFor(10 * kMicrosPerSecond);
  EXPECT_TRUE(writer_->Drained());
  const std::multiset<std::string> written = Written();
  EXPECT_EQ(written.size(), 1201u);
  EXPECT_EQ(std::set<std::string>(written.begin(), written.end()).size(), 1201u);
  EXPECT_EQ(world_->metrics.rows_out.Get(), 1u);  // this run was given one row
}

TEST_F(DeliveryTest, ExactlyOnceAPositionThatIsTrimmedIsNoReasonToStop) {
  ModelOptions options;
  options.refuses_trimmed = true;
  MakeWorld(options, 1);
  Open(exactly_once_);
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(0, 3))).ok());
  Commit(1);
  ASSERT_TRUE(Cycle().ok());
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(3, 3))).ok());
  Commit(2);
  EXPECT_THAT(state_.progress, HasSubstr("shardId-000000000000"));
  Close();  // before the request takes effect
  world_->model.TrimShard("out", world_->model.OpenShards("out")[0], 0);
  Open(exactly_once_, {Copied(state_)});
  RunFor(20 * kMicrosPerSecond);
  EXPECT_TRUE(writer_->Drained());
  EXPECT_EQ(Written().size(), 6u);
}

TEST_F(DeliveryTest, ExactlyOnceBoundsWhatAnEpochHolds) {
  MakeWorld();
  world_->context.sink_buffer_bytes = 100'000;
  exactly_once_.epoch_max_bytes = 30'000;
  Open(exactly_once_);
  ASSERT_TRUE(writer_->Push(MakeBatch({std::string(29'000, 'x')})).ok());
  EXPECT_FALSE(writer_->WantsCheckpoint());
  ASSERT_TRUE(writer_->Push(MakeBatch({std::string(2'000, 'x')})).ok());
  EXPECT_TRUE(writer_->WantsCheckpoint());
  EXPECT_TRUE(writer_->CanAccept());
  ASSERT_TRUE(writer_->Push(MakeBatch({std::string(80'000, 'x')})).ok());
  EXPECT_FALSE(writer_->CanAccept());
  Commit(1);
  ASSERT_TRUE(Cycle().ok());
  EXPECT_TRUE(writer_->CanAccept());
  EXPECT_FALSE(writer_->WantsCheckpoint());
}

TEST_F(DeliveryTest, ExactlyOncePartsAreSmallEnoughForAFile) {
  MakeWorld();
  Open(exactly_once_);
  for (int i = 0; i < 90; i++) {
    ASSERT_TRUE(writer_->Push(MakeBatch({std::to_string(i) + std::string(1'000'000, 'x')})).ok());
  }
  Commit(1);
  EXPECT_EQ(state_.parts.size(), 3u);
  for (const auto& part : state_.parts) EXPECT_LE(part->bytes.size(), EpochRows::kPartBytes);
  Close();
  Open(exactly_once_, {state_});
  ASSERT_TRUE(resumed_.ok()) << resumed_.ToString();
  RunFor(30 * kMicrosPerSecond);
  EXPECT_TRUE(writer_->Drained());
  EXPECT_EQ(Written().size(), 90u);
}

TEST_F(DeliveryTest, AStateThatIsNotWhatWasWrittenIsRefused) {
  Open(exactly_once_);
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(0, 3))).ok());
  Commit(1);
  Close();
  SinkState cut = Copied(state_);
  cut.parts.clear();
  Open(exactly_once_, {cut});
  EXPECT_EQ(resumed_.code(), "CheckpointDamaged");
  for (size_t size = 0; size < state_.parts[0]->bytes.size(); size++) {
    cut = Copied(state_);
    cut.parts[0]->bytes.resize(size);
    Open(exactly_once_, {cut});
    EXPECT_EQ(resumed_.code(), "CheckpointDamaged") << size;
  }
  for (size_t size = 1; size < state_.progress.size(); size++) {
    cut = Copied(state_);
    cut.progress.resize(size);
    Open(exactly_once_, {cut});
    EXPECT_EQ(resumed_.code(), "CheckpointDamaged") << size;
  }
  // What would be no id of a record, or another one than was written.
  const std::pair<const char*, const char*> changes[] = {{"\"id\":\"", "\"id\":\"x"},
                                                         {"\"epoch\":1", "\"epoch\":1000000000000"},
                                                         {"\"epoch\":1", "\"epoch\":-1"},
                                                         {"\"worker\":0", "\"worker\":100000"}};
  for (const auto& [from, to] : changes) {
    cut = Copied(state_);
    const size_t at = cut.progress.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    cut.progress.replace(at, std::string_view(from).size(), to);
    Open(exactly_once_, {cut});
    EXPECT_EQ(resumed_.code(), "CheckpointDamaged") << to;
  }
  cut = Copied(state_);
  cut.parts[0]->bytes[24] = 1;  // of the first row's bytes, one is to be its key
  cut.parts[0]->bytes[28]--;
  Open(exactly_once_, {cut});
  EXPECT_EQ(resumed_.code(), "CheckpointDamaged");
  world_->model.CreateStream("other", 1);
  Close();
  sink_ = std::make_unique<KinesisSink>(world_->model.Connect("other"), world_->table, exactly_once_, world_->context);
  const Status status = sink_->Resume("6f1c", {Copied(state_)});
  EXPECT_EQ(status.kind(), StatusKind::kUser);
  EXPECT_THAT(status.message(), HasSubstr("stream out"));
}

TEST_F(DeliveryTest, WhatIsBehindTheRetentionCannotBeReadBack) {
  Open(exactly_once_);
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(0, 3))).ok());
  Commit(1);
  Close();
  world_->clock.Advance(25 * 3600 * kMicrosPerSecond);
  Open(exactly_once_, {Copied(state_)});
  EXPECT_EQ(last_.code(), "ReadBackImpossible");
  EXPECT_THAT(last_.hint(), HasSubstr("--accept-duplicates"));
  Close();
  // Another state is taken to accept duplicates.
  sink_ = std::make_unique<KinesisSink>(world_->model.Connect("out"), world_->table, exactly_once_, world_->context);
  ASSERT_TRUE(sink_->Resume("0000", {Copied(state_)}).ok());
  ASSERT_TRUE(sink_->Start(world_->Wakers(1)).ok());
  writer_ = sink_->CreateWriter(0);
  RunFor(20 * kMicrosPerSecond);
  EXPECT_EQ(Written().size(), 3u);
}

TEST_F(DeliveryTest, AnExactlyOnceSinkNeedsAState) {
  MakeWorld();
  sink_ = std::make_unique<KinesisSink>(world_->model.Connect("out"), world_->table, exactly_once_, world_->context);
  EXPECT_EQ(sink_->Start(world_->Wakers(1)).kind(), StatusKind::kBug);
}

// The rows of a state are written, whatever the mode is by now.
TEST_F(DeliveryTest, AtLeastOnceWritesWhatAnExactlyOnceRunLeft) {
  Open(exactly_once_);
  ASSERT_TRUE(writer_->Push(MakeBatch(NumberedRows(0, 3))).ok());
  Commit(1);
  Close();
  SinkSettings settings;
  settings.fence_wait_micros = 10 * kMicrosPerSecond;
  Open(settings, {Copied(state_)});
  ASSERT_TRUE(writer_->Push(MakeBatch({"new"})).ok());
  EndEpoch(2);
  EXPECT_FALSE(writer_->EpochReady(2));
  RunFor(20 * kMicrosPerSecond);
  EXPECT_TRUE(writer_->EpochReady(2));
  EXPECT_EQ(Written(), (std::multiset<std::string>{"line 0", "line 1", "line 2", "new"}));
  // From then on, as usual.
  world_->model.FailNext(ModelCall::kPutRecords, kNoAnswer);
  ASSERT_TRUE(writer_->Push(MakeBatch({"newer"})).ok());
  EndEpoch(3);
  RunFor(kMicrosPerSecond);
  EXPECT_TRUE(writer_->EpochReady(3));
}

class KeyedTest : public DeliveryTest {
 protected:
  KeyedTest() {
    MakeWorld({}, 4);
    world_->table.schema = {{"line", MakeType("VARCHAR"), false}, {"key", MakeType("VARCHAR"), false}};
    exactly_once_.partition_key = keyed_.partition_key = {1};
  }
  SinkSettings keyed_;
};

TEST_F(KeyedTest, TheKeyIsTheColumns) {
  Open(keyed_);
  ASSERT_TRUE(writer_->Push(MakeKeyed({{"a1", "a"}, {"b1", "b"}, {"a2", "a"}})).ok());
  EndEpoch(1);
  ASSERT_TRUE(Cycle().ok());
  EXPECT_TRUE(writer_->EpochReady(1));
  EXPECT_EQ(world_->model.counts().writes, 2);  // a2 follows when a1 is acknowledged
  std::map<std::string, std::string> keys, shards;
  for (const auto& record : world_->model.Records("out")) {
    keys[record.data] = record.partition_key;
    shards[record.data] = record.shard_id;
  }
  EXPECT_EQ(keys, (std::map<std::string, std::string>{{"a1", "a"}, {"a2", "a"}, {"b1", "b"}}));
  Close();
  // Exactly once, the same key is in the same shard, although it has an id.
  Open(exactly_once_);
  ASSERT_TRUE(writer_->Push(MakeKeyed({{"a3", "a"}})).ok());
  Commit(1);
  ASSERT_TRUE(Cycle().ok());
  for (const auto& record : world_->model.Records("out")) {
    if (record.data != "a3") continue;
    EXPECT_EQ(record.partition_key, "a\x1f" + IdPrefix("6f1c", "lines") + ".0.1.0");
    EXPECT_EQ(record.shard_id, shards["a1"]);
    std::string hash;
    AppendHashKey(HashKeyOf("a"), &hash);
    EXPECT_EQ(record.explicit_hash_key, hash);
  }
  EXPECT_EQ(Written().count("a3"), 1u);
}

TEST_F(KeyedTest, AFailedRecordGoesBeforeTheLaterOnesOfItsKey) {
  Open(keyed_);
  ModelFaults faults;
  faults.refused_record = 0.5;
  world_->model.SetFaults(faults);
  std::vector<std::pair<std::string, std::string>> rows;
  for (int i = 0; i < 2000; i++) rows.emplace_back(std::to_string(i), "key " + std::to_string(i % 40));
  ASSERT_TRUE(writer_->Push(MakeKeyed(rows)).ok());
  writer_->Finish();
  RunFor(600 * kMicrosPerSecond);
  ASSERT_TRUE(writer_->Drained());
  std::map<std::string, int> last;
  std::vector<ModelKinesis::StoredRecord> records = world_->model.Records("out");
  EXPECT_EQ(records.size(), 2000u);
  for (const auto& record : records) {  // of a shard in its order, and a key has one shard
    const int row = std::stoi(record.data);
    const auto before = last.try_emplace(record.partition_key, -1).first;
    EXPECT_LT(before->second, row);
    before->second = row;
  }
}

TEST_F(KeyedTest, ManyKeysFillTheRequests) {
  Open(keyed_);
  for (int batch = 0; batch < 10; batch++) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (int i = 0; i < 2000; i++) rows.emplace_back("row", "key " + std::to_string(i * 7919 % 20'000 + batch));
    ASSERT_TRUE(writer_->Push(MakeKeyed(rows)).ok());
  }
  writer_->Finish();
  ASSERT_TRUE(Cycle().ok());
  RunFor(kMicrosPerSecond);
  EXPECT_TRUE(writer_->Drained());
  EXPECT_EQ(Written().size(), 20'000u);
  EXPECT_LE(world_->model.counts().writes, 60);  // 40 if all were full
}

class OversizeTest : public DeliveryTest {
 protected:
  OversizeTest() {
    ModelOptions options;
    options.max_record_bytes = 1000;
    MakeWorld(options);
  }
  const std::string large_ = std::string(2000, 'x');
};

TEST_F(OversizeTest, DropCounts) {
  SinkSettings settings;
  settings.oversize = OversizePolicy::kDrop;
  Open(settings);
  ASSERT_TRUE(writer_->Push(MakeBatch({"a", large_, "b", large_})).ok());
  EndEpoch(1);
  ASSERT_TRUE(Cycle().ok());
  EXPECT_TRUE(writer_->EpochReady(1));
  EXPECT_EQ(Written(), (std::multiset<std::string>{"a", "b"}));
  EXPECT_EQ(world_->metrics.oversize_rows.Get(), 2u);
  EXPECT_EQ(world_->metrics.rows_out.Get(), 2u);
}

TEST_F(OversizeTest, AnIdCountsAgainstTheLimit) {
  exactly_once_.oversize = OversizePolicy::kDrop;
  Open(exactly_once_);
  ASSERT_TRUE(
      writer_->Push(MakeBatch({std::string(1000 - kMostIdBytes, 'x'), std::string(1001 - kMostIdBytes, 'x')})).ok());
  Commit(1);
  ASSERT_TRUE(Cycle().ok());
  EXPECT_EQ(Written().size(), 1u);
  EXPECT_EQ(world_->metrics.oversize_rows.Get(), 1u);
  EXPECT_TRUE(world_->model.counts().violations.empty());
}

TEST_F(OversizeTest, DeadLettersGoToAFile) {
  const std::string path = testing::TempDir() + "/oversize.jsonl";
  std::filesystem::remove(path);
  SinkSettings settings;
  settings.oversize = OversizePolicy::kDeadLetter;
  auto file = OpenDeadLetterFile(path, FileAccess::Any());
  ASSERT_TRUE(file.ok());
  DeadLetters letters;
  letters.file = std::move(file).value();
  Open(settings, {}, std::move(letters));
  ASSERT_TRUE(writer_->Push(MakeBatch({"a", large_})).ok());
  EndEpoch(1);
  ASSERT_TRUE(Cycle().ok());
  EXPECT_TRUE(writer_->EpochReady(1));
  EXPECT_EQ(Written(), (std::multiset<std::string>{"a"}));
  std::ifstream in(path);
  std::string line;
  ASSERT_TRUE(std::getline(in, line));
  EXPECT_THAT(line,
              HasSubstr(R"({"time":"2026-01-01T00:00:00Z","table":"lines","reason":"a row of table lines is 2,016 )"));
  EXPECT_THAT(line, HasSubstr(R"(,"data":"eHh4eHh4)"));
  EXPECT_FALSE(std::getline(in, line));
  EXPECT_THAT(OpenDeadLetterFile(testing::TempDir() + "/none/oversize.jsonl", FileAccess::Any()).status().hint(),
              HasSubstr("directory"));
}

TEST_F(OversizeTest, DeadLettersGoToAStream) {
  SinkSettings settings;
  settings.oversize = OversizePolicy::kDeadLetter;
  // A model has one limit for all streams: the other stream is one of another model.
  ModelKinesis other(&world_->clock, 7);
  other.CreateStream("letters", 1);
  DeadLetters letters;
  letters.stream = other.Connect("letters");
  Open(settings, {}, std::move(letters));
  while (other.Step()) {
  }
  ASSERT_TRUE(Cycle().ok());
  ASSERT_TRUE(writer_->CanAccept());
  ASSERT_TRUE(writer_->Push(MakeBatch({"a", large_})).ok());
  EndEpoch(1);
  ASSERT_TRUE(Cycle().ok());
  EXPECT_FALSE(writer_->EpochReady(1));  // the dead letter is not acknowledged
  while (other.Step()) {
  }
  ASSERT_TRUE(Cycle().ok());
  EXPECT_TRUE(writer_->EpochReady(1));
  EXPECT_TRUE(writer_->Drained());
  ASSERT_EQ(other.Records("letters").size(), 1u);
  EXPECT_EQ(other.Records("letters")[0].data, large_);
  EXPECT_EQ(Written(), (std::multiset<std::string>{"a"}));
  EXPECT_EQ(world_->metrics.rows_out.Get(), 1u);
  Close();
}

}  // namespace
}  // namespace laminar::kinesis
