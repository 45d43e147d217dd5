// The client against a small server on loopback that answers what each test says.
#include "connectors/kinesis/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>

#include "aws/test_server.h"
#include "connectors/kinesis/cbor.h"
#include "connectors/kinesis/factory.h"

// Options are written with the members that matter.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace laminar::kinesis {
namespace {

using aws::TestServer;
using testing::HasSubstr;

class ClientTest : public testing::Test {
 protected:
  std::unique_ptr<KinesisApiFactory> MakeFactory() {
    return MakeHttpKinesisApiFactory(std::make_shared<aws::Session>(
        &clock_, 1, [this](const std::string& name) { return variables_.count(name) ? variables_[name] : ""; }));
  }
  std::unique_ptr<KinesisApi> Open(const std::string& endpoint) {
    factory_ = MakeFactory();
    auto api =
        factory_->Open({.stream_name = "orders", .region = "us-east-1", .endpoint = endpoint, .max_connections = 2});
    EXPECT_TRUE(api.ok()) << api.status().ToString();
    return std::move(api).value();
  }
  template <class T, class Start>
  static Outcome<T> Wait(Start start) {
    std::promise<Outcome<T>> promise;
    start([&](Outcome<T> outcome) { promise.set_value(std::move(outcome)); });
    return promise.get_future().get();
  }
  static Outcome<StreamSummary> Describe(KinesisApi& api) {
    return Wait<StreamSummary>([&](auto done) { api.DescribeStreamSummary(std::move(done)); });
  }
  static Outcome<GetRecordsResult> GetRecords(KinesisApi& api) {
    return Wait<GetRecordsResult>([&](auto done) { api.GetRecords("it", 10, std::move(done)); });
  }
  static Outcome<PutResult> PutOne(KinesisApi& api) {
    return Wait<PutResult>([&](auto done) { api.PutRecords({{"abc", "k", ""}}, std::move(done)); });
  }
  static std::string Target(const TestServer::Request& request) { return request.Header("x-amz-target").substr(17); }
  static bool IsCbor(const TestServer::Request& request) {
    return request.Header("content-type") == "application/x-amz-cbor-1.1";
  }

  ManualClock clock_;  // 2026-01-01T00:00:00Z
  std::map<std::string, std::string> variables_ = {{"AWS_ACCESS_KEY_ID", "AKIA"},
                                                   {"AWS_SECRET_ACCESS_KEY", "secret"},
                                                   {"AWS_EC2_METADATA_DISABLED", "true"},
                                                   {"HOME", "/nonexistent"}};
  std::unique_ptr<KinesisApiFactory> factory_;
};

constexpr char kSummary[] =
    R"({"StreamDescriptionSummary":{"StreamName":"orders","StreamStatus":"ACTIVE","OpenShardCount":2}})";
constexpr char kDate[] = "Date: Thu, 01 Jan 2026 00:00:07 GMT\r\n";

std::string OneRecord(bool bytes) {
  std::string body;
  CborWriter writer(&body);
  writer.Map(1).Text("Records").List(1).Map(2).Text("SequenceNumber").Text("1").Text("Data");
  bytes ? writer.Bytes("abc") : writer.Text("YWJj");
  return body;
}
constexpr char kOneRecordJson[] = R"({"Records":[{"SequenceNumber":"1","Data":"YWJj","PartitionKey":"k"}]})";
constexpr char kPutAnswer[] = R"({"FailedRecordCount":0,"Records":[{"SequenceNumber":"1","ShardId":"s"}]})";

TEST_F(ClientTest, AnswersAndTheServicesTime) {
  TestServer server([](const TestServer::Request&) { return TestServer::Answer(200, kSummary, kDate); });
  auto api = Open(server.url());
  const auto outcome = Describe(*api);
  ASSERT_TRUE(outcome.ok()) << outcome.error->status.ToString();
  EXPECT_EQ(outcome.value.open_shards, 2);
  EXPECT_EQ(outcome.service_micros, clock_.WallMicros() + 7 * kMicrosPerSecond);
  EXPECT_EQ(Target(server.requests()[0]), "DescribeStreamSummary");
  EXPECT_THAT(server.requests()[0].Header("authorization"), HasSubstr("AKIA/20260101/us-east-1/kinesis/aws4_request"));
  EXPECT_EQ(api->Describe(), "stream orders in us-east-1 (" + server.url() + ")");
}

TEST_F(ClientTest, RefusedConnection) {
  std::string url;
  {
    url = TestServer([](const TestServer::Request&) { return ""; }).url();
  }
  const auto outcome = Describe(*Open(url));
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error->error_class, ErrorClass::kTransient);
  EXPECT_THAT(outcome.error->status.message(), HasSubstr("nothing answers at " + url));
}

