#include "client/server_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace laminar::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Parsed(const std::string& text) {
  const auto url = ParseServerUrl("--server", text);
  return url.ok() ? url->ToString() : url.status().message();
}

TEST(ServerUrl, AsUsersWriteIt) {
  EXPECT_EQ(Parsed("http://127.0.0.1:8000"), "http://127.0.0.1:8000");
  EXPECT_EQ(Parsed("localhost:8000"), "http://localhost:8000");
  EXPECT_EQ(Parsed("HTTPS://laminar.example.com"), "https://laminar.example.com");
  EXPECT_EQ(Parsed("http://host"), "http://host");
  EXPECT_EQ(Parsed("http://host/"), "http://host");
  EXPECT_EQ(Parsed("http://host:8000/v1"), "http://host:8000");
  EXPECT_EQ(Parsed("http://host:8000/api/v1/"), "http://host:8000");
  EXPECT_EQ(Parsed("https://host/laminar/v1"), "https://host/laminar");
  EXPECT_EQ(Parsed("http://[::1]:8000"), "http://[::1]:8000");
  EXPECT_EQ(Parsed("http://[fe80::a]"), "http://[fe80::a]");
  EXPECT_EQ(ParseServerUrl("--server", "http://[::1]:8000")->host, "::1");
  EXPECT_EQ(ParseServerUrl("--server", "https://host")->port, 443);
}

TEST(ServerUrl, WhatIsNone) {
  for (const char* text : {"", "http://", "ftp://host", "http://host:0", "http://host:65536", "http://host:x",
                           "http://host:", "http://[::1", "http://ho st", "http://host?x=1", "http://host#x",
                           "http://host/a b", "http://host\r\nX: y"}) {
    EXPECT_THAT(Parsed(text), HasSubstr("--server: ")) << text;
  }
  EXPECT_THAT(Parsed("http://me:secret@host"), HasSubstr("is not taken"));
  EXPECT_THAT(Parsed("http://me:secret@host"), Not(HasSubstr("secret@")));
}

}  // namespace
}  // namespace laminar::client
