#include "client/api_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace laminar::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Answers from a list, in its order; the last one again and again.
class OrderedTransport final : public Transport {
 public:
  explicit OrderedTransport(std::vector<Reply> replies) : replies_(std::move(replies)) {}
  Result<Reply> Send(const Request& request) override {
    asked.push_back(request.method + " " + request.path + (request.body.empty() ? "" : " " + request.body));
    const size_t at = std::min(next_++, replies_.size() - 1);
    if (replies_[at].status == 0) return Status::Environment("nobody answers");
    return replies_[at];
  }
  Result<Reply> Follow(const Request& request, const std::function<bool(std::string_view)>& on_bytes) override {
    ASSIGN_OR_RETURN(Reply reply, Send(request));
    if (reply.status == 200) on_bytes(std::exchange(reply.body, ""));
    return reply;
  }
  std::vector<std::string> asked;

 private:
  const std::vector<Reply> replies_;
  size_t next_ = 0;
};

class ApiClientTest : public ::testing::Test {
 protected:
  ApiClient* Make(std::vector<Reply> replies, TokenOrigin token = {true, "LAMINAR_TOKEN"}) {
    auto transport = std::make_unique<OrderedTransport>(std::move(replies));
    transport_ = transport.get();
    client_ = std::make_unique<ApiClient>(std::move(transport), token, [this](int64_t millis) {
      waits_.push_back(millis);
      return true;
    });
    return client_.get();
  }
  Status Refusal(int status, const std::string& body, TokenOrigin token = {true, "LAMINAR_TOKEN"}) {
    return Make({{status, body}}, token)->Get("/pipelines/x").status();
  }

  OrderedTransport* transport_ = nullptr;
  std::unique_ptr<ApiClient> client_;
  std::vector<int64_t> waits_;
};

TEST_F(ApiClientTest, AnswersAsTheServerWroteThem) {
  const auto answer = Make({{200, "{\"b\": 12345678901234567890123, \"a\": 1.50}\n"}})->Get("/pipelines/pipe_1");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->text, "{\"b\": 12345678901234567890123, \"a\": 1.50}");
  EXPECT_EQ(answer->body["a"], 1.5);
  EXPECT_THAT(transport_->asked, ElementsAre("GET /v1/pipelines/pipe_1"));
  EXPECT_TRUE(Make({{204, ""}})->Delete("/pipelines/pipe_1")->body.is_null());
  EXPECT_TRUE(Make({{200, "{}"}})->Patch("/pipelines/pipe_1", {{"stop", "none"}}).ok());
  EXPECT_THAT(transport_->asked, ElementsAre("PATCH /v1/pipelines/pipe_1 {\"stop\":\"none\"}"));
}

TEST_F(ApiClientTest, AListIsAllItsPages) {
  const auto list = Make({{200, R"({"data":[{"id":"a","x":1.10},{"id":"b c"}],"has_more":true})"},
                          {200, R"({"data":[{"id":"d"}],"has_more":false})"}})
                        ->List("/pipelines");
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->text, R"({"data":[{"id":"a","x":1.10},{"id":"b c"},{"id":"d"}],"has_more":false})");
  EXPECT_EQ(list->body["data"].size(), 3U);
  EXPECT_THAT(transport_->asked,
              ElementsAre("GET /v1/pipelines?limit=100", "GET /v1/pipelines?limit=100&starting_after=b%20c"));
  EXPECT_EQ(Make({{200, R"({"data":[],"has_more":false})"}})->List("/jobs")->text, R"({"data":[],"has_more":false})");
}

TEST_F(ApiClientTest, AListGoesOnWhereItsLastOneWasDeleted) {
  const Reply first = {200, R"({"data":[{"id":"a"}],"has_more":true})"};
  const Reply gone = {404, R"({"error":{"code":"NOT_FOUND","message":"starting_after names nothing","details":{}}})"};
  const Reply rest = {200, R"({"data":[{"id":"b"}],"has_more":false})"};
  EXPECT_EQ(Make({first, gone, rest})->List("/pipelines")->text, R"({"data":[{"id":"b"}],"has_more":false})");
  EXPECT_FALSE(Make({gone})->List("/pipelines/x/jobs").ok());
}