TEST_F(ClientTest, HtmlInsteadOfJson) {
  for (const int status : {200, 500}) {
    TestServer server([&](const TestServer::Request&) { return TestServer::Answer(status, "<html>hello</html>"); });
    const auto outcome = Describe(*Open(server.url()));
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error->error_class, ErrorClass::kTransient);
    EXPECT_THAT(outcome.error->status.message(), HasSubstr(std::to_string(status)));
    EXPECT_THAT(outcome.error->status.message(), HasSubstr("<html>hello"));
  }
}

TEST_F(ClientTest, TheErrorCodeMayStandInTheHeader) {
  TestServer server([](const TestServer::Request&) {
    return TestServer::Answer(400, "", "x-amzn-ErrorType: LimitExceededException:http://internal/\r\n");
  });
  const auto outcome = Describe(*Open(server.url()));
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error->error_class, ErrorClass::kThrottled);
  EXPECT_EQ(outcome.error->status.code(), "LimitExceededException");
}

TEST_F(ClientTest, AWrongClockIsCorrectedOnceForAllCalls) {
  TestServer server([](const TestServer::Request& request) {
    const std::string date = "Date: Thu, 01 Jan 2026 01:00:00 GMT\r\n";  // an hour ahead
    if (request.Header("x-amz-date") == "20260101T010000Z") return TestServer::Answer(200, kSummary, date);
    return TestServer::Answer(400, R"({"__type":"InvalidSignatureException","message":"Signature expired"})", date);
  });
  auto api = Open(server.url());
  EXPECT_TRUE(Describe(*api).ok());
  EXPECT_EQ(server.requests().size(), 2u);
  EXPECT_TRUE(Describe(*api).ok());
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(ClientTest, ABadSignatureWithARightClockIsNotRepeated) {
  TestServer server([](const TestServer::Request&) {
    return TestServer::Answer(400, R"({"__type":"InvalidSignatureException","message":"no"})", kDate);
  });
  const auto outcome = Describe(*Open(server.url()));
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error->error_class, ErrorClass::kFatal);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(ClientTest, AClockThatStaysWrongIsAnErrorNotALoop) {
  int hour = 1;
  TestServer server([&](const TestServer::Request&) {
    const std::string date = "Date: Thu, 01 Jan 2026 0" + std::to_string(hour++) + ":00:00 GMT\r\n";
    return TestServer::Answer(400, R"({"__type":"RequestExpired","message":"no"})", date);
  });
  EXPECT_FALSE(Describe(*Open(server.url())).ok());
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(ClientTest, AnExpiredTokenIsFetchedAnewOnce) {
  TestServer server([](const TestServer::Request&) {
    return TestServer::Answer(400, R"({"__type":"ExpiredTokenException","message":"old"})");
  });
  const auto outcome = Describe(*Open(server.url()));
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error->status.code(), "ExpiredTokenException");
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(ClientTest, NoCredentials) {
  variables_.erase("AWS_ACCESS_KEY_ID");
  variables_.erase("AWS_SECRET_ACCESS_KEY");
  const auto outcome = Describe(*Open("http://127.0.0.1:1"));
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error->error_class, ErrorClass::kFatal);
  EXPECT_EQ(outcome.error->status.code(), "NoCredentials");
}

// ---- which wire ----

TEST_F(ClientTest, BytesInCborProveIt) {
  TestServer server([](const TestServer::Request& request) {
    if (Target(request) == "GetRecords") return TestServer::Answer(200, OneRecord(true));
    std::string body;
    CborWriter(&body).Map(1).Text("Records").List(1).Map(1).Text("SequenceNumber").Text("1");
    return TestServer::Answer(200, IsCbor(request) ? body : kPutAnswer);
  });
  auto api = Open(server.url());
  EXPECT_TRUE(PutOne(*api).ok());  // untried: JSON
  const auto got = GetRecords(*api);
  ASSERT_TRUE(got.ok()) << got.error->status.ToString();
  EXPECT_EQ(got.value.records.at(0).data, "abc");
  EXPECT_TRUE(PutOne(*api).ok());
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_FALSE(IsCbor(requests[0]));
  EXPECT_TRUE(IsCbor(requests[1]));
  EXPECT_TRUE(IsCbor(requests[2]));
}

TEST_F(ClientTest, TextInCborMeansJsonFromThenOn) {
  TestServer server([](const TestServer::Request& request) {
    return TestServer::Answer(200, IsCbor(request) ? OneRecord(false) : kOneRecordJson);
  });
  auto api = Open(server.url());
  for (int i = 0; i < 2; ++i) {
    const auto got = GetRecords(*api);
    ASSERT_TRUE(got.ok()) << got.error->status.ToString();
    EXPECT_EQ(got.value.records.at(0).data, "abc");
  }
  EXPECT_TRUE(IsCbor(server.requests()[0]));
  EXPECT_FALSE(IsCbor(server.requests()[1]));
}

TEST_F(ClientTest, AServerWithoutCborIsAskedAgainInJson) {
  const std::string mangled = [] {
    std::string body;
    CborWriter writer(&body);
    writer.Map(1)
        .Text("Records")
        .List(1)
        .Map(2)
        .Text("SequenceNumber")
        .Text("1")
        .Text("Data")
        .Map(1)
        .Text("type")
        .Text("Buffer");
    return body;
  }();
  const std::string refusals[] = {TestServer::Answer(415, ""),
                                  TestServer::Answer(400, R"({"__type":"SerializationException"})"),
                                  TestServer::Answer(200, "not cbor"), TestServer::Answer(200, mangled)};
  for (const std::string& refusal : refusals) {
    TestServer server([&](const TestServer::Request& request) {
      return IsCbor(request) ? refusal : TestServer::Answer(200, kOneRecordJson);
    });
    auto api = Open(server.url());
    EXPECT_TRUE(GetRecords(*api).ok()) << refusal;
    EXPECT_TRUE(GetRecords(*api).ok());
    EXPECT_EQ(server.requests().size(), 3u);
  }
}

TEST_F(ClientTest, AnErrorOfTheServiceDoesNotDecideTheWire) {
  TestServer server(
      [](const TestServer::Request&) { return TestServer::Answer(400, R"({"__type":"ExpiredIteratorException"})"); });
  auto api = Open(server.url());
  const auto outcome = GetRecords(*api);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error->error_class, ErrorClass::kExpiredIterator);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(ClientTest, CborCanBeDisabled) {
  variables_["AWS_CBOR_DISABLE"] = "1";
  TestServer server([](const TestServer::Request&) { return TestServer::Answer(200, kOneRecordJson); });
  EXPECT_TRUE(GetRecords(*Open(server.url())).ok());
  EXPECT_FALSE(IsCbor(server.requests()[0]));
}

TEST(IsAwsHost, OnlyTheServicesOwn) {
  EXPECT_TRUE(IsAwsHost("kinesis.us-east-1.amazonaws.com"));
  EXPECT_TRUE(IsAwsHost("kinesis.cn-north-1.amazonaws.com.cn"));
  EXPECT_TRUE(IsAwsHost("vpce-1.kinesis.us-east-1.vpce.amazonaws.com"));
  EXPECT_FALSE(IsAwsHost("127.0.0.1"));
  EXPECT_FALSE(IsAwsHost("notamazonaws.com"));
}

TEST_F(ClientTest, AnAnswerForAnotherNumberOfRecordsIsGarbage) {
  TestServer server([](const TestServer::Request&) { return TestServer::Answer(200, R"({"Records":[]})"); });
  const auto outcome = PutOne(*Open(server.url()));
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error->error_class, ErrorClass::kTransient);
}

