#include "aws_stores/s3_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "aws/test_server.h"
#include "base/percent.h"

namespace laminar {
namespace {

using aws::TestServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Error(int status, const std::string& code, const std::string& more = "", const std::string& headers = "") {
  return TestServer::Answer(
      status,
      "<?xml version=\"1.0\"?>\n<Error><Code>" + code + "</Code><Message>Said so.</Message>" + more + "</Error>",
      headers);
}

// "PUT", "/bucket/key", "a=b&c=d".
struct Line {
  explicit Line(const TestServer::Request& request) {
    const size_t space = request.head.find(' ');
    method = request.head.substr(0, space);
    path = request.head.substr(space + 1, request.head.find(' ', space + 1) - space - 1);
    if (const size_t mark = path.find('?'); mark != std::string::npos) {
      query = path.substr(mark + 1);
      path.resize(mark);
    }
  }
  std::string method, path, query;
};

// What S3 does with objects, and nothing else. Pages of two keys.
class Model {
 public:
  std::string Answer(const TestServer::Request& request) {
    std::lock_guard lock(mutex_);
    const Line line(request);
    const std::string key = PercentDecode(line.path, Plus::kIsSpace).value();
    if (line.method == "PUT") {
      if (!request.Header("if-none-match").empty() && objects_.count(key) > 0) return Error(412, "PreconditionFailed");
      objects_[key] = request.body;
      return TestServer::Answer(200, "");
    }
    if (line.method == "DELETE") {
      objects_.erase(key);
      return "HTTP/1.1 204 No Content\r\n\r\n";
    }
    if (!line.query.empty()) return List(key, line.query);
    const auto found = objects_.find(key);
    return found == objects_.end() ? Error(404, "NoSuchKey") : TestServer::Answer(200, found->second);
  }
  std::map<std::string, std::string> objects() {
    std::lock_guard lock(mutex_);
    return objects_;
  }
  void Set(const std::string& key, const std::string& bytes) {
    std::lock_guard lock(mutex_);
    objects_[key] = bytes;
  }

 private:
  std::string List(const std::string& bucket, const std::string& query) {
    const auto parameter = [&](const std::string& name) {
      const size_t at = ("&" + query).find("&" + name + "=");
      if (at == std::string::npos) return std::string();
      const size_t begin = at + name.size() + 1;
      return PercentDecode(query.substr(begin, query.find('&', begin) - begin), Plus::kIsSpace).value();
    };
    const std::string prefix = bucket + parameter("prefix"), after = parameter("continuation-token");
    std::string body = "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    int left = 2;
    std::string last;
    for (const auto& [key, bytes] : objects_) {
      if (!key.starts_with(prefix) || (!after.empty() && key <= after)) continue;
      if (left-- == 0) {
        return TestServer::Answer(200, body + "<IsTruncated>true</IsTruncated><NextContinuationToken>" + last +
                                           "</NextContinuationToken></ListBucketResult>");
      }
      last = key;
      body += "<Contents><Key>" + PercentEncode(key.substr(bucket.size()), Slash::kKept) + "</Key><Size>" +
              std::to_string(bytes.size()) + "</Size></Contents>";
    }
    return TestServer::Answer(200, body + "<IsTruncated>false</IsTruncated></ListBucketResult>");
  }

  std::mutex mutex_;
  std::map<std::string, std::string> objects_;  // guarded by mutex_; "/bucket/key"
};

class S3StoreTest : public ::testing::Test {
 protected:
  using Handler = std::function<std::string(const TestServer::Request&, int n)>;