TEST_F(ApiClientTest, WhatItIsRefusedFor) {
  Status status = Refusal(404, R"({"error":{"code":"NOT_FOUND","message":"there is no pipeline x","details":{}}})");
  EXPECT_EQ(status.kind(), StatusKind::kUser);
  EXPECT_EQ(status.message(), "there is no pipeline x");
  EXPECT_EQ(status.code(), ApiClient::kNotFound);
  status =
      Refusal(503, R"({"error":{"code":"UNAVAILABLE","message":"the disk is full","details":{"hint":"Free it"}}})");
  EXPECT_EQ(status.kind(), StatusKind::kEnvironment);
  EXPECT_EQ(status.hint(), "Free it");
  status = Refusal(401, R"({"error":{"code":"UNAUTHORIZED","message":"no","details":{"hint":"Send it"}}})");
  EXPECT_THAT(status.message(), HasSubstr("does not take the token of LAMINAR_TOKEN"));
  status = Refusal(401, R"({"error":{"code":"UNAUTHORIZED","message":"no","details":{}}})", {});
  EXPECT_THAT(status.message() + status.hint(), HasSubstr("none is given"));
  EXPECT_THAT(status.hint(), HasSubstr("--token-file"));
  status = Refusal(403, R"({"error":{"code":"FORBIDDEN","message":"ci is a viewer","details":{}}})");
  EXPECT_THAT(status.hint(), HasSubstr("--role editor"));
  status = Refusal(409, R"({"error":{"code":"CONFLICT","message":"the script has changed",
                        "details":{"field":"query","hint":"\"fresh\": true in the same request lets it begin anew"}}})");
  EXPECT_EQ(status.hint(), "--fresh lets it begin anew");
  status = Refusal(422, R"({"error":{"code":"VALIDATION_ERROR","details":{"field":"memory_limit_bytes"},
                        "message":"memory_limit_bytes is more than the server's own, 4000000000"}})");
  EXPECT_EQ(status.message(), "--memory-limit is more than the server's own, 4.0 GB");
  status = Refusal(502, "<html>\nBad gateway</html>");
  EXPECT_EQ(status.kind(), StatusKind::kEnvironment);
  EXPECT_THAT(status.message(), HasSubstr("status 502, <html> Bad gateway"));
  EXPECT_FALSE(Make({{200, "<html>"}})->Get("/x").ok());
  EXPECT_FALSE(Make({{200, "[1]"}})->List("/x").ok());
  EXPECT_EQ(Make({{0, ""}})->Get("/x").status().message(), "nobody answers");
}

TEST_F(ApiClientTest, EverythingThatIsWrongWithAQuery) {
  ApiClient* const client =
      Make({{422, R"({"error":{"code":"VALIDATION_ERROR","message":"first","details":{"field":"query",
      "position":{"line":2,"column":3},
      "errors":[{"message":"first","hint":"do this","line":2,"column":3},{"message":"second","hint":"","line":null,"column":null}]}}})"},
            {200, "{}"}});
  const Status status = client->Post("/pipelines", "{}").status();
  EXPECT_EQ(status.position().line, 2);
  ASSERT_EQ(client->query_problems().size(), 2U);
  EXPECT_EQ(client->query_problems()[0].position().column, 3);
  EXPECT_EQ(client->query_problems()[0].hint(), "do this");
  EXPECT_FALSE(client->query_problems()[1].position().known());
  EXPECT_TRUE(client->Get("/x").ok());
  EXPECT_THAT(client->query_problems(), IsEmpty());
}

TEST_F(ApiClientTest, WaitsWhereItHasSentTooMany) {
  const Reply many = {429, R"({"error":{"code":"RATE_LIMITED","message":"more","details":{"retry_after_ms":7}}})"};
  const Reply longer = {429,
                        R"({"error":{"code":"RATE_LIMITED","message":"more","details":{"retry_after_ms":99999}}})"};
  EXPECT_TRUE(Make({many, longer, {200, "{}"}})->Get("/x").ok());
  EXPECT_THAT(waits_, ElementsAre(10, 2000));
  waits_.clear();
  const Status status = Make({many})->Get("/x").status();
  EXPECT_EQ(status.kind(), StatusKind::kEnvironment);
  EXPECT_EQ(waits_.size(), 20U);
}

TEST_F(ApiClientTest, FollowsEvents) {
  std::vector<std::string> names;
  const auto keep = [&](const Event& event) {
    names.push_back(event.name);
    return event.name != "done";
  };
  EXPECT_TRUE(Make({{200, "event: line\ndata: {}\n\nevent: done\ndata: {}\n\n"}})->Follow("/jobs/a/logs", keep).ok());
  EXPECT_THAT(names, ElementsAre("line", "done"));
  EXPECT_EQ(
      Make({{404, R"({"error":{"code":"NOT_FOUND","message":"no job","details":{}}})"}})->Follow("/x", keep).code(),
      ApiClient::kNotFound);
}

TEST(Escaped, WhatAPathMayNotHave) {
  EXPECT_EQ(Escaped("pipe_1-~."), "pipe_1-~.");
  EXPECT_EQ(Escaped("a b/\xC3\xBC?&%"), "a%20b%2F%C3%BC%3F%26%25");
}

}  // namespace
}  // namespace laminar::client
