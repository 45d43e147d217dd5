#include "connectors/kinesis/shard_position.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace laminar::kinesis {
namespace {

using testing::HasSubstr;
using testing::Not;
using State = ShardStanding::State;

SourcePosition Sample() {
  SourcePosition position{"orders", "arn:aws:kinesis:us-east-1:1:stream/orders", {}};
  position.shards.push_back({"s0", {}, State::kFinished, {.complete_through_micros = 7}, true});
  position.shards.push_back({"s1", {"s0", "s9"}, State::kReading, ShardPosition::After("4959"), false});
  position.shards.back().position.rows = 1'200;
  position.shards.push_back({"s2", {}, State::kReading, ShardPosition::At("4960"), false});
  position.shards.back().position.sub_sequence_number = 3;
  position.shards.back().position.offset = 120;
  position.shards.back().position.line = 4;
  position.shards.push_back({"s3", {}, State::kReading, ShardPosition::Timestamp(1'767'225'600'000'000), false});
  position.shards.push_back({"s4", {"s1"}, State::kWaiting, ShardPosition::Oldest(), false});
  return position;
}

TEST(ShardPosition, ComesBackFromItsText) {
  const std::string text = ToJson(Sample());
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  const Result<SourcePosition> parsed = ParseSourcePosition(text);
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
  EXPECT_EQ(*parsed, Sample());
}

// Checkpoints of this version stay readable.
TEST(ShardPosition, TheTextOfVersionOne) {
  EXPECT_EQ(ToJson(Sample()),
            R"({"version":1,"stream":"orders","arn":"arn:aws:kinesis:us-east-1:1:stream/orders","shards":[)"
            R"({"id":"s0","state":"finished","complete_through":7,"awaits_children":true},)"
            R"({"id":"s1","state":"reading","parents":["s0","s9"],"after":"4959","rows":1200},)"
            R"({"id":"s2","state":"reading","at":"4960","sub":3,"offset":120,"line":4},)"
            R"({"id":"s3","state":"reading","from":1767225600000000},)"
            R"({"id":"s4","state":"waiting","parents":["s1"],"from":"oldest"}]})");
}

TEST(ShardPosition, OtherTextIsRefused) {
  for (const char* text :
       {"", "{}", "[]", "null", R"({"version":1})", R"({"version":1,"stream":"a","shards":[{}]})",
        R"({"version":1,"stream":3,"shards":[]})", R"({"version":1,"stream":"a","shards":null})",
        R"({"version":1,"stream":"a","shards":{}})",
        R"({"version":1,"stream":"a","shards":[{"id":"s","state":"reading"}]})",
        R"({"version":1,"stream":"a","shards":[{"id":"s","state":"read"}]})",
        R"({"version":1,"stream":"a","shards":[{"id":"s","state":"reading","from":"newest"}]})",
        R"({"version":1,"stream":"a","shards":[{"id":"s","state":"reading","from":1e300}]})",
        R"({"version":1,"stream":"a","shards":[{"id":"s","state":"reading","from":1.5}]})",
        R"({"version":1,"stream":"a","shards":[{"id":"s","state":"reading","from":9223372036854775808}]})",
        R"({"version":1,"stream":"a","shards":[{"id":"s","state":"reading","after":"4","rows":-1}]})",
        R"({"version":1,"stream":"a","shards":[{"id":"s","state":"reading","at":"4","offset":true}]})",
        R"({"version":1,"stream":"a","shards":[{"id":"s","state":"finished","complete_through":1e9}]})"}) {
    const auto parsed = ParseSourcePosition(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.status().kind(), StatusKind::kEnvironment);
    EXPECT_THAT(parsed.status().hint(), HasSubstr("--fresh"));
  }
  // What only other states have is passed over.
  const auto extra = ParseSourcePosition(
      R"({"version":1,"stream":"a","shards":[{"id":"s","state":"reading","at":"4","line":3,"awaits_children":true}]})");
  ASSERT_TRUE(extra.ok()) << extra.status().ToString();
  EXPECT_EQ(*ParseSourcePosition(ToJson(*extra)), *extra);
  const auto later = ParseSourcePosition(R"({"version":2,"stream":"a","shards":[]})");
  ASSERT_FALSE(later.ok());
  EXPECT_THAT(later.status().message(), HasSubstr("format 2"));
}

}  // namespace
}  // namespace laminar::kinesis
