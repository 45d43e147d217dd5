#include "server/api/router.h"

#include <gmock/gmock.h>

#include "server/api/openapi.h"

namespace laminar::server {
namespace {

using ::testing::HasSubstr;

class RouterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    schemas_.Add("Error", R"({"type":"object"})");
    schemas_.Add("Thing", R"({"type":"object"})");
    schemas_.Add("NewThing", R"({"type":"object","required":["name"],"additionalProperties":false,
      "properties":{"name":{"type":"string","minLength":1,"maxLength":10},"config":{"type":"object","properties":{"n":{"type":"integer","minimum":1},"kinds":{"type":"array","maxItems":2,"items":{"type":"string","enum":["one","two"]}}}},
                    "word":{"type":"string","maxLength":10,"pattern":"^[A-Za-z_][A-Za-z0-9_]*$"},"long":{"type":"string","pattern":"^x*$"},"size":{"type":["integer","null"],"minimum":1,"maximum":9},
                    "deep":{"$ref":"#/components/schemas/NewThing"}}})");
    schemas_.Complete();
    std::vector<Operation> operations;
    operations.push_back({.method = "GET",
                          .path = "/ping",
                          .id = "ping",
                          .access = Access::kOpen,
                          .outcomes = {{200, ""}},
                          .handler = [](const Call&) {
                            Answer answer;
                            answer.text = "Pong";
                            answer.content_type = "text/plain";
                            return answer;
                          }});
    operations.push_back({.method = "GET",
                          .path = "/things",
                          .id = "listThings",
                          .query = PagingParameters(),
                          .outcomes = {{200, "Thing"}},
                          .handler = [](const Call& call) {
                            std::vector<json> all;
                            for (int i = 0; i < 30; i++) all.push_back({{"id", "t" + std::to_string(i)}});
                            return Page(call, all);
                          }});
    operations.push_back(
        {.method = "POST",
         .path = "/things",
         .id = "createThing",
         .access = Access::kEditor,
         .body = "NewThing",
         .outcomes = {{201, "Thing"}},
         .changes = true,
         .handler = [](const Call& call) { return Answer{.status = 201, .body = call.body, .object = "thing_1"}; }});
    operations.push_back({.method = "GET",
                          .path = "/things/{id}",
                          .id = "getThing",
                          .outcomes = {{200, "Thing"}},
                          .handler = [](const Call& call) {
                            return Answer{.body = {{"id", call.path.at("id")}}};
                          }});
    operations.push_back({.method = "GET",
                          .path = "/things/special",
                          .id = "special",
                          .access = Access::kAdmin,
                          .outcomes = {{200, ""}},
                          .handler = [](const Call&) -> Answer { throw std::runtime_error("inside"); }});
    operations.push_back({.method = "POST",
                          .path = "/slow",
                          .id = "slow",
                          .outcomes = {{200, ""}},
                          .changes = true,
                          .is_slow = true,
                          .handler = [this](const Call& call) -> Answer {
                            if (throws_) throw std::runtime_error("inside");
                            return Answer{.body = {{"who", call.who.name}, {"path", call.http.path}}};
                          }});
    for (const Role role : {Role::kViewer, Role::kEditor, Role::kAdmin})
      tokens_text_[role] = tokens_.Create(std::string(RoleName(role)), role, std::nullopt).value().text;
    router_ = std::make_unique<Router>(std::move(operations), &schemas_, &tokens_, &audit_, &clock_,
                                       RouterOptions{.requests_per_second = 100, .most_slow = 2});
  }

  HttpResponse Send(const std::string& method, const std::string& path, const std::string& body = "",
                    std::optional<Role> role = Role::kAdmin, const std::string& type = "application/json") {
    HttpRequest request{.method = method, .path = path.substr(0, path.find('?')), .body = body, .peer = "10.0.0.1"};
    if (path.find('?') != path.npos) request.query = path.substr(path.find('?') + 1);
    if (role) request.headers["authorization"] = "Bearer " + tokens_text_.at(*role);
    if (!body.empty()) request.headers["content-type"] = type;
    return router_->Handle(request);
  }
  static std::string Told(const HttpResponse& response) {
    const json body = json::parse(response.body);
    return std::to_string(response.status) + " " + body["error"]["code"].get<std::string>() + ": " +
           body["error"]["message"].get<std::string>();
  }

  bool throws_ = false;
  ManualClock clock_;
  const std::unique_ptr<Metadata> metadata_ = Metadata::Open(":memory:").value();
  Tokens tokens_{metadata_.get(), &clock_};
  Audit audit_{metadata_.get(), &clock_};
  Schemas schemas_;
  std::map<Role, std::string> tokens_text_;
  std::unique_ptr<Router> router_;
};

