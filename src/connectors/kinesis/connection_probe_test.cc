#include "connectors/kinesis/connection_probe.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "connectors/kinesis/model_kinesis.h"

namespace laminar::kinesis {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// A client whose service is AWS, and refuses what AWS refuses.
class AwsClient final : public KinesisApi {
 public:
  explicit AwsClient(std::unique_ptr<KinesisApi> model, std::optional<ApiError> put_error)
      : model_(std::move(model)), put_error_(std::move(put_error)) {}
  void DescribeStreamSummary(Callback<StreamSummary> done) override { model_->DescribeStreamSummary(std::move(done)); }
  void ListShards(const std::string& token, Callback<ListShardsResult> done) override {
    model_->ListShards(token, std::move(done));
  }
  void GetShardIterator(const IteratorRequest& request, Callback<std::string> done) override {
    model_->GetShardIterator(request, std::move(done));
  }
  void GetRecords(const std::string& iterator, int limit, Callback<GetRecordsResult> done) override {
    model_->GetRecords(iterator, limit, std::move(done));
  }
  void PutRecords(const std::vector<PutEntry>& entries, Callback<PutResult> done) override {
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(ParseHashKey(entries[0].explicit_hash_key), std::nullopt);  // beyond all shards
    Outcome<PutResult> outcome;
    outcome.error = put_error_;
    done(std::move(outcome));
  }
  void ListStreams(Callback<std::vector<std::string>> done) override { model_->ListStreams(std::move(done)); }
  bool is_aws() const override { return true; }
  std::string Describe() const override { return model_->Describe(); }
  const std::string& stream_name() const override { return model_->stream_name(); }

 private:
  const std::unique_ptr<KinesisApi> model_;
  const std::optional<ApiError> put_error_;
};

class ProbeTest : public ::testing::Test, public KinesisApiFactory {
 protected:
  ProbeTest() {
    stepping_ = std::thread([this] {
      while (!stop_) {
        if (!model_.Step()) std::this_thread::yield();
      }
    });
  }
  ~ProbeTest() override {
    stop_ = true;
    stepping_.join();
  }

  Result<std::unique_ptr<KinesisApi>> Open(const StreamOptions& options) override {
    if (!open_error_.ok()) return open_error_;
    ASSIGN_OR_RETURN(std::unique_ptr<KinesisApi> api, model_.Open(options));
    if (is_aws_) api = std::make_unique<AwsClient>(std::move(api), put_error_);
    return api;
  }
  Result<std::unique_ptr<KinesisApi>> OpenService(const StreamOptions& options) override { return Open(options); }

  // "name: ok message" of each check.
  std::vector<std::string> Checks(const std::function<void(ConnectionProbe*)>& test) {
    result_.emplace(&clock_, TestLimits{.deadline_micros = clock_.SteadyMicros() + timeout_micros_, .records = 5});
    ConnectionProbe probe(this, &*result_);
    test(&probe);
    std::vector<std::string> texts;
    for (const ConnectionCheck& check : result_->checks) {
      constexpr const char* kOutcomes[] = {"ok", "failed", "skipped"};
      texts.push_back(check.name + ": " + kOutcomes[static_cast<int>(check.outcome)] + " " + check.message);
    }
    return texts;
  }
  std::vector<std::string> Source(IteratorType type = IteratorType::kTrimHorizon) {
    IteratorRequest begin;
    begin.type = type;
    return Checks([&](ConnectionProbe* probe) { probe->TestSource({.stream_name = "s"}, begin); });
  }
  std::vector<std::string> Sink() {
    return Checks([](ConnectionProbe* probe) { probe->TestSink({.stream_name = "s"}); });
  }
  static ApiError Fatal(const std::string& code) {
    return {ErrorClass::kFatal, Status::Environment("it says " + code, "Change something").WithCode(code)};
  }

