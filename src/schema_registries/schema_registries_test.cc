#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "aws/test_server.h"
#include "formats/schema_header.h"
#include "schema_registries/cached_registry.h"
#include "schema_registries/confluent_client.h"
#include "schema_registries/registries.h"

namespace laminar {
namespace {

using aws::TestServer;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSchema[] = R"({"schema":"{\"type\":\"long\"}"})";
constexpr char kNoSchema[] = R"({"error_code":40403,"message":"Schema not found"})";

class WakeCounter final : public Waker {
 public:
  void Wake() override {
    count++;
    waker.Wake();
  }
  std::atomic<int> count{0};
  ThreadWaker waker;
};

// A registry at a server that answers as the test says, by the request's line: "GET /schemas/ids/17".
struct RegistryWorld {
  explicit RegistryWorld(std::function<std::string(const std::string& line, int nth)> answer,
                 const CachedRegistrySettings& more = {})
      : server([this, answer = std::move(answer)](const TestServer::Request& request) {
          return answer(request.head.substr(0, request.head.find(" HTTP/")), ++asked);
        }),
        registry(Client(server.url() + "/apis/v7/"), &clock, 1, Quick(more)) {
    waiter->Bind(&waker);
  }
  ~RegistryWorld() { waiter->Bind(nullptr); }

  static std::unique_ptr<RegistryClient> Client(const std::string& url) {
    auto http = std::make_unique<aws::HttpClient>(aws::Runtime::Acquire(), nullptr, aws::ParseEndpoint(url).value(),
                                                  aws::HttpOptions{.max_connections = 2});
    return MakeConfluentClient(std::move(http), [] { return Result<std::string>("Basic c2VjcmV0"); });
  }
  static CachedRegistrySettings Quick(CachedRegistrySettings settings) {
    settings.start_timeout_micros = 300'000;
    settings.base_delay_micros = 1'000;
    settings.most_delay_micros = 5'000;
    return settings;
  }

  // Asks again whenever it is woken, until something is known of the id.
  Result<SchemaFound> Await(uint32_t id) {
    for (;;) {
      Result<SchemaFound> found = registry.Find(SchemaIdOf(id), waiter);
      if (!found.ok() || found->schema != nullptr || !found->missing.empty()) return found;
      waker.waker.WaitUntil(clock, kNever);
    }
  }

  SystemClock clock;
  WakeCounter waker;
  SchemaWaiterRef waiter = std::make_shared<SchemaWaiter>();
  std::atomic<int> asked{0};
  TestServer server;
  CachedRegistry registry;
};

TEST(SchemaRegistries, SchemaIsFetchedInTheBackgroundOnce) {
  RegistryWorld world([](const std::string&, int) { return TestServer::Answer(200, kSchema); });
  const auto first = world.registry.Find(SchemaIdOf(17), world.waiter);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->schema, nullptr);
  EXPECT_EQ(first->missing, "");
  const auto found = world.Await(17);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->schema->text, R"({"type":"long"})");
  EXPECT_EQ(found->schema->type, "AVRO");
  EXPECT_EQ(found->schema->id, SchemaIdOf(17));
  EXPECT_EQ(world.Await(17)->schema, found->schema);
  ASSERT_EQ(world.server.requests().size(), 1U);
  const TestServer::Request request = world.server.requests()[0];
  EXPECT_THAT(request.head, HasSubstr("GET /apis/v7/schemas/ids/17 HTTP/1.1\r\n"));
  EXPECT_THAT(request.Header("accept"), HasSubstr("application/vnd.schemaregistry.v1+json"));
  EXPECT_EQ(request.Header("authorization"), "Basic c2VjcmV0");
}

