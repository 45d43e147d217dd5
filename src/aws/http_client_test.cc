#include "aws/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "aws/test_server.h"

namespace laminar::aws {
namespace {

TEST(ParseEndpoint, TakesSchemeHostPortAndPath) {
  auto plain = ParseEndpoint("http://127.0.0.1:4567");
  ASSERT_TRUE(plain.ok());
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 4567);
  EXPECT_EQ(plain->authority, "127.0.0.1:4567");
  EXPECT_EQ(plain->path, "/");
  auto tls = ParseEndpoint("https://kinesis.us-east-1.amazonaws.com/");
  ASSERT_TRUE(tls.ok());
  EXPECT_TRUE(tls->tls);
  EXPECT_EQ(tls->port, 443);
  EXPECT_EQ(tls->authority, "kinesis.us-east-1.amazonaws.com");
  auto six = ParseEndpoint("http://[::1]:80/base");
  ASSERT_TRUE(six.ok());
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->port, 80);
  EXPECT_EQ(six->path, "/base");
}

TEST(ParseEndpoint, RefusesWhatIsNone) {
  for (const char* url :
       {"", "localhost:4567", "ftp://host", "http://", "http://:80", "http://host:", "http://host:0",
        "http://host:65536", "http://host:8o", "http://[::1", "http://[::1]x", "http://a b", "http://user@host"}) {
    EXPECT_FALSE(ParseEndpoint(url).ok()) << url;
  }
}

class HttpClientTest : public testing::Test {
 protected:
  std::unique_ptr<HttpClient> Client(const std::string& url, HttpOptions options = {}) {
    return std::make_unique<HttpClient>(runtime_, nullptr, ParseEndpoint(url).value(), options);
  }
  static HttpReply Call(HttpClient& client, HttpRequest request = {}) {
    std::promise<HttpReply> promise;
    client.Send(std::move(request), [&](HttpReply reply) { promise.set_value(std::move(reply)); });
    return promise.get_future().get();
  }
  const std::shared_ptr<Runtime> runtime_ = Runtime::Acquire();
};

TEST_F(HttpClientTest, AnAnswerMayHaveNoHeaders) {
  TestServer server([](const TestServer::Request&) { return "HTTP/1.1 204 No Content\r\n\r\n"; });
  const HttpReply reply = Call(*Client(server.url()));
  EXPECT_EQ(reply.failure, HttpFailure::kNone) << reply.failure_text;
  EXPECT_EQ(reply.status, 204);
}

TEST_F(HttpClientTest, SendsBodyAndHeadersAndReadsTheAnswer) {
  TestServer server(
      [](const TestServer::Request&) { return TestServer::Answer(418, "teapot", "X-Amzn-ErrorType: Tea\r\n"); });
  auto client = Client(server.url());
  HttpRequest request;
  request.headers = {{"x-amz-target", "T"}};
  request.body = std::make_shared<const std::string>("hello");
  const HttpReply reply = Call(*client, std::move(request));
  EXPECT_EQ(reply.failure, HttpFailure::kNone);
  EXPECT_EQ(reply.status, 418);
  EXPECT_EQ(reply.body, "teapot");
  EXPECT_GE(reply.body.capacity(), reply.body.size() + HttpClient::kBodySlack);
  EXPECT_EQ(reply.Header("x-amzn-errortype"), "Tea");
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].body, "hello");
  EXPECT_EQ(server.requests()[0].Header("x-amz-target"), "T");
  EXPECT_EQ("http://" + server.requests()[0].Header("host"), server.url());
}

