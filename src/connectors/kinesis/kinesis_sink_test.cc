#include "connectors/kinesis/kinesis_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "connectors/kinesis/partition_key.h"
#include "connectors/kinesis/world_for_test.h"

namespace laminar::kinesis {
namespace {

using line_format::MakeBatch;
using testing::HasSubstr;

std::vector<std::string> Numbered(int first, int count) {
  std::vector<std::string> lines;
  for (int i = first; i < first + count; i++) lines.push_back("line " + std::to_string(i));
  return lines;
}

EncodedRows Rows(const std::vector<std::string>& texts) {
  EncodedRows rows;
  for (const std::string& text : texts) {
    rows.bytes += text;
    rows.ends.push_back(rows.bytes.size());
  }
  return rows;
}

// A sink with one writer, driven by hand.
class SinkTest : public testing::Test {
 protected:
  void Open(const SinkSettings& settings, int shards = 4, uint64_t seed = 1, ModelOptions options = {}) {
    world_ = std::make_unique<TestWorld>(seed, options);
    if (shards > 0) world_->model.CreateStream("out", shards);
    world_->context.sink_buffer_bytes = buffer_bytes_;
    sink_ = std::make_unique<KinesisSink>(world_->model.Connect("out"), world_->table, settings, world_->context);
    ASSERT_TRUE(sink_->Start(world_->Wakers(1)).ok());
    writer_ = sink_->CreateWriter(0);
  }
  void OpenReady(const SinkSettings& settings, int shards = 4, uint64_t seed = 1, ModelOptions options = {}) {
    Open(settings, shards, seed, options);
    ASSERT_TRUE(Cycle().ok());
    ASSERT_TRUE(sink_->Ready());
  }
  ~SinkTest() override {
    writer_.reset();
    sink_.reset();
  }
  // All calls that are due, and what the writer makes of them.
  Status Cycle() {
    world_->Settle();
    return writer_->Poll();
  }
  // Runs the world until everything is acknowledged. False: not within that many steps.
  bool Drain(int most_steps = 100'000) {
    for (int i = 0; i < most_steps; i++) {
      if (writer_->Drained()) return true;
      if (!world_->model.Step()) {
        const int64_t next = std::min(writer_->NextDeadline(), world_->model.NextDue());
        if (next == kNever) return false;
        world_->clock.Advance(std::max<int64_t>(0, next - world_->clock.SteadyMicros()));
      }
      last_ = writer_->Poll();
      if (!last_.ok()) return false;
    }
    return false;
  }
  std::multiset<std::string> Written() {
    std::multiset<std::string> out;
    for (const auto& record : world_->model.Records("out")) out.insert(record.data);
    return out;
  }

  int64_t buffer_bytes_ = 64 << 20;
  std::unique_ptr<TestWorld> world_;
  std::unique_ptr<KinesisSink> sink_;
  std::unique_ptr<SinkWriter> writer_;
  Status last_;
};

TEST_F(SinkTest, NothingIsAcceptedUntilTheStreamIsKnown) {
  Open({});
  EXPECT_FALSE(writer_->CanAccept());
  ASSERT_TRUE(Cycle().ok());
  EXPECT_TRUE(sink_->Ready());
  EXPECT_TRUE(writer_->CanAccept());
  EXPECT_TRUE(writer_->Drained());
  EXPECT_EQ(writer_->NextDeadline(), kNever);
}

// Three rows a record; the last one of a batch has what is left.
class PackingFormat final : public Format {
 public:
  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema&, const OptionValues&) const override {
    return Status::Bug("it is only written");
  }
  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema&, const OptionValues&) const override {
    return std::unique_ptr<Encoder>(std::make_unique<ThreeRows>());
  }
  bool PacksRows(const OptionValues&) const override { return true; }

