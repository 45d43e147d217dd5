#include "base/shard_board.h"

namespace laminar {

std::string_view ShardStateName(ShardState state) {
  switch (state) {
    case ShardState::kWaiting:
      return "waiting";
    case ShardState::kReading:
      return "reading";
    case ShardState::kFinished:
      return "finished";
  }
  return "";
}

void ShardBoard::OnKnown(const std::string& shard_id, std::optional<uint32_t> split) {
  std::lock_guard lock(mutex_);
  Entry& entry = shards_[shard_id];
  entry.shard_id = shard_id;
  entry.split = split;
}

std::shared_ptr<ShardMetrics> ShardBoard::OnReading(const std::string& shard_id) {
  auto metrics = std::make_shared<ShardMetrics>();
  std::lock_guard lock(mutex_);
  Entry& entry = shards_[shard_id];
  entry.shard_id = shard_id;
  entry.state = ShardState::kReading;
  entry.metrics = metrics;
  return metrics;
}

void ShardBoard::OnFinished(const std::string& shard_id) {
  std::lock_guard lock(mutex_);
  const auto found = shards_.find(shard_id);
  if (found == shards_.end() || found->second.state == ShardState::kFinished) return;
  found->second.state = ShardState::kFinished;
  finished_++;
  finished_ids_.push_back(shard_id);
  if (finished_ids_.size() <= kMostFinished) return;
  shards_.erase(finished_ids_.front());
  finished_ids_.pop_front();
}

std::vector<ShardBoard::Entry> ShardBoard::List(uint64_t* finished) const {
  std::lock_guard lock(mutex_);
  *finished = finished_;
  std::vector<Entry> list;
  for (const auto& [id, entry] : shards_) list.push_back(entry);
  return list;
}

}  // namespace laminar
