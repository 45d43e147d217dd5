#include "cli/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace laminar::cli {
namespace {

using ::testing::HasSubstr;

std::string Write(const std::string& text) {
  const std::string path = ::testing::TempDir() + "laminar_script_test.sql";
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST(Script, TextAndVariables) {
  const auto script = ReadScript({Write("\xEF\xBB\xBFSELECT $a"), {"a=1=2", "long_name="}});
  ASSERT_TRUE(script.ok());
  EXPECT_EQ(script->text, "SELECT $a");
  EXPECT_EQ(script->variables.at("a"), "1=2");
  EXPECT_EQ(script->variables.at("long_name"), "");
}

TEST(Script, WhatIsWrong) {
  EXPECT_EQ(ReadScript({"/no/such/file.sql", {}}).status().message(),
            "cannot read /no/such/file.sql: No such file or directory");
  EXPECT_EQ(ReadScript({"/tmp", {}}).status().message(), "cannot read /tmp: it is a directory");
  EXPECT_THAT(ReadScript({Write(" ;\n\t"), {}}).status().message(), HasSubstr("is empty"));
  EXPECT_THAT(ReadScript({Write(std::string("SELECT 1;\n\0SELECT 2;", 20)), {}}).status().message(),
              HasSubstr("line 2 holds a zero byte"));
  EXPECT_THAT(ReadScript({Write("SELECT 1\n  AS \"\xFF\";"), {}}).status().message(), HasSubstr("line 2 is not UTF-8"));
  EXPECT_THAT(ReadScript({Write("SELECT 1"), {"novalue"}}).status().message(), HasSubstr("--set novalue"));
  EXPECT_THAT(ReadScript({Write("SELECT 1"), {"1a=x"}}).status().message(), HasSubstr("--set 1a=x"));
}

}  // namespace
}  // namespace laminar::cli
