#include "engine/checkpoint_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "state/memory_store_for_test.h"
#include "state/state_file.h"

namespace laminar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class CheckpointStoreTest : public ::testing::Test {
 protected:
  std::shared_ptr<CheckpointPart> Part(const std::string& bytes) {
    auto part = std::make_shared<CheckpointPart>();
    part->bytes = bytes;
    return part;
  }
  // Checkpoint `number` with these parts, of one operator.
  Status Take(CheckpointStore* store, int64_t number, const std::vector<std::shared_ptr<CheckpointPart>>& parts) {
    Manifest manifest;
    manifest.checkpoint = number;
    manifest.pipeline = "clicks";
    manifest.state_id = "0123";
    manifest.instance = store->instance();
    manifest.version = "1.2.3";
    manifest.taken_micros = 1'767'225'600'000'000;
    manifest.parallelism = 2;
    manifest.sources["s"] = {R"({"next":7,"open":[]})", 5, std::nullopt};
    manifest.operators["window-1"].shape = "tumble";
    manifest.operators["window-1"].watermark_micros = -3;
    for (const auto& part : parts) {
      RETURN_IF_ERROR(store->Write(number, part.get()));
      manifest.operators["window-1"].parts.push_back({1, "panes", part->file, part->size});
    }
    manifest.writers["t"] = {{R"({"epochs":[1]})", {}}};
    return store->Commit(manifest);
  }
  std::vector<std::string> Names(const std::string& prefix) {
    std::vector<std::string> names;
    const auto entries = blobs_.List(prefix).value();
    for (const auto& entry : entries) names.push_back(entry.name);
    return names;
  }

  MemoryStore blobs_;
  CheckpointStore store_{&blobs_, "aaaa"};
};

TEST_F(CheckpointStoreTest, WhatWasWrittenIsLoaded) {
  EXPECT_THAT(store_.Numbers().value(), IsEmpty());
  ASSERT_TRUE(Take(&store_, 7, {Part("one"), Part("two")}).ok());
  ASSERT_TRUE(Take(&store_, 12, {}).ok());
  EXPECT_THAT(store_.Numbers().value(), ElementsAre(12, 7));
  const LoadedCheckpoint loaded = store_.Load(7).value();
  const Manifest& manifest = loaded.manifest;
  EXPECT_EQ(manifest.pipeline, "clicks");
  EXPECT_EQ(manifest.parallelism, 2);
  EXPECT_EQ(manifest.sources.at("s").watermark_micros, 5);
  EXPECT_EQ(manifest.sources.at("s").lag_micros, std::nullopt);
  EXPECT_EQ(manifest.operators.at("window-1").watermark_micros, -3);
  EXPECT_EQ(manifest.writers.at("t")[0].progress, R"({"epochs":[1]})");
  const auto& parts = manifest.operators.at("window-1").parts;
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].worker, 1);
  EXPECT_EQ(loaded.parts.at(parts[0].file)->bytes, "one");
  EXPECT_EQ(loaded.parts.at(parts[1].file)->bytes, "two");
  EXPECT_EQ(manifest.Bytes(), 6);
}

TEST_F(CheckpointStoreTest, APartIsWrittenOnce) {
  const auto part = Part("bytes");
  ASSERT_TRUE(Take(&store_, 1, {part}).ok());
  EXPECT_EQ(part->bytes, "");
  const std::string file = part->file;
  ASSERT_TRUE(Take(&store_, 2, {part, Part("more")}).ok());
  EXPECT_EQ(part->file, file);
  EXPECT_THAT(Names("state-"), UnorderedElementsAre(file, ::testing::_));
  EXPECT_EQ(store_.Load(2).value().parts.at(file)->bytes, "bytes");
}

TEST_F(CheckpointStoreTest, OfTwoWhoWriteTheNextOneWins) {
  CheckpointStore other(&blobs_, "bbbb");
  ASSERT_TRUE(Take(&store_, 1, {Part("ours")}).ok());
  const Status second = Take(&other, 1, {Part("theirs")});
  EXPECT_EQ(second.code(), CheckpointStore::kTaken);
  EXPECT_THAT(second.message(), HasSubstr("it runs this pipeline too"));
  EXPECT_EQ(store_.Load(1).value().parts.begin()->second->bytes, "ours");
  // The same once more, as after an answer that was lost.
  EXPECT_TRUE(Take(&store_, 1, {store_.Load(1).value().parts.begin()->second}).ok());
}

