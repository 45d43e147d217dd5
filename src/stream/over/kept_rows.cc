#include "stream/over/kept_rows.h"

namespace laminar {

KeptRows::~KeptRows() {
  for (size_t i = 0; i < partitions_.size(); i++) Forget(static_cast<uint32_t>(i));
}

void KeptRows::Free(const Entry& entry) {
  if (entry.is_inlined()) return;
  bytes_ -= entry.size;
  std::free(entry.outside.pointer);
}

void KeptRows::Add(uint32_t number, int64_t at, std::string_view value) {
  Entry entry{};
  entry.at = at;
  entry.size = static_cast<uint32_t>(value.size());
  char* to = entry.inlined;
  if (!entry.is_inlined()) {
    to = static_cast<char*>(std::malloc(value.size()));
    CHECK(to != nullptr);
    entry.outside.pointer = to;
    bytes_ += entry.size;
  }
  if (!value.empty()) std::memcpy(to, value.data(), value.size());
  partitions_[number].ring.PushBack(entry, UINT32_MAX, &bytes_);
}

void KeptRows::DropFirst(uint32_t number) {
  Partition& partition = partitions_[number];
  Free(partition.ring.front());
  partition.ring.PopFront(&bytes_);
  if (partition.begin > 0) partition.begin--;
  if (partition.end > 0) partition.end--;
}

void KeptRows::MoveTo(uint32_t number, int64_t at) {
  Partition& partition = partitions_[number];
  Ring<Entry>& ring = partition.ring;
  if (!frame_.unbounded_start) {
    const int64_t low = Low(at);
    const int64_t lowest = frame_.range && !frame_.starts_at_peers() ? frame_.LowestLow(at) : low;
    while (!ring.empty() && ring.front().at < lowest) DropFirst(number);
    while (partition.begin > 0 && ring[partition.begin - 1].at >= low) partition.begin--;
    while (partition.begin < ring.size() && ring[partition.begin].at < low) partition.begin++;
    if (partition.end < partition.begin) partition.end = partition.begin;
  }
  const int64_t high = High(at);
  while (partition.end > partition.begin && ring[partition.end - 1].at > high) partition.end--;
  while (partition.end < ring.size() && ring[partition.end].at <= high) partition.end++;
}

void KeptRows::Forget(uint32_t number) {
  Partition& partition = partitions_[number];
  for (uint32_t i = 0; i < partition.ring.size(); i++) Free(partition.ring[i]);
  partition.ring.Clear(&bytes_);
  partition.begin = partition.end = 0;
}

void KeptRows::Trim(uint32_t number, int64_t time) {
  if (!frame_.range || frame_.unbounded_start || frame_.starts_at_peers()) return;
  const int64_t low = frame_.LowestLow(time);
  while (kept(number) > 0 && partitions_[number].ring.front().at < low) DropFirst(number);
}

}  // namespace laminar
