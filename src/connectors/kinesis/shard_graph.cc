#include "connectors/kinesis/shard_graph.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/check.h"
#include "connectors/kinesis/hash_key.h"

namespace laminar::kinesis {

namespace {

std::vector<std::string> ParentsOf(const Shard& shard) {
  std::vector<std::string> parents;
  if (!shard.parent_id.empty()) parents.push_back(shard.parent_id);
  if (!shard.adjacent_parent_id.empty()) parents.push_back(shard.adjacent_parent_id);
  return parents;
}

using Kind = ShardPosition::Kind;

}  // namespace

bool CoversAllKeys(const std::vector<Shard>& shards) {
  std::vector<std::pair<HashKey, HashKey>> ranges;
  for (const Shard& shard : shards) {
    const std::optional<HashKeyRange> range = ParseHashRange(shard.range);
    if (!shard.closed && range) ranges.emplace_back(range->first, range->last);
  }
  std::sort(ranges.begin(), ranges.end());
  HashKey next = 0;
  for (const auto& [begin, end] : ranges) {
    if (begin > next) return false;
    if (end == ~HashKey{0}) return true;
    next = std::max(next, end + 1);
  }
  return false;
}

void ShardGraph::Resume(const std::vector<ShardStanding>& shards) {
  CHECK(nodes_.empty());
  for (const ShardStanding& shard : shards) {
    Node& node = nodes_[shard.id];
    node.parents = shard.parents;
    node.position = shard.position;
    node.begun = shard.state == ShardStanding::State::kReading;
    if (shard.state == ShardStanding::State::kFinished) node.state = State::kFinished;
    if (shard.awaits_children && node.state == State::kFinished) awaited_.emplace(shard.id, Awaited{});
  }
}

void ShardGraph::ApplyFirstListing(const std::vector<Shard>& shards, const ShardPosition& start) {
  if (!nodes_.empty()) {
    ApplyListing(shards);
    for (const Shard& shard : shards) nodes_.at(shard.id).closed_at_start = shard.closed;
    return;
  }
  // The pages of a listing are not taken at one moment. A shard listed together with an open parent came into being in
  // between, so it is a later child, like its own children.
  std::set<std::string> open_or_later;
  bool grew = start.kind == Kind::kLatest;
  const auto is_later = [&](const Shard& shard) {
    const std::vector<std::string> parents = ParentsOf(shard);
    return std::any_of(parents.begin(), parents.end(),
                       [&](const std::string& id) { return open_or_later.contains(id); });
  };
  while (grew) {
    grew = false;
    for (const Shard& shard : shards) {
      if (!shard.closed || is_later(shard)) grew = open_or_later.insert(shard.id).second || grew;
    }
  }
  for (const Shard& shard : shards) {
    const bool later = is_later(shard);
    Node& node = Add(shard, later ? ShardPosition::Oldest() : start);
    node.closed_at_start = shard.closed;
    node.begun = node.position.kind == Kind::kLatest;
    if (node.begun && shard.closed) node.state = State::kSkipped;
  }
}

void ShardGraph::ApplyListing(const std::vector<Shard>& shards) {
  for (const Shard& shard : shards) {
    const auto known = nodes_.find(shard.id);
    if (known == nodes_.end()) {
      Add(shard, ShardPosition::Oldest());
    } else {
      known->second.range = shard.range;
    }
  }
  for (auto it = awaited_.begin(); it != awaited_.end();) {
    Awaited& awaited = it->second;
    awaited.listings++;
    const bool give_up = awaited.named.empty() && awaited.listings >= kListingsForChildren;
    if (!give_up && !ChildrenListed(it->first, awaited)) {
      ++it;
      continue;
    }
    const auto node = nodes_.find(it->first);
    if (node != nodes_.end() && node->second.told && node->second.state == State::kFinished) over_.push_back(it->first);
    it = awaited_.erase(it);
  }
  ForgetUnlisted(shards);
}

ShardGraph::Node& ShardGraph::Add(const Shard& shard, const ShardPosition& start) {
  Node node;
  node.parents = ParentsOf(shard);
  node.position = start;
  node.range = shard.range;
  const bool stopped = std::any_of(node.parents.begin(), node.parents.end(), [this](const std::string& id) {
    const auto parent = nodes_.find(id);
    return parent != nodes_.end() && parent->second.state == State::kStopped;
  });
  if (stopped) node.state = State::kStopped;
  return nodes_.insert_or_assign(shard.id, std::move(node)).first->second;
}

std::vector<KnownShard> ShardGraph::TakeKnown() {
  std::vector<KnownShard> known;
  for (const auto& [id, node] : nodes_) Tell(id, &known);
  return known;
}

void ShardGraph::Tell(const std::string& id, std::vector<KnownShard>* known) {
  Node& node = nodes_.at(id);
  if (node.told || node.state == State::kSkipped || node.state == State::kStopped) return;
  // Finished before a restart. Where its children are not known yet, it stands for them.
  if (node.state == State::kFinished && !awaited_.contains(id)) return;
  node.told = true;
  KnownShard shard{id, {}};
  if (node.position.kind != Kind::kLatest) {
    for (const std::string& parent : node.parents) {
      if (!nodes_.contains(parent)) continue;
      Tell(parent, known);
      if (nodes_.at(parent).told) shard.parents.push_back(parent);
    }
  }
  known->push_back(std::move(shard));
}

std::vector<std::string> ShardGraph::TakeOver() {
  return std::exchange(over_, {});
}

std::vector<ReadableShard> ShardGraph::TakeReadable() {
  std::vector<ReadableShard> readable;
  for (auto& [id, node] : nodes_) {
    if (node.state != State::kWaiting || !ParentsDone(node)) continue;
    node.state = State::kReading;
    node.begun = true;
    reading_++;
    readable.push_back({id, node.position, node.range});
  }
  return readable;
}

// A parent that is not known is past the stream's retention. A start at the latest record does not depend on parents at
// all.
bool ShardGraph::ParentsDone(const Node& node) const {
  if (node.begun) return true;
  return std::all_of(node.parents.begin(), node.parents.end(), [this](const std::string& id) {
    const auto parent = nodes_.find(id);
    return parent == nodes_.end() || parent->second.state == State::kFinished ||
           parent->second.state == State::kSkipped;
  });
}

void ShardGraph::OnClosed(const std::string& shard_id, const std::vector<std::string>& child_ids,
                          bool expect_children) {
  if (!expect_children) return;
  Awaited awaited{.named = child_ids};
  if (!ChildrenListed(shard_id, awaited)) awaited_.emplace(shard_id, std::move(awaited));
}

bool ShardGraph::ChildrenListed(const std::string& shard_id, const Awaited& awaited) const {
  if (!awaited.named.empty()) {
    return std::all_of(awaited.named.begin(), awaited.named.end(),
                       [this](const std::string& id) { return nodes_.contains(id); });
  }
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& entry) {
    const std::vector<std::string>& parents = entry.second.parents;
    return std::find(parents.begin(), parents.end(), shard_id) != parents.end();
  });
}