TEST_F(ClientTest, DestructionEndsCallsInFlight) {
  TestServer server([](const TestServer::Request&) { return ""; });
  auto api = Open(server.url());
  std::atomic<int> ended{0};
  for (int i = 0; i < 5; ++i) {
    api->GetRecords("it", 10, [&](Outcome<GetRecordsResult> outcome) {
      ended += !outcome.ok() && outcome.error->error_class == ErrorClass::kTransient;
    });
  }
  while (server.requests().empty()) std::this_thread::yield();
  api.reset();
  EXPECT_EQ(ended, 5);
}

TEST_F(ClientTest, OptionsThatCannotWorkAreRefused) {
  factory_ = MakeFactory();
  const auto message = [&](const StreamOptions& options) { return factory_->Open(options).status().message(); };
  EXPECT_THAT(message({}), HasSubstr("no stream is named"));
  EXPECT_THAT(message({.stream_name = "s"}), HasSubstr("no AWS region"));
  EXPECT_THAT(message({.stream_name = "s", .region = "us-east-1", .endpoint = "localhost"}),
              HasSubstr("not an endpoint"));
  EXPECT_THAT(message({.stream_name = "s", .region = "us-east-1", .role_arn = "r"}),
              HasSubstr("not the ARN of a role"));
  EXPECT_THAT(message({.stream_name = "s", .region = "us-east-1", .external_id = "x"}),
              HasSubstr("without aws_role_arn"));
  EXPECT_THAT(message({.stream_arn = "s", .region = "us-east-1"}), HasSubstr("not the ARN of a stream"));
}

}  // namespace
}  // namespace laminar::kinesis