 private:
  class ThreeRows final : public Encoder {
   public:
    Status Encode(const Batch& batch, EncodedRows* out) override {
      for (size_t i = 0; i < batch.rows(); i++) {
        if (i % 3 == 0) out->first_rows.push_back(static_cast<uint32_t>(i));
        out->bytes += batch.chunk().GetValue(0, i).ToString() + ";";
        if (i % 3 == 2 || i + 1 == batch.rows()) out->ends.push_back(out->bytes.size());
      }
      return Status::Ok();
    }
  };
};

TEST_F(SinkTest, RowsAreCountedNotRecords) {
  const PackingFormat format;
  Open({}, 1);
  writer_.reset();
  world_->table.format = &format;
  sink_ = std::make_unique<KinesisSink>(world_->model.Connect("out"), world_->table, SinkSettings{}, world_->context);
  ASSERT_TRUE(sink_->Start(world_->Wakers(1)).ok());
  writer_ = sink_->CreateWriter(0);
  ASSERT_TRUE(writer_->Push(MakeBatch(Numbered(0, 7))).ok());  // before the stream is known
  ASSERT_TRUE(Cycle().ok());
  std::vector<std::string> lines = Numbered(7, 8);
  for (size_t i = 3; i < 6; i++) lines[i] = std::string(400'000, 'x');  // a record of three that no stream takes
  EXPECT_THAT(writer_->Push(MakeBatch(lines)).message(), HasSubstr("takes records of at most"));
  ASSERT_TRUE(writer_->Push(MakeBatch(Numbered(7, 8))).ok());
  writer_->Finish();
  ASSERT_TRUE(Drain());
  EXPECT_EQ(world_->metrics.rows_out.Get(), 15u);
  EXPECT_EQ(world_->model.counts().most_put_records, 6u);
}

TEST_F(SinkTest, TheFiveHundredAndFirstRecordStartsANewRequest) {
  OpenReady({});
  ASSERT_TRUE(writer_->Push(MakeBatch(Numbered(0, 499))).ok());
  ASSERT_TRUE(Cycle().ok());
  EXPECT_EQ(world_->model.counts().writes, 0);
  ASSERT_TRUE(writer_->Push(MakeBatch(Numbered(499, 2))).ok());
  ASSERT_TRUE(Cycle().ok());
  EXPECT_EQ(world_->model.counts().writes, 1);
  EXPECT_EQ(world_->model.counts().most_put_records, 500u);
  EXPECT_EQ(world_->metrics.rows_out.Get(), 500u);
  EXPECT_FALSE(writer_->Drained());
  writer_->Finish();
  ASSERT_TRUE(Drain());
  EXPECT_EQ(world_->model.counts().writes, 2);
  EXPECT_EQ(Written().size(), 501u);
}

TEST_F(SinkTest, ARequestStaysWithinItsBytes) {
  SinkSettings settings;
  settings.batch.bytes = 10 * (100 + kKeyBytes);
  OpenReady(settings);
  for (int i = 0; i < 25; i++)
    ASSERT_TRUE(writer_->Push(MakeBatch({std::string(100, static_cast<char>('a' + i))})).ok());
  ASSERT_TRUE(Cycle().ok());
  EXPECT_EQ(world_->model.counts().writes, 2);
  EXPECT_EQ(world_->model.counts().most_put_records, 10u);
  EXPECT_EQ(static_cast<int64_t>(world_->model.counts().most_put_bytes), settings.batch.bytes);
  writer_->Finish();
  ASSERT_TRUE(Drain());
  EXPECT_EQ(Written().size(), 25u);
  EXPECT_EQ(world_->metrics.bytes_out.Get(), 25u * (100 + kKeyBytes));
}

TEST_F(SinkTest, ARowLargerThanARequestTravelsAlone) {
  SinkSettings settings;
  settings.batch.bytes = 1000;
  OpenReady(settings);
  ASSERT_TRUE(writer_->Push(MakeBatch({"before", std::string(5000, 'x'), "after"})).ok());
  writer_->Finish();
  ASSERT_TRUE(Drain());
  EXPECT_EQ(world_->model.counts().writes, 3);
  EXPECT_LE(world_->model.counts().most_put_bytes, 1000u);
  EXPECT_EQ(Written().size(), 3u);
}

TEST_F(SinkTest, RowsWaitForTheFlushIntervalAndNoLonger) {
  SinkSettings settings;
  settings.batch.interval_micros = 100 * kMicrosPerMilli;
  OpenReady(settings);
  const int64_t pushed = world_->clock.SteadyMicros();
  ASSERT_TRUE(writer_->Push(MakeBatch({"first"})).ok());
  EXPECT_EQ(writer_->NextDeadline(), pushed + settings.batch.interval_micros);
  world_->clock.Advance(60 * kMicrosPerMilli);
  ASSERT_TRUE(writer_->Push(MakeBatch({"second"})).ok());
  EXPECT_EQ(writer_->NextDeadline(), pushed + settings.batch.interval_micros);  // the oldest row decides
  world_->clock.Advance(39 * kMicrosPerMilli);
  ASSERT_TRUE(Cycle().ok());
  EXPECT_EQ(world_->model.counts().writes, 0);
  world_->clock.Advance(1 * kMicrosPerMilli);
  ASSERT_TRUE(writer_->Poll().ok());
  ASSERT_TRUE(Cycle().ok());
  EXPECT_EQ(world_->model.counts().writes, 1);
  EXPECT_EQ(Written(), (std::multiset<std::string>{"first", "second"}));
  EXPECT_TRUE(writer_->Drained());
}

TEST_F(SinkTest, OnlyRefusedRecordsAreSentAgain) {
  OpenReady({});
  ModelFaults faults;
  faults.refused_record = 0.5;
  world_->model.SetFaults(faults);
  for (int i = 0; i < 4; i++) ASSERT_TRUE(writer_->Push(MakeBatch(Numbered(i * 1000, 1000))).ok());
  writer_->Finish();
  ASSERT_TRUE(Drain());
  const std::multiset<std::string> written = Written();
  EXPECT_EQ(written.size(), 4000u);  // an accepted record sent again would be there twice
  EXPECT_EQ(std::set<std::string>(written.begin(), written.end()).size(), 4000u);
  EXPECT_GT(world_->model.counts().refused_records, 3000);
  EXPECT_EQ(world_->metrics.retries.Get(), static_cast<uint64_t>(world_->model.counts().refused_records));
  EXPECT_GT(world_->metrics.throttles.Get(), 0u);
  EXPECT_EQ(world_->metrics.rows_out.Get(), 4000u);
  const WriteMetrics& table = world_->metrics.writes.Of(world_->table.name);
  EXPECT_EQ(table.rows.Get(), 4000u);
  EXPECT_EQ(table.bytes.Get(), world_->metrics.bytes_out.Get());
  uint64_t retries = 0, throttles = 0, answers = 0;
  for (const RequestFailures& each : table.failures.List()) {
    EXPECT_EQ(each.operation, "PutRecords");
    EXPECT_EQ(each.throttles, each.code == "ProvisionedThroughputExceededException" ? each.retries : 0u);
    retries += each.retries;
    throttles += each.throttles;
  }
  EXPECT_EQ(retries, world_->metrics.retries.Get());
  EXPECT_EQ(throttles, world_->metrics.throttles.Get());
  for (size_t i = 0; i <= Latency::kBucketMicros.size(); i++) answers += table.send_latency.Count(i);
  EXPECT_EQ(answers, world_->metrics.write_requests.Get());
  EXPECT_EQ(world_->metrics.buffered_bytes.Get(), 0);
  EXPECT_TRUE(world_->model.counts().violations.empty());
}

TEST_F(SinkTest, ARefusedRequestIsRepeatedWithGrowingWaits) {
  OpenReady({});
  world_->model.FailNext(ModelCall::kPutRecords, {ErrorClass::kThrottled, Status::Environment("rate exceeded")}, 12);
  ASSERT_TRUE(writer_->Push(MakeBatch(Numbered(0, 10))).ok());
  writer_->Finish();
  const int64_t start = world_->clock.SteadyMicros();
  ASSERT_TRUE(Drain());
  EXPECT_EQ(Written().size(), 10u);
  EXPECT_EQ(world_->metrics.throttles.Get(), 12u);
  // Uniform waits under ceilings of 0.1, 0.2 ... 5 s: far above what a constant 0.1 s would take.
  EXPECT_GT(world_->clock.SteadyMicros() - start, 5 * kMicrosPerSecond);
}

TEST_F(SinkTest, AnUnknownOutcomeIsSentAgain) {
  OpenReady({});
  ModelFaults faults;
  faults.lost_answer = 0.3;
  faults.lost_request = 0.3;
  world_->model.SetFaults(faults);
  for (int i = 0; i < 10; i++) ASSERT_TRUE(writer_->Push(MakeBatch(Numbered(i * 500, 500))).ok());
  writer_->Finish();
  ASSERT_TRUE(Drain());
  const std::multiset<std::string> written = Written();
  EXPECT_EQ(std::set<std::string>(written.begin(), written.end()).size(), 5000u);
  EXPECT_GE(written.size(), 5000u);
  EXPECT_EQ(world_->metrics.rows_out.Get(), 5000u);
}

TEST_F(SinkTest, AFatalErrorStopsWithItsCause) {
  OpenReady({});
  world_->model.FailNext(
      ModelCall::kPutRecords,
      {ErrorClass::kFatal, Status::Environment("access to stream out is denied", "Allow kinesis:PutRecords")});
  ASSERT_TRUE(writer_->Push(MakeBatch(Numbered(0, 500))).ok());
  const Status status = Cycle();
  EXPECT_THAT(status.message(), HasSubstr("denied"));
  EXPECT_FALSE(writer_->Drained());
}

TEST_F(SinkTest, AMissingStreamComesOutOfPoll) {
  Open({}, /*shards=*/0);
  const Status status = Cycle();
  EXPECT_EQ(status.code(), "ResourceNotFoundException");
  EXPECT_EQ(writer_->Poll().code(), "ResourceNotFoundException");
  EXPECT_FALSE(sink_->Ready());
}

TEST_F(SinkTest, AnEndpointThatNeverAnswersIsGivenUp) {
  Open({});
  world_->model.FailNext(ModelCall::kDescribe, {ErrorClass::kTransient, Status::Environment("connection refused")},
                         1'000'000);
  ASSERT_TRUE(writer_->Push(MakeBatch({"early"})).ok());
  ASSERT_FALSE(Drain());
  EXPECT_EQ(last_.message(), "connection refused");
  EXPECT_GE(world_->clock.SteadyMicros(), kStartPatienceMicros);
  EXPECT_LE(world_->clock.SteadyMicros(), kStartPatienceMicros + kRetryCapMicros);
}

TEST_F(SinkTest, AnEndpointThatComesBackInTimeIsWaitedFor) {
  Open({});
  world_->model.FailNext(ModelCall::kDescribe, {ErrorClass::kTransient, Status::Environment("connection refused")}, 3);
  ASSERT_TRUE(writer_->Push(MakeBatch({"early"})).ok());
  writer_->Finish();
  ASSERT_TRUE(Drain());
  EXPECT_EQ(Written().size(), 1u);
}

TEST_F(SinkTest, AStreamThatIsBeingCreatedIsWaitedFor) {
  Open({});
  world_->model.SetStatus("out", "CREATING");
  ASSERT_TRUE(Cycle().ok());
  EXPECT_FALSE(sink_->Ready());
  ASSERT_TRUE(writer_->Push(MakeBatch({"early"})).ok());
  writer_->Finish();
  world_->model.SetStatus("out", "ACTIVE");
  ASSERT_TRUE(Drain());
  EXPECT_EQ(Written().size(), 1u);
}

class FixedOrigins final : public RowOrigins {
 public:
  RowPosition Position(uint32_t row) const override {
    return {.source = "stream in", .shard = "shard-1", .sequence_number = std::to_string(100 + row), .line = 0};
  }
};

TEST_F(SinkTest, ARecordOverTheStreamsLimitIsReportedWithItsOrigin) {
  ModelOptions options;
  options.max_record_bytes = 1000;
  OpenReady({}, 1, 1, options);
  ASSERT_TRUE(writer_->Push(MakeBatch({std::string(1000 - kKeyBytes, 'x')})).ok());  // just fits
  Batch batch = MakeBatch({"small", std::string(1000 - kKeyBytes + 1, 'x')});
  batch.origins = std::make_shared<FixedOrigins>();
  const Status status = writer_->Push(batch);
  EXPECT_EQ(status.code(), "RecordTooLarge");
  EXPECT_THAT(status.message(), HasSubstr("1,001 bytes"));
  EXPECT_THAT(status.message(), HasSubstr("at most 1,000"));
  EXPECT_THAT(status.message(), HasSubstr("stream in, shard shard-1, sequence number 101"));
}

TEST_F(SinkTest, ATooLargeRecordPushedBeforeTheLimitIsKnownIsReportedToo) {
  ModelOptions options;
  options.max_record_bytes = 1000;
  Open({}, 1, 1, options);
  Batch batch = MakeBatch({"small", std::string(2000, 'x'), "small"});
  batch.origins = std::make_shared<FixedOrigins>();
  ASSERT_TRUE(writer_->Push(batch).ok());
  EXPECT_THAT(Cycle().message(), HasSubstr("sequence number 101"));
  EXPECT_EQ(world_->model.counts().writes, 0);
}

TEST_F(SinkTest, TheBufferIsBounded) {
  buffer_bytes_ = 200'000;
  SinkSettings settings;
  settings.requests_in_flight = 2;
  OpenReady(settings);
  world_->model.FailNext(ModelCall::kPutRecords, {ErrorClass::kTransient, Status::Environment("no answer")}, 50);
  int64_t most = 0;
  int pushed = 0;
  for (int i = 0; i < 200; i++) {
    if (writer_->CanAccept()) {
      ASSERT_TRUE(writer_->Push(MakeBatch(Numbered(pushed, 100))).ok());
      pushed += 100;
    }
    most = std::max(most, world_->metrics.buffered_bytes.Get());
    ASSERT_TRUE(Cycle().ok());
  }
  EXPECT_FALSE(writer_->CanAccept());
  EXPECT_LT(most, 2 * buffer_bytes_);
  ASSERT_TRUE(Drain());  // without Finish: a full buffer is sent
  EXPECT_TRUE(writer_->CanAccept());
  writer_->Finish();
  ASSERT_TRUE(Drain());
  EXPECT_EQ(Written().size(), static_cast<size_t>(pushed));
}

TEST_F(SinkTest, GeneratedKeysSpreadEvenly) {
  OpenReady({}, /*shards=*/8);
  for (int i = 0; i < 8; i++) ASSERT_TRUE(writer_->Push(MakeBatch(Numbered(i * 2000, 2000))).ok());
  writer_->Finish();
  ASSERT_TRUE(Drain());
  std::map<std::string, int> by_shard;
  for (const auto& record : world_->model.Records("out")) by_shard[record.shard_id]++;
  EXPECT_EQ(by_shard.size(), 8u);
  for (const auto& [shard, count] : by_shard) EXPECT_NEAR(count, 2000, 250) << shard;  // about six standard deviations
}

TEST(Batcher, CutsAndKeepsWhatIsRefused) {
  BatchLimits limits;
  int64_t held = 0;
  Random rng(1);
  Batcher batcher(limits, &rng);
  {
    EpochRows epoch("", 0, &held);
    batcher.Add(epoch.Add({.rows = Rows({"a", "bb", "ccc"}), .keys = {}}, 7));
    EXPECT_EQ(batcher.DueMicros(), 7 + limits.interval_micros);
    EXPECT_GT(held, 0);
    std::unique_ptr<PutRequest> request = batcher.Cut();
    EXPECT_TRUE(batcher.empty());
    EXPECT_EQ(batcher.DueMicros(), kNever);
    EXPECT_EQ(request->bytes(), 6 + 3 * static_cast<int64_t>(kKeyBytes));
    const std::string key(request->entries()[1].partition_key);
    for (size_t accepted : {0, 2}) epoch.Acknowledge(request->rows()[accepted]);
    request->Keep({false, true, false});
    ASSERT_EQ(request->entries().size(), 1u);
    EXPECT_EQ(request->entries()[0].data, "bb");
    EXPECT_EQ(request->entries()[0].partition_key, key);
    EXPECT_EQ(request->bytes(), 2 + static_cast<int64_t>(kKeyBytes));
    EXPECT_EQ(epoch.unacknowledged(), 1u);
    epoch.Acknowledge(request->rows()[0]);
    EXPECT_EQ(held, 0);
  }
  EXPECT_EQ(held, 0);
}

TEST(Batcher, TakesOnlyWhatIsNotAcknowledgedOfARestoredEpoch) {
  int64_t held = 0;
  Random rng(1);
  Batcher batcher({}, &rng);
  EpochRows epoch("0123456789abcdef", 0, &held);
  Segment* const first = epoch.Add({.rows = Rows({"a"}), .keys = {}}, 0);
  Segment* const second = epoch.Add({.rows = Rows({"b", "c"}), .keys = {}}, 0);
  Segment* const third = epoch.Add({.rows = Rows({"d", "e", "f"}), .keys = {}}, 0);
  epoch.Seal(1, 0);
  for (const uint64_t number : {1, 2, 3, 5}) epoch.Acknowledge(epoch.Find(number));
  for (Segment* segment : {first, second, third}) batcher.Add(segment);
  std::unique_ptr<PutRequest> request = batcher.Cut();
  ASSERT_EQ(request->entries().size(), 2u);
  EXPECT_EQ(request->entries()[0].data, "a");
  EXPECT_EQ(request->entries()[1].data, "e");
  EXPECT_EQ(request->entries()[1].partition_key, "0123456789abcdef.0.1.4");
  EXPECT_TRUE(batcher.empty());
}

TEST(Batcher, OfEachKeyOneRowIsOnItsWay) {
  int64_t held = 0;
  Random rng(1);
  Batcher batcher({}, &rng);
  EpochRows epoch("", 0, &held);
  batcher.Add(epoch.Add({.rows = Rows({"a1", "a2", "b1", "a3"}), .keys = Rows({"a", "a", "b", "a"})}, 0));
  const auto cut = [&] {
    std::string text;
    std::unique_ptr<PutRequest> request = batcher.Cut();
    for (size_t i = 0; i < request->entries().size(); i++) {
      text += std::string(request->entries()[i].data) + "/" + std::string(request->entries()[i].partition_key) + " ";
    }
    return std::pair(text, std::move(request));
  };
  const auto [first, request] = cut();
  EXPECT_EQ(first, "a1/a b1/b ");
  EXPECT_FALSE(batcher.CanCut());
  EXPECT_FALSE(batcher.empty());
  batcher.Return({request->rows()[1]});  // b1 is to be sent again; a1 is on its way
  EXPECT_EQ(cut().first, "b1/b ");
  batcher.Done(request->rows()[0]);
  const auto [second, next] = cut();
  EXPECT_EQ(second, "a2/a ");
  batcher.Done(next->rows()[0]);
  EXPECT_EQ(cut().first, "a3/a ");
  EXPECT_TRUE(batcher.empty());
}

}  // namespace
}  // namespace laminar::kinesis
