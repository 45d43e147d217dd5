#include "server/jobs/job_output.h"

#include <gtest/gtest.h>

#include <string>

namespace laminar::server {
namespace {

std::string AllOf(EventStream* events) {
  bool ended = false;
  std::string bytes = events->Take(&ended);
  return bytes + (ended ? "(end)" : "");
}

TEST(JobOutput, RowsAreNumberedAndReadInPages) {
  ManualClock clock;
  JobOutput output(&clock);
  for (int i = 1; i <= 3; i++) output.Add("alerts", "{\"n\":" + std::to_string(i) + "}");
  JobOutput::Page page = output.After(0, 2);
  ASSERT_EQ(page.rows.size(), 2U);
  EXPECT_EQ(page.rows[0].text, R"({"number":1,"table":"alerts","row":{"n":1}})");
  EXPECT_EQ(page.last, 2);
  EXPECT_FALSE(page.done);
  output.End();
  EXPECT_FALSE(output.After(0, 2).done) << "there is more";
  page = output.After(2, 2);
  EXPECT_EQ(page.last, 3);
  EXPECT_TRUE(page.done);
  EXPECT_EQ(output.After(3, 2).last, 3);
}

TEST(JobOutput, OldRowsAreForgottenAndCounted) {
  ManualClock clock;
  JobOutput output(&clock);
  for (size_t i = 0; i < JobOutput::kMostRows + 10; i++) output.Add("t", "{}");
  const JobOutput::Page page = output.After(3, 1);
  EXPECT_EQ(page.dropped, 7);
  EXPECT_EQ(page.rows.at(0).number, 11);
  const std::string large = "{\"s\":\"" + std::string(JobOutput::kMostBytes / 3, 'x') + "\"}";
  for (int i = 0; i < 5; i++) output.Add("t", large);
  EXPECT_LE(output.After(0, 10'000).rows.size(), 3U);
}

TEST(JobOutput, FollowersGetWhatThereIsAndWhatComes) {
  ManualClock clock;
  JobOutput output(&clock);
  output.Add("t", "{\"n\":1}");
  output.Add("t", "{\"n\":2}");
  const auto events = output.Follow(1);
  EXPECT_EQ(AllOf(events.get()), "event: row\ndata: {\"number\":2,\"table\":\"t\",\"row\":{\"n\":2}}\n\n");
  output.Add("t", "{\"n\":3}");
  EXPECT_EQ(AllOf(events.get()), "event: row\ndata: {\"number\":3,\"table\":\"t\",\"row\":{\"n\":3}}\n\n");
  output.End();
  EXPECT_EQ(AllOf(events.get()), "event: done\ndata: {}\n\n(end)");
  EXPECT_EQ(AllOf(output.Follow(3).get()), "event: done\ndata: {}\n\n(end)");
}

TEST(JobOutput, KnowsWhenSomebodyAskedLast) {
  ManualClock clock;
  JobOutput output(&clock);
  clock.Advance(5'000'000);
  output.After(0, 1);
  clock.Advance(5'000'000);
  EXPECT_EQ(output.asked_at(), 5'000'000);
  const auto events = output.Follow(0);
  clock.Advance(5'000'000);
  EXPECT_EQ(output.asked_at(), 15'000'000) << "it is followed";
  events->Close();
  clock.Advance(5'000'000);
  EXPECT_EQ(output.asked_at(), 15'000'000);
}

}  // namespace
}  // namespace laminar::server
