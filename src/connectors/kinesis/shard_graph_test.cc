#include "connectors/kinesis/shard_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/kinesis/shard_reader.h"

namespace laminar::kinesis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const ShardPosition kOldest = ShardPosition::Oldest();
const ShardPosition kLatest = ShardPosition::Latest();

Shard MakeShard(const std::string& id, bool closed, const std::string& parent = "", const std::string& adjacent = "") {
  Shard shard;
  shard.id = id;
  shard.parent_id = parent;
  shard.adjacent_parent_id = adjacent;
  shard.closed = closed;
  return shard;
}

ReadableShard FromOldest(const std::string& id) {
  return {id, kOldest, {}};
}
ReadableShard FromLatest(const std::string& id) {
  return {id, kLatest, {}};
}

TEST(ShardGraph, EarliestReadsParentsFirstAndAMergedChildAfterBoth) {
  ShardGraph graph;
  graph.ApplyFirstListing({MakeShard("1", true), MakeShard("2", true), MakeShard("3", true, "1", "2"),
                           MakeShard("4", false, "3"), MakeShard("5", false, "3")},
                          kOldest);
  EXPECT_THAT(graph.TakeReadable(), ElementsAre(FromOldest("1"), FromOldest("2")));
  EXPECT_THAT(graph.TakeReadable(), IsEmpty());
  graph.OnFinished("1");
  EXPECT_THAT(graph.TakeReadable(), IsEmpty());
  graph.OnFinished("2");
  EXPECT_THAT(graph.TakeReadable(), ElementsAre(FromOldest("3")));
  graph.OnFinished("3");
  EXPECT_THAT(graph.TakeReadable(), ElementsAre(FromOldest("4"), FromOldest("5")));
  EXPECT_EQ(graph.reading(), 2u);
}

TEST(ShardGraph, AParentPastTheRetentionIsNotWaitedFor) {
  ShardGraph graph;
  graph.ApplyFirstListing({MakeShard("7", false, "3", "4")}, kOldest);
  EXPECT_THAT(graph.TakeReadable(), ElementsAre(FromOldest("7")));
}

TEST(ShardGraph, LatestSkipsWhatWasClosedAndReadsLaterChildrenFromTheirOldest) {
  ShardGraph graph;
  graph.ApplyFirstListing({MakeShard("1", true), MakeShard("2", false, "1"), MakeShard("3", false, "1")}, kLatest);
  EXPECT_THAT(graph.TakeReadable(), ElementsAre(FromLatest("2"), FromLatest("3")));
  graph.ApplyListing({MakeShard("1", true), MakeShard("2", true, "1"), MakeShard("3", false, "1"),
                      MakeShard("4", true, "2"), MakeShard("5", false, "4")});
  EXPECT_THAT(graph.TakeReadable(), IsEmpty());
  graph.OnClosed("2", {"4"}, true);
  EXPECT_FALSE(graph.AwaitsChildren());
  graph.OnFinished("2");
  EXPECT_THAT(graph.TakeReadable(), ElementsAre(FromOldest("4")));
  graph.OnFinished("4");
  EXPECT_THAT(graph.TakeReadable(), ElementsAre(FromOldest("5")));
}

TEST(ShardGraph, AChildListedTogetherWithItsOpenParentIsALaterOne) {
  ShardGraph graph;
  // Page one was taken before shard 1 was split, page two after shard 2 was split again.
  graph.ApplyFirstListing({MakeShard("1", false), MakeShard("2", true, "1"), MakeShard("3", false, "2")}, kLatest);
  EXPECT_THAT(graph.TakeReadable(), ElementsAre(FromLatest("1")));
  graph.OnFinished("1");
  EXPECT_THAT(graph.TakeReadable(), ElementsAre(FromOldest("2")));
  graph.OnFinished("2");
  EXPECT_THAT(graph.TakeReadable(), ElementsAre(FromOldest("3")));
}

TEST(ShardGraph, NamedChildrenAreAwaitedForEverOthersForSomeListings) {
  const std::vector<Shard> without_children = {MakeShard("1", true), MakeShard("2", true)};
  ShardGraph graph;
  graph.ApplyFirstListing(without_children, kOldest);
  EXPECT_EQ(graph.TakeReadable().size(), 2u);
  graph.OnClosed("1", {}, true);
  for (int i = 0; i < ShardGraph::kListingsForChildren; i++) {
    EXPECT_TRUE(graph.AwaitsChildren());
    graph.ApplyListing(without_children);
  }
  EXPECT_FALSE(graph.AwaitsChildren());

  graph.OnClosed("2", {"3", "4"}, true);
  for (int i = 0; i < 100; i++) graph.ApplyListing(without_children);
  EXPECT_TRUE(graph.AwaitsChildren());
  graph.ApplyListing({MakeShard("1", true), MakeShard("2", true), MakeShard("3", false, "2")});
  EXPECT_TRUE(graph.AwaitsChildren());
  graph.ApplyListing(
      {MakeShard("1", true), MakeShard("2", true), MakeShard("3", false, "2"), MakeShard("4", false, "2")});
  EXPECT_FALSE(graph.AwaitsChildren());
}

