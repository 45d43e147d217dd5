#include "connectors/kinesis/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

// Options are written with the members that matter.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace laminar::kinesis {
namespace {

class ResolveTest : public testing::Test {
 protected:
  std::map<std::string, std::string> variables_, profile_;
  const aws::Environment environment_ = [this](const std::string& name) {
    return variables_.count(name) ? variables_[name] : "";
  };
  const ProfileSetting setting_ = [this](const std::string& key) { return profile_.count(key) ? profile_[key] : ""; };
  std::string Region(const StreamOptions& options) {
    auto region = ResolveRegion(options, environment_, setting_);
    return region.ok() ? region->value_or("none") : region.status().message();
  }
};

TEST_F(ResolveTest, RegionInTheOrderOfTheSdks) {
  StreamOptions options{.stream_name = "s"};
  EXPECT_EQ(Region(options), "none");
  profile_["region"] = "eu-north-1";
  EXPECT_EQ(Region(options), "eu-north-1");
  variables_["AWS_DEFAULT_REGION"] = "eu-west-1";
  EXPECT_EQ(Region(options), "eu-west-1");
  variables_["AWS_REGION"] = "us-west-2";
  EXPECT_EQ(Region(options), "us-west-2");
  options.region = "us-east-1";
  EXPECT_EQ(Region(options), "us-east-1");
}

TEST_F(ResolveTest, AnArnBringsItsRegion) {
  variables_["AWS_REGION"] = "us-west-2";
  StreamOptions options{.stream_arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/s"};
  EXPECT_EQ(Region(options), "eu-west-1");
  options.region = "us-east-1";
  EXPECT_EQ(Region(options), "stream_arn is in eu-west-1, but aws_region says us-east-1");
}

TEST_F(ResolveTest, ARegionThatIsNoneIsRefusedWithItsSource) {
  EXPECT_THAT(Region({.stream_name = "s", .region = "US East"}), testing::HasSubstr("'US East' (aws_region)"));
  variables_["AWS_REGION"] = "evil.host/";
  EXPECT_THAT(Region({.stream_name = "s"}), testing::HasSubstr("(AWS_REGION)"));
}

TEST_F(ResolveTest, TheEndpointOptionWins) {
  EXPECT_EQ(ResolveEndpoint({}, "us-east-1", environment_, setting_), "https://kinesis.us-east-1.amazonaws.com");
  profile_["endpoint_url"] = "http://profile";
  EXPECT_EQ(ResolveEndpoint({}, "us-east-1", environment_, setting_), "http://profile");
  variables_["AWS_ENDPOINT_URL_KINESIS"] = "http://variable";
  EXPECT_EQ(ResolveEndpoint({}, "us-east-1", environment_, setting_), "http://variable");
  variables_["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  EXPECT_EQ(ResolveEndpoint({.endpoint = "http://option"}, "us-east-1", environment_, setting_), "http://option");
}

TEST(ParseStreamArn, Parts) {
  auto arn = ParseStreamArn("arn:aws-cn:kinesis:cn-north-1:123456789012:stream/orders_1.x-y");
  ASSERT_TRUE(arn.ok());
  EXPECT_EQ(arn->partition, "aws-cn");
  EXPECT_EQ(arn->region, "cn-north-1");
  EXPECT_EQ(arn->account, "123456789012");
  EXPECT_EQ(arn->stream_name, "orders_1.x-y");
}

TEST(ParseStreamArn, RefusesOthers) {
  for (const char* text : {"", "orders", "arn:aws:kinesis:us-east-1:1:stream/", "arn:aws:kinesis:us-east-1:1:orders",
                           "arn:aws:kinesis::1:stream/s", "arn:aws:sqs:us-east-1:1:stream/s",
                           "arn:aws:kinesis:us-east-1:1:stream/s/consumer/c:1", "arn:aws:kinesis:us-east-1"}) {
    auto arn = ParseStreamArn(text);
    ASSERT_FALSE(arn.ok()) << text;
    EXPECT_THAT(arn.status().hint(), testing::HasSubstr("arn:aws:kinesis:REGION:ACCOUNT:stream/NAME"));
  }
}

}  // namespace
}  // namespace laminar::kinesis
