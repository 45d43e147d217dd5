// How what the API sends looks for people.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/connection_text.h"
#include "client/job_text.h"
#include "client/pipeline_changes.h"
#include "client/pipeline_text.h"
#include "client/top_table.h"

namespace laminar::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Json Running() {
  return Json::parse(R"({"id":"pipe_1","name":"orders","query":"SELECT 1","running_query":"SELECT 1","parallelism":2,
      "checkpoint_interval_micros":10000000,"restarts_per_hour":10,"memory_limit_bytes":512000000,"desired_state":"running","stop":"none",
      "state":"Running","job_id":"job_1","failure_message":null,"restarts":3,"created_at":"2026-01-31T12:00:00.250Z","updated_at":"2026-01-31T12:00:01.000Z",
      "graph":{"nodes":[{"id":"0","operator":"Source t","details":["columns: a"]},{"id":"1","operator":"Project","details":[]}],"edges":[{"from":"0","to":"1"}]},
      "outputs":[{"table":"output","fields":[{"name":"one","data_type":"INTEGER","nullable":true}]}]})");
}

TEST(PipelineText, Details) {
  const std::string shown = PipelineDetails(Running());
  EXPECT_EQ(shown,
            "name          orders\n"
            "id            pipe_1\n"
            "state         Running\n"
            "job           job_1\n"
            "parallelism   2\n"
            "checkpoints   every 10.0 s\n"
            "restarts      at most 10 an hour\n"
            "memory limit  512.0 MB\n"
            "created       2026-01-31T12:00:00Z\n"
            "changed       2026-01-31T12:00:01Z\n"
            "plan\n"
            "  0  Source t\n"
            "       columns: a\n"
            "  1  Project  after 0\n"
            "outputs       output (one INTEGER)\n"
            "query         SELECT 1\n");
  Json other = Running();
  other["query"] = "SELECT 2\nAS two";
  other["state"] = "Restarting";
  EXPECT_THAT(PipelineDetails(other), HasSubstr("query\n  SELECT 2\n  AS two\n"));
  EXPECT_THAT(PipelineDetails(other), HasSubstr("query that runs, until it is restarted"));
  EXPECT_THAT(PipelineTable({{"data", {other}}}).Render(), HasSubstr("its query has changed"));
  other["state"] = "Failed";
  other["failure_message"] = "no such stream\nat all";
  EXPECT_THAT(PipelineDetails(other), HasSubstr("Failed, to be running"));
  EXPECT_THAT(PipelineTable({{"data", {other}}}).Render(), HasSubstr("no such stream\n"));
  EXPECT_FALSE(IsRunning(other));
}

TEST(PipelineChanges, WhatDiffers) {
  const auto what = [](const Json& pipeline, const WantedPipeline& wanted) {
    const PipelineChanges changes = ChangesOf(pipeline, wanted);
    return changes.what + (changes.runs_another ? " restart" : "");
  };
  EXPECT_EQ(what(Running(), {"orders", "SELECT 1"}), "");
  EXPECT_EQ(what(Running(), {"orders", "SELECT 2"}), "query restart");
  EXPECT_EQ(what(Running(), {"orders", "SELECT 1", {{"parallelism", 2}, {"restarts_per_hour", 10}}}), "");
  EXPECT_EQ(what(Running(), {"orders", "SELECT 1", {{"parallelism", 4}}}), "parallelism restart");
  Json behind = Running();
  behind["running_query"] = "SELECT 0";
  EXPECT_EQ(what(behind, {"orders", "SELECT 1"}), " restart");
  Json stopped = Running();
  stopped["state"] = "Stopped";
  EXPECT_EQ(what(stopped, {"orders", "SELECT 2"}), "query");
}

TEST(PipelineChanges, NamesWithoutRegardToCase) {
  const Json list = {{"data", {{{"name", "a"}}, {{"name", "B"}}, {{"name", "b\xC3\xBC"}}}}};
  EXPECT_EQ(TextOf(*FindByName(list, "b"), "name"), "B");
  EXPECT_EQ(TextOf(*FindByName(list, "B\xC3\xBC"), "name"), "b\xC3\xBC");
  EXPECT_EQ(FindByName(list, "c"), nullptr);
}

TEST(JobText, LogLinesAsTheServersOwn) {
  const auto line = [](const std::string& text) { return LogLineText(Json::parse(text)); };
  EXPECT_EQ(
      line(
          R"({"number":1,"at":"2026-01-31T12:00:00.250Z","level":"warning","message":"retrying","fields":{"stream":"orders","reason":"it is \"full\"","n":3}})"),
      "2026-01-31T12:00:00.250Z warning retrying stream=orders reason=\"it is \\\"full\\\"\" n=3");
  EXPECT_THAT(line(R"({"at":"x","level":"info","message":"a\u001b[2J\nb","fields":{}})"), Not(HasSubstr("\x1b")));
}