  // handler: n counts the requests from 0; "model" = what the model answers.
  void Serve(Handler handler) {
    server_ = std::make_unique<TestServer>([this, handler = std::move(handler)](const TestServer::Request& request) {
      const std::string answer = handler(request, count_++);
      return answer == "model" ? model_.Answer(request) : answer;
    });
  }
  void ServeModel() {
    Serve([](const TestServer::Request&, int) { return "model"; });
  }
  std::unique_ptr<BlobStore> Open(const std::string& url = "s3://state/app") {
    if (variables_.count("AWS_ENDPOINT_URL_S3") == 0) variables_["AWS_ENDPOINT_URL_S3"] = server_->url();
    auto store = OpenS3Store(url, {.clock = &clock_,
                                   .seed = 7,
                                   .environment =
                                       [variables = variables_](const std::string& name) {
                                         const auto found = variables.find(name);
                                         return found == variables.end() ? std::string() : found->second;
                                       },
                                   .wait = [this](int64_t micros) { clock_.Advance(micros); }});
    EXPECT_TRUE(store.ok()) << store.status().ToString();
    return std::move(store).value();
  }
  std::vector<TestServer::Request> requests() const { return server_->requests(); }

  ManualClock clock_;  // 2026-01-01T00:00:00Z
  std::map<std::string, std::string> variables_ = {{"AWS_ACCESS_KEY_ID", "AKIA"},
                                                   {"AWS_SECRET_ACCESS_KEY", "secret"},
                                                   {"AWS_REGION", "eu-west-1"},
                                                   {"AWS_EC2_METADATA_DISABLED", "true"},
                                                   {"HOME", "/nonexistent"}};
  Model model_;
  std::atomic<int> count_{0};
  std::unique_ptr<TestServer> server_;
};

TEST_F(S3StoreTest, BlobsAreReplacedListedAndDeleted) {
  ServeModel();
  const auto store = Open("s3://state/a b/c+d/");
  EXPECT_EQ(store->Get("state-1").value(), std::nullopt);
  const std::string bytes("a\0\xFF", 3);
  ASSERT_TRUE(store->Put("state-1", bytes).ok());
  ASSERT_TRUE(store->Put("state-2", "").ok());
  ASSERT_TRUE(store->Put("state-1", bytes + "b").ok());
  EXPECT_EQ(model_.objects().at("/state/a b/c+d/state-1"), bytes + "b");
  EXPECT_EQ(store->Get("state-1").value(), bytes + "b");
  EXPECT_EQ(store->Get("state-2").value(), "");
  for (int i = 0; i < 2; ++i) {
    const Status deleted = store->Delete("state-1");
    ASSERT_TRUE(deleted.ok()) << deleted.ToString();
  }
  EXPECT_EQ(store->Get("state-1").value(), std::nullopt);
  EXPECT_EQ(store->Describe("x"), "s3://state/a b/c+d/x");
}

TEST_F(S3StoreTest, RequestsAreSignedForS3) {
  ServeModel();
  variables_["AWS_SESSION_TOKEN"] = "token";
  const auto store = Open("s3://state/a b");
  ASSERT_TRUE(store->Put("state-1", "abc").ok());
  ASSERT_TRUE(store->Get("state-1").ok());
  const auto put = requests()[0], get = requests()[1];
  EXPECT_THAT(put.head, StartsWith("PUT /state/a%20b/state-1 HTTP/1.1\r\n"));
  // SHA-256 of "abc" (FIPS 180-2, B.1) and of nothing.
  EXPECT_EQ(put.Header("x-amz-content-sha256"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(get.Header("x-amz-content-sha256"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_THAT(put.Header("authorization"), HasSubstr("Credential=AKIA/20260101/eu-west-1/s3/aws4_request"));
  EXPECT_THAT(put.Header("authorization"), HasSubstr("x-amz-content-sha256"));
  EXPECT_EQ(put.Header("x-amz-security-token"), "token");
  EXPECT_EQ(put.Header("if-none-match"), "");
}

TEST_F(S3StoreTest, ListingsArePagedAndSorted) {
  ServeModel();
  const auto store = Open("s3://state/a b");
  for (const char* name : {"state-3", "state-1", "other", "state-20", "state-2"}) {
    ASSERT_TRUE(store->Put(name, std::string(std::strlen(name), 'x')).ok());
  }
  model_.Set("/state/a b/state-9/nested", "no name of a blob");
  model_.Set("/state/a b/.hidden", "");
  model_.Set("/state/z", "z");
  const auto names = [](const Result<std::vector<BlobStore::Entry>>& entries) {
    EXPECT_TRUE(entries.ok()) << entries.status().ToString();
    std::vector<std::string> out;
    for (const auto& entry : *entries) {
      EXPECT_EQ(entry.bytes, static_cast<int64_t>(entry.name.size()));
      out.push_back(entry.name);
    }
    return out;
  };
  EXPECT_THAT(names(store->List("state-")), ElementsAre("state-1", "state-2", "state-20", "state-3"));
  EXPECT_THAT(names(store->List("")), ElementsAre("other", "state-1", "state-2", "state-20", "state-3"));
  EXPECT_THAT(names(store->List("none")), ElementsAre());
  EXPECT_THAT(names(Open("s3://state")->List("")), ElementsAre("z"));
}

TEST_F(S3StoreTest, AListingThatMakesNoSenseIsAnError) {
  for (const auto& [body, why] : std::map<std::string, std::string>{
           {"", "well-formed"},
           {"<html/>", "it is a <html>"},
           {"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", "does not say where"},
           {"<ListBucketResult><Contents><Key>x</Key><Size>1</Size></Contents></ListBucketResult>", "not asked for"},
           {"<ListBucketResult><Contents><Key>app/x</Key><Size>1a</Size></Contents></ListBucketResult>", "no size"}}) {
    Serve([body = body](const TestServer::Request&, int) { return TestServer::Answer(200, body); });
    variables_.erase("AWS_ENDPOINT_URL_S3");
    const auto entries = Open()->List("");
    ASSERT_FALSE(entries.ok()) << body;
    EXPECT_THAT(entries.status().message(), HasSubstr(why));
  }
}

TEST_F(S3StoreTest, WhatPassesIsTriedAgain) {
  const std::vector<std::string> failures = {
      Error(503, "SlowDown"), Error(500, "InternalError"),  TestServer::Answer(502, "<html>bad gateway</html>"),
      "no HTTP\r\n\r\n",      Error(400, "RequestTimeout"), Error(429, "TooManyRequests"),
  };
  Serve([&](const TestServer::Request&, int n) {
    return static_cast<size_t>(n) < failures.size() ? failures[static_cast<size_t>(n)] : "model";
  });
  const auto store = Open();
  ASSERT_TRUE(store->Put("state-1", "x").ok());
  EXPECT_EQ(requests().size(), failures.size() + 1);
  EXPECT_EQ(model_.objects().at("/state/app/state-1"), "x");
  EXPECT_GT(clock_.SteadyMicros(), 0);
}

TEST_F(S3StoreTest, WhatDoesNotPassFailsAfterItsTime) {
  Serve([](const TestServer::Request&, int) { return Error(503, "SlowDown"); });
  const auto store = Open();
  const Status status = store->Put("state-1", "x");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.kind(), StatusKind::kEnvironment);
  EXPECT_EQ(status.code(), "SlowDown");
  EXPECT_EQ(status.message(), "cannot write s3://state/app/state-1: SlowDown: Said so");
  EXPECT_LT(clock_.SteadyMicros(), S3World::kRetryMicros);
  EXPECT_GT(clock_.SteadyMicros(), S3World::kRetryMicros / 2);
  EXPECT_GT(requests().size(), 5U);
  EXPECT_LT(requests().size(), 100U);
}

TEST_F(S3StoreTest, NobodyThere) {
  {
    ServeModel();
    variables_["AWS_ENDPOINT_URL_S3"] = server_->url();
    server_.reset();
  }
  const auto store = Open();
  const Status status = store->Get("state-1").status();
  EXPECT_EQ(status.code(), "EndpointUnreachable");
  EXPECT_THAT(status.message(), HasSubstr("nothing answers at " + variables_["AWS_ENDPOINT_URL_S3"]));
  // Nothing was sent, so this is no unknown outcome.
  EXPECT_EQ(store->Create("manifest-1", "x").status().code(), "EndpointUnreachable");
}

TEST_F(S3StoreTest, CreateSaysWhoWasFirst) {
  ServeModel();
  const auto store = Open();
  EXPECT_TRUE(store->Create("manifest-1", "ours").value());
  EXPECT_FALSE(store->Create("manifest-1", "others").value());
  EXPECT_EQ(model_.objects().at("/state/app/manifest-1"), "ours");
  EXPECT_EQ(requests()[0].Header("if-none-match"), "*");
  EXPECT_EQ(requests().size(), 2U);  // an answer that came needs no reading
}

TEST_F(S3StoreTest, OfManyWhoCreateABlobOneWins) {
  ServeModel();
  std::vector<std::unique_ptr<BlobStore>> stores;
  for (int i = 0; i < 6; ++i) stores.push_back(Open());
  for (int round = 0; round < 20; ++round) {
    const std::string name = "manifest-" + std::to_string(round);
    std::vector<int> won(stores.size());
    std::vector<std::thread> threads;
    for (size_t i = 0; i < stores.size(); ++i) {
      threads.emplace_back([&, i] { won[i] = stores[i]->Create(name, "writer " + std::to_string(i)).value() ? 1 : 0; });
    }
    for (auto& thread : threads) thread.join();
    ASSERT_EQ(std::count(won.begin(), won.end(), 1), 1);
    const auto winner = std::find(won.begin(), won.end(), 1) - won.begin();
    EXPECT_EQ(model_.objects().at("/state/app/" + name), "writer " + std::to_string(winner));
  }
}

// The request is carried out and its answer lost: by a failure of S3's, of a proxy's, of the connection's.
TEST_F(S3StoreTest, ACreateWhoseAnswerWasLostIsResolvedByReading) {
  for (const std::string& lost :
       {Error(500, "InternalError"), TestServer::Answer(504, ""), std::string("what?\r\n\r\n")}) {
    for (const bool ours : {true, false}) {
      count_ = 0;
      const std::string name = "manifest-" + std::to_string(clock_.SteadyMicros());
      variables_.erase("AWS_ENDPOINT_URL_S3");
      Serve([&, ours](const TestServer::Request& request, int n) -> std::string {
        if (n > 0) return "model";
        ours ? static_cast<void>(model_.Answer(request)) : model_.Set("/state/app/" + name, "others");
        return lost;
      });
      const auto won = Open()->Create(name, "ours");
      ASSERT_TRUE(won.ok()) << won.status().ToString();
      EXPECT_EQ(*won, ours) << lost;
      EXPECT_EQ(requests().size(), 3U);  // PUT, PUT, GET
      clock_.Advance(1);
    }
  }
}

TEST_F(S3StoreTest, ACreateThatWasNotCarriedOutIsRepeated) {
  Serve([](const TestServer::Request&, int n) { return n == 0 ? Error(500, "InternalError") : "model"; });
  EXPECT_TRUE(Open()->Create("manifest-1", "ours").value());
  EXPECT_EQ(requests().size(), 2U);
}

TEST_F(S3StoreTest, ACreateWhoseTimeIsUpIsResolvedByReading) {
  Serve([&](const TestServer::Request& request, int) -> std::string {
    if (!request.head.starts_with("PUT")) return "model";
    static_cast<void>(model_.Answer(request));
    return Error(500, "InternalError");
  });
  EXPECT_TRUE(Open()->Create("manifest-1", "ours").value());
}

TEST_F(S3StoreTest, ACreateOfWhichNothingIsToBeFoundIsUnknown) {
  Serve([](const TestServer::Request& request, int) -> std::string {
    return request.head.starts_with("PUT") ? Error(500, "InternalError") : "model";
  });
  const auto created = Open()->Create("manifest-1", "ours");
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.status().code(), kUnknownOutcome);
  EXPECT_EQ(created.status().message(),
            "whether s3://state/app/manifest-1 was created is not known: cannot write s3://state/app/manifest-1: "
            "InternalError: Said so; then, the object is not there");
}

TEST_F(S3StoreTest, AConflictOfCreatesIsRepeated) {
  Serve([](const TestServer::Request&, int n) { return n < 2 ? Error(409, "ConditionalRequestConflict") : "model"; });
  model_.Set("/state/app/manifest-1", "ours");
  // A conflict is no unknown outcome: what is there is another's, even if its bytes are the same.
  EXPECT_FALSE(Open()->Create("manifest-1", "ours").value());
}

TEST_F(S3StoreTest, S3SaysTheBucketsRegion) {
  for (const auto& answer : {Error(301, "PermanentRedirect", "", "x-amz-bucket-region: ap-south-1\r\n"),
                             Error(400, "AuthorizationHeaderMalformed", "<Region>ap-south-1</Region>"),
                             TestServer::Answer(301, "", "x-amz-bucket-region: ap-south-1\r\n")}) {
    variables_.erase("AWS_ENDPOINT_URL_S3");
    variables_.erase("AWS_REGION");
    Serve([answer](const TestServer::Request& request, int) -> std::string {
      return request.Header("authorization").find("/ap-south-1/s3/") == std::string::npos ? answer : "model";
    });
    const auto store = Open();
    ASSERT_TRUE(store->Put("state-1", "x").ok());
    EXPECT_EQ(store->Get("state-1").value(), "x");
    EXPECT_EQ(requests().size(), 3U);  // it is remembered
    EXPECT_THAT(requests()[0].Header("authorization"), HasSubstr("/us-east-1/s3/"));
  }
}

TEST_F(S3StoreTest, ARegionThatIsNotRightEitherIsAnError) {
  Serve([](const TestServer::Request&, int n) {
    return Error(301, "PermanentRedirect", "", "x-amz-bucket-region: r-" + std::to_string(n) + "\r\n");
  });
  const Status status = Open()->Put("state-1", "x");
  EXPECT_EQ(status.code(), "PermanentRedirect");
  EXPECT_EQ(status.hint(), "Set AWS_REGION to the bucket's region");
  EXPECT_EQ(requests().size(), 3U);
}

TEST_F(S3StoreTest, AWrongClockIsSetByTheService) {
  Serve([](const TestServer::Request& request, int) -> std::string {
    return request.Header("x-amz-date").starts_with("20260101T00")
               ? Error(403, "RequestTimeTooSkewed", "", "Date: Thu, 01 Jan 2026 03:00:00 GMT\r\n")
               : "model";
  });
  const auto store = Open();
  ASSERT_TRUE(store->Put("state-1", "x").ok());
  ASSERT_TRUE(store->Put("state-2", "x").ok());
  EXPECT_EQ(requests().size(), 3U);
  EXPECT_EQ(requests()[2].Header("x-amz-date"), "20260101T030000Z");
}

TEST_F(S3StoreTest, AClockThatCannotBeSetIsAnError) {
  Serve([](const TestServer::Request&, int) { return Error(403, "RequestTimeTooSkewed"); });
  const Status status = Open()->Put("state-1", "x");
  EXPECT_THAT(status.message(), HasSubstr("the request's time was refused"));
  EXPECT_THAT(status.hint(), HasSubstr("clock"));
  EXPECT_EQ(requests().size(), 1U);
}

TEST_F(S3StoreTest, AnExpiredTokenIsFetchedAnewOnce) {
  Serve([](const TestServer::Request&, int n) -> std::string { return n == 0 ? Error(400, "ExpiredToken") : "model"; });
  EXPECT_TRUE(Open()->Put("state-1", "x").ok());
  variables_.erase("AWS_ENDPOINT_URL_S3");
  Serve([](const TestServer::Request&, int) { return Error(400, "ExpiredToken"); });
  EXPECT_THAT(Open()->Put("state-1", "x").message(), HasSubstr("the session token has expired"));
  EXPECT_EQ(requests().size(), 2U);
}

TEST_F(S3StoreTest, DeniedNamesThePermission) {
  Serve([](const TestServer::Request&, int) { return Error(403, "AccessDenied"); });
  const auto store = Open();
  const auto expect = [](const Status& status, const std::string& what, const std::string& permission) {
    EXPECT_EQ(status.kind(), StatusKind::kEnvironment);
    EXPECT_EQ(status.code(), "AccessDenied");
    EXPECT_EQ(status.message(), "cannot " + what + ": access denied (AccessDenied: Said so)");
    EXPECT_THAT(status.hint(), StartsWith("Allow " + permission + " "));
  };
  expect(store->Put("a", ""), "write s3://state/app/a", "s3:PutObject");
  expect(store->Create("a", "").status(), "write s3://state/app/a", "s3:PutObject");
  expect(store->Get("a").status(), "read s3://state/app/a", "s3:GetObject and s3:ListBucket");
  expect(store->List("").status(), "list s3://state/app/", "s3:ListBucket");
  expect(store->Delete("a"), "delete s3://state/app/a", "s3:DeleteObject");
  EXPECT_EQ(requests().size(), 5U);  // none was repeated
}

TEST_F(S3StoreTest, AMissingBucketIsNoMissingBlob) {
  Serve([](const TestServer::Request&, int) { return Error(404, "NoSuchBucket"); });
  const auto store = Open();
  for (const Status& status : {store->Get("a").status(), store->List("").status(), store->Delete("a"),
                               store->Put("a", ""), store->Create("a", "").status()}) {
    EXPECT_THAT(status.message(), HasSubstr("there is no bucket state (NoSuchBucket"));
    EXPECT_THAT(status.hint(), HasSubstr("aws s3 mb s3://state --region eu-west-1"));
  }
}

TEST_F(S3StoreTest, OtherServers) {
  Serve([](const TestServer::Request& request, int) {
    return request.head.starts_with("GET") ? TestServer::Answer(404, "<html>Not found</html>")
                                           : Error(501, "NotImplemented");
  });
  const auto store = Open();
  EXPECT_EQ(store->Get("a").status().message(), "cannot read s3://state/app/a: HTTP status 404 without an error of S3");
  EXPECT_THAT(store->Create("a", "").status().hint(), HasSubstr("If-None-Match"));
}

TEST_F(S3StoreTest, NoCredentials) {
  ServeModel();
  variables_.erase("AWS_ACCESS_KEY_ID");
  const Status status = Open()->Put("state-1", "x");
  EXPECT_EQ(status.code(), "NoCredentials");
  EXPECT_THAT(status.message(), StartsWith("cannot write s3://state/app/state-1: no AWS credentials; looked at"));
  EXPECT_EQ(requests().size(), 0U);
}

TEST_F(S3StoreTest, WrongSettingsAreTheUsersErrors) {
  const auto status = [&](const std::string& url) {
    return OpenS3Store(url,
                       {.clock = &clock_,
                        .environment =
                            [this](const std::string& name) { return variables_.count(name) ? variables_[name] : ""; }})
        .status();
  };
  EXPECT_EQ(status("s3://a_b").kind(), StatusKind::kUser);
  variables_["AWS_REGION"] = "Europe";
  EXPECT_THAT(status("s3://state").message(), HasSubstr("'Europe' (AWS_REGION)"));
  variables_["AWS_REGION"] = "eu-west-1";
  variables_["AWS_ENDPOINT_URL"] = "localhost";
  EXPECT_THAT(status("s3://state").message(), HasSubstr("'localhost' is not an endpoint"));
}

}  // namespace
}  // namespace laminar
