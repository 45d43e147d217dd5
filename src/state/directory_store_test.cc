#include "state/directory_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

namespace laminar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DirectoryStoreTest : public ::testing::Test {
 protected:
  DirectoryStoreTest() {
    std::string path = std::filesystem::temp_directory_path() / "laminar_store_XXXXXX";
    path_ = mkdtemp(path.data());
  }
  ~DirectoryStoreTest() override { std::filesystem::remove_all(path_); }

  std::unique_ptr<DirectoryStore> Open(DirectoryStore::Mode mode = DirectoryStore::Mode::kOwn) {
    return DirectoryStore::Open(path_ + "/a/b", mode).value();
  }
  // But for the owner's lock.
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_ + "/a/b")) {
      if (entry.path().filename() != ".lock") names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string path_;
};

TEST_F(DirectoryStoreTest, BlobsAreReplacedListedAndDeleted) {
  const auto store = Open();
  EXPECT_EQ(store->Get("state-1").value(), std::nullopt);
  const std::string bytes("a\0b", 3);
  ASSERT_TRUE(store->Put("state-1", bytes).ok());
  ASSERT_TRUE(store->Put("state-2", "").ok());
  ASSERT_TRUE(store->Put("other", "x").ok());
  EXPECT_EQ(store->Get("state-1").value(), bytes);
  EXPECT_EQ(store->Get("state-2").value(), "");
  ASSERT_TRUE(store->Put("state-1", "shorter").ok());
  EXPECT_EQ(store->Get("state-1").value(), "shorter");
  const auto entries = store->List("state-").value();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].name, "state-1");
  EXPECT_EQ(entries[0].bytes, 7);
  ASSERT_TRUE(store->Delete("state-1").ok());
  ASSERT_TRUE(store->Delete("state-1").ok());
  EXPECT_THAT(Files(), ElementsAre("other", "state-2"));
}

TEST_F(DirectoryStoreTest, ADirectoryHasOneOwner) {
  const auto owner = Open();
  ASSERT_TRUE(owner->Put("state-1", "bytes").ok());
  const Status second = DirectoryStore::Open(path_ + "/a/b").status();
  EXPECT_EQ(second.kind(), StatusKind::kEnvironment);
  EXPECT_THAT(second.message(), HasSubstr("in use by another process, " + std::to_string(getpid())));
  const auto reader = Open(DirectoryStore::Mode::kRead);
  EXPECT_EQ(reader->Get("state-1").value(), "bytes");
  EXPECT_FALSE(DirectoryStore::Open(path_ + "/nothing", DirectoryStore::Mode::kRead).ok());
}

TEST_F(DirectoryStoreTest, BlobsAreThereForTheNextProcess) {
  ASSERT_TRUE(Open()->Put("state-1", "bytes").ok());
  EXPECT_EQ(Open()->Get("state-1").value(), "bytes");
}

TEST_F(DirectoryStoreTest, ADirectoryMayBeNamedWithASlashAtItsEnd) {
  ASSERT_TRUE(DirectoryStore::Open(path_ + "/a/b/").value()->Put("state-1", "bytes").ok());
  EXPECT_EQ(Open()->Get("state-1").value(), "bytes");
}

TEST_F(DirectoryStoreTest, OfManyWhoCreateABlobOneWins) {
  std::vector<std::unique_ptr<DirectoryStore>> stores;
  for (int i = 0; i < 8; i++) stores.push_back(Open(DirectoryStore::Mode::kShare));
  for (int round = 0; round < 50; round++) {
    const std::string name = "manifest-" + std::to_string(round);
    std::vector<int> won(stores.size());
    std::vector<std::thread> threads;
    for (size_t i = 0; i < stores.size(); i++) {
      threads.emplace_back(
          [&, i] { won[i] = stores[i]->Create(name, std::string(1000, static_cast<char>('a' + i))).value() ? 1 : 0; });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(std::count(won.begin(), won.end(), 1), 1) << name;
    const auto winner = static_cast<size_t>(std::find(won.begin(), won.end(), 1) - won.begin());
    EXPECT_EQ(stores[0]->Get(name).value(), std::string(1000, static_cast<char>('a' + winner)));
  }
}

TEST_F(DirectoryStoreTest, ACreatedBlobIsNotReplaced) {
  const auto store = Open();
  EXPECT_TRUE(store->Create("manifest-1", "first").value());
  EXPECT_FALSE(store->Create("manifest-1", "second").value());
  EXPECT_EQ(store->Get("manifest-1").value(), "first");
  EXPECT_THAT(Files(), ElementsAre("manifest-1"));
}

TEST_F(DirectoryStoreTest, WhatAKilledWriterLeftIsRemoved) {
  ASSERT_TRUE(Open()->Put("state-1", "bytes").ok());
  std::ofstream(path_ + "/a/b/.part-77-0") << "half";
  EXPECT_EQ(Open()->List("").value().size(), 1U);
  EXPECT_THAT(Files(), ElementsAre("state-1"));
}

TEST_F(DirectoryStoreTest, AFullDiskIsSaidAndNothingIsLeft) {
  const auto store = Open();
  ASSERT_TRUE(store->Put("state-1", "before").ok());
  // The most that a file may have: the kernel ends the write as a full disk would.
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 4096;
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status status = store->Put("state-1", std::string(10'000, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(status.kind(), StatusKind::kEnvironment);
  EXPECT_EQ(status.message(), "cannot write " + path_ + "/a/b/state-1: File too large");
  EXPECT_THAT(status.hint(), HasSubstr("--state-dir"));
  EXPECT_EQ(store->Get("state-1").value(), "before");
  EXPECT_THAT(Files(), ElementsAre("state-1"));
}

TEST_F(DirectoryStoreTest, APathThatIsNoDirectoryIsRefused) {
  std::ofstream(path_ + "/file") << "x";
  for (const std::string path : {"/file", "/file/below"}) {
    const Status status = DirectoryStore::Open(path_ + path).status();
    EXPECT_EQ(status.kind(), StatusKind::kEnvironment);
    EXPECT_THAT(status.message(), HasSubstr("cannot open the state directory " + path_ + path));
    EXPECT_EQ(status.hint(), "Name a directory with --state-dir");
  }
}

TEST_F(DirectoryStoreTest, WhatIsTooLargeToBeOursIsRefused) {
  const auto store = Open();
  std::ofstream(path_ + "/a/b/state-1").close();
  std::filesystem::resize_file(path_ + "/a/b/state-1", BlobStore::kLargestBlob + 1);
  EXPECT_THAT(store->Get("state-1").status().message(), HasSubstr("more than any file of a checkpoint"));
}

TEST(BlobNames, AreSafeInAnyStore) {
  for (const char* good : {"manifest-1", "state_2.x", "A"}) EXPECT_TRUE(BlobStore::IsName(good)) << good;
  for (const char* bad : {"", ".part", "..", "a/b", "a b", "a\n", "\xc3\xa4"})
    EXPECT_FALSE(BlobStore::IsName(bad)) << bad;
}

}  // namespace
}  // namespace laminar
