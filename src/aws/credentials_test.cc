#include "aws/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <future>
#include <map>

#include "aws/credentials_cache.h"
#include "aws/credentials_chain.h"
#include "aws/profile.h"

namespace laminar::aws {
namespace {

using testing::HasSubstr;

CredentialsResult Get(CredentialsProvider& provider) {
  std::promise<CredentialsResult> promise;
  provider.Get([&](CredentialsResult result) { promise.set_value(std::move(result)); });
  return promise.get_future().get();
}

// ---- cache ----

struct Source final : CredentialsProvider {
  void Get(CredentialsCallback done) override {
    ++asked;
    if (hold) {
      held.push_back(std::move(done));
    } else {
      done(next);
    }
  }
  CredentialsResult next = Status::Environment("no credentials").WithCode("NoCredentials");
  int asked = 0;
  bool hold = false;
  std::vector<CredentialsCallback> held;
};

std::shared_ptr<const Credentials> Key(const std::string& id, int64_t expires_micros = kNever) {
  return std::make_shared<const Credentials>(Credentials{id, "secret", "", expires_micros});
}

class CacheTest : public testing::Test {
 protected:
  ManualClock clock_;
  Source* source_ = new Source();  // owned by cache_
  CredentialsCache cache_{std::unique_ptr<CredentialsProvider>(source_), &clock_};
};

TEST_F(CacheTest, AsksAgainOnlyBeforeExpiry) {
  source_->next = Key("one", clock_.WallMicros() + 10 * 60 * kMicrosPerSecond);
  EXPECT_EQ(Get(cache_).value()->access_key_id, "one");
  EXPECT_EQ(Get(cache_).value()->access_key_id, "one");
  EXPECT_EQ(source_->asked, 1);
  source_->next = Key("two");
  clock_.Advance(5 * 60 * kMicrosPerSecond + 1);  // less than five minutes are left
  EXPECT_EQ(Get(cache_).value()->access_key_id, "two");
  EXPECT_EQ(source_->asked, 2);
}

TEST_F(CacheTest, KeepsTheOldOnesWhileARefreshFails) {
  source_->next = Key("one", clock_.WallMicros() + 10 * 60 * kMicrosPerSecond);
  EXPECT_TRUE(Get(cache_).ok());
  source_->next = Status::Environment("down").WithCode("AccessDenied");
  clock_.Advance(6 * 60 * kMicrosPerSecond);
  EXPECT_EQ(Get(cache_).value()->access_key_id, "one");
  EXPECT_EQ(Get(cache_).value()->access_key_id, "one");
  EXPECT_EQ(source_->asked, 2);  // not with every request
  clock_.Advance(5 * 60 * kMicrosPerSecond);
  const auto expired = Get(cache_);
  ASSERT_FALSE(expired.ok());
  EXPECT_EQ(expired.status().code(), kCredentialsUnavailable);  // worked before: may pass
}

TEST_F(CacheTest, AFirstFailureKeepsItsCode) {
  EXPECT_EQ(Get(cache_).status().code(), "NoCredentials");
}

TEST_F(CacheTest, InvalidateFetchesAnew) {
  source_->next = Key("one");
  EXPECT_TRUE(Get(cache_).ok());
  source_->next = Key("two");
  cache_.Invalidate();
  EXPECT_EQ(Get(cache_).value()->access_key_id, "two");
}

TEST_F(CacheTest, OneFetchServesAllWhoWait) {
  source_->hold = true;
  int answered = 0;
  for (int i = 0; i < 3; ++i) cache_.Get([&](CredentialsResult result) { answered += result.ok(); });
  EXPECT_EQ(source_->asked, 1);
  EXPECT_EQ(answered, 0);
  source_->held.at(0)(Key("one"));
  EXPECT_EQ(answered, 3);
}

// ---- chain and profile ----

class ChainTest : public testing::Test {
 protected:
  ChainTest() {
    char pattern[] = "/tmp/laminar-aws-XXXXXX";
    folder_ = mkdtemp(pattern);
    variables_["HOME"] = folder_;
    variables_["AWS_EC2_METADATA_DISABLED"] = "true";
  }
  ~ChainTest() override {
    for (const std::string& name : files_) std::remove((folder_ + "/" + name).c_str());
    rmdir(folder_.c_str());
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
    files_.push_back(name);
    variables_[name == "config" ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE"] = folder_ + "/" + name;
  }
  Environment Variables() {
    return [this](const std::string& name) { return variables_.count(name) ? variables_[name] : ""; };
  }
  CredentialsResult Find() {
    auto tls = TlsContext::Create(*runtime_, "").value();
    return Get(*MakeCredentialsChain(runtime_, tls, Variables()));
  }
  const std::shared_ptr<Runtime> runtime_ = Runtime::Acquire();
  std::string folder_;
  std::vector<std::string> files_;
  std::map<std::string, std::string> variables_;
};

TEST_F(ChainTest, EnvironmentComesFirst) {
  Write("credentials", "[default]\naws_access_key_id=FILE\naws_secret_access_key=x\n");
  variables_["AWS_ACCESS_KEY_ID"] = "ENV";
  variables_["AWS_SECRET_ACCESS_KEY"] = "y";
  variables_["AWS_SESSION_TOKEN"] = "t";
  const auto found = Find();
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found.value()->access_key_id, "ENV");
  EXPECT_EQ(found.value()->session_token, "t");
}

TEST_F(ChainTest, ProfileFiles) {
  Write("credentials",
        "[default]\naws_access_key_id=DEFAULT\naws_secret_access_key=x\n[dev]\naws_access_key_id=DEV\naws_secret_"
        "access_key=y\n");
  Write("config", "[profile dev]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\n");
  EXPECT_EQ(Find().value()->access_key_id, "DEFAULT");
  variables_["AWS_PROFILE"] = "dev";
  EXPECT_EQ(Find().value()->access_key_id, "DEV");
  const Profile profile(*runtime_, Variables());
  EXPECT_TRUE(profile.exists());
  EXPECT_EQ(profile.Get("region"), "eu-west-1");
  EXPECT_EQ(profile.Get("endpoint_url"), "http://127.0.0.1:1");
  EXPECT_EQ(profile.Get("nothing"), "");
}

TEST_F(ChainTest, NothingFoundSaysWhereWasLookedAndWhatToSet) {
  variables_["AWS_PROFILE"] = "dev";
  const auto found = Find();
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.status().code(), "NoCredentials");
  for (const std::string& part :
       {std::string("AWS_ACCESS_KEY_ID"), std::string("'dev'"), folder_ + "/.aws/credentials",
        std::string("AWS_WEB_IDENTITY_TOKEN_FILE"), std::string("AWS_EC2_METADATA_DISABLED")}) {
    EXPECT_THAT(found.status().message(), HasSubstr(part));
  }
  EXPECT_THAT(found.status().hint(), HasSubstr("AWS_PROFILE"));
}

TEST_F(ChainTest, HalfAKeyIsNamed) {
  variables_["AWS_SECRET_ACCESS_KEY"] = "y";
  EXPECT_THAT(Find().status().message(), HasSubstr("AWS_ACCESS_KEY_ID (not set, though AWS_SECRET_ACCESS_KEY is)"));
}

TEST(TlsContext, ACaFileThatIsMissingIsNamed) {
  const auto result = TlsContext::Create(*Runtime::Acquire(), "/no/such/ca.pem");
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.status().message(), HasSubstr("/no/such/ca.pem"));
  EXPECT_THAT(result.status().hint(), HasSubstr("AWS_CA_BUNDLE"));
}

}  // namespace
}  // namespace laminar::aws
