#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "server/store/audit.h"
#include "server/store/connection_profiles.h"
#include "server/store/connection_tables.h"
#include "server/store/jobs.h"
#include "server/store/metadata.h"
#include "server/store/pipelines.h"
#include "server/store/secrets.h"
#include "server/store/tokens.h"

namespace laminar::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    char name[] = "/tmp/laminar-store-XXXXXX";
    CHECK(mkdtemp(name) != nullptr);
    folder_ = name;
  }
  ~StoreTest() override { CHECK(std::system(("rm -rf " + folder_).c_str()) == 0); }

  std::string folder_;
  ManualClock clock_;
};

TEST_F(StoreTest, TheFileIsItsOwnersAndOpensAgain) {
  const std::string path = folder_ + "/laminar.db";
  {
    const auto metadata = Metadata::Open(path);
    ASSERT_TRUE(metadata.ok()) << metadata.status().ToString();
    ASSERT_TRUE(Tokens(metadata->get(), &clock_).Create("ann", Role::kEditor, std::nullopt).ok());
    struct stat info {};
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    ASSERT_TRUE((*metadata)->BackUp(folder_ + "/copy.db").ok());
    EXPECT_THAT((*metadata)->BackUp(folder_ + "/copy.db").message(), HasSubstr("is there already"));
  }
  for (const char* name : {"/laminar.db", "/copy.db"}) {
    const auto metadata = Metadata::Open(folder_ + name);
    ASSERT_TRUE(metadata.ok()) << metadata.status().ToString();
    EXPECT_THAT(Tokens(metadata->get(), &clock_).List().value(), SizeIs(1));
  }
}

TEST_F(StoreTest, WhatIsNoDatabaseOfOursIsRefused) {
  std::ofstream(folder_ + "/text")
      << "this is no database at all, but a text that is long enough to be looked at as one";
  EXPECT_EQ(Metadata::Open(folder_ + "/text").status().kind(), StatusKind::kUser);
  EXPECT_EQ(Metadata::Open(folder_ + "/none/x.db").status().kind(), StatusKind::kEnvironment);
  SQLite::Database(folder_ + "/other.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE x (y)");
  EXPECT_THAT(Metadata::Open(folder_ + "/other.db").status().message(), HasSubstr("is a database of another program"));
}

TEST_F(StoreTest, TokensAreFoundByTheirSecretUntilTheyEnd) {
  const auto metadata = Metadata::Open(":memory:").value();
  Tokens tokens(metadata.get(), &clock_);
  EXPECT_TRUE(tokens.None().value());
  const NewToken ann = tokens.Create("ann", Role::kAdmin, std::nullopt).value();
  const NewToken bob = tokens.Create("bob", Role::kViewer, 10 * kMicrosPerSecond).value();
  EXPECT_FALSE(tokens.None().value());
  EXPECT_THAT(tokens.Create("ann", Role::kViewer, std::nullopt).status().message(),
              HasSubstr("there is a token named ann"));
  EXPECT_FALSE(tokens.Create("", Role::kViewer, std::nullopt).ok());
  for (const char* name : {"x\ny", "\x1b[2K", "x\x7f", "\t"}) {
    EXPECT_THAT(tokens.Create(name, Role::kViewer, std::nullopt).status().message(), HasSubstr("control characters"));
  }
  EXPECT_TRUE(tokens.Create("Zoë, of the \"ops\"", Role::kViewer, std::nullopt).ok());
  const auto name = [&](const std::string& text) {
    const auto found = tokens.Find(text).value();
    return found ? found->name + " " + std::string(RoleName(found->role)) : "";
  };
  EXPECT_EQ(name(ann.text), "ann admin");
  EXPECT_EQ(name(bob.text), "bob viewer");
  std::string other = ann.text;
  other.back() = other.back() == 'a' ? 'b' : 'a';
  for (const std::string& none :
       {other, ann.text + "x", ann.text.substr(0, 20), std::string("lmn_"), std::string(), "tok_" + ann.text})
    EXPECT_EQ(name(none), "") << none;
  clock_.Advance(10 * kMicrosPerSecond);
  EXPECT_EQ(name(bob.text), "");
  EXPECT_EQ(name(ann.text), "ann admin");
  ASSERT_TRUE(tokens.Revoke("ann").ok());
  EXPECT_EQ(name(ann.text), "");
  EXPECT_THAT(tokens.Revoke("nobody").message(), HasSubstr("there is no token nobody"));
  // Neither the secret nor the token stands in the database.
  ASSERT_TRUE(metadata->BackUp(folder_ + "/copy.db").ok());
  std::ifstream copy(folder_ + "/copy.db", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(copy), {}};
  EXPECT_THAT(bytes, HasSubstr(ann.token.id));
  EXPECT_EQ(bytes.find(ann.text.substr(ann.text.rfind('_') + 1)), bytes.npos);
}