TEST(SchemaRegistries, WhatIsNoAnswerOfARegistryIsAskedForAgain) {
  const std::string faults[] = {
      TestServer::Answer(500, "broken"),
      TestServer::Answer(503, R"({"error_code":50301,"message":"no leader"})"),
      TestServer::Answer(429, ""),
      TestServer::Answer(200, "<html><body>Sign in</body></html>"),
      TestServer::Answer(200, R"({"id":17})"),
      TestServer::Answer(200, R"(["schema"])"),
      TestServer::Answer(200, R"({"schema":"","schemaType":"AVRO"})"),
      TestServer::Answer(404, "<html>no such page</html>"),
      TestServer::Answer(404, R"({"error_code":404,"message":"HTTP 404 Not Found"})"),
      TestServer::Answer(302, "", "Location: /login\r\n"),
      TestServer::Answer(200, R"({"schema":"{}","references":[{"name":"A"}]})"),
      "this is no HTTP\r\n\r\n",
  };
  for (const std::string& fault : faults) {
    RegistryWorld world([&](const std::string&, int nth) { return nth <= 3 ? fault : TestServer::Answer(200, kSchema); });
    const auto found = world.Await(17);
    ASSERT_TRUE(found.ok()) << fault;
    EXPECT_NE(found->schema, nullptr) << fault;
    EXPECT_GE(world.server.requests().size(), 3U) << fault;
    EXPECT_EQ(world.waker.count, 1) << fault;
  }
}

TEST(SchemaRegistries, KnownSchemasOutliveTheRegistryAndOthersWait) {
  std::atomic<bool> down{false};
  RegistryWorld world([&](const std::string& line, int) {
    if (down) return TestServer::Answer(500, "");
    return line.ends_with("/99") ? TestServer::Answer(404, kNoSchema) : TestServer::Answer(200, kSchema);
  });
  ASSERT_NE(world.Await(1)->schema, nullptr);
  down = true;
  ASSERT_EQ(world.registry.Find(SchemaIdOf(2), world.waiter)->schema, nullptr);
  const size_t before = world.server.requests().size();
  while (world.server.requests().size() < before + 3)
    EXPECT_NE(world.registry.Find(SchemaIdOf(1), world.waiter)->schema, nullptr);
  EXPECT_EQ(world.registry.Find(SchemaIdOf(2), world.waiter)->schema, nullptr);
  down = false;
  EXPECT_NE(world.Await(2)->schema, nullptr);
}

TEST(SchemaRegistries, OneIdThatFailsHoldsNoOtherUp) {
  RegistryWorld world([](const std::string& line, int) {
    return line.ends_with("/1") ? TestServer::Answer(500, "") : TestServer::Answer(200, kSchema);
  });
  ASSERT_TRUE(world.registry.Find(SchemaIdOf(1), world.waiter).ok());
  EXPECT_NE(world.Await(2)->schema, nullptr);
  EXPECT_NE(world.Await(3)->schema, nullptr);
}

TEST(SchemaRegistries, MissingSchemaIsAskedForAgainAfterAWhile) {
  CachedRegistrySettings settings;
  settings.missing_micros = 50'000;
  std::atomic<bool> is_there{false};
  RegistryWorld world([&](const std::string&,
                  int) { return is_there ? TestServer::Answer(200, kSchema) : TestServer::Answer(404, kNoSchema); },
              settings);
  const auto found = world.Await(17);
  ASSERT_TRUE(found.ok());
  EXPECT_THAT(found->missing, HasSubstr("unknown schema id 17: the schema registry http://127.0.0.1:"));
  is_there = true;
  while (world.Await(17)->schema == nullptr) {
  }
  EXPECT_EQ(world.server.requests().size(), 2U);
}

TEST(SchemaRegistries, RefusalIsAnErrorBeforeTheFirstSchemaAndWaitsAfterIt) {
  std::atomic<bool> refuses{true};
  RegistryWorld world([&](const std::string&, int) {
    return refuses ? TestServer::Answer(401, R"({"error_code":40101,"message":"Unauthorized"})")
                   : TestServer::Answer(200, kSchema);
  });
  const auto found = world.Await(1);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.status().kind(), StatusKind::kUser);
  EXPECT_THAT(found.status().message(), HasSubstr("status 401: Unauthorized"));
  EXPECT_THAT(found.status().hint(), HasSubstr("user name, password or token"));
  EXPECT_THAT(found.status().ToString(), Not(HasSubstr("c2VjcmV0")));
  refuses = false;
  EXPECT_NE(world.Await(1)->schema, nullptr);  // a pipeline that was started again
  refuses = true;
  EXPECT_EQ(world.registry.Find(SchemaIdOf(2), world.waiter)->schema, nullptr);
  const size_t before = world.server.requests().size();
  while (world.server.requests().size() < before + 3)
    ASSERT_TRUE(world.registry.Find(SchemaIdOf(2), world.waiter).ok());
  refuses = false;
  EXPECT_NE(world.Await(2)->schema, nullptr);
}