TEST_F(RouterTest, PathsUnderBothBases) {
  EXPECT_EQ(Send("GET", "/v1/ping", "", std::nullopt).body, "Pong");
  EXPECT_EQ(Send("GET", "/api/v1/ping", "", std::nullopt).body, "Pong");
  EXPECT_EQ(json::parse(Send("GET", "/v1/things/t7").body)["id"], "t7");
  EXPECT_THAT(Told(Send("GET", "/ping")), HasSubstr("404 NOT_FOUND: there is no /ping"));
  EXPECT_THAT(Told(Send("GET", "/v1/things/")), HasSubstr("404 NOT_FOUND"));
  EXPECT_THAT(Told(Send("GET", "/v1/things/a/b")), HasSubstr("404 NOT_FOUND"));
  EXPECT_THAT(Told(Send("DELETE", "/v1/things")), HasSubstr("405 METHOD_NOT_ALLOWED: DELETE is not for /v1/things"));
}

TEST_F(RouterTest, TokensAndRoles) {
  EXPECT_THAT(Told(Send("GET", "/v1/things", "", std::nullopt)), HasSubstr("401 UNAUTHORIZED: a token is needed"));
  EXPECT_THAT(Told(Send("GET", "/v1/nothing", "", std::nullopt)), HasSubstr("401"));
  EXPECT_THAT(Told(Send("POST", "/v1/things", R"({"name":"x"})", Role::kViewer)),
              HasSubstr("403 FORBIDDEN: the token viewer has the role viewer, and createThing needs editor"));
  EXPECT_EQ(Send("POST", "/v1/things", R"({"name":"x"})", Role::kEditor).status, 201);
  EXPECT_THAT(Told(Send("GET", "/v1/things/special", "", Role::kEditor)), HasSubstr("needs admin"));
  ASSERT_TRUE(tokens_.Revoke("editor").ok());
  EXPECT_THAT(Told(Send("POST", "/v1/things", R"({"name":"x"})", Role::kEditor)),
              HasSubstr("401 UNAUTHORIZED: the token is not valid"));
  const auto entries = audit_.List(0, 10).value();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].token_name + " " + entries[0].action + " " + entries[0].object + " " + entries[0].peer,
            "editor createThing thing_1 10.0.0.1");
}

TEST_F(RouterTest, BodiesAreCheckedBeforeAnyHandlerSeesThem) {
  const auto told = [&](const std::string& body) { return Told(Send("POST", "/v1/things", body)); };
  EXPECT_THAT(told("{"), HasSubstr("400 BAD_REQUEST: the body is no JSON, at byte"));
  EXPECT_THAT(told(R"({"name":"x","name":"y"})"), HasSubstr("the name name is twice"));
  EXPECT_THAT(told(R"({"name":)" + std::string(100, '[') + std::string(100, ']') + "}"),
              HasSubstr("nested more than 64 deep"));
  EXPECT_THAT(told(std::string(1'000'000, '[')), HasSubstr("400 BAD_REQUEST"));
  EXPECT_EQ(told(R"({"name": -1e999})"), "400 BAD_REQUEST: the number -1e999 is too large, at byte 10");
  EXPECT_THAT(told("[1e400,1e999"), HasSubstr("the number 1e400 is too large, at byte 2"));
  EXPECT_THAT(told("1" + std::string(1000, '0')), HasSubstr("is too large, at byte 1"));
  EXPECT_THAT(Told(Send("POST", "/v1/things", "name=x", Role::kAdmin, "application/x-www-form-urlencoded")),
              HasSubstr("415 UNSUPPORTED_MEDIA_TYPE"));
  EXPECT_EQ(Send("POST", "/v1/things", R"({"name":"x"})", Role::kAdmin, "Application/JSON; charset=utf-8").status, 201);
  EXPECT_THAT(Told(Send("GET", "/v1/things", "{}")), HasSubstr("400 BAD_REQUEST: listThings takes no body"));
}

