// What is served to those who watch a pipeline: the addresses, the server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include "base/health.h"
#include "cli/metrics_server.h"
#include "metrics/prometheus_text.h"

namespace laminar::cli {
namespace {

using ::testing::HasSubstr;

TEST(ListenAddress, IsReadAndWritten) {
  for (const auto& [text, host, port] :
       std::vector<std::tuple<std::string, std::string, int>>{{"9464", "127.0.0.1", 9464},
                                                              {"0", "127.0.0.1", 0},
                                                              {"0.0.0.0:80", "0.0.0.0", 80},
                                                              {"[::1]:9464", "::1", 9464},
                                                              {"host.x:1", "host.x", 1},
                                                              {"localhost:65535", "localhost", 65535}}) {
    const auto address = ParseListenAddress("--metrics-listen", text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_EQ(address->host, host);
    EXPECT_EQ(address->port, port);
    if (text.find(':') != std::string::npos) {
      EXPECT_EQ(address->ToString(), text);
    }
  }
  for (const char* bad : {"", "x", "localhost", "localhost:", ":80", "1:2:3", "::1:80", "[::1]", "[::1]80", "65536",
                          "host:65536", "host:-1", "host:80x", "[]:80"}) {
    const auto address = ParseListenAddress("--metrics-listen", bad);
    ASSERT_FALSE(address.ok()) << bad;
    EXPECT_EQ(address.status().kind(), StatusKind::kUser);
    EXPECT_THAT(address.status().message(), HasSubstr(std::string("--metrics-listen ") + bad + ":"));
  }
}

TEST(Health, KnowsWhoIsUnwell) {
  Health health;
  EXPECT_EQ(health.Problems(), "");
  health.Set("pipeline", "starting");
  health.Set("checkpoints", "the disk is full");
  EXPECT_EQ(health.Problems(), "checkpoints: the disk is full; pipeline: starting");
  health.Set("pipeline", "");
  EXPECT_EQ(health.Problems(), "checkpoints: the disk is full");
}

class MetricsServerTest : public ::testing::Test {
 protected:
  std::unique_ptr<MetricsServer> Start(const ListenAddress& address) {
    auto server = MetricsServer::Start(
        address, {.metrics = [] { return std::string("a 1\n"); }, .problems = [this] { return health_.Problems(); }});
    EXPECT_TRUE(server.ok()) << server.status().ToString();
    return std::move(server).value();
  }
  Health health_;
};

TEST_F(MetricsServerTest, ServesFiguresAndHealth) {
  const auto server = Start({});
  EXPECT_GT(server->address().port, 0);
  httplib::Client client("127.0.0.1", server->address().port);
  const auto metrics = client.Get("/metrics");
  ASSERT_TRUE(metrics);
  EXPECT_EQ(metrics->status, 200);
  EXPECT_EQ(metrics->body, "a 1\n");
  EXPECT_EQ(metrics->get_header_value("Content-Type"), kMetricsContentType);
  EXPECT_EQ(client.Get("/healthz")->status, 200);
  EXPECT_EQ(client.Get("/healthz")->body, "ok\n");
  health_.Set("checkpoints", "the disk is full");
  EXPECT_EQ(client.Get("/healthz")->status, 503);
  EXPECT_EQ(client.Get("/healthz")->body, "checkpoints: the disk is full\n");
  EXPECT_EQ(client.Get("/other")->status, 404);
  EXPECT_EQ(client.Post("/metrics", "x", "text/plain")->status, 404);
}

TEST_F(MetricsServerTest, StartsAndStopsAndStartsThereAgain) {
  ListenAddress address;
  for (int i = 0; i < 20; ++i) address = Start(address)->address();
  const auto server = Start(address);
  EXPECT_EQ(httplib::Client("127.0.0.1", address.port).Get("/healthz")->status, 200);
}

TEST_F(MetricsServerTest, AnAddressThatCannotBeHad) {
  const auto server = Start({});
  const auto status = [](const ListenAddress& address) {
    return MetricsServer::Start(address, {[] { return ""; }, [] { return ""; }}).status();
  };
  const Status taken = status(server->address());
  EXPECT_EQ(taken.kind(), StatusKind::kEnvironment);
  EXPECT_THAT(taken.message(), HasSubstr(server->address().ToString() + ": the port is taken"));
  for (const char* host : {"192.0.2.1", "no-such-host.invalid"}) {
    const Status none = status({host, 0});
    EXPECT_EQ(none.kind(), StatusKind::kUser) << none.ToString();
    EXPECT_THAT(none.message(), HasSubstr("no address of this machine"));
  }
}

}  // namespace
}  // namespace laminar::cli
