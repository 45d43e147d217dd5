#include "server/console/console.h"

#include <gmock/gmock.h>

#include "server/console/embedded_files.h"

namespace laminar::server {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kPack =
    "LAMINAR-CONSOLE 1\n"
    "/assets/app-1a.js\ttext/javascript\taa\timmutable\t5\t3\n"
    "/index.html\ttext/html; charset=utf-8\tbb\tchecked\t4\t0\n"
    "\n"
    "plainZIPpage";

class ConsoleTest : public ::testing::Test {
 protected:
  std::optional<HttpResponse> Get(const std::string& path, std::map<std::string, std::string> headers = {},
                                  const std::string& method = "GET") {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.headers = std::move(headers);
    return console_.Handle(request);
  }
  static std::string Header(const std::optional<HttpResponse>& response, const std::string& name) {
    for (const auto& [each, value] : response->headers) {
      if (each == name) return value;
    }
    return "";
  }

  const Console console_ = *Console::Read(kPack);
  const std::map<std::string, std::string> browser_ = {{"accept", "text/html,*/*;q=0.8"}};
};

TEST_F(ConsoleTest, Files) {
  const auto script = Get("/assets/app-1a.js");
  EXPECT_EQ(200, script->status);
  EXPECT_EQ("plain", script->body);
  EXPECT_EQ("text/javascript", script->content_type);
  EXPECT_THAT(Header(script, "Cache-Control"), HasSubstr("immutable"));
  const auto index = Get("/");
  EXPECT_EQ("page", index->body);
  EXPECT_EQ("no-cache", Header(index, "Cache-Control"));
  EXPECT_THAT(Header(index, "Content-Security-Policy"), HasSubstr("default-src 'self'"));
  EXPECT_THAT(Header(index, "Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
  EXPECT_EQ("nosniff", Header(index, "X-Content-Type-Options"));
  EXPECT_EQ("no-referrer", Header(index, "Referrer-Policy"));
}

TEST_F(ConsoleTest, PagesAreTheIndexAndTheApiIsNot) {
  for (const char* path : {"/pipelines", "/pipelines/pipe_1/errors", "/nothing"})
    EXPECT_EQ("page", Get(path, browser_)->body) << path;
  EXPECT_EQ("page", Get("/v12", browser_)->body);
  for (const char* path : {"/v1", "/v1/pipelines", "/api/v1/pipelines", "/api", "/healthz", "/readyz", "/metrics"})
    EXPECT_FALSE(Get(path, browser_)) << path;
  EXPECT_FALSE(Get("/pipelines", browser_, "POST"));
  EXPECT_FALSE(Get("/pipelines", {{"accept", "*/*"}}));  // a client that forgot /v1
  for (const char* path : {"/assets/app-2b.js", "/.env", "/a/b.php"}) EXPECT_FALSE(Get(path, browser_)) << path;
}

TEST_F(ConsoleTest, GzipForThoseWhoTakeIt) {
  for (const char* taken : {"gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.8", "deflate,gzip ; q=0.1", "*"}) {
    const auto script = Get("/assets/app-1a.js", {{"accept-encoding", taken}});
    EXPECT_EQ("ZIP", script->body) << taken;
    EXPECT_EQ("gzip", Header(script, "Content-Encoding"));
    EXPECT_EQ("\"aa-gzip\"", Header(script, "ETag"));
  }
  for (const char* refused : {"", "br", "gzip;q=0", "gzip; q=0.000", "x-gzip"}) {
    const auto script = Get("/assets/app-1a.js", {{"accept-encoding", refused}});
    EXPECT_EQ("plain", script->body) << refused;
    EXPECT_EQ("", Header(script, "Content-Encoding"));
    EXPECT_EQ("Accept-Encoding", Header(script, "Vary"));
  }
  EXPECT_EQ("page", Get("/index.html", {{"accept-encoding", "gzip"}})->body);
}

TEST_F(ConsoleTest, WhatTheClientHas) {
  for (const char* had : {"\"aa\"", "W/\"aa\"", "\"x\", \"aa\"", "*"}) {
    const auto script = Get("/assets/app-1a.js", {{"if-none-match", had}});
    EXPECT_EQ(304, script->status) << had;
    EXPECT_EQ("", script->body);
    EXPECT_EQ("\"aa\"", Header(script, "ETag"));
  }
  EXPECT_EQ(200, Get("/assets/app-1a.js", {{"if-none-match", "\"aa-gzip\""}})->status);
  EXPECT_EQ(200, Get("/assets/app-1a.js", {{"if-none-match", "\"a\""}})->status);
}

TEST(ConsolePack, NotWhole) {
  std::string pack(kPack);
  EXPECT_TRUE(Console::Read(pack).ok());
  EXPECT_FALSE(Console::Read(pack + "x").ok());
  for (size_t size = 0; size < pack.size(); size++)
    EXPECT_FALSE(Console::Read(std::string_view(pack).substr(0, size)).ok()) << size;
  EXPECT_FALSE(Console::Read("LAMINAR-CONSOLE 1\n/a.js\ttext/javascript\tx\tchecked\t0\t0\n\n").ok());  // no index
}

TEST(ConsolePack, OfThisProgram) {
  const Result<Console> console = Console::Read(EmbeddedConsole());
  ASSERT_TRUE(console.ok());
  HttpRequest request;
  request.method = "GET";
  request.path = "/";
  EXPECT_THAT(console->Handle(request)->body, HasSubstr("<title>Laminar</title>"));
}

}  // namespace
}  // namespace laminar::server
