#include "stream/runtime/edge.h"

#include <algorithm>
#include <utility>

namespace laminar {

void Edge::Put(Item item) {
  bool was_empty = false;
  {
    std::lock_guard lock(mutex_);
    was_empty = items_.empty();
    bytes_.store(bytes_.load(std::memory_order_relaxed) + item.bytes, std::memory_order_relaxed);
    if (item.kind == Item::Kind::kWatermark && !was_empty && items_.back().kind == Item::Kind::kWatermark) {
      items_.back().watermark = item.watermark;
    } else {
      items_.push_back(std::move(item));
    }
  }
  if (was_empty) consumer_->Wake();
}

void Edge::PutRows(Batch rows, int64_t bytes) {
  Item item;
  item.rows = std::move(rows);
  item.bytes = bytes;
  Put(std::move(item));
}

void Edge::PutWatermark(int64_t watermark) {
  Item item;
  item.kind = Item::Kind::kWatermark;
  item.watermark = watermark;
  Put(std::move(item));
}

void Edge::PutEnd() {
  Item item;
  item.kind = Item::Kind::kEnd;
  Put(std::move(item));
}

void Edge::PutStop() {
  Item item;
  item.kind = Item::Kind::kStop;
  Put(std::move(item));
}

void Edge::PutBarrier(int64_t epoch) {
  Item item;
  item.kind = Item::Kind::kBarrier;
  item.epoch = epoch;
  Put(std::move(item));
}

std::optional<Edge::Item> Edge::Take() {
  std::optional<Item> item;
  bool has_room_again = false;
  {
    std::lock_guard lock(mutex_);
    if (items_.empty()) return std::nullopt;
    item = std::move(items_.front());
    items_.pop_front();
    const int64_t before = bytes_.load(std::memory_order_relaxed);
    bytes_.store(before - item->bytes, std::memory_order_relaxed);
    has_room_again = before >= capacity_bytes_ && before - item->bytes < capacity_bytes_;
  }
  if (has_room_again) producer_->Wake();
  return item;
}

bool Edge::Empty() const {
  std::lock_guard lock(mutex_);
  return items_.empty();
}

void Edge::GiveBack(Batch rows) {
  rows.Reset();
  std::lock_guard lock(mutex_);
  if (spares_.size() < kMostSpares) spares_.push_back(std::move(rows));
}

std::optional<Batch> Edge::TakeSpare() {
  std::lock_guard lock(mutex_);
  if (spares_.empty()) return std::nullopt;
  std::optional<Batch> spare = std::move(spares_.back());
  spares_.pop_back();
  return spare;
}

Edges::Edges(const StreamPlan& plan, const std::vector<Waker*>& wakers, int64_t capacity_bytes)
    : workers_(static_cast<int>(wakers.size())), edges_(plan.nodes.size() * wakers.size() * wakers.size()) {
  struct Way {
    size_t index;
    Waker* from;
    Waker* to;
  };
  std::vector<Way> ways;
  for (size_t id = 0; id < plan.nodes.size(); id++) {
    const auto* exchange = std::get_if<ExchangeNode>(&plan.nodes[id].op);
    if (exchange == nullptr) continue;
    const int targets = exchange->to == ExchangeNode::To::kFirstWorker ? 1 : workers_;
    for (int from = 0; from < workers_; from++) {
      for (int to = 0; to < targets; to++) {
        if (from != to)
          ways.push_back({Index(static_cast<NodeId>(id), from, to), wakers[static_cast<size_t>(from)],
                          wakers[static_cast<size_t>(to)]});
      }
    }
  }
  if (ways.empty()) return;
  const int64_t each = std::clamp(capacity_bytes / static_cast<int64_t>(ways.size()), kLeastBytes, kMostBytes);
  for (const Way& way : ways) edges_[way.index] = std::make_unique<Edge>(way.from, way.to, each);
}

size_t Edges::Index(NodeId exchange, int from, int to) const {
  const auto n = static_cast<size_t>(workers_);
  return (static_cast<size_t>(exchange) * n + static_cast<size_t>(from)) * n + static_cast<size_t>(to);
}

Edge* Edges::Find(NodeId exchange, int from, int to) const {
  return edges_.at(Index(exchange, from, to)).get();
}

}  // namespace laminar
