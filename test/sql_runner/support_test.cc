// Tests of the text tests' own parts: a comparison that finds no difference, or a translation that changes the
// question, would make every test pass.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "batch_sql.h"
#include "rows.h"
#include "test_file.h"

namespace laminar::sqltest {
namespace {

using ::testing::HasSubstr;

const Schema kSchema = {{"k", MakeType("VARCHAR")}, {"x", MakeType("DOUBLE")}, {"n", MakeType("BIGINT")}};

TEST(Rows, AreAMultiset) {
  EXPECT_EQ("",
            Difference({}, {"{\"a\":1}", "{\"a\":2}", "{\"a\":1}"}, {"{\"a\":1}", "{\"a\":1}", "{\"a\":2}"}, false));
  EXPECT_THAT(Difference({}, {"{\"a\":1}", "{\"a\":1}"}, {"{\"a\":1}"}, false),
              HasSubstr("missing rows: 1\n  {\"a\":1}"));
  EXPECT_THAT(Difference({}, {"{\"a\":1}"}, {"{\"a\":1}", "{\"a\":1}"}, false), HasSubstr("rows too many: 1"));
  EXPECT_THAT(Difference({}, {"{\"a\":1}", "{\"a\":2}"}, {"{\"a\":2}", "{\"a\":1}"}, true), HasSubstr("row 1"));
}

TEST(Rows, FloatsMayDifferALittleAndOthersNot) {
  const auto row = [](const std::string& k, const std::string& x, const std::string& n) {
    return "{\"k\":\"" + k + "\",\"x\":" + x + ",\"n\":" + n + "}";
  };
  EXPECT_EQ("", Difference(kSchema, {row("a", "1000000.0", "3")}, {row("a", "1000000.0001", "3")}, false));
  EXPECT_NE("", Difference(kSchema, {row("a", "1000000.0", "3")}, {row("a", "1000000.01", "3")}, false));
  EXPECT_EQ("", Difference(kSchema, {row("a", "1e-12", "3")}, {row("a", "0.0", "3")}, false));
  EXPECT_NE("", Difference(kSchema, {row("a", "1.0", "3000000000000000001")}, {row("a", "1.0", "3000000000000000002")},
                           false));
  EXPECT_NE("", Difference(kSchema, {row("a", "null", "3")}, {row("a", "0.0", "3")}, false));
  // What looks like a column inside a string is none.
  EXPECT_NE("",
            Difference(kSchema, {row("\\\",\\\"x\\\":1", "2.0", "3")}, {row("\\\",\\\"x\\\":2", "2.0", "3")}, false));
}

TEST(BatchSql, TumbleIsTimeBucket) {
  EXPECT_EQ("time_bucket( INTERVAL '5' MINUTE, ts, TIMESTAMP '1970-01-01')",
            AsBatchSql("TUMBLE(ts, INTERVAL '5' MINUTE)"));
  EXPECT_EQ("(time_bucket( i, f(a, ')'), TIMESTAMP '1970-01-01') +  i) AS e",
            AsBatchSql("tumble_end(f(a, ')'), i) AS e"));
  EXPECT_EQ("time_bucket( i, ts, TIMESTAMP '1970-01-01' +  o)", AsBatchSql("Tumble_Start(ts, i, o)"));
  EXPECT_EQ("tumble(i), my_tumble(a, b)", AsBatchSql("tumble(i), my_tumble(a, b)"));
}

class TestFiles : public ::testing::Test {
 protected:
  ~TestFiles() override { std::remove(path_.c_str()); }
  Result<TestFile> Read(const std::string& text) {
    std::ofstream(path_) << text;
    return ReadTestFile(path_);
  }
  const std::string path_ = ::testing::TempDir() + "/support_test_" +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".test";
};

TEST_F(TestFiles, Sections) {
  const auto test = Read(
      "# about\n---- script\nSELECT 1;\n---- input t\n{\"a\":1}\n@watermark 1970-01-01 00:00:01\n{\"a\":2}\n"
      "---- input t shard 3\n@idle 1970-01-02\n---- output o\n{}\n---- late t 2\n---- workers 1 2\n---- batches 7\n"
      "---- ordered\n---- warning\nslow\n---- oracle o\nSELECT 2\n");
  ASSERT_TRUE(test.ok()) << test.status().ToString();
  EXPECT_EQ("SELECT 1;\n", test->script);
  const Shard& first = test->inputs.at("t").at(1);
  EXPECT_THAT(first.lines, ::testing::ElementsAre("{\"a\":1}", "{\"a\":2}"));
  ASSERT_EQ(1u, first.directives.size());
  EXPECT_EQ(1u, first.directives[0].before);
  EXPECT_EQ(1'000'000, first.directives[0].micros);
  EXPECT_EQ(Directive::Kind::kIdle, test->inputs.at("t").at(3).directives.at(0).kind);
  EXPECT_EQ(2u, test->late.at("t"));
  EXPECT_THAT(test->workers, ::testing::ElementsAre(1, 2));
  EXPECT_THAT(test->batches, ::testing::ElementsAre(7));
  EXPECT_TRUE(test->ordered);
  EXPECT_THAT(test->warnings, ::testing::ElementsAre("slow"));
  EXPECT_EQ("SELECT 2\n", test->oracle_queries.at("o"));
}

TEST_F(TestFiles, WhatNobodyReadsIsAnError) {
  EXPECT_FALSE(Read("---- script\nSELECT 1;\n---- oracle off\n").ok());
  EXPECT_FALSE(Read("---- script\nSELECT 1;\n---- outputs o\n{}\n").ok());
  EXPECT_FALSE(Read("---- script\nSELECT 1;\n---- output o\n{}\n---- workers\n").ok());
  EXPECT_FALSE(Read("---- script\nSELECT 1;\n---- input t\n@water 1970-01-01\n---- output o\n").ok());
  EXPECT_FALSE(Read("---- script\nSELECT 1;\n---- input t\n@idle soon\n---- output o\n").ok());
}

}  // namespace
}  // namespace laminar::sqltest
