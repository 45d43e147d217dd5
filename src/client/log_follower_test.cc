#include "client/log_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/scripted_transport_for_test.h"

namespace laminar::client {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Reply Pipeline(const std::string& job, const std::string& state) {
  return {200, R"({"id":"pipe_1","name":"p","state":")" + state + R"(","job_id":)" +
                   (job.empty() ? "null" : "\"" + job + "\"") + "}"};
}
// A line's message is its number and when it was logged.
std::string Line(int number, int at) {
  const std::string n = std::to_string(number), time = std::to_string(at);
  return R"({"number":)" + n + R"(,"at":")" + time + R"(","level":"info","message":")" + n + "@" + time +
         R"(","fields":{}})";
}
Reply Lines(const std::vector<std::pair<int, int>>& lines) {
  std::string text;
  for (const auto& [number, at] : lines) text += (text.empty() ? "" : ",") + Line(number, at);
  return {200, R"({"lines":[)" + text + R"(],"last":0})"};
}
Reply Events(const std::vector<std::pair<int, int>>& lines, bool done) {
  std::string text;
  for (const auto& [number, at] : lines) text += "event: line\ndata: " + Line(number, at) + "\n\n";
  return {200, text + (done ? "event: done\ndata: {}\n\n" : "")};
}

constexpr const char* kPipeline = "/v1/pipelines/pipe_1";
const std::string kLogs = "/v1/jobs/job_1/logs", kOtherLogs = "/v1/jobs/job_2/logs";

class LogFollowerTest : public ::testing::Test {
 protected:
  // pauses: after so many it ends.
  Status Follow(std::map<std::string, std::vector<Reply>> replies, int pauses, bool follows = true) {
    auto transport = std::make_unique<ScriptedTransport>(std::move(replies));
    transport_ = transport.get();
    const Pause pause = [&](int64_t) { return --pauses > 0; };
    client_ = std::make_unique<ApiClient>(std::move(transport), TokenOrigin(), pause);
    LogFollower follower(client_.get(), "pipe_1", pause,
                         {[&](std::string_view line) {
                            lines_.push_back(TextOf(Json::parse(line), "message"));
                            return lines_.size() < 20;
                          },
                          [&](const std::string& note) { notes_.push_back(note); }});
    return follows ? follower.Follow() : follower.ShowKept();
  }

  std::unique_ptr<ApiClient> client_;
  ScriptedTransport* transport_ = nullptr;
  std::vector<std::string> lines_, notes_;
};

TEST_F(LogFollowerTest, WhatIsKeptInPages) {
  EXPECT_TRUE(Follow({{kPipeline, {Pipeline("job_1", "Running")}},
                      {kLogs + "?limit=1000&after=0", {Lines({{1, 10}, {2, 20}})}},
                      {kLogs + "?limit=1000&after=2", {Lines({{3, 30}})}},
                      {kLogs + "?limit=1000&after=3", {Lines({})}}},
                     9, /*follows=*/false)
                  .ok());
  EXPECT_THAT(lines_, ElementsAre("1@10", "2@20", "3@30"));
  lines_.clear();
  EXPECT_TRUE(Follow({{kPipeline, {Pipeline("", "Created")}}}, 9, /*follows=*/false).ok());
  EXPECT_THAT(lines_, IsEmpty());
}

TEST_F(LogFollowerTest, FromOneJobToTheNext) {
  EXPECT_TRUE(
      Follow({{kPipeline, {Pipeline("", "Created"), Pipeline("job_1", "Running"), Pipeline("job_2", "Running")}},
              {kLogs + "?limit=1000&after=0", {Lines({{1, 10}})}},
              {kLogs + "?limit=1000&after=1", {Lines({})}},
              {kLogs + "?after=1", {Events({{2, 20}}, true)}},
              {kOtherLogs + "?limit=1000&after=0", {Lines({})}},
              {kOtherLogs + "?after=0", {Events({{1, 30}}, true)}},
              {kOtherLogs + "?limit=1&after=0", {Lines({{1, 30}})}},
              {kOtherLogs + "?limit=1000&after=1", {Lines({})}},
              {kOtherLogs + "?after=1", {Events({}, true)}}},
             5)
          .ok());
  EXPECT_THAT(lines_, ElementsAre("1@10", "2@20", "1@30"));
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(LogFollowerTest, AServerThatWasAway) {
  EXPECT_TRUE(Follow({{kPipeline, {Pipeline("job_1", "Running")}},
                      {kLogs + "?limit=1000&after=0", {Lines({{1, 10}, {2, 20}}), Lines({{1, 70}, {2, 80}, {3, 90}})}},
                      {kLogs + "?limit=1000&after=2", {Lines({})}},
                      {kLogs + "?limit=1000&after=3", {Lines({})}},
                      {kLogs + "?after=2", {{0, ""}}},
                      // It has begun to count anew: the line 2 is another one.
                      {kLogs + "?limit=1&after=1", {Lines({{2, 80}})}},
                      {kLogs + "?limit=1&after=2", {Lines({{3, 90}})}},
                      {kLogs + "?after=3", {Events({{4, 95}}, false), Events({}, false)}},
                      {kLogs + "?limit=1&after=3", {Lines({{4, 95}})}},
                      {kLogs + "?limit=1000&after=4", {Lines({})}},
                      {kLogs + "?after=4", {Events({}, false)}}},
                     4)
                  .ok());
  EXPECT_THAT(lines_, ElementsAre("1@10", "2@20", "1@70", "2@80", "3@90", "4@95"));
  EXPECT_THAT(notes_, ElementsAre("nobody answers; it is asked again", "the server answers again"));
}

TEST_F(LogFollowerTest, TheSameServerGoesOnWhereItWas) {
  EXPECT_TRUE(Follow({{kPipeline, {Pipeline("job_1", "Running")}},
                      {kLogs + "?limit=1000&after=0", {Lines({{1, 10}})}},
                      {kLogs + "?limit=1000&after=1", {Lines({}), Lines({{2, 20}})}},
                      {kLogs + "?after=1", {{0, ""}}},
                      {kLogs + "?limit=1&after=0", {Lines({{1, 10}})}},
                      {kLogs + "?limit=1000&after=2", {Lines({})}},
                      {kLogs + "?after=2", {Events({}, true)}},
                      {kLogs + "?limit=1&after=1", {Lines({{2, 20}})}}},
                     3)
                  .ok());
  EXPECT_THAT(lines_, ElementsAre("1@10", "2@20"));
}

TEST_F(LogFollowerTest, WhatEndsIt) {
  const Status deleted = Follow({}, 9);
  EXPECT_EQ(deleted.code(), ApiClient::kNotFound);
  // Its reader has enough.
  EXPECT_TRUE(Follow({{kPipeline, {Pipeline("job_1", "Running")}},
                      {kLogs + "?limit=1000&after=0", {Lines(std::vector<std::pair<int, int>>(30, {1, 1}))}}},
                     9)
                  .ok());
  EXPECT_EQ(lines_.size(), 20U);
}

TEST_F(LogFollowerTest, LinesThatAreLeftOutAreSaid) {
  EXPECT_TRUE(Follow({{kPipeline, {Pipeline("job_1", "Running")}},
                      {kLogs + "?limit=1000&after=0", {Lines({})}},
                      {kLogs + "?after=0", {{200, "event: left_out\ndata: 7\n\n"}}}},
                     1)
                  .ok());
  EXPECT_THAT(notes_, Contains(HasSubstr("7 lines")));
}

}  // namespace
}  // namespace laminar::client
