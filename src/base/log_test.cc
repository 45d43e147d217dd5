#include "base/log.h"

#include <gmock/gmock.h>

namespace laminar {
namespace {

using ::testing::HasSubstr;

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

}  // namespace
}  // namespace laminar
