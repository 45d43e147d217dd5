#include "base/log.h"

#include <gmock/gmock.h>

#include <functional>
#include <thread>

#include "base/log_scope.h"

namespace laminar {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Log, IsUtf8WhateverItQuotes) {
  InitLogging(LogFormat::kJson, LogLevel::kInfo);
  testing::internal::CaptureStderr();
  LogWarning(
      "a\xff"
      "b",
      {{"cut", "\xe2\x82"}, {"surrogate", "\xed\xa0\x80"}, {"overlong", "\xc0\x80"}, {"good", "é€😀"}});
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_THAT(line, HasSubstr(R"("message":"a�b","cut":"��","surrogate":"���","overlong":"��","good":"é€😀")"));
  InitLogging(LogFormat::kText, LogLevel::kInfo);
}

std::string Logged(const std::function<void()>& logs) {
  testing::internal::CaptureStderr();
  logs();
  return testing::internal::GetCapturedStderr();
}

TEST(LogScope, ItsLinesHaveThePipelineAndAreKept) {
  const auto lines = std::make_shared<LogLines>();
  const auto owner = std::make_shared<LogOwner>(LogOwner{"a \"b\"", lines});
  EXPECT_THAT(Logged([&] {
                LogScope scope(owner);
                LogWarning("one", {{"shard", "s1"}, {"left_out", ""}, {"rows", "3", true}});
                LogDebug("not kept");
              }),
              HasSubstr(R"( one pipeline="a \"b\"" shard=s1 rows=3)"));
  InitLogging(LogFormat::kJson, LogLevel::kError);
  EXPECT_EQ(Logged([&] {
              LogScope scope(owner);
              LogInfo("two \xff");
            }),
            "");
  EXPECT_THAT(Logged([&] {
                LogScope scope(owner);
                LogError("three");
              }),
              HasSubstr(R"("message":"three","pipeline":"a \"b\"")"));
  EXPECT_THAT(Logged([] { LogError("nobody's"); }), Not(HasSubstr("pipeline")));
  InitLogging(LogFormat::kText, LogLevel::kInfo);
  const std::vector<LogLine> kept = lines->After(0);
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0].number, 1);
  EXPECT_EQ(kept[0].message, "one");
  EXPECT_EQ(kept[0].level, LogLevel::kWarning);
  ASSERT_EQ(kept[0].fields.size(), 2u);
  EXPECT_EQ(kept[0].fields[1].key, "rows");
  EXPECT_EQ(kept[0].fields[1].value, "3");
  EXPECT_TRUE(kept[0].fields[1].number);
  EXPECT_EQ(kept[1].message, "two �");
  EXPECT_GE(kept[1].at_micros, kept[0].at_micros);
}

TEST(LogScope, ThreadsInheritWhatTheyAreGiven) {
  const auto lines = std::make_shared<LogLines>();
  LogScope scope(std::make_shared<LogOwner>(LogOwner{"p", lines}));
  Logged([] {
    std::thread([] { LogInfo("nobody's"); }).join();
    std::thread([owner = LogScope::Current()] {
      LogScope inherited(owner);
      {
        LogScope other(nullptr);
        LogInfo("nobody's either");
      }
      LogInfo("the pipeline's");
    }).join();
  });
  ASSERT_EQ(lines->last(), 1);
  EXPECT_EQ(lines->After(0)[0].message, "the pipeline's");
}

TEST(LogLines, AreBounded) {
  LogLines lines;
  for (int i = 0; i < 2'000; i++) lines.Add({.message = std::to_string(i + 1)});
  EXPECT_EQ(lines.last(), 2'000);
  std::vector<LogLine> kept = lines.After(0);
  ASSERT_EQ(kept.size(), LogLines::kMostLines);
  EXPECT_EQ(kept.front().message, "1001");
  kept = lines.After(1'997, 2);
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept.front().number, 1'998);
  EXPECT_TRUE(lines.After(2'000).empty());
  EXPECT_TRUE(lines.After(3'000).empty());
  for (int i = 0; i < 300; i++) lines.Add({.message = std::string(LogLines::kMostLineBytes, 'x')});
  EXPECT_EQ(lines.After(0).size(), LogLines::kMostBytes / LogLines::kMostLineBytes);
}

TEST(LogLines, OneThatIsTooLongIsCut) {
  const auto lines = std::make_shared<LogLines>();
  Logged([&] {
    LogScope scope(std::make_shared<LogOwner>(LogOwner{"", lines}));
    LogInfo(std::string(20'000, 'm'), {{"f", "x"}});
    LogInfo("m", {{"f", std::string(20'000, 'x')}, {"g", "y"}});
  });
  EXPECT_EQ(lines->After(0)[0].message.size(), LogLines::kMostLineBytes + 3);
  EXPECT_EQ(lines->After(0)[1].fields[0].value.size(), LogLines::kMostLineBytes - 1 + 3);
}

TEST(LogLines, WhoWaitsLearnsOfTheNext) {
  LogLines lines;
  EXPECT_FALSE(lines.WaitFor(0, 0));
  std::thread waits([&] { EXPECT_TRUE(lines.WaitFor(0, 60'000)); });
  lines.Add({.message = "x"});
  waits.join();
  std::thread waits_in_vain([&] { EXPECT_FALSE(lines.WaitFor(1, 60'000)); });
  lines.Close();
  waits_in_vain.join();
  EXPECT_TRUE(lines.closed());
  int told = 0;
  lines.Tell([&] { told++; });
  lines.Add({.message = "y"});
  lines.Tell(nullptr);
  lines.Add({.message = "z"});
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace laminar