TEST(ShardGraph, AListingIsWholeWhenItsOpenShardsCoverAllKeys) {
  const auto ranged = [](const std::string& begin, const std::string& end, bool closed) {
    Shard shard;
    shard.range = {begin, end};
    shard.closed = closed;
    return shard;
  };
  const std::string last = "340282366920938463463374607431768211455";
  EXPECT_TRUE(CoversAllKeys({ranged("0", last, false)}));
  EXPECT_FALSE(CoversAllKeys({ranged("0", last, true)}));
  EXPECT_FALSE(CoversAllKeys({ranged("0", last, true), ranged("0", "99", false)}));
  EXPECT_TRUE(CoversAllKeys({ranged("0", last, true), ranged("100", last, false), ranged("0", "99", false)}));
  EXPECT_FALSE(CoversAllKeys({ranged("101", last, false), ranged("0", "99", false)}));
  EXPECT_FALSE(CoversAllKeys({}));
}

TEST(ShardGraph, AStoppedShardHasNoChildren) {
  ShardGraph graph;
  graph.ApplyFirstListing({MakeShard("1", false)}, kOldest);
  EXPECT_EQ(graph.TakeReadable().size(), 1u);
  graph.OnStopped("1", ShardPosition::After("49"));
  graph.ApplyListing({MakeShard("1", true), MakeShard("2", false, "1")});
  EXPECT_THAT(graph.TakeReadable(), IsEmpty());
  EXPECT_EQ(graph.reading(), 0u);
}

TEST(ShardGraph, FinishedShardsPastTheRetentionAreForgotten) {
  ShardGraph graph;
  graph.ApplyFirstListing({MakeShard("1", true), MakeShard("2", false, "1")}, kOldest);
  EXPECT_THAT(graph.TakeReadable(), ElementsAre(FromOldest("1")));
  graph.OnFinished("1");
  EXPECT_THAT(graph.TakeReadable(), ElementsAre(FromOldest("2")));
  for (int i = 0; i < ShardGraph::kListingsToForget; i++) {
    EXPECT_EQ(graph.size(), 2u);
    graph.ApplyListing({MakeShard("2", false, "1")});
  }
  EXPECT_EQ(graph.size(), 1u);
  graph.ApplyListing({MakeShard("2", false, "1")});
  EXPECT_THAT(graph.TakeReadable(), IsEmpty());
}

TEST(ShardGraph, TellsOfShardsParentsFirstAndOfTheirEndWhenTheChildrenAreKnown) {
  ShardGraph graph;
  // The parent has the larger name: the order of names is not that of the generations.
  graph.ApplyFirstListing({MakeShard("1", false, "9"), MakeShard("9", true), MakeShard("2", false, "8")}, kOldest);
  EXPECT_THAT(graph.TakeKnown(), ElementsAre(KnownShard{"9", {}}, KnownShard{"1", {"9"}}, KnownShard{"2", {}}));
  EXPECT_THAT(graph.TakeKnown(), IsEmpty());
  graph.TakeReadable();
  graph.OnClosed("9", {}, true);
  graph.OnFinished("9");
  EXPECT_THAT(graph.TakeOver(), ElementsAre("9"));
  graph.TakeReadable();
  graph.OnClosed("1", {"3"}, true);
  graph.OnFinished("1");
  EXPECT_THAT(graph.TakeOver(), IsEmpty()) << "the child is not listed yet";
  graph.ApplyListing({MakeShard("1", true, "9"), MakeShard("2", false, "8"), MakeShard("3", false, "1")});
  EXPECT_THAT(graph.TakeKnown(), ElementsAre(KnownShard{"3", {"1"}}));
  EXPECT_THAT(graph.TakeOver(), ElementsAre("1"));
}

TEST(ShardGraph, AStartAtTheLatestFollowsNoParents) {
  ShardGraph graph;
  graph.ApplyFirstListing({MakeShard("1", true), MakeShard("2", false, "1")}, kLatest);
  EXPECT_THAT(graph.TakeKnown(), ElementsAre(KnownShard{"2", {}}));
}

TEST(ShardGraph, WhatComesAfterAStoppedShardIsNeverRead) {
  ShardGraph graph;
  graph.ApplyFirstListing({MakeShard("1", false), MakeShard("2", false)}, kOldest);
  graph.TakeKnown();
  graph.TakeReadable();
  graph.ApplyListing(
      {MakeShard("1", true), MakeShard("2", false), MakeShard("3", true, "1"), MakeShard("4", false, "3")});
  EXPECT_EQ(graph.TakeKnown().size(), 2U);
  graph.OnStopped("1", ShardPosition::After("49"));
  EXPECT_THAT(graph.TakeOver(), ElementsAre("1", "3", "4"));
  graph.ApplyListing({MakeShard("4", true, "3"), MakeShard("5", false, "4")});
  EXPECT_THAT(graph.TakeKnown(), IsEmpty());
  EXPECT_THAT(graph.TakeReadable(), IsEmpty());
}

