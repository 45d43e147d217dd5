// What is served to those who watch a pipeline: the text of its figures, the addresses, the server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include "base/health.h"
#include "cli/metrics_server.h"
#include "cli/metrics_text.h"

namespace laminar::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MetricsText, NamesHaveTheirUnit) {
  EXPECT_EQ(ExportedName("rows_in", true), "laminar_rows_in_total");
  EXPECT_EQ(ExportedName("state_bytes", false), "laminar_state_bytes");
  EXPECT_EQ(ExportedName("lag_ms", false), "laminar_lag_seconds");
  EXPECT_EQ(ExportedName("watermark_micros", false), "laminar_watermark_seconds");
}

TEST(MetricsText, FiguresOfThePipelineAndOfItsSources) {
  PipelineMetrics metrics;
  metrics.rows_in.Add(12);
  metrics.lag_ms.Set(1'234);
  metrics.state_bytes.Set(-1);
  std::map<std::string, SourceMetrics> sources;
  sources["clicks"].late_rows.Add(3);
  sources["clicks"].watermark_micros.Set(1'767'225'600'000'001);
  sources["a \"b\"\\\n"].event_lag_ms.Set(-5);
  const std::string text = MetricsText(metrics, sources, {"1.2", false, 1 << 20, 1'500'000});
  EXPECT_THAT(text, HasSubstr("# HELP laminar_rows_in_total rows decoded from sources\n"
                              "# TYPE laminar_rows_in_total counter\nlaminar_rows_in_total 12\n"));
  EXPECT_THAT(text, HasSubstr("# HELP laminar_lag_seconds largest MillisBehindLatest over all shards, seconds\n"
                              "# TYPE laminar_lag_seconds gauge\nlaminar_lag_seconds 1.234\n"));
  EXPECT_THAT(text, HasSubstr("laminar_state_bytes -1\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE laminar_late_rows_total counter\n"
                              "laminar_late_rows_total{table=\"a \\\"b\\\"\\\\\\n\"} 0\n"
                              "laminar_late_rows_total{table=\"clicks\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("laminar_watermark_seconds{table=\"clicks\"} 1767225600.000001\n"));
  EXPECT_THAT(text, HasSubstr("laminar_event_lag_seconds{table=\"a \\\"b\\\"\\\\\\n\"} -0.005\n"));
  EXPECT_THAT(text, HasSubstr("laminar_healthy 0\n"));
  EXPECT_THAT(text, HasSubstr("laminar_build_info{version=\"1.2\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("process_resident_memory_bytes 1048576\n"));
  EXPECT_THAT(text, HasSubstr("process_cpu_seconds_total 1.500000\n"));
  EXPECT_THAT(MetricsText(metrics, {}, {}), Not(HasSubstr("table=")));
}

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