void ShardGraph::OnFinished(const std::string& shard_id, int64_t complete_through_micros) {
  Node& node = nodes_.at(shard_id);
  CHECK(node.state == State::kReading);
  node.state = State::kFinished;
  node.position = ShardPosition{.complete_through_micros = complete_through_micros};
  reading_--;
  if (!awaited_.contains(shard_id)) over_.push_back(shard_id);
}

void ShardGraph::OnStopped(const std::string& shard_id, ShardPosition at) {
  Node& node = nodes_.at(shard_id);
  CHECK(node.state == State::kReading);
  node.state = State::kStopped;
  node.position = std::move(at);
  reading_--;
  over_.push_back(shard_id);
  StopChildren(shard_id);
}

std::vector<ShardStanding> ShardGraph::Standing() const {
  std::vector<ShardStanding> standing;
  for (const auto& [id, node] : nodes_) {
    ShardStanding& shard = standing.emplace_back();
    shard.id = id;
    shard.position = node.position;
    shard.awaits_children = awaited_.contains(id);
    if (node.state == State::kFinished || node.state == State::kSkipped) {
      shard.state = ShardStanding::State::kFinished;
      shard.position = ShardPosition{.complete_through_micros = node.position.complete_through_micros};
      continue;
    }
    shard.parents = node.parents;
    shard.state = node.begun ? ShardStanding::State::kReading : ShardStanding::State::kWaiting;
    int64_t& through = shard.position.complete_through_micros;
    if (through == 0) through = ParentsCompleteThrough(node);
  }
  return standing;
}

// All that a child holds was put after its parents were closed.
int64_t ShardGraph::ParentsCompleteThrough(const Node& node) const {
  int64_t lowest = 0;
  for (const std::string& id : node.parents) {
    const auto parent = nodes_.find(id);
    if (parent == nodes_.end() || parent->second.state != State::kFinished) continue;
    const int64_t through = parent->second.position.complete_through_micros;
    if (through > 0) lowest = lowest == 0 ? through : std::min(lowest, through);
  }
  return lowest;
}

void ShardGraph::StopChildren(const std::string& id) {
  for (auto& [child, node] : nodes_) {
    if (node.state != State::kWaiting || std::find(node.parents.begin(), node.parents.end(), id) == node.parents.end())
      continue;
    node.state = State::kStopped;
    if (node.told) over_.push_back(child);
    StopChildren(child);
  }
}

bool ShardGraph::WasClosedAtStart(const std::string& shard_id) const {
  const auto found = nodes_.find(shard_id);
  return found != nodes_.end() && found->second.closed_at_start;
}

bool ShardGraph::IsListed(const std::string& shard_id) const {
  const auto found = nodes_.find(shard_id);
  return found != nodes_.end() && found->second.listings_without == 0;
}

void ShardGraph::ForgetUnlisted(const std::vector<Shard>& shards) {
  std::set<std::string_view> listed;
  for (const Shard& shard : shards) listed.insert(shard.id);
  for (auto it = nodes_.begin(); it != nodes_.end();) {
    Node& node = it->second;
    node.listings_without = listed.contains(it->first) ? 0 : node.listings_without + 1;
    const bool done = node.state == State::kFinished || node.state == State::kSkipped;
    const bool forget = done && node.listings_without >= kListingsToForget && !awaited_.contains(it->first);
    it = forget ? nodes_.erase(it) : std::next(it);
  }
}

}  // namespace laminar::kinesis