TEST_F(RouterTest, WhatIsWrongWithABodyIsSaidInWords) {
  const auto told = [&](const std::string& body) {
    const std::string all = Told(Send("POST", "/v1/things", body));
    const std::string begin = "422 VALIDATION_ERROR: ";
    EXPECT_TRUE(all.starts_with(begin)) << all;
    return all.substr(std::min(begin.size(), all.size()));
  };
  const auto with = [&](const std::string& more) { return told(R"({"name":"x",)" + more + "}"); };
  EXPECT_EQ(told("[]"), "the body: must be an object, not a list");
  EXPECT_EQ(told("{}"), "name: this field is missing; it takes a text");
  EXPECT_EQ(told(R"({"name":""})"), "name: must not be empty");
  EXPECT_EQ(told(R"({"name":"äöüäöüäöüäö"})"), "name: must have 10 characters or fewer, not 11");
  EXPECT_EQ(with(R"("conifg":{})"), "the body: unknown field 'conifg'; did you mean 'config'?");
  EXPECT_EQ(with(R"("deep":{"name":"y","ä":1})"),
            "deep: unknown field 'ä'; it takes config, deep, long, name, size, word");
  EXPECT_EQ(with(R"("config":{"n":0})"), "config.n: must be 1 or more, not 0");
  EXPECT_EQ(with(R"("config":{"n":1.5})"), "config.n: must be a whole number, not a number with a fraction");
  EXPECT_EQ(with(R"("config":{"kinds":["one","tow"]})"), "config.kinds.1: must be one of one, two, not 'tow'");
  EXPECT_EQ(with(R"("config":{"kinds":["one","two","one"]})"), "config.kinds: must have 2 items or fewer, not 3");
  EXPECT_EQ(with(R"("deep":{"name":7})"), "deep.name: must be a text, not a number");
  EXPECT_EQ(with(R"("deep":{"name":true})"), "deep.name: must be a text, not true");
  EXPECT_EQ(with(R"("size":10)"), "size: must be from 1 to 9, not 10");
  EXPECT_EQ(with(R"("size":"big")"), "size: must be a whole number or null, not a text");
  EXPECT_EQ(with(R"("word":"7up")"), "word: must be letters, digits and _, and not begin with a digit, unlike '7up'");
  EXPECT_EQ(with(R"("long":"y")"), "long: must match ^x*$, unlike 'y'");
  // No text is so long that matching it would end the process.
  EXPECT_THAT(with(R"("word":")" + std::string(1'000'000, 'a') + '"'), HasSubstr("10 characters or fewer"));
  EXPECT_THAT(with(R"("long":")" + std::string(1'000'000, 'x') + '"'), HasSubstr("long: must match"));
  EXPECT_EQ(
      Send("POST", "/v1/things", R"({"name":"x","size":null,"word":"a","config":{"kinds":["two"],"n":2.0}})").status,
      201);
  const json details = json::parse(Send("POST", "/v1/things", R"({"nam":"x","size":0})").body)["error"]["details"];
  EXPECT_EQ(details["field"], "");
  EXPECT_EQ(details["problems"].size(), 3u);
  EXPECT_EQ(details["problems"][1]["field"], "name");
  EXPECT_EQ(details["problems"][2]["field"], "size");
}

TEST_F(RouterTest, PagesOfACollection) {
  const auto ids = [&](const std::string& query) {
    const json body = json::parse(Send("GET", "/v1/things?" + query).body);
    std::string ids = body["has_more"].get<bool>() ? "+" : "";
    for (const json& thing : body["data"]) ids += " " + thing["id"].get<std::string>();
    return ids;
  };
  EXPECT_EQ(ids("limit=2"), "+ t0 t1");
  EXPECT_EQ(ids("limit=2&offset=28"), " t28 t29");
  EXPECT_EQ(ids("limit=2&starting_after=t3"), "+ t4 t5");
  EXPECT_EQ(ids("offset=99"), "");
  EXPECT_EQ(json::parse(Send("GET", "/v1/things").body)["data"].size(), 20u);
  for (const char* wrong : {"limit=0", "limit=101", "limit=x", "limit=", "offset=-1", "limit=1&limit=2", "other=1"})
    EXPECT_THAT(Told(Send("GET", std::string("/v1/things?") + wrong)), HasSubstr("422 VALIDATION_ERROR")) << wrong;
  EXPECT_THAT(Told(Send("GET", "/v1/things?starting_after=none")), HasSubstr("404"));
  EXPECT_THAT(Told(Send("GET", "/v1/things?limit=%4")), HasSubstr("400"));
}

TEST_F(RouterTest, RatesAndFailures) {
  EXPECT_EQ(Told(Send("GET", "/v1/things/special")), "500 INTERNAL_ERROR: the server has failed: its log says why");
  int limited = 0;
  for (int i = 0; i < 300; i++) limited += Send("GET", "/v1/things", "", Role::kViewer).status == 429 ? 1 : 0;
  EXPECT_EQ(limited, 100);
  EXPECT_EQ(Send("GET", "/v1/things").status, 200);  // another token
  clock_.Advance(kMicrosPerSecond);
  EXPECT_EQ(Send("GET", "/v1/things", "", Role::kViewer).status, 200);
  std::string last;
  for (int i = 0; i < 200; i++) last = Told(Send("GET", "/v1/things", "", std::nullopt));
  EXPECT_EQ(last, "429 RATE_LIMITED: too many requests without a valid token");
}

TEST_F(RouterTest, OfSlowOperationsOnlySoManyAreTaken) {
  HttpRequest request{.method = "POST", .path = "/v1/slow", .peer = "10.0.0.1"};
  EXPECT_EQ(router_->Handle(request).status, 401);
  request.headers["authorization"] = "Bearer " + tokens_text_.at(Role::kEditor);
  HttpResponse first = router_->Handle(request), second = router_->Handle(request);
  ASSERT_TRUE(first.rest && second.rest);
  EXPECT_THAT(Told(router_->Handle(request)), HasSubstr("503 UNAVAILABLE: the server has as many requests"));
  EXPECT_TRUE(audit_.List(0, 10).value().empty());
  EXPECT_EQ(json::parse(first.rest().body), json({{"who", "editor"}, {"path", "/v1/slow"}}));
  EXPECT_EQ(audit_.List(0, 10).value().size(), 1u);
  first = {};
  throws_ = true;
  HttpResponse third = router_->Handle(request);
  ASSERT_TRUE(third.rest);
  EXPECT_EQ(Told(third.rest()), "500 INTERNAL_ERROR: the server has failed: its log says why");
  second = third = {};  // one of them was never run
  for (int i = 0; i < 5; i++) EXPECT_TRUE(router_->Handle(request).rest);
}

TEST_F(RouterTest, TheDocumentHasEveryOperation) {
  const json document = OpenApi(router_->operations(), schemas_, "1");
  EXPECT_EQ(document["paths"]["/things"]["post"]["operationId"], "createThing");
  EXPECT_EQ(document["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"],
            "#/components/schemas/NewThing");
  EXPECT_EQ(document["paths"]["/things/{id}"]["get"]["parameters"][0]["name"], "id");
  EXPECT_TRUE(document["paths"]["/things/{id}"]["get"]["responses"].contains("404"));
  EXPECT_EQ(document["paths"]["/ping"]["get"]["security"], json::array());
}

}  // namespace
}  // namespace laminar::server
