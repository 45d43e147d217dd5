#include "aws/assume_role.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "aws/test_server.h"

namespace laminar::aws {
namespace {

using testing::HasSubstr;

std::string Xml(const std::string& expiration) {
  return "<?xml version=\"1.0\"?>\n<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n "
         "<AssumeRoleResult>\n"
         "  <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser>\n  <Credentials>\n"
         "   <AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s&amp;cret/+=</SecretAccessKey>\n"
         "   <SessionToken>tok==</SessionToken><Expiration>" +
         expiration + "</Expiration>\n  </Credentials>\n </AssumeRoleResult>\n</AssumeRoleResponse>";
}
constexpr char kDenied[] =
    "<ErrorResponse "
    "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>AccessDenied</Code>"
    "<Message>User: &lt;me&gt; is not authorized.</Message></Error></ErrorResponse>";

TEST(ParseAssumeRoleAnswer, Credentials) {
  auto answer = ParseAssumeRoleAnswer(Xml("2026-01-01T01:00:00Z"));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->error_code, "");
  EXPECT_EQ(answer->credentials.access_key_id, "ASIA1");
  EXPECT_EQ(answer->credentials.secret_access_key, "s&cret/+=");
  EXPECT_EQ(answer->credentials.session_token, "tok==");
  EXPECT_EQ(answer->credentials.expires_micros, 1'767'229'200'000'000);
}

TEST(ParseAssumeRoleAnswer, Error) {
  auto answer = ParseAssumeRoleAnswer(kDenied);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->error_code, "AccessDenied");
  EXPECT_EQ(answer->error_message, "User: <me> is not authorized.");
}

TEST(ParseAssumeRoleAnswer, WhatIsNeitherFails) {
  for (const std::string& xml : {std::string(), std::string("<html>502</html>"), std::string("{\"__type\":\"x\"}"),
                                 std::string("<Credentials><AccessKeyId>A</AccessKeyId></Credentials>"), Xml("soon")}) {
    EXPECT_FALSE(ParseAssumeRoleAnswer(xml).ok()) << xml;
  }
}

TEST(ParseAssumeRoleAnswer, TruncatedInputNeverGivesCredentials) {
  const std::string xml = Xml("2026-01-01T01:00:00.123Z");
  const size_t whole = xml.find("</Credentials>");
  for (size_t n = 0; n < whole; ++n) EXPECT_FALSE(ParseAssumeRoleAnswer(xml.substr(0, n)).ok()) << n;
  EXPECT_TRUE(ParseAssumeRoleAnswer(xml).ok());
}

TEST(EncodeAssumeRole, EncodesEverythingThatIsNotUnreserved) {
  EXPECT_EQ(EncodeAssumeRole({"arn:aws:iam::1:role/a", "x y&z", "laminar-1", "us-east-1"}),
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa&RoleSessionName=laminar-1&"
            "ExternalId=x%20y%26z");
  EXPECT_THAT(EncodeAssumeRole({"r", "", "s", ""}), testing::Not(HasSubstr("ExternalId")));
}

class FixedCredentials final : public CredentialsProvider {
 public:
  void Get(CredentialsCallback done) override {
    done(std::make_shared<const Credentials>(Credentials{"AKIA", "secret", "", kNever}));
  }
};

class AssumeRoleTest : public testing::Test {
 protected:
  CredentialsResult Assume(const TestServer& server) {
    auto runtime = Runtime::Acquire();
    auto sts = std::make_unique<HttpClient>(runtime, nullptr, ParseEndpoint(server.url()).value(),
                                            HttpOptions{.answer_timeout_ms = 1'000});
    auto provider = MakeAssumeRoleProvider(std::move(sts), std::make_shared<FixedCredentials>(),
                                           {"arn:aws:iam::1:role/a", "", "laminar-1", "us-east-1"}, &clock_);
    std::promise<CredentialsResult> promise;
    provider->Get([&](CredentialsResult result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
  }
  ManualClock clock_;  // 2026-01-01T00:00:00Z
};

TEST_F(AssumeRoleTest, GivesTheRolesCredentials) {
  TestServer server([](const TestServer::Request&) { return TestServer::Answer(200, Xml("2026-01-01T01:00:00Z")); });
  auto result = Assume(server);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.value()->access_key_id, "ASIA1");
  EXPECT_THAT(server.requests().at(0).Header("authorization"), HasSubstr("/us-east-1/sts/aws4_request"));
}

TEST_F(AssumeRoleTest, DeniedNamesTheRoleAndTheTrustPolicy) {
  TestServer server([](const TestServer::Request&) { return TestServer::Answer(403, kDenied); });
  const auto result = Assume(server);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), "AccessDenied");
  EXPECT_THAT(result.status().message(), HasSubstr("arn:aws:iam::1:role/a cannot be assumed"));
  EXPECT_THAT(result.status().hint(), HasSubstr("trust policy"));
}

TEST_F(AssumeRoleTest, AWrongClockIsCorrectedOnce) {
  // The service is a day ahead and refuses any other time.
  TestServer server([](const TestServer::Request& request) {
    const std::string date = "Date: Fri, 02 Jan 2026 00:00:00 GMT\r\n";
    if (request.Header("x-amz-date").starts_with("20260102T"))
      return TestServer::Answer(200, Xml("2026-01-02T01:00:00Z"), date);
    return TestServer::Answer(
        403, "<Error><Code>SignatureDoesNotMatch</Code><Message>Signature expired</Message></Error>", date);
  });
  auto result = Assume(server);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(server.requests().size(), 2u);
  EXPECT_EQ(result.value()->expires_micros, clock_.WallMicros() + 3'600 * kMicrosPerSecond);  // in our clock's time
}

TEST_F(AssumeRoleTest, ServerErrorsMayPass) {
  TestServer server([](const TestServer::Request&) { return TestServer::Answer(503, "<html>no</html>"); });
  EXPECT_EQ(Assume(server).status().code(), kCredentialsUnavailable);
}

}  // namespace
}  // namespace laminar::aws