ShardStanding Standing(const std::string& id, ShardStanding::State state, std::vector<std::string> parents = {},
                       ShardPosition position = {}) {
  return {id, std::move(parents), state, std::move(position)};
}

TEST(ShardGraph, StandsWhereItWasAfterARestart) {
  using State = ShardStanding::State;
  ShardGraph graph;
  graph.ApplyFirstListing({MakeShard("1", true), MakeShard("2", true), MakeShard("3", true, "1"),
                           MakeShard("4", false, "3", "2"), MakeShard("5", false)},
                          ShardPosition::Timestamp(5));
  graph.TakeReadable();
  graph.OnClosed("1", {"3"}, true);
  graph.OnFinished("1", 70);
  graph.TakeReadable();
  const std::vector<ShardStanding> standing = graph.Standing();
  ShardPosition begun_behind_its_parent = ShardPosition::Timestamp(5);
  begun_behind_its_parent.complete_through_micros = 70;
  EXPECT_THAT(standing, ElementsAre(Standing("1", State::kFinished, {}, {.complete_through_micros = 70}),
                                    Standing("2", State::kReading, {}, ShardPosition::Timestamp(5)),
                                    Standing("3", State::kReading, {"1"}, begun_behind_its_parent),
                                    Standing("4", State::kWaiting, {"3", "2"}, ShardPosition::Timestamp(5)),
                                    Standing("5", State::kReading, {}, ShardPosition::Timestamp(5))));
  ShardGraph again;
  again.Resume(standing);
  // The first one is past the retention; 6 and 7 turned up meanwhile.
  again.ApplyFirstListing({MakeShard("2", true), MakeShard("3", true, "1"), MakeShard("4", true, "3", "2"),
                           MakeShard("5", false), MakeShard("6", false, "4"), MakeShard("7", false, "4")},
                          kLatest);
  EXPECT_EQ(again.TakeReadable().size(), 3u);
  EXPECT_FALSE(again.IsListed("1"));
  EXPECT_TRUE(again.IsListed("3"));
  EXPECT_THAT(again.TakeKnown(), ElementsAre(KnownShard{"2", {}}, KnownShard{"3", {}}, KnownShard{"4", {"3", "2"}},
                                             KnownShard{"5", {}}, KnownShard{"6", {"4"}}, KnownShard{"7", {"4"}}));
  again.OnFinished("2");
  EXPECT_THAT(again.TakeReadable(), IsEmpty());
  again.OnFinished("3");
  EXPECT_THAT(again.TakeReadable(), ElementsAre(ReadableShard{"4", ShardPosition::Timestamp(5), {}}));
  again.OnFinished("4");
  EXPECT_THAT(again.TakeReadable(), ElementsAre(FromOldest("6"), FromOldest("7")));
}

// Its split takes the place of the children that are not known yet.
TEST(ShardGraph, AFinishedShardAwaitsItsChildrenOverARestart) {
  ShardGraph graph;
  graph.ApplyFirstListing({MakeShard("1", true)}, kOldest);
  graph.TakeReadable();
  graph.OnClosed("1", {"2"}, true);
  graph.OnFinished("1", 70);
  ShardGraph again;
  again.Resume(graph.Standing());
  again.ApplyFirstListing({MakeShard("1", true)}, kOldest);
  EXPECT_TRUE(again.AwaitsChildren());
  EXPECT_THAT(again.TakeKnown(), ElementsAre(KnownShard{"1", {}}));
  EXPECT_THAT(again.TakeReadable(), IsEmpty());
  again.ApplyListing({MakeShard("1", true), MakeShard("2", false, "1")});
  EXPECT_THAT(again.TakeKnown(), ElementsAre(KnownShard{"2", {"1"}}));
  EXPECT_THAT(again.TakeOver(), ElementsAre("1"));
  EXPECT_THAT(again.TakeReadable(), ElementsAre(FromOldest("2")));
  EXPECT_EQ(again.Standing()[1].position.complete_through_micros, 70);
}

TEST(ShardGraph, AStoppedShardStandsWhereItStopped) {
  ShardGraph graph;
  graph.ApplyFirstListing({MakeShard("1", true), MakeShard("2", false, "1")}, kOldest);
  graph.TakeReadable();
  graph.OnStopped("1", ShardPosition::After("49"));
  using State = ShardStanding::State;
  EXPECT_THAT(graph.Standing(), ElementsAre(Standing("1", State::kReading, {}, ShardPosition::After("49")),
                                            Standing("2", State::kWaiting, {"1"})));
}

TEST(ShardGraph, TheNumberOfAShard) {
  EXPECT_EQ(ShardNumber("shardId-000000000012"), 12U);
  EXPECT_EQ(ShardNumber("7"), 7U);
  EXPECT_EQ(ShardNumber("shard"), 0U);
  EXPECT_EQ(ShardNumber(""), 0U);
}

}  // namespace
}  // namespace laminar::kinesis
