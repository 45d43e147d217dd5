#include "aws_stores/s3_location.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "aws_stores/s3_store.h"

namespace laminar::s3 {
namespace {

aws::Environment Variables(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  };
}

TEST(ParseLocation, BucketAndPrefix) {
  for (const auto& [url, bucket, prefix] :
       std::vector<std::tuple<std::string, std::string, std::string>>{{"s3://state", "state", ""},
                                                                      {"s3://state/", "state", ""},
                                                                      {"s3://my.state-1/a", "my.state-1", "a/"},
                                                                      {"s3://state/a/b c/", "state", "a/b c/"}}) {
    const auto location = ParseLocation(url);
    ASSERT_TRUE(location.ok()) << location.status().ToString();
    EXPECT_EQ(location->bucket, bucket);
    EXPECT_EQ(location->prefix, prefix);
    EXPECT_TRUE(IsS3Url(url));
  }
  EXPECT_FALSE(IsS3Url("/var/lib/s3://"));
}

TEST(ParseLocation, WhatIsNoneIsTheUsersError) {
  for (const std::string& url :
       {std::string("/var/lib"), std::string("s3:/state"), std::string("s3://"), std::string("s3://ab"),
        std::string("s3://State/x"), std::string("s3://-state"), std::string("s3://a..b"), std::string("s3://a_b/x"),
        std::string("s3://state//x"), std::string("s3://state/x//"), std::string("s3://state/./x"),
        std::string("s3://state/x/.."), std::string("s3://state/a\nb"), "s3://state/" + std::string(701, 'x'),
        "s3://" + std::string(64, 'b')}) {
    const auto location = ParseLocation(url);
    ASSERT_FALSE(location.ok()) << url;
    EXPECT_EQ(location.status().kind(), StatusKind::kUser);
    EXPECT_EQ(location.status().hint(), "Write it as s3://bucket/prefix");
  }
}

TEST(AddressOf, AtAwsTheBucketIsTheHost) {
  const auto address = AddressOf("state", "eu-west-1", Variables({}), "").value();
  EXPECT_EQ(address.endpoint.ToString(), "https://state.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(address.endpoint.host, "state.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(address.path, "/");
  EXPECT_FALSE(address.configured);
  EXPECT_EQ(AddressOf("state", "cn-north-1", Variables({}), "")->endpoint.host, "state.s3.cn-north-1.amazonaws.com.cn");
}

TEST(AddressOf, WhereCertificatesDoNotCoverItAndAtOtherEndpointsItIsInThePath) {
  const auto dots = AddressOf("my.state", "eu-west-1", Variables({}), "").value();
  EXPECT_EQ(dots.endpoint.host, "s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(dots.path, "/my.state/");
  const auto general = AddressOf("state", "x", Variables({{"AWS_ENDPOINT_URL", "http://localhost:9000"}}), "").value();
  EXPECT_EQ(general.endpoint.ToString(), "http://localhost:9000");
  EXPECT_EQ(general.path, "/state/");
  EXPECT_TRUE(general.configured);
  const auto own = AddressOf("state", "x",
                             Variables({{"AWS_ENDPOINT_URL", "http://localhost:9000"},
                                        {"AWS_ENDPOINT_URL_S3", "http://localhost:9001/base"}}),
                             "")
                       .value();
  EXPECT_EQ(own.endpoint.port, 9001);
  EXPECT_EQ(own.path, "/base/state/");
  EXPECT_EQ(AddressOf("state", "x", Variables({}), "http://localhost:9002")->endpoint.port, 9002);
  EXPECT_FALSE(AddressOf("state", "x", Variables({{"AWS_ENDPOINT_URL_S3", "localhost"}}), "").ok());
}

}  // namespace
}  // namespace laminar::s3
