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

// The number of rows, then of each where it stands and its value. A frame that starts with the current row's peers
// holds none of what was before them.
void KeptRows::Save(uint32_t number, std::string* bytes) const {
  const Partition& partition = partitions_[number];
  const bool none = frame_.starts_at_peers();
  AppendFixed(none ? uint32_t{0} : partition.ring.size(), bytes);
  for (uint32_t i = 0; !none && i < partition.ring.size(); i++) {
    AppendFixed(partition.ring[i].at, bytes);
    AppendText(partition.ring[i].view(), bytes);
  }
}

void KeptRows::Forget(uint32_t number) {
  Partition& partition = partitions_[number];
  for (uint32_t i = 0; i < partition.ring.size(); i++) Free(partition.ring[i]);
  partition.ring.Clear(&bytes_);
  partition.begin = partition.end = 0;
}

}  // namespace laminar