TEST(SchemaRegistries, LeastUsedSchemasMakeRoom) {
  CachedRegistrySettings settings;
  settings.most_schemas = 2;
  RegistryWorld world([](const std::string&, int) { return TestServer::Answer(200, kSchema); }, settings);
  for (const uint32_t id : {1, 2, 1, 3, 1, 3}) ASSERT_NE(world.Await(id)->schema, nullptr);
  EXPECT_EQ(world.server.requests().size(), 3U);
  ASSERT_NE(world.Await(2)->schema, nullptr);
  EXPECT_EQ(world.server.requests().size(), 4U);
}

TEST(SchemaRegistries, ReferencesAreFetchedThoseOfReferencesToo) {
  RegistryWorld world([](const std::string& line, int) {
    if (line.ends_with("/ids/1"))
      return TestServer::Answer(
          200,
          R"({"schema":"top","references":[{"name":"a.B","subject":"b s","version":2},{"name":"a.C","subject":"c","version":1}]})");
    if (line.ends_with("/subjects/b%20s/versions/2"))
      return TestServer::Answer(200, R"({"schema":"B","references":[{"name":"a.C","subject":"c","version":1}]})");
    if (line.ends_with("/subjects/c/versions/1")) return TestServer::Answer(200, R"({"schema":"C"})");
    return TestServer::Answer(200, R"({"schema":"top","references":[{"name":"x","subject":"gone","version":7}]})");
  });
  const auto found = world.Await(1);
  ASSERT_EQ(found->schema->references.size(), 2U);
  EXPECT_EQ(found->schema->references[0].name + found->schema->references[0].text, "a.BB");
  EXPECT_EQ(found->schema->references[1].name + found->schema->references[1].text, "a.CC");
}

TEST(SchemaRegistries, SchemaWithAReferenceThatIsGoneIsMissing) {
  RegistryWorld world([](const std::string& line, int) {
    if (line.find("/subjects/") != std::string::npos)
      return TestServer::Answer(404, R"({"error_code":40402,"message":"Version not found"})");
    return TestServer::Answer(200, R"({"schema":"top","references":[{"name":"x","subject":"gone","version":7}]})");
  });
  EXPECT_THAT(world.Await(1)->missing, HasSubstr("schema id 1 refers to version 7 of the subject gone, which"));
}

TEST(SchemaRegistries, SubjectsNewestSchemaAndWhatIsEnteredAreKept) {
  RegistryWorld world([](const std::string& line, int) {
    if (line == "GET /apis/v7/subjects/orders-value/versions/latest")
      return TestServer::Answer(200, R"({"subject":"orders-value","id":5,"version":2,"schema":"\"long\""})");
    return TestServer::Answer(200, R"({"id":6})");
  });
  EXPECT_EQ(world.registry.Known("orders-value", ""), nullptr);
  const auto latest = world.registry.Latest("orders-value");
  ASSERT_TRUE(latest.ok());
  EXPECT_EQ((*latest)->id, SchemaIdOf(5));
  EXPECT_EQ(world.registry.Known("orders-value", ""), *latest);
  const auto entered = world.registry.Enter("a/b", "AVRO", R"("int")", /*registers=*/true);
  ASSERT_TRUE(entered.ok());
  EXPECT_EQ((*entered)->id, SchemaIdOf(6));
  EXPECT_EQ(*world.registry.Enter("a/b", "AVRO", R"("int")", true), *entered);
  ASSERT_TRUE(world.registry.Enter("a/b", "JSON", "{}", /*registers=*/false).ok());
  const auto requests = world.server.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_THAT(requests[1].head, HasSubstr("POST /apis/v7/subjects/a%2Fb/versions HTTP"));
  EXPECT_EQ(requests[1].body, R"({"schema":"\"int\""})");
  EXPECT_THAT(requests[2].head, HasSubstr("POST /apis/v7/subjects/a%2Fb HTTP"));
  EXPECT_EQ(requests[2].body, R"({"schema":"{}","schemaType":"JSON"})");
}

