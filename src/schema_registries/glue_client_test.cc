#include "schema_registries/glue_client.h"

#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "aws/test_server.h"
#include "formats/schema_header.h"
#include "schema_registries/cached_registry.h"
#include "schema_registries/registries.h"

namespace laminar {
namespace {

using aws::TestServer;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kUuid[] = "9fc3e0e5-7f0d-4b0a-a35c-6d1f4a3e9d11";

std::string Version(const std::string& status) {
  return TestServer::Answer(200, json({{"SchemaVersionId", kUuid},
                                       {"SchemaDefinition", "\"long\""},
                                       {"DataFormat", "AVRO"},
                                       {"Status", status},
                                       {"SchemaVersionStatus", status}})
                                     .dump());
}

std::string Error(const std::string& code, const std::string& message = "said so", int status = 400,
                  const std::string& extra = "") {
  return TestServer::Answer(status, json({{"__type", code}, {"message", message}}).dump(), extra);
}

class FixedCredentials final : public aws::CredentialsProvider {
 public:
  void Get(aws::CredentialsCallback done) override {
    if (!problem.ok()) return done(problem);
    done(std::make_shared<const aws::Credentials>(aws::Credentials{"AKID", "secret", "", kNever}));
  }
  void Invalidate() override { invalidated++; }
  Status problem;
  int invalidated = 0;
};

// Glue that answers as the test says: one answer for each call, by operation; the last one again and again.
struct GlueWorld {
  explicit GlueWorld(std::map<std::string, std::vector<std::string>> answers)
      : server([this, answers = std::move(answers)](const TestServer::Request& request) mutable {
          const std::string operation = request.Header("x-amz-target").substr(8);
          operations.push_back(operation);
          std::vector<std::string>& next = answers.at(operation);
          std::string answer = next.front();
          if (next.size() > 1) next.erase(next.begin());
          return answer;
        }),
        client(MakeGlueClient(std::make_unique<aws::HttpClient>(aws::Runtime::Acquire(), nullptr,
                                                                aws::ParseEndpoint(server.url()).value(),
                                                                aws::HttpOptions{.max_connections = 1}),
                              credentials, {"shop", "eu-west-1", "", "", "FULL"}, &clock)) {}

  json Body(size_t request) const { return json::parse(server.requests()[request].body); }