  SystemClock clock_;
  ModelKinesis model_{&clock_, 1};
  bool is_aws_ = false;
  Status open_error_;
  std::optional<ApiError> put_error_;
  int64_t timeout_micros_ = 20 * kMicrosPerSecond;
  std::optional<ConnectionTest> result_;
  std::atomic<bool> stop_{false};
  std::thread stepping_;
};

TEST_F(ProbeTest, AStreamThatCanBeRead) {
  model_.CreateStream("s", 2);
  for (int i = 0; i < 20; i++) model_.Put("s", "key" + std::to_string(i), "record " + std::to_string(i));
  for (const IteratorType type : {IteratorType::kTrimHorizon, IteratorType::kLatest}) {
    EXPECT_THAT(Source(type),
                ElementsAre(HasSubstr("endpoint: ok stream s in the model answers"), HasSubstr("clock: ok"),
                            HasSubstr("credentials: ok"), "kinesis:DescribeStreamSummary: ok allowed",
                            "stream: ok it is there, and ACTIVE; it keeps records for 24 hours",
                            AllOf(HasSubstr("limits: ok 2 open shards"), HasSubstr("4 MB and 10 requests")),
                            "kinesis:ListShards: ok allowed", "kinesis:GetShardIterator: ok allowed",
                            "kinesis:GetRecords: ok allowed", "records: ok 5 records read"));
    ASSERT_THAT(result_->samples, Not(::testing::IsEmpty()));
    const SampledRecords& sample = result_->samples.front();
    EXPECT_THAT(std::string(sample.records.front()), HasSubstr("record "));
    EXPECT_THAT(sample.origins->Position(0).ToString(), HasSubstr("shard shardId-00000000000"));
  }
  EXPECT_EQ(model_.counts().writes, 0);
}

TEST_F(ProbeTest, AnEmptyStream) {
  model_.CreateStream("s", 1);
  EXPECT_THAT(Source(IteratorType::kLatest), Contains(HasSubstr("records: skipped there are none")));
  EXPECT_TRUE(result_->ok());
}

TEST_F(ProbeTest, WhatDoesNotLetOnGetThere) {
  open_error_ = Status::User("no AWS region");
  EXPECT_THAT(Source(), ElementsAre("endpoint: failed no AWS region"));
  open_error_ = Status::Ok();
  EXPECT_THAT(Source(), Contains(HasSubstr("stream: failed")));  // there is none
  EXPECT_THAT(Source(), Not(Contains(HasSubstr("ListShards"))));
  model_.CreateStream("s", 1);
  model_.FailNext(ModelCall::kDescribe,
                  {ErrorClass::kTransient, Status::Environment("refused").WithCode("EndpointUnreachable")});
  EXPECT_THAT(Source(), ElementsAre("endpoint: failed refused"));
  ApiError none{ErrorClass::kFatal, Status::Environment("nothing found"), /*no_credentials=*/true};
  model_.FailNext(ModelCall::kDescribe, none);
  EXPECT_THAT(Source(), ElementsAre("credentials: failed nothing found"));
  model_.FailNext(ModelCall::kDescribe, Fatal("UnrecognizedClientException"));
  EXPECT_THAT(Source(), ElementsAre(HasSubstr("endpoint: ok"), HasSubstr("clock: ok"),
                                    "credentials: failed it says UnrecognizedClientException"));
  for (const char* status : {"CREATING", "DELETING"}) {
    model_.SetStatus("s", status);
    EXPECT_THAT(Source(), Contains(HasSubstr("stream: failed")));
  }
}

TEST_F(ProbeTest, EachPermissionIsTriedByItself) {
  model_.CreateStream("s", 1);
  model_.Put("s", "k", "x");
  model_.FailNext(ModelCall::kDescribe, Fatal("AccessDeniedException"));
  EXPECT_THAT(Source(), AllOf(Contains("kinesis:DescribeStreamSummary: failed it says AccessDeniedException"),
                              Contains("kinesis:GetRecords: ok allowed"), Contains("records: ok 1 record read")));
  model_.FailNext(ModelCall::kListShards, Fatal("AccessDeniedException"));
  EXPECT_THAT(Source(), AllOf(Contains("kinesis:ListShards: failed it says AccessDeniedException"),
                              Contains(HasSubstr("kinesis:GetRecords: skipped"))));
  model_.FailNext(ModelCall::kGetShardIterator, Fatal("AccessDeniedException"));
  EXPECT_THAT(Source(), AllOf(Contains("kinesis:GetShardIterator: failed it says AccessDeniedException"),
                              Contains(HasSubstr("kinesis:GetRecords: skipped"))));
  model_.FailNext(ModelCall::kGetRecords, Fatal("KMSAccessDeniedException"));
  EXPECT_THAT(Source(), Contains("kinesis:GetRecords: failed it says KMSAccessDeniedException"));
  EXPECT_THAT(result_->checks.back().hint, "Change something");
}

TEST_F(ProbeTest, ThrottledCallsAreMadeAgain) {
  model_.CreateStream("s", 1);
  model_.Put("s", "k", "x");
  const ApiError throttled{ErrorClass::kThrottled, Status::Environment("slowly")};
  model_.FailNext(ModelCall::kGetRecords, throttled, 2);
  EXPECT_THAT(Source(), AllOf(Contains("kinesis:GetRecords: ok allowed"), Contains("records: ok 1 record read")));
  model_.FailNext(ModelCall::kGetRecords, throttled, 5);
  EXPECT_THAT(Source(), Contains("kinesis:GetRecords: ok allowed, but throttled: slowly"));
}

TEST_F(ProbeTest, NobodyWaitsLongerThanTheTestMayTake) {
  model_.CreateStream("s", 1);
  stop_ = true;  // the model answers no more
  stepping_.join();
  stepping_ = std::thread([] {});
  timeout_micros_ = 200'000;
  const int64_t before = clock_.SteadyMicros();
  EXPECT_THAT(Source(), ElementsAre(HasSubstr("endpoint: failed stream s in the model: endpoint: no answer in time")));
  EXPECT_LT(clock_.SteadyMicros() - before, 5 * kMicrosPerSecond);
}

TEST_F(ProbeTest, SinksAreTriedWithoutWriting) {
  model_.CreateStream("s", 3);
  EXPECT_THAT(Sink(), AllOf(Contains(AllOf(HasSubstr("limits: ok 3 open shards"), HasSubstr("3,000 records"))),
                            Contains("kinesis:PutRecords: skipped it is not tried: it would write a record")));
  is_aws_ = true;
  put_error_ = Fatal("InvalidArgumentException");
  EXPECT_THAT(Sink(), Contains("kinesis:PutRecords: ok allowed; nothing was written"));
  put_error_ = Fatal("AccessDeniedException");
  EXPECT_THAT(Sink(), Contains("kinesis:PutRecords: failed it says AccessDeniedException"));
  put_error_ = Fatal("SomethingNew");
  EXPECT_THAT(Sink(), Contains(HasSubstr("kinesis:PutRecords: skipped it could not be found out")));
  EXPECT_THAT(model_.Records("s"), SizeIs(0));
}

TEST_F(ProbeTest, AServiceWithoutAStream) {
  model_.CreateStream("s", 1);
  const auto service = [&] {
    return Checks([](ConnectionProbe* probe) { probe->TestService({.stream_name = "any"}); });
  };
  EXPECT_THAT(service(), Contains("streams: ok there are streams: s"));
  model_.FailNext(ModelCall::kListStreams, Fatal("AccessDeniedException"));
  EXPECT_THAT(service(), AllOf(Contains(HasSubstr("credentials: ok")), Contains(HasSubstr("streams: skipped"))));
  EXPECT_TRUE(result_->ok());
  model_.FailNext(ModelCall::kListStreams, Fatal("InvalidSignatureException"));
  EXPECT_THAT(service(), Contains(HasSubstr("credentials: failed")));
}

}  // namespace
}  // namespace laminar::kinesis