TEST(SchemaRegistries, AtTheStartAnOutageIsWaitedForAndRefusalsAreNot) {
  RegistryWorld outage([](const std::string&, int nth) {
    return nth < 4 ? TestServer::Answer(503, "") : TestServer::Answer(200, R"({"id":5,"schema":"x"})");
  });
  EXPECT_TRUE(outage.registry.Latest("s").ok());

  RegistryWorld down([](const std::string&, int) { return TestServer::Answer(500, R"({"message":"out of disk"})"); });
  const Status late = down.registry.Latest("s").status();
  EXPECT_EQ(late.kind(), StatusKind::kEnvironment);
  EXPECT_THAT(late.message(), HasSubstr("status 500: out of disk, for 0 s (schema_registry.start_timeout)"));

  RegistryWorld incompatible([](const std::string&, int) {
    return TestServer::Answer(409, R"({"error_code":409,"message":"new field without a default"})");
  });
  const Status refused = incompatible.registry.Enter("s", "AVRO", "x", true).status();
  EXPECT_THAT(refused.ToString(), HasSubstr("new field without a default. Make the schema compatible"));
  EXPECT_EQ(incompatible.server.requests().size(), 1U);

  RegistryWorld missing(
      [](const std::string&, int) { return TestServer::Answer(404, R"({"error_code":40401,"message":""})"); });
  EXPECT_EQ(missing.registry.Latest("s").status().code(), kNoSuchSubject);
  EXPECT_THAT(missing.registry.Enter("s", "AVRO", "x", false).status().ToString(),
              HasSubstr("the subject s of the schema registry"));
}

TEST(SchemaRegistries, NobodyListens) {
  std::string url;
  {
    url = TestServer([](const TestServer::Request&) { return ""; }).url();
  }
  const SystemClock clock;
  CachedRegistry registry(RegistryWorld::Client(url), &clock, 1, RegistryWorld::Quick({}));
  const Status problem = registry.Latest("s").status();
  EXPECT_THAT(problem.message(), HasSubstr("the schema registry " + url + " cannot be reached: "));
  EXPECT_THAT(problem.hint(), HasSubstr("Check schema_registry.endpoint"));
  // A fetch under way ends with the registry.
  EXPECT_TRUE(registry.Find(SchemaIdOf(1), std::make_shared<SchemaWaiter>()).ok());
}

TEST(SchemaRegistries, SecretsAreRevealedForARequest) {
  TestServer server([](const TestServer::Request&) { return TestServer::Answer(200, R"({"id":5,"schema":"x"})"); });
  const SystemClock clock;
  const auto registries = MakeHttpSchemaRegistries(
      std::make_shared<aws::Session>(&clock, 1, [](const std::string&) { return std::string(); }), 1);
  SchemaRegistryOptions options{server.url(), "me", "${SECRET}", "", 1000};
  options.reveal = [](std::string_view option) -> Result<std::string> {
    if (option == "schema_registry.username") return std::string("me");
    if (option == "schema_registry.password") return std::string("open sesame");
    return Status::User(std::string(option) + " is not set");
  };
  const auto registry = registries->Open(options);
  ASSERT_TRUE(registry.ok());
  EXPECT_EQ(*registries->Open(options), *registry);
  ASSERT_TRUE((*registry)->Latest("s").ok());
  EXPECT_EQ(server.requests()[0].Header("authorization"), "Basic bWU6b3BlbiBzZXNhbWU=");
  SchemaRegistryOptions token{server.url(), "", "", "open sesame", 1000};
  ASSERT_TRUE((*registries->Open(token))->Latest("s").ok());
  EXPECT_EQ(server.requests()[1].Header("authorization"), "Bearer open sesame");
  token.token = "${ABSENT}";
  token.reveal = options.reveal;
  EXPECT_THAT((*registries->Open(token))->Latest("s").status().message(),
              HasSubstr("schema_registry.token is not set"));
  EXPECT_EQ(server.requests().size(), 2u);
  options.endpoint = "registry:8081";
  EXPECT_THAT(registries->Open(options).status().message(), HasSubstr("schema_registry.endpoint"));
}

}  // namespace
}  // namespace laminar