  SystemClock clock;
  const std::shared_ptr<FixedCredentials> credentials = std::make_shared<FixedCredentials>();
  std::vector<std::string> operations;  // of requests that came one after the other
  TestServer server;
  std::unique_ptr<RegistryClient> client;
};

TEST(GlueClient, SchemasAreFetchedByVersionAndByName) {
  GlueWorld world({{"GetSchemaVersion", {Version("AVAILABLE")}}});
  const std::string id = *SchemaIdOf(std::string_view(kUuid));
  RegistryAnswer answer = world.client->Fetch(id);
  ASSERT_EQ(answer.outcome, RegistryOutcome::kDone);
  EXPECT_EQ(answer.schema.id, id);
  EXPECT_EQ(answer.schema.type, "AVRO");
  EXPECT_EQ(answer.schema.text, "\"long\"");
  answer = world.client->Latest("orders");
  ASSERT_EQ(answer.outcome, RegistryOutcome::kDone);
  EXPECT_EQ(answer.schema.id, id);
  EXPECT_EQ(world.Body(0), json({{"SchemaVersionId", kUuid}}));
  EXPECT_EQ(world.Body(1), json({{"SchemaId", {{"RegistryName", "shop"}, {"SchemaName", "orders"}}},
                                 {"SchemaVersionNumber", {{"LatestVersion", true}}}}));
  const TestServer::Request request = world.server.requests()[0];
  EXPECT_EQ(request.Header("content-type"), "application/x-amz-json-1.1");
  EXPECT_THAT(request.Header("authorization"), HasSubstr("/eu-west-1/glue/aws4_request"));
}

TEST(GlueClient, ARegisteredSchemaIsOnlyLookedUp) {
  GlueWorld world({{"GetSchemaByDefinition", {Version("AVAILABLE")}}});
  ASSERT_EQ(world.client->Register("orders", "AVRO", "\"int\"").outcome, RegistryOutcome::kDone);
  const RegistryAnswer answer = world.client->LookUp("orders", "AVRO", "\"int\"");
  EXPECT_EQ(answer.outcome, RegistryOutcome::kDone);
  EXPECT_EQ(answer.schema.text, "\"int\"");
  EXPECT_THAT(world.operations, ElementsAre("GetSchemaByDefinition", "GetSchemaByDefinition"));
}

TEST(GlueClient, AVersionIsRegisteredOnceAndWaitedFor) {
  GlueWorld world({{"GetSchemaByDefinition", {Error("EntityNotFoundException")}},
               {"RegisterSchemaVersion", {Version("PENDING")}},
               {"GetSchemaVersion", {Version("PENDING"), Version("AVAILABLE")}}});
  RegistryAnswer answer = world.client->Register("orders", "AVRO", "\"int\"");
  EXPECT_EQ(answer.outcome, RegistryOutcome::kTryAgain);
  EXPECT_THAT(answer.problem.message(), HasSubstr("is still checking the version " + std::string(kUuid)));
  EXPECT_EQ(world.client->Register("orders", "AVRO", "\"int\"").outcome, RegistryOutcome::kTryAgain);
  EXPECT_EQ(world.client->Register("orders", "AVRO", "\"int\"").outcome, RegistryOutcome::kDone);
  EXPECT_THAT(world.operations,
              ElementsAre("GetSchemaByDefinition", "RegisterSchemaVersion", "GetSchemaVersion", "GetSchemaVersion"));
}

TEST(GlueClient, AVersionThatDoesNotFitIsRefused) {
  GlueWorld world({{"GetSchemaByDefinition", {Error("EntityNotFoundException"), Version("FAILURE")}},
               {"RegisterSchemaVersion", {Version("PENDING"), Version("AVAILABLE")}},
               {"GetSchemaVersion", {Version("FAILURE")}}});
  EXPECT_EQ(world.client->Register("orders", "AVRO", "\"int\"").outcome, RegistryOutcome::kTryAgain);
  const RegistryAnswer answer = world.client->Register("orders", "AVRO", "\"int\"");
  EXPECT_EQ(answer.outcome, RegistryOutcome::kRefused);
  EXPECT_THAT(answer.problem.message(), HasSubstr("of the schema orders is FAILURE"));
  EXPECT_THAT(answer.problem.hint(), HasSubstr("Make it compatible"));
  // The next start asks again: the schema's compatibility may be another now.
  EXPECT_EQ(world.client->Register("orders", "AVRO", "\"int\"").outcome, RegistryOutcome::kDone);
}

TEST(GlueClient, TheFirstVersionMakesTheSchema) {
  GlueWorld world({{"GetSchemaByDefinition", {Error("com.amazonaws.glue#EntityNotFoundException:http://x")}},
               {"RegisterSchemaVersion", {Error("EntityNotFoundException")}},
               {"CreateSchema", {Version("AVAILABLE")}}});
  ASSERT_EQ(world.client->Register("orders", "JSON", "{}").outcome, RegistryOutcome::kDone);
  EXPECT_EQ(world.Body(2), json({{"RegistryId", {{"RegistryName", "shop"}}},
                                 {"SchemaName", "orders"},
                                 {"DataFormat", "JSON"},
                                 {"Compatibility", "FULL"},
                                 {"SchemaDefinition", "{}"}}));

  GlueWorld nowhere({{"GetSchemaByDefinition", {Error("EntityNotFoundException")}},
                 {"RegisterSchemaVersion", {Error("EntityNotFoundException")}},
                 {"CreateSchema", {Error("EntityNotFoundException")}}});
  const RegistryAnswer answer = nowhere.client->Register("orders", "JSON", "{}");
  EXPECT_EQ(answer.outcome, RegistryOutcome::kMissing);
  EXPECT_THAT(answer.problem.ToString(), HasSubstr("shop in eu-west-1"));
  EXPECT_THAT(answer.problem.hint(), HasSubstr("aws glue create-registry --registry-name shop"));
}

TEST(GlueClient, WhatIsMissingIsToldByName) {
  GlueWorld world({{"GetSchemaByDefinition", {Error("EntityNotFoundException")}},
               {"GetSchemaVersion", {Error("EntityNotFoundException")}},
               {"GetRegistry", {TestServer::Answer(200, "{}")}}});
  RegistryAnswer answer = world.client->Fetch(*SchemaIdOf(std::string_view(kUuid)));
  EXPECT_EQ(answer.outcome, RegistryOutcome::kMissing);
  EXPECT_THAT(answer.problem.message(), HasSubstr("unknown schema id " + std::string(kUuid)));
  answer = world.client->Latest("orders");
  EXPECT_EQ(answer.problem.code(), kNoSuchSubject);
  EXPECT_THAT(answer.problem.message(), HasSubstr("has no schema orders"));
  answer = world.client->LookUp("orders", "AVRO", "\"int\"");
  EXPECT_EQ(answer.outcome, RegistryOutcome::kMissing);
  EXPECT_THAT(answer.problem.hint(), HasSubstr("schema_registry.auto_register"));

  GlueWorld nowhere({{"GetSchemaByDefinition", {Error("EntityNotFoundException")}},
                 {"GetSchemaVersion", {Error("EntityNotFoundException")}},
                 {"GetRegistry", {Error("EntityNotFoundException")}}});
  for (const RegistryAnswer& found : {nowhere.client->Latest("orders"), nowhere.client->LookUp("orders", "AVRO", "")}) {
    EXPECT_THAT(found.problem.message(), HasSubstr("shop in eu-west-1"));
    EXPECT_THAT(found.problem.hint(), HasSubstr("correct schema_registry.registry_name"));
  }

  // Who may not ask for the registry is told of the schema.
  GlueWorld secret(
      {{"GetSchemaVersion", {Error("EntityNotFoundException")}}, {"GetRegistry", {Error("AccessDeniedException")}}});
  EXPECT_THAT(secret.client->Latest("orders").problem.message(), HasSubstr("has no schema orders"));
}

TEST(GlueClient, FailuresThatPassAreTriedAgainAndOthersAreNot) {
  const auto outcome = [](const std::string& answer, const std::string& says) {
    GlueWorld world({{"GetSchemaVersion", {answer}}});
    const RegistryAnswer found = world.client->Latest("orders");
    EXPECT_THAT(found.problem.ToString(), HasSubstr(says));
    EXPECT_EQ(world.operations.size(), 1U);
    return found.outcome;
  };
  using enum RegistryOutcome;
  EXPECT_EQ(outcome(Error("ThrottlingException", "slow down"), "ThrottlingException: slow down"), kTryAgain);
  EXPECT_EQ(outcome(Error("InternalServiceException", "", 500), "InternalServiceException"), kTryAgain);
  EXPECT_EQ(outcome(TestServer::Answer(503, "<html>"), "status 503"), kTryAgain);
  EXPECT_EQ(outcome(TestServer::Answer(429, ""), "status 429"), kTryAgain);
  EXPECT_EQ(outcome(TestServer::Answer(200, "<html>"), "Check schema_registry.endpoint"), kTryAgain);
  EXPECT_EQ(outcome(TestServer::Answer(200, "{}"), "an answer has no \"SchemaVersionId\""), kTryAgain);
  EXPECT_EQ(outcome(TestServer::Answer(404, ""), "does not answer as AWS Glue does: status 404"), kTryAgain);
  EXPECT_EQ(outcome(Error("AccessDeniedException", "no"), "Allow glue:GetSchemaVersion"), kRefused);
  EXPECT_EQ(outcome(Error("UnrecognizedClientException", "no"), "schema_registry.region (eu-west-1)"), kRefused);
  EXPECT_EQ(outcome(Error("InvalidInputException", "bad name"), "bad name"), kRefused);
  EXPECT_EQ(outcome(TestServer::Answer(418, "{}", "x-amzn-ErrorType: TeapotException:http://x\r\n"), "TeapotException"),
            kRefused);
}

TEST(GlueClient, AWrongClockAndAnExpiredTokenAreMendedOnce) {
  GlueWorld clock({{"GetSchemaVersion",
                {Error("InvalidSignatureException", "", 400, "Date: Fri, 01 Jan 2100 00:00:00 GMT\r\n"),
                 Version("AVAILABLE")}}});
  ASSERT_EQ(clock.client->Latest("orders").outcome, RegistryOutcome::kDone);
  EXPECT_THAT(clock.server.requests()[1].Header("x-amz-date"), HasSubstr("21000101T0000"));

  GlueWorld token({{"GetSchemaVersion", {Error("ExpiredTokenException"), Version("AVAILABLE")}}});
  ASSERT_EQ(token.client->Latest("orders").outcome, RegistryOutcome::kDone);
  EXPECT_EQ(token.credentials->invalidated, 1);

  GlueWorld expired({{"GetSchemaVersion", {Error("ExpiredTokenException")}}});
  EXPECT_EQ(expired.client->Latest("orders").outcome, RegistryOutcome::kRefused);
  EXPECT_EQ(expired.operations.size(), 2U);
}

TEST(GlueClient, CredentialsThatMayComeAreWaitedFor) {
  GlueWorld world({});
  world.credentials->problem = Status::User("no credentials", "Set them");
  EXPECT_EQ(world.client->Latest("orders").outcome, RegistryOutcome::kRefused);
  world.credentials->problem = Status::Environment("no answer").WithCode(aws::kCredentialsUnavailable);
  EXPECT_EQ(world.client->Latest("orders").outcome, RegistryOutcome::kTryAgain);
}

TEST(GlueClient, RegistriesAreOpenedWithTheSettingsOfTheMachine) {
  TestServer server([](const TestServer::Request&) { return Version("AVAILABLE"); });
  const SystemClock clock;
  std::map<std::string, std::string> variables = {{"AWS_ACCESS_KEY_ID", "AKID"},
                                                  {"AWS_SECRET_ACCESS_KEY", "secret"},
                                                  {"AWS_EC2_METADATA_DISABLED", "true"},
                                                  {"AWS_CONFIG_FILE", "/dev/null"},
                                                  {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"}};
  const auto open = [&](const GlueRegistryOptions& glue, const std::string& endpoint) {
    const auto registries = MakeHttpSchemaRegistries(
        std::make_shared<aws::Session>(
            &clock, 1, [&](const std::string& name) { return variables.contains(name) ? variables[name] : ""; }),
        1);
    SchemaRegistryOptions options;
    options.kind = RegistryKind::kGlue;
    options.endpoint = endpoint;
    options.start_timeout_ms = 1000;
    options.glue = glue;
    return registries->Open(options);
  };
  GlueRegistryOptions glue{"default-registry", "", "", "", "BACKWARD"};
  EXPECT_THAT(open(glue, "").status().ToString(), HasSubstr("no AWS region for the schema registry"));
  variables["AWS_REGION"] = "eu-central-1";
  variables["AWS_ENDPOINT_URL_GLUE"] = server.url();
  auto registry = open(glue, "");
  ASSERT_TRUE(registry.ok());
  EXPECT_TRUE((*registry)->Latest("orders").ok());
  EXPECT_THAT(server.requests()[0].Header("authorization"), HasSubstr("/eu-central-1/glue/"));
  glue.region = "us-west-2";
  variables["AWS_ENDPOINT_URL_GLUE"] = "http://127.0.0.1:1";
  registry = open(glue, server.url());
  ASSERT_TRUE(registry.ok());
  EXPECT_TRUE((*registry)->Latest("orders").ok());
  EXPECT_THAT(server.requests()[1].Header("authorization"), HasSubstr("/us-west-2/glue/"));
  EXPECT_THAT(open(glue, "glue").status().message(), HasSubstr("schema_registry.endpoint"));
  glue.region = "US west";
  EXPECT_THAT(open(glue, "").status().message(), HasSubstr("(schema_registry.region) is not the name of a region"));
  glue = {"default-registry", "", "not a role", "", "BACKWARD"};
  EXPECT_THAT(open(glue, "").status().message(), HasSubstr("is not the ARN of a role"));
}

}  // namespace
}  // namespace laminar