TEST_F(CheckpointStoreTest, TheLastAreKeptWithWhatTheyName) {
  const auto shared = Part("shared"), old = Part("old");
  ASSERT_TRUE(Take(&store_, 1, {old, shared}).ok());
  for (int64_t number = 2; number <= 5; number++) {
    ASSERT_TRUE(Take(&store_, number, {shared, Part("of " + std::to_string(number))}).ok());
    ASSERT_TRUE(store_.DeleteOld(number, 3).ok());
  }
  EXPECT_THAT(store_.Numbers().value(), ElementsAre(5, 4, 3));
  EXPECT_EQ(Names("state-").size(), 4U);  // the shared one and one each
  for (const int64_t number : {3, 4, 5}) EXPECT_TRUE(store_.Load(number).ok()) << number;
  EXPECT_FALSE(blobs_.Get(old->file).value().has_value());
}

// What another process is writing for a later checkpoint is left alone.
TEST_F(CheckpointStoreTest, NothingNewerIsDeleted) {
  CheckpointStore other(&blobs_, "bbbb");
  const auto theirs = Part("theirs");
  ASSERT_TRUE(other.Write(9, theirs.get()).ok());
  ASSERT_TRUE(Take(&store_, 1, {Part("x")}).ok());
  ASSERT_TRUE(store_.DeleteOld(1, 3).ok());
  EXPECT_TRUE(blobs_.Get(theirs->file).value().has_value());
}

TEST_F(CheckpointStoreTest, EveryDamageIsSeen) {
  const auto part = Part("some bytes of state");
  ASSERT_TRUE(Take(&store_, 1, {part}).ok());
  for (const std::string& name : {std::string("manifest-000000000001"), part->file}) {
    const std::string whole = blobs_.Get(name).value().value();
    for (size_t at = 0; at < whole.size(); at++) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
      ASSERT_TRUE(blobs_.Put(name, damaged).ok());
      EXPECT_FALSE(store_.Load(1).ok()) << name << ", byte " << at;
      ASSERT_TRUE(blobs_.Put(name, whole.substr(0, at)).ok());
      const Status cut = store_.Load(1).status();
      EXPECT_EQ(cut.kind(), StatusKind::kEnvironment) << name << ", " << at << " bytes";
      EXPECT_THAT(cut.message(), HasSubstr(name));
    }
    ASSERT_TRUE(blobs_.Delete(name).ok());
    EXPECT_THAT(store_.Load(1).status().message(), HasSubstr(name + " is missing"));
    ASSERT_TRUE(blobs_.Put(name, whole).ok());
  }
  EXPECT_TRUE(store_.Load(1).ok());
}

// A manifest of format version 1, as it was written. It must be read for ever.
TEST_F(CheckpointStoreTest, AManifestOfTheFirstVersionIsRead) {
  const std::string json =
      R"({"checkpoint": 3, "pipeline": "/p.sql", "state_id": "00ff", "instance": "12ab", "version": "0.1.0",
    "taken_micros": 1795880000000000, "parallelism": 1, "finished": false,
    "sources": {"a": {"position": "{}", "watermark_micros": null, "lag_micros": 12}},
    "operators": {"over-1": {"shape": "x", "watermark_micros": 7, "parts": [{"worker": 0, "section": "rows", "file": "state-000000000003-12ab-1", "bytes": 4}]}},
    "sinks": {"b": [{"progress": "{}", "parts": []}]}})";
  const Manifest manifest = Manifest::FromJson("x", json).value();
  EXPECT_EQ(manifest.checkpoint, 3);
  EXPECT_EQ(manifest.sources.at("a").lag_micros, 12);
  EXPECT_THAT(manifest.Files(), ElementsAre("state-000000000003-12ab-1"));
  const Status outside =
      Manifest::FromJson("x",
                         [&] {
                           std::string text = json;
                           return text.replace(text.find("state-000000000003-12ab-1"), 25, "../../etc/passwd");
                         }())
          .status();
  EXPECT_EQ(outside.kind(), StatusKind::kEnvironment);
}

}  // namespace
}  // namespace laminar
