#include "server/jobs/figure_series.h"

#include <gtest/gtest.h>

#include "server/jobs/problem.h"

namespace laminar::server {
namespace {

PipelineFigures Of(uint64_t rows_in, uint64_t rows_out, int64_t lag_ms) {
  PipelineFigures figures;
  figures.totals.rows_in = rows_in;
  figures.totals.rows_out = rows_out;
  figures.totals.lag_ms = lag_ms;
  OperatorFigures op;
  op.node_id = 4;
  op.values.rows_in = static_cast<decltype(op.values.rows_in)>(rows_in);
  op.backpressure = 0.5;
  figures.operators.push_back(op);
  return figures;
}

TEST(FigureSeries, CountersBecomeRates) {
  FigureSeries series;
  EXPECT_TRUE(series.ToJson()["at"].empty());
  series.Add(10'000'000, Of(0, 0, 7));
  EXPECT_TRUE(series.ToJson()["at"].empty()) << "one sample is no rate";
  series.Add(12'000'000, Of(1'000, 500, 8));
  series.Add(14'000'000, Of(1'000, 501, 9));
  const auto json = series.ToJson();
  EXPECT_EQ(json["at"], (std::vector<int64_t>{12'000, 14'000}));
  EXPECT_EQ(json["rows_in"], (std::vector<double>{500, 0}));
  EXPECT_EQ(json["rows_out"], (std::vector<double>{250, 0.5}));
  EXPECT_EQ(json["lag_ms"], (std::vector<int64_t>{8, 9}));
  EXPECT_EQ(json["operators"]["4"]["rows_in"], (std::vector<double>{500, 0}));
  EXPECT_EQ(json["operators"]["4"]["backpressure"], (std::vector<double>{0.5, 0.5}));
}

TEST(FigureSeries, CountersThatBeganAnew) {
  FigureSeries series;
  series.Add(2'000'000, Of(1'000'000, 0, 0));
  series.Add(4'000'000, Of(100, 0, 0));
  EXPECT_EQ(series.ToJson()["rows_in"], (std::vector<double>{50}));
}

TEST(FigureSeries, KeepsTenMinutes) {
  FigureSeries series;
  for (int i = 0; i < 1'000; i++) series.Add(i * FigureSeries::kIntervalMicros, Of(0, 0, i));
  EXPECT_EQ(series.ToJson()["at"].size(), FigureSeries::kMostSamples - 1);
  EXPECT_EQ(series.ToJson()["lag_ms"].back(), 999);
}

TEST(Problem, SpeaksTheWordsOfTheApi) {
  const auto problem =
      ProblemOf(Status::User("the script has changed", "--fresh begins anew and leaves the old state"));
  EXPECT_EQ(problem["hint"], "a restart with \"fresh\": true begins anew and leaves the old state");
  EXPECT_TRUE(problem["line"].is_null());
  EXPECT_EQ(ProblemOf(Status::User("x").At({3, 7}))["column"], 7);
}

TEST(Problem, ABadRecordHasItsPlaceAndItsBytes) {
  BadRecordEvent event;
  event.table = "clicks";
  event.reason = "expected BIGINT";
  event.position.source = "stream clicks";
  event.position.shard = "shardId-000000000001";
  event.position.sequence_number = "495";
  event.record = "\xff\x00z";
  event.record_bytes = 3;
  const auto json = nlohmann::json::parse(BadRecordText(event));
  EXPECT_EQ(json["kind"], "bad_record");
  EXPECT_EQ(json["record"]["shard_id"], "shardId-000000000001");
  EXPECT_TRUE(json["record"]["text"].is_null()) << "it is no UTF-8";
  EXPECT_TRUE(json["record"]["sub_sequence_number"].is_null());
  event.record = "{}";
  EXPECT_EQ(nlohmann::json::parse(BadRecordText(event))["record"]["data_base64"], "e30=");
}

}  // namespace
}  // namespace laminar::server