TEST_F(HttpClientTest, SignsWithTheGivenTimeRegionAndToken) {
  TestServer server([](const TestServer::Request&) { return TestServer::Answer(200, ""); });
  auto client = Client(server.url());
  HttpRequest request;
  request.body = std::make_shared<const std::string>("{}");
  request.sign = SigV4{std::make_shared<const Credentials>(Credentials{"AKIA", "secret", "token+/="}), "eu-west-1",
                       "kinesis", 1'767'225'600'000'000};
  EXPECT_EQ(Call(*client, std::move(request)).status, 200);
  const auto received = server.requests().at(0);
  EXPECT_EQ(received.Header("x-amz-date"), "20260101T000000Z");
  EXPECT_EQ(received.Header("x-amz-security-token"), "token+/=");
  EXPECT_THAT(
      received.Header("authorization"),
      testing::StartsWith("AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/kinesis/aws4_request, SignedHeaders="));
}

TEST_F(HttpClientTest, RefusedConnection) {
  std::string url;
  {
    url = TestServer([](const TestServer::Request&) { return ""; }).url();
  }
  EXPECT_EQ(Call(*Client(url)).failure, HttpFailure::kUnreachable);
}

TEST_F(HttpClientTest, UnknownHost) {
  EXPECT_EQ(Call(*Client("http://no-such-host.invalid")).failure, HttpFailure::kUnknownHost);
}

TEST_F(HttpClientTest, SilentServerTimesOut) {
  TestServer server([](const TestServer::Request&) { return ""; });
  EXPECT_EQ(Call(*Client(server.url(), {.answer_timeout_ms = 200})).failure, HttpFailure::kTimeout);
}

TEST_F(HttpClientTest, GarbageInsteadOfHttp) {
  TestServer server([](const TestServer::Request&) { return "this is not HTTP at all\r\n\r\n"; });
  EXPECT_EQ(Call(*Client(server.url())).failure, HttpFailure::kGarbage);
}

TEST_F(HttpClientTest, AnAnswerThatIsTooLarge) {
  TestServer server([](const TestServer::Request&) {
    return TestServer::Answer(200, std::string(HttpClient::kMaxResponseBytes + 1, 'x'));
  });
  EXPECT_EQ(Call(*Client(server.url())).failure, HttpFailure::kTooLarge);
}

TEST_F(HttpClientTest, ConnectionClosedInTheMiddle) {
  auto truncated = [](const TestServer::Request&) {
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
  };
  auto server = std::make_unique<TestServer>(truncated);
  auto client = Client(server->url());
  std::promise<HttpReply> promise;
  client->Send({}, [&](HttpReply reply) { promise.set_value(std::move(reply)); });
  while (server->requests().empty()) std::this_thread::yield();
  server.reset();
  EXPECT_EQ(promise.get_future().get().failure, HttpFailure::kLost);
}

TEST_F(HttpClientTest, ShutdownEndsCallsInFlightOnce) {
  TestServer server([](const TestServer::Request&) { return ""; });
  auto client = Client(server.url(), {.max_connections = 2});
  std::atomic<int> ended{0}, shut_down{0};
  for (int i = 0; i < 8; ++i) {  // two on the wire, six waiting for a connection
    client->Send({}, [&](HttpReply reply) {
      ++ended;
      shut_down += reply.failure == HttpFailure::kShutdown;
    });
  }
  while (server.requests().size() < 2) std::this_thread::yield();
  client->Shutdown();
  EXPECT_EQ(ended, 8);
  EXPECT_EQ(shut_down, 8);
  client->Send({}, [&](HttpReply reply) { shut_down += reply.failure == HttpFailure::kShutdown; });
  EXPECT_EQ(shut_down, 9);
}

TEST_F(HttpClientTest, ManyCallsOverFewConnections) {
  TestServer server([](const TestServer::Request& request) { return TestServer::Answer(200, request.body); });
  auto client = Client(server.url(), {.max_connections = 4});
  constexpr int kCalls = 500;
  std::atomic<int> right{0};
  std::promise<void> last;
  std::atomic<int> left{kCalls};
  for (int i = 0; i < kCalls; ++i) {
    HttpRequest request;
    request.body = std::make_shared<const std::string>(std::to_string(i));
    client->Send(std::move(request), [&, i](HttpReply reply) {
      right += reply.body == std::to_string(i);
      if (--left == 0) last.set_value();
    });
  }
  last.get_future().wait();
  EXPECT_EQ(right, kCalls);
}

TEST_F(HttpClientTest, CallbackMaySendAgain) {
  TestServer server([](const TestServer::Request&) { return TestServer::Answer(200, "x"); });
  auto client = Client(server.url());
  std::promise<int> promise;
  client->Send({}, [&](HttpReply) { client->Send({}, [&](HttpReply second) { promise.set_value(second.status); }); });
  EXPECT_EQ(promise.get_future().get(), 200);
}

}  // namespace
}  // namespace laminar::aws
