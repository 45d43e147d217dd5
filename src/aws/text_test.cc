// Small text functions: base64, dates, the endpoints of services.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

#include "aws/base64.h"
#include "aws/http_date.h"
#include "aws/service_endpoint.h"

namespace laminar::aws {
namespace {

std::string Encode(const std::string& data) {
  std::string out = "kept:";
  Base64Append(data, &out);
  return out;
}

TEST(Base64, KnownValues) {  // RFC 4648, section 10
  EXPECT_EQ(Encode(""), "kept:");
  EXPECT_EQ(Encode("f"), "kept:Zg==");
  EXPECT_EQ(Encode("foobar"), "kept:Zm9vYmFy");
  char out[16];
  EXPECT_EQ(Base64Decode("", out), 0);
  ASSERT_EQ(Base64Decode("Zm9vYg==", out), 4);
  EXPECT_EQ(std::string(out, 4), "foob");
  for (const char* bad : {"Zm9v!mFy", "Zg=", "Z", "Zg==Zg==", "Zm 9"}) EXPECT_EQ(Base64Decode(bad, out), -1) << bad;
}

TEST(Base64, RoundTrip) {
  EXPECT_TRUE(rc::check("decoding undoes encoding", [](const std::string& data) {
    std::string text;
    Base64Append(data, &text);
    RC_ASSERT(text.size() == Base64EncodedSize(data.size()));
    std::string out(Base64DecodedBound(text.size()), '\0');
    RC_ASSERT(Base64Decode(text, out.data()) == static_cast<ptrdiff_t>(data.size()));
    RC_ASSERT(out.substr(0, data.size()) == data);
  }));
}

TEST(HttpDate, Parse) {
  EXPECT_EQ(ParseHttpDate("Thu, 01 Jan 2026 00:00:00 GMT"), 1'767'225'600'000'000);
  EXPECT_EQ(ParseHttpDate("Sun, 29 Feb 2032 23:59:59 GMT"), 1'961'711'999'000'000);
  for (const char* bad :
       {"", "Thu, 01 Jan 2026 00:00:00 CET", "Thu, 01 Foo 2026 00:00:00 GMT", "Thu, 31 Feb 2026 00:00:00 GMT",
        "Thu, 0x Jan 2026 00:00:00 GMT", "Thu, 01 Jan 2026 25:00:00 GMT", "2026-01-01T00:00:00Z"}) {
    EXPECT_EQ(ParseHttpDate(bad), 0) << bad;
  }
}

TEST(IsoTime, Parse) {
  EXPECT_EQ(ParseIsoTime("2026-01-01T00:00:00Z"), 1'767'225'600'000'000);
  EXPECT_EQ(ParseIsoTime("2026-01-01T00:00:01.999Z"), 1'767'225'601'000'000);
  for (const char* bad : {"", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00+01Z",
                          "2026-01-01T0a:00:00Z"}) {
    EXPECT_EQ(ParseIsoTime(bad), 0) << bad;
  }
}

TEST(ServiceEndpoint, Order) {
  std::map<std::string, std::string> variables;
  const Environment environment = [&](const std::string& name) { return variables.count(name) ? variables[name] : ""; };
  EXPECT_EQ(ServiceEndpoint("kinesis", "us-east-1", environment, ""), "https://kinesis.us-east-1.amazonaws.com");
  EXPECT_EQ(ServiceEndpoint("sts", "cn-north-1", environment, ""), "https://sts.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(ServiceEndpoint("kinesis", "us-east-1", environment, "http://profile"), "http://profile");
  variables["AWS_ENDPOINT_URL"] = "http://all";
  EXPECT_EQ(ServiceEndpoint("kinesis", "us-east-1", environment, "http://profile"), "http://all");
  variables["AWS_ENDPOINT_URL_KINESIS"] = "http://one";
  EXPECT_EQ(ServiceEndpoint("kinesis", "us-east-1", environment, ""), "http://one");
  EXPECT_EQ(ServiceEndpoint("sts", "us-east-1", environment, ""), "http://all");
  variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  EXPECT_EQ(ServiceEndpoint("sts", "us-east-1", environment, "http://profile"), "https://sts.us-east-1.amazonaws.com");
}

}  // namespace
}  // namespace laminar::aws