TEST_F(StoreTest, AFailedChangeIsTakenBack) {
  const auto metadata = Metadata::Open(":memory:").value();
  Audit audit(metadata.get(), &clock_);
  ASSERT_TRUE(audit.Add({.id = "tok_1", .name = "ann"}, "127.0.0.1", "createPipeline", "pipe_1").ok());
  ASSERT_TRUE(audit.Add({.id = "tok_1", .name = "ann"}, "127.0.0.1", "deletePipeline", "pipe_1").ok());
  const auto actions = [&](int64_t before, int64_t limit) {
    std::vector<std::string> actions;
    const std::vector<AuditEntry> entries = audit.List(before, limit).value();
    for (const AuditEntry& entry : entries) actions.push_back(entry.action);
    return actions;
  };
  EXPECT_THAT(actions(0, 10), ElementsAre("deletePipeline", "createPipeline"));
  EXPECT_THAT(actions(2, 10), ElementsAre("createPipeline"));
  EXPECT_THAT(actions(0, 1), ElementsAre("deletePipeline"));
}

TEST_F(StoreTest, PipelinesAndTheirJobs) {
  const auto metadata = Metadata::Open(":memory:").value();
  Pipelines pipelines(metadata.get(), &clock_);
  Jobs jobs(metadata.get(), &clock_);
  PipelineRecord clicks;
  clicks.name = "clicks";
  clicks.query = "SELECT 1";
  clicks.plan = "{}";
  clicks.settings.parallelism = 3;
  clicks = pipelines.Create(clicks).value();
  EXPECT_THAT(clicks.id, StartsWith("pipe_"));
  PipelineRecord other;
  other.name = "CLICKS";
  EXPECT_EQ(pipelines.Create(other).status().code(), Metadata::kUnique);
  other.name = "orders";
  other = pipelines.Create(other).value();
  PipelineRecord preview;
  preview.preview = true;
  ASSERT_TRUE(pipelines.Create(preview).ok());
  EXPECT_EQ(pipelines.List().value().size(), 2U);
  EXPECT_EQ(pipelines.List(/*previews=*/true).value().size(), 1U);

  // What it is and what is wanted of it are kept apart.
  PipelineRecord renamed = clicks;
  renamed.name = "visits";
  renamed.runs = true;
  ASSERT_TRUE(pipelines.UpdateDefinition(&renamed).ok());
  EXPECT_FALSE(pipelines.Find(clicks.id).value()->runs);
  renamed.stop = StopMode::kGraceful;
  renamed.fresh = true;
  ASSERT_TRUE(pipelines.UpdateWanted(&renamed).ok());
  const PipelineRecord found = *pipelines.Find(clicks.id).value();
  EXPECT_EQ(found.name, "visits");
  EXPECT_EQ(found.settings.parallelism, 3);
  EXPECT_TRUE(found.runs && found.fresh);
  EXPECT_EQ(found.stop, StopMode::kGraceful);
  EXPECT_FALSE(found.has_state);
  // A run that had begun before it was to begin anew leaves that for the next one.
  ASSERT_TRUE(pipelines.HasBegun(clicks.id, /*anew=*/false).ok());
  EXPECT_TRUE(pipelines.Find(clicks.id).value()->has_state && pipelines.Find(clicks.id).value()->fresh);
  ASSERT_TRUE(pipelines.HasBegun(clicks.id, /*anew=*/true).ok());
  ASSERT_TRUE(pipelines.HasEnded(clicks.id).ok());
  EXPECT_FALSE(pipelines.Find(clicks.id).value()->runs || pipelines.Find(clicks.id).value()->fresh);
  other.name = "visits";
  EXPECT_EQ(pipelines.UpdateDefinition(&other).code(), Metadata::kUnique);

  JobRecord job;
  for (int64_t i = 0; i < Jobs::kKeptJobs + 5; i++) {
    JobRecord next;
    next.pipeline_id = clicks.id;
    job = jobs.Create(next).value();
    ASSERT_TRUE(jobs.AddErrors(job.id, {{0, 7, "{}"}}).ok());
  }
  EXPECT_EQ(jobs.List(clicks.id).value().size(), static_cast<size_t>(Jobs::kKeptJobs));
  EXPECT_EQ(jobs.List(clicks.id).value().front().id, job.id) << "the newest first";
  ASSERT_EQ(jobs.Newest().value().size(), 1U);
  EXPECT_EQ(jobs.Newest().value().front().id, job.id);
  job.state = JobState::kFailed;
  job.run = 4;
  job.finished_at = 9;
  job.failure = "{}";
  ASSERT_TRUE(jobs.Update(job).ok());
  const JobRecord kept = *jobs.Find(job.id).value();
  EXPECT_TRUE(kept.state == JobState::kFailed && kept.run == 4 && kept.finished_at == 9 && !kept.started_at);
  std::vector<JobError> errors(Jobs::kKeptErrors + 50);
  for (JobError& error : errors) error.details = "{}";
  ASSERT_TRUE(jobs.AddErrors(job.id, errors).ok());
  EXPECT_EQ(jobs.Errors(job.id).value().size(), static_cast<size_t>(Jobs::kKeptErrors));

  EXPECT_TRUE(pipelines.Delete(clicks.id).value());
  EXPECT_FALSE(pipelines.Delete(clicks.id).value());
  EXPECT_TRUE(jobs.List(clicks.id).value().empty() && jobs.Errors(job.id).value().empty());
}

