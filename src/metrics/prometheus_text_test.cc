// The text that Prometheus gets, and what speaks of it: the table in docs/operations.md, the dashboard.
#include "metrics/prometheus_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

namespace laminar {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(PrometheusText, NamesHaveTheirUnit) {
  EXPECT_EQ(ExportedName("rows_in", true), "laminar_rows_in_total");
  EXPECT_EQ(ExportedName("state_bytes", false), "laminar_state_bytes");
  EXPECT_EQ(ExportedName("lag_ms", false), "laminar_lag_seconds");
  EXPECT_EQ(ExportedName("watermark_micros", false), "laminar_watermark_seconds");
  EXPECT_EQ(ExportedName("operator_busy_micros", true), "laminar_operator_busy_seconds_total");
}

// One of everything.
PipelineFigures Everything() {
  PipelineFigures figures;
  figures.totals.rows_in = 12;
  figures.totals.lag_ms = 1'234;
  figures.totals.state_bytes = -1;
  SourceFigures source;
  source.table = "clicks";
  source.event_time.emplace();
  source.event_time->late_rows = 3;
  source.event_time->watermark_micros = 1'767'225'600'000'001;
  source.event_time->event_lag_ms = -5;
  source.values.rows = 7;
  ShardFigures shard;
  shard.shard_id = "shardId-000000000001";
  shard.values.lag_ms = 2'500;
  shard.watermark_micros = 1'000'001;
  source.shards.push_back(shard);
  shard.shard_id = "shardId-000000000000";
  shard.state = ShardState::kFinished;
  source.shards.push_back(shard);
  source.finished_shards = 9;
  source.failures.push_back({"GetRecords", "ProvisionedThroughputExceededException", 4, 4});
  figures.sources.push_back(source);
  OperatorFigures node;
  node.node_id = 3;
  node.name = "filter";
  node.values.rows_out = 5;
  node.values.backpressure_micros = 1'500'000;
  node.backpressure = 0.25;
  figures.operators.push_back(node);
  SinkFigures sink;
  sink.table = "out";
  sink.send_latency = {{{2'500, 1}, {10'000'000, 2}}, 3, 42'000'000, 30'000'000};
  figures.sinks.push_back(sink);
  return figures;
}

ServerFigures OfServer() {
  ServerFigures server;
  server.requests = {{"getPipeline", 200, 8}, {"", 404, 1}};
  server.durations = {{"getPipeline", {{{1'000, 8}}, 8, 4'000, 900}}};
  server.connections = 2;
  server.pipelines = {{"a", "Running", 1}, {"b", "Failed", 0}};
  return server;
}

TEST(PrometheusText, FiguresOfOnePipelineHaveNoLabelOfIt) {
  const std::string text = PrometheusText({{"", Everything()}}, {.version = "1.2", .healthy = false, .process = {}});
  EXPECT_THAT(text, HasSubstr("# HELP laminar_rows_in_total rows decoded from sources\n"
                              "# TYPE laminar_rows_in_total counter\nlaminar_rows_in_total 12\n"));
  EXPECT_THAT(text, HasSubstr("# HELP laminar_lag_seconds largest MillisBehindLatest over all shards, seconds\n"
                              "# TYPE laminar_lag_seconds gauge\nlaminar_lag_seconds 1.234\n"));
  EXPECT_THAT(text, HasSubstr("laminar_state_bytes -1\n"));
  EXPECT_THAT(text, HasSubstr("laminar_late_rows_total{table=\"clicks\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("laminar_watermark_seconds{table=\"clicks\"} 1767225600.000001\n"));
  EXPECT_THAT(text, HasSubstr("laminar_event_lag_seconds{table=\"clicks\"} -0.005\n"));
  EXPECT_THAT(text, HasSubstr("laminar_source_rows_total{table=\"clicks\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("laminar_source_shards{table=\"clicks\",state=\"reading\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("laminar_source_finished_shards_total{table=\"clicks\"} 9\n"));
  EXPECT_THAT(text, HasSubstr("laminar_shard_lag_seconds{table=\"clicks\",shard=\"shardId-000000000001\"} 2.500\n"));
  EXPECT_THAT(text,
              HasSubstr("laminar_shard_watermark_seconds{table=\"clicks\",shard=\"shardId-000000000001\"} 1.000001\n"));
  EXPECT_THAT(text, Not(HasSubstr("shardId-000000000000"))) << "a shard that is finished stays for ever";
  EXPECT_THAT(text, HasSubstr("laminar_request_throttles_total{table=\"clicks\",operation=\"GetRecords\",code="
                              "\"ProvisionedThroughputExceededException\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("laminar_operator_rows_out_total{node=\"3\",operator=\"filter\"} 5\n"));
  EXPECT_THAT(text,
              HasSubstr("# TYPE laminar_operator_backpressure_seconds_total counter\n"
                        "laminar_operator_backpressure_seconds_total{node=\"3\",operator=\"filter\"} 1.500000\n"));
  EXPECT_THAT(text, HasSubstr("laminar_operator_backpressure_ratio{node=\"3\",operator=\"filter\"} 0.2500\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE laminar_sink_request_seconds histogram\n"
                              "laminar_sink_request_seconds_bucket{table=\"out\",le=\"0.0025\"} 1\n"
                              "laminar_sink_request_seconds_bucket{table=\"out\",le=\"10\"} 2\n"
                              "laminar_sink_request_seconds_bucket{table=\"out\",le=\"+Inf\"} 3\n"
                              "laminar_sink_request_seconds_sum{table=\"out\"} 42.000000\n"
                              "laminar_sink_request_seconds_count{table=\"out\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("laminar_healthy 0\n"));
  EXPECT_THAT(text, HasSubstr("laminar_build_info{version=\"1.2\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("pipeline=")));
  EXPECT_THAT(text, Not(HasSubstr("laminar_http")));
}

TEST(PrometheusText, ManyPipelinesStandUnderOneHelp) {
  const ServerFigures server = OfServer();
  const std::string text = PrometheusText({{"a", Everything()}, {"b \"c\"\\\n", Everything()}}, {}, &server);
  EXPECT_THAT(text, HasSubstr("# TYPE laminar_rows_in_total counter\nlaminar_rows_in_total{pipeline=\"a\"} 12\n"
                              "laminar_rows_in_total{pipeline=\"b \\\"c\\\"\\\\\\n\"} 12\n# HELP"));
  EXPECT_THAT(text, HasSubstr("laminar_shard_lag_seconds{pipeline=\"a\",table=\"clicks\",shard="));
  EXPECT_THAT(text, HasSubstr("laminar_http_requests_total{operation=\"getPipeline\",status=\"200\"} 8\n"));
  EXPECT_THAT(text, HasSubstr("laminar_http_request_seconds_bucket{operation=\"getPipeline\",le=\"0.001\"} 8\n"));
  EXPECT_THAT(text, HasSubstr("laminar_pipelines{state=\"Failed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("laminar_pipeline_state{pipeline=\"a\",state=\"Running\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("laminar_pipeline_restarts_total{pipeline=\"a\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("laminar_http_connections 2\n"));
}

TEST(ProcessFigures, AreThoseOfThisProcess) {
  const ProcessFigures figures = ReadProcessFigures();
  EXPECT_GT(figures.resident_bytes, 1 << 20);
  EXPECT_GT(figures.virtual_bytes, figures.resident_bytes);
  EXPECT_GE(figures.threads, 1);
  EXPECT_GE(figures.most_open_files, figures.open_files);
  EXPECT_GT(figures.started_micros, 1'600'000'000'000'000);
  const std::ifstream another("/proc/self/statm");
  EXPECT_EQ(ReadProcessFigures().open_files, figures.open_files + 1);
}

// ---- what speaks of the names

std::string Read(const std::string& path) {
  std::ifstream file(std::string(LAMINAR_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Family {
  std::string type, help;
  std::set<std::string> labels;
};

std::map<std::string, Family> AllFamilies() {
  const ServerFigures server = OfServer();
  std::istringstream text(
      PrometheusText({{"p", Everything()}}, {.version = "1", .healthy = true, .process = {}}, &server));
  std::map<std::string, Family> families;
  std::string line, name;
  static const std::regex kLabel("([a-z_]+)=\"");
  while (std::getline(text, line)) {
    if (line.starts_with("# HELP ")) {
      name = line.substr(7, line.find(' ', 7) - 7);
      families[name].help = line.substr(8 + name.size());
    } else if (line.starts_with("# TYPE ")) {
      families[name].type = line.substr(8 + name.size());
    } else {
      for (std::sregex_iterator at(line.begin(), line.end(), kLabel), end; at != end; ++at)
        families[name].labels.insert((*at)[1]);
    }
  }
  return families;
}

// A row of the table: `name` | type | `label` `label` | help
std::string Row(const std::string& name, const Family& family) {
  std::string row = "| `" + name + "` | " + family.type + " |";
  for (const std::string& label : family.labels) row += label == "le" ? "" : " `" + label + "`";
  return row + " | " + family.help + " |";
}

TEST(Documentation, HasEveryMetric) {
  std::string rows, documented;
  for (const auto& [name, family] : AllFamilies()) rows += Row(name, family) + "\n";
  std::istringstream docs(Read("docs/operations.md"));
  for (std::string line; std::getline(docs, line);) {
    if (line.starts_with("| `laminar_") || line.starts_with("| `process_")) documented += line + "\n";
  }
  EXPECT_EQ(documented, rows);
}

TEST(Dashboard, AsksForMetricsAndLabelsThatThereAre) {
  const auto families = AllFamilies();
  const auto known = [&](std::string name) -> const Family* {
    for (const char* suffix : {"", "_bucket", "_sum", "_count"}) {
      if (!name.ends_with(suffix)) continue;
      const auto found = families.find(name.substr(0, name.size() - std::string(suffix).size()));
      if (found != families.end() && (*suffix == 0 || found->second.type == "histogram")) return &found->second;
    }
    return nullptr;
  };
  const auto dashboard = nlohmann::json::parse(Read("dashboards/laminar.json"));
  static const std::regex kMetric("\\b(?:laminar|process)_[a-z_]+"), kBy("by \\(([a-z_, ]+)\\)"),
      kFilter("([a-z_]+)=~?\""), kWord("[a-z_]+");
  std::set<std::string> seen;
  int panels = 0;
  const std::function<void(const nlohmann::json&)> visit = [&](const nlohmann::json& panel) {
    for (const auto& within : panel.value("panels", nlohmann::json::array())) visit(within);
    for (const auto& target : panel.value("targets", nlohmann::json::array())) {
      panels++;
      const std::string expression = target.at("expr");
      std::set<std::string> labels;
      for (std::sregex_iterator at(expression.begin(), expression.end(), kMetric), end; at != end; ++at) {
        const Family* const family = known(at->str());
        ASSERT_NE(family, nullptr) << at->str() << " in " << expression;
        seen.insert(at->str());
        labels.insert(family->labels.begin(), family->labels.end());
      }
      std::set<std::string> asked;
      for (std::sregex_iterator at(expression.begin(), expression.end(), kFilter), end; at != end; ++at)
        asked.insert((*at)[1]);
      for (std::sregex_iterator at(expression.begin(), expression.end(), kBy), end; at != end; ++at) {
        const std::string list = (*at)[1];
        for (std::sregex_iterator word(list.begin(), list.end(), kWord); word != end; ++word) asked.insert(word->str());
      }
      for (const std::string& label : asked) {
        EXPECT_TRUE(labels.contains(label) || label == "job" || label == "instance") << label << " in " << expression;
      }
    }
  };
  visit(dashboard);
  EXPECT_GT(panels, 20);
  for (const char* name :
       {"laminar_lag_seconds", "laminar_event_lag_seconds", "laminar_operator_backpressure_ratio",
        "laminar_state_bytes", "laminar_checkpoint_seconds", "laminar_request_throttles_total",
        "laminar_sink_request_seconds_bucket", "laminar_source_bad_rows_total", "laminar_late_rows_total",
        "laminar_pipeline_restarts_total", "process_resident_memory_bytes"})
    EXPECT_TRUE(seen.contains(name)) << name;
}

}  // namespace
}  // namespace laminar