TEST(JobText, ErrorsWithTheirRecords) {
  const Json list = Json::parse(R"({"data":[
      {"id":"2","at":"2026-01-31T12:00:00.250Z","kind":"bad_record","message":"expected BIGINT","hint":"Dropped","table":"s","line":null,"column":null,
       "record":{"stream":"stream orders","shard_id":"shardId-0","sequence_number":"42","sub_sequence_number":3,"line":0,"data_base64":"eA==","text":null}},
      {"id":"1","at":"2026-01-31T12:00:00.250Z","kind":"failure","message":"no","hint":"a restart with \"fresh\": true","line":3,"column":7,"record":null}]})");
  EXPECT_EQ(ErrorsText(list),
            "2026-01-31T12:00:00Z bad_record in s: expected BIGINT\n"
            "  hint: Dropped\n"
            "  record: stream orders, shard shardId-0, sequence number 42, record 3 in it\n"
            "  data in base64: eA==\n"
            "2026-01-31T12:00:00Z failure: no\n"
            "  hint: laminar pipelines restart --fresh\n"
            "  at line 3, column 7 of the query\n");
}

Json Metrics() {
  return Json::parse(R"({"job_id":"job_1","at":"2026-01-31T12:00:10.500Z",
      "totals":{"rows_in":1234567,"rows_out":0,"bytes_in":4000000,"lag_ms":1500,"state_bytes":2000000,"late_rows":0,"last_checkpoint_micros":1769860805500000},
      "sources":[{"table":"a","watermark":"2026-01-31T12:00:00.000Z","event_lag_ms":10500,"late_rows":2,"rows":5,"bytes":10,"lag_ms":3,
                  "shards":[{"shard_id":"shardId-0","state":"reading","rows":5,"bytes":10,"lag_ms":3,"watermark":null}]},
                 {"table":"b","watermark":null,"event_lag_ms":null,"late_rows":0,"rows":1,"bytes":1,"shards":[]}],
      "operators":[{"node_id":"0","operator":"Source a","rows_in":5,"rows_out":5,"state_bytes":0,"backpressure":0.25}],
      "sinks":[{"table":"out","rows":7,"bytes":70,"requests":2,"send_latency":{"count":2,"mean_ms":12.34,"longest_ms":20}}],
      "series":{"interval_ms":2000,"at":[1,2],"rows_in":[10.2,200.6],"rows_out":[0,0]}})");
}

TEST(JobText, Figures) {
  const std::string shown = MetricsText(Metrics(), {});
  for (const char* words :
       {"rows_in      1,234,567\n", "rows_out     0\n", "bytes_in     4.0 MB\n", "lag_ms       1.5 s\n", "shardId-0",
        "2026-01-31T12:00:00Z     10.5 s     2\n", "25 %", "12.3 ms\n"})
    EXPECT_THAT(shown, HasSubstr(words));
  EXPECT_THAT(shown, Not(HasSubstr("late_rows")));
}

TEST(TopTable, ALineForEach) {
  Json failed = Running();
  failed["name"] = "broken";
  failed["state"] = "Failed";
  failed["failure_message"] = "no such stream";
  failed["restarts"] = 0;
  Json idle = Running();
  idle["name"] = "idle";
  idle["state"] = "Stopped";
  std::vector<TopRow> rows = {{idle, nullptr}, {Running(), Metrics()}, {failed, nullptr}};
  SortRows(&rows);
  EXPECT_EQ(
      TopText(rows, 10, {}),
      "PIPELINE  STATE    IN/S  OUT/S    LAG  EVENT LAG  WATERMARK             STATE SIZE  CHECKPOINT  RESTARTS  "
      "PRESSURE  NOTE\n"
      "broken    Failed                                                                                                "
      "    no such stream\n"
      "orders    Running   201      0  1.5 s     10.5 s  2026-01-31T12:00:00Z      2.0 MB       5.0 s         3      "
      "25 %\n"
      "idle      Stopped                                                                                      3\n");
  EXPECT_THAT(TopText(rows, 2, {}), HasSubstr("\nand 2 more\n"));
  Json failing = Metrics();
  failing["totals"]["failing_requests"] = 2;
  EXPECT_THAT(TopText({{Running(), failing}}, 10, {}),
              HasSubstr("25 %  2 requests fail again and again: laminar logs says why\n"));
}

TEST(ConnectionText, DetailsAndTests) {
  const Json table = Json::parse(
      R"({"id":"tbl_1","name":"events","connector":"kinesis","table_type":"source","created_at":"2026-01-31T12:00:00.250Z",
      "config":{"streamName":"orders","type":{"offset":"latest"},"awsSecretAccessKey":{"set":true}},
      "schema":{"fields":[{"name":"id","data_type":"BIGINT","nullable":false},{"name":"v","data_type":"TEXT"}]}})");
  EXPECT_EQ(ConnectionDetails(table),
            "name        events\n"
            "id          tbl_1\n"
            "connector   kinesis\n"
            "table_type  source\n"
            "created_at  2026-01-31T12:00:00Z\n"
            "config\n"
            "  streamName          orders\n"
            "  type.offset         latest\n"
            "  awsSecretAccessKey  set, and not shown\n"
            "columns\n"
            "  id BIGINT NOT NULL\n"
            "  v TEXT\n");
  const Json test = Json::parse(R"({"ok":false,"checks":[{"name":"stream","status":"ok","message":"there","hint":""},
      {"name":"kinesis:GetRecords","status":"failed","message":"access denied","hint":"Allow it"}],"rows":[{"id":1}]})");
  EXPECT_EQ(TestText(test, {}),
            "CHECK               STATUS  WHAT\n"
            "stream              ok      there\n"
            "kinesis:GetRecords  failed  access denied\n"
            "hint: kinesis:GetRecords: Allow it\n"
            "\n"
            "{\"id\":1}\n");
}

}  // namespace
}  // namespace laminar::client