TEST_F(StoreTest, ProfilesThatTablesUseStay) {
  const auto metadata = Metadata::Open(":memory:").value();
  ConnectionProfiles profiles(metadata.get(), &clock_);
  ConnectionTables tables(metadata.get(), &clock_);
  ConnectionProfile profile = profiles.Create("prof_1", "Production", R"({"a":1})").value();
  EXPECT_EQ(profiles.Create("prof_2", "production", "{}").status().code(), Metadata::kUnique);
  ConnectionTable table{.id = "tbl_1", .name = "orders", .definition = "{}", .profile_id = "prof_1"};
  ASSERT_TRUE(tables.Create(&table).ok());
  ConnectionTable lost{.id = "tbl_2", .name = "lost", .definition = "{}", .profile_id = "prof_9"};
  EXPECT_EQ(tables.Create(&lost).code(), ConnectionTables::kNoProfile);
  EXPECT_EQ(tables.Find("tbl_1").value()->profile_id, "prof_1");
  EXPECT_THAT(tables.OfProfile("prof_1").value(), SizeIs(1));
  EXPECT_THAT(tables.FindNamed({"from", "ORDERS", "x"}).value(), SizeIs(1));

  profile.name = "staging";
  profile.definition = R"({"a":2})";
  clock_.Advance(5);
  EXPECT_TRUE(profiles.Update(&profile, R"({"a":1})").value());
  EXPECT_FALSE(profiles.Update(&profile, R"({"a":1})").value());  // another was quicker
  EXPECT_EQ(profiles.Find("prof_1").value()->name, "staging");
  EXPECT_EQ(profiles.Find("prof_1").value()->updated_at, profile.created_at + 5);

  ConnectionProfiles::Deletion deletion = profiles.Delete("prof_1").value();
  EXPECT_THAT(deletion.used_by, ElementsAre("orders"));
  ASSERT_TRUE(tables.Delete("tbl_1").value());
  deletion = profiles.Delete("prof_1").value();
  EXPECT_TRUE(deletion.was_there && deletion.used_by.empty());
  EXPECT_FALSE(profiles.Delete("prof_1").value().was_there);
}

TEST(Secrets, DifferAndCompare) {
  EXPECT_NE(RandomSecret(), RandomSecret());
  EXPECT_EQ(RandomSecret().size(), 52u);
  EXPECT_TRUE(SameBytes("abc", "abc"));
  EXPECT_FALSE(SameBytes("abc", "abd"));
  EXPECT_FALSE(SameBytes("abc", "ab"));
}

}  // namespace
}  // namespace laminar::server
