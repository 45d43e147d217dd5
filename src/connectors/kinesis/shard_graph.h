// ShardGraph: which shards of a stream may be read now. Records of one partition key move from a shard to its children
// when the shard is split or merged; their order survives because a child becomes readable only after all its parents
// are read to the end and acknowledged.
//
// The first listing of the stream fixes where reading starts:
//   oldest     every shard, closed ones too, from its oldest record
//   timestamp  every shard, closed ones too, from the first record of that time
//   latest     every open shard from its latest record; shards that were closed before are skipped
// Whatever turns up later is the child of a shard that was open then (or cannot be told from one), so it is read from
// its oldest record.
//
// After a restart the graph of the checkpoint takes the place of the first listing: shards that it does not know have
// turned up later, and those that it knows as finished stay so as long as the stream lists them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "connectors/kinesis/kinesis_api.h"
#include "connectors/kinesis/shard_position.h"
#include "connectors/source_watermark.h"

namespace laminar::kinesis {

struct ReadableShard {
  std::string id;
  ShardPosition start;
  HashRange range;  // empty texts: not known
  SourceWatermark::Split split = 0;
  bool operator==(const ReadableShard&) const = default;
};

// A shard that will be read, and which of those it follows.
struct KnownShard {
  std::string id;
  std::vector<std::string> parents;
  bool operator==(const KnownShard&) const = default;
};

// Whether the open shards of a listing cover every hash key. When they do not, a shard was closed and its children are
// not listed yet.
bool CoversAllKeys(const std::vector<Shard>& shards);

// No I/O, not thread-safe.
class ShardGraph {
 public:
  // A closed shard whose children no one names is expected to get some; that many listings are waited for.
  static constexpr int kListingsForChildren = 8;
  // A finished shard is forgotten when so many listings in a row are without it: it is past the stream's retention.
  static constexpr int kListingsToForget = 3;

  // Before the first listing: the shards of a checkpoint.
  void Resume(const std::vector<ShardStanding>& shards);
  // All pages of a listing, in one. start: kOldest, kLatest or kTimestamp; not used after Resume.
  void ApplyFirstListing(const std::vector<Shard>& shards, const ShardPosition& start);
  void ApplyListing(const std::vector<Shard>& shards);

  // Shards that will be read, those that are new since the last call, parents before their children.
  std::vector<KnownShard> TakeKnown();
  // Known shards that are over since the last call: finished, and their children are known; or never read, because a
  // bounded read ends before them.
  std::vector<std::string> TakeOver();

  // Shards that have become readable, oldest first; each is given once and is then being read.
  std::vector<ReadableShard> TakeReadable();

  // The service said that the shard ends here; its last records may still be on their way through the pipeline.
  // expect_children: false when nobody waits for what comes after it.
  void OnClosed(const std::string& shard_id, const std::vector<std::string>& child_ids, bool expect_children);
  // Read to its end, everything acknowledged: its children may begin.
  void OnFinished(const std::string& shard_id, int64_t complete_through_micros = 0);
  // Not read any further although it is open (the end of a bounded read): its children never begin. at: where it
  // stands.
  void OnStopped(const std::string& shard_id, ShardPosition at);

  // What a checkpoint holds of the shards; those that are being read stand where they were begun.
  std::vector<ShardStanding> Standing() const;

  // Children of closed shards have not been listed yet: list again soon.
  bool AwaitsChildren() const { return !awaited_.empty(); }
  bool WasClosedAtStart(const std::string& shard_id) const;
  // The last listing had it.
  bool IsListed(const std::string& shard_id) const;
  size_t reading() const { return reading_; }
  size_t size() const { return nodes_.size(); }

 private:
  enum class State {
    kWaiting,  // for its parents
    kReading,
    kFinished,
    kStopped,  // a bounded read ends here or before
    kSkipped,  // closed before a start at the latest record
  };
  struct Node {
    std::vector<std::string> parents;
    State state = State::kWaiting;
    ShardPosition position;  // where it is begun, or stands: kStopped
    HashRange range;
    bool begun = false;  // whatever its parents do
    bool closed_at_start = false;
    bool told = false;  // by TakeKnown
    int listings_without = 0;
  };
  struct Awaited {
    std::vector<std::string> named;  // children that the service named; never given up
    int listings = 0;
  };

  Node& Add(const Shard& shard, const ShardPosition& start);
  void Tell(const std::string& id, std::vector<KnownShard>* known);
  void StopChildren(const std::string& id);
  bool ParentsDone(const Node& node) const;
  int64_t ParentsCompleteThrough(const Node& node) const;
  bool ChildrenListed(const std::string& shard_id, const Awaited& awaited) const;
  void ForgetUnlisted(const std::vector<Shard>& shards);

  std::map<std::string, Node> nodes_;       // by shard id, which grows with the shard's age
  std::map<std::string, Awaited> awaited_;  // by the id of the closed shard
  std::vector<std::string> over_;           // for TakeOver
  size_t reading_ = 0;
};

}  // namespace laminar::kinesis
