#include "connectors/kinesis/retry.h"

#include <gtest/gtest.h>

namespace laminar::kinesis {
namespace {

TEST(RetryLog, LinesGrowRare) {
  RetryLog log;
  int lines = 0;
  int64_t failures = 0;
  // An hour of 100 failures a second.
  for (int64_t now = 0; now < 3'600'000'000; now += 10'000) {
    if (!log.OnFailure(now)) continue;
    lines++;
    failures += log.TakeCount();
  }
  EXPECT_GT(lines, 50);
  EXPECT_LT(lines, 70);
  EXPECT_GT(failures, 350'000);
  EXPECT_TRUE(log.OnFailure(3'700'000'000));  // after a quiet minute
  EXPECT_FALSE(log.OnFailure(3'700'500'000));
}

Retry::Refused Refused(size_t records, size_t of, const std::string& code) {
  return {.records = records, .of = of, .by_code = {{code, records}}, .code = code, .message = ""};
}

TEST(Retry, FailuresAreCountedByTheirCode) {
  Random rng(1);
  PipelineMetrics metrics;
  FailureCounts counts;
  RetryLog log(&counts);
  Retry retry("PutRecords", &rng, &metrics, &log);
  retry.OnFailure({ErrorClass::kThrottled, Status::Environment("x").WithCode("LimitExceededException")}, "here", 0);
  retry.OnFailure({ErrorClass::kTransient, Status::Environment("no answer")}, "here", 0);
  retry.OnPartialFailure({.records = 5,
                          .of = 9,
                          .by_code = {{"InternalFailure", 3}, {"ProvisionedThroughputExceededException", 2}},
                          .code = "InternalFailure",
                          .message = ""},
                         "here", 0);
  retry.OnPartialFailure(Refused(1, 2, "InternalFailure"), "here", 0);
  std::map<std::string, std::pair<uint64_t, uint64_t>> seen;
  for (const RequestFailures& each : counts.List()) {
    EXPECT_EQ(each.operation, "PutRecords");
    seen[each.code] = {each.retries, each.throttles};
  }
  const std::map<std::string, std::pair<uint64_t, uint64_t>> expected = {
      {"InternalFailure", {4, 0}},
      {"LimitExceededException", {1, 1}},
      {"NoAnswer", {1, 0}},
      {"ProvisionedThroughputExceededException", {2, 2}}};
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(metrics.retries.Get(), 8u);
  EXPECT_EQ(metrics.throttles.Get(), 3u);
}

TEST(Retry, CountsAndBacksOff) {
  Random rng(1);
  PipelineMetrics metrics;
  RetryLog log;
  Retry retry("Test", &rng, &metrics, &log);
  const ApiError throttled{ErrorClass::kThrottled, Status::Environment("rate exceeded")};
  int64_t longest = 0;
  for (int i = 0; i < 20; i++) longest = std::max(longest, retry.OnFailure(throttled, "here", 0));
  EXPECT_GT(longest, kRetryCapMicros / 2);
  EXPECT_LE(longest, kRetryCapMicros);
  retry.OnSuccess();
  EXPECT_LE(retry.OnFailure(throttled, "here", 0), kRetryBaseMicros);
  EXPECT_EQ(metrics.retries.Get(), 21u);
  EXPECT_EQ(metrics.throttles.Get(), 21u);
}

TEST(Retry, ProgressKeepsTheWaitShort) {
  Random rng(2);
  PipelineMetrics metrics;
  RetryLog log;
  Retry retry("Test", &rng, &metrics, &log);
  for (int i = 0; i < 20; i++) {
    EXPECT_LE(retry.OnPartialFailure(Refused(50, 100, "ProvisionedThroughputExceededException"), "here", 0),
              kRetryBaseMicros);
  }
  int64_t longest = 0;
  for (int i = 0; i < 20; i++)
    longest = std::max(longest, retry.OnPartialFailure(Refused(99, 100, "InternalFailure"), "here", 0));
  EXPECT_GT(longest, kRetryCapMicros / 2);
  EXPECT_EQ(metrics.throttles.Get(), 20u * 50);
  EXPECT_EQ(metrics.retries.Get(), 20u * 149);
}

TEST(Retry, ARequestThatFailsAndFailsIsCountedWhileItDoes) {
  Random rng(3);
  PipelineMetrics metrics;
  RetryLog log;
  const ApiError error{ErrorClass::kTransient, Status::Environment("no answer")};
  Retry answered("Test", &rng, &metrics, &log);
  const auto fail = [&](Retry* retry, int times) {
    for (int i = 0; i < times; i++) retry->OnFailure(error, "here", 0);
    return metrics.failing_requests.Get();
  };
  EXPECT_EQ(fail(&answered, Retry::kFailingAfter - 1), 0);
  EXPECT_EQ(fail(&answered, 3), 1);
  answered.OnSuccess();
  EXPECT_EQ(metrics.failing_requests.Get(), 0);
  EXPECT_EQ(fail(&answered, Retry::kFailingAfter), 1);
  {
    Retry given_up("Test", &rng, &metrics, &log);
    EXPECT_EQ(fail(&given_up, Retry::kFailingAfter), 2);
  }
  EXPECT_EQ(metrics.failing_requests.Get(), 1);
  answered.OnPartialFailure(Refused(10, 10, "InternalFailure"), "here", 0);
  EXPECT_EQ(metrics.failing_requests.Get(), 1);
  answered.OnPartialFailure(Refused(9, 10, "InternalFailure"), "here", 0);  // one was taken: it is no longer stuck
  EXPECT_EQ(metrics.failing_requests.Get(), 0);
}

}  // namespace
}  // namespace laminar::kinesis
