// KeptRows: for each partition the rows that its frame holds or will reach, as bytes (ValueCodec). RowEngine: the loops
// of engines that work with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stream/over/engine.h"
#include "stream/over/frame.h"
#include "stream/over/ring.h"

namespace laminar {

class KeptRows {
 public:
  explicit KeptRows(const FrameBounds& frame) : frame_(frame) {}
  ~KeptRows();
  KeptRows(const KeptRows&) = delete;

  void Resize(size_t count) {
    if (count > partitions_.size()) partitions_.resize(count);
  }
  void Add(uint32_t partition, int64_t at, std::string_view value);
  // The frame becomes that of a current row at `at`; what no later frame holds is dropped (not of an unbounded one).
  void MoveTo(uint32_t partition, int64_t at) {
    MoveTo(
        partition, at, [](std::string_view) {}, [](std::string_view) {});
  }
  // The same, telling which rows enter the frame and which leave it: the oldest first, but for frames by the calendar,
  // which may step back.
  template <class Enter, class Leave>
  void MoveTo(uint32_t partition, int64_t at, const Enter& enter, const Leave& leave);
  void DropFirst(uint32_t partition);
  void Forget(uint32_t partition);
  void Save(uint32_t partition, std::string* bytes) const;
  // Of a partition without rows. The frame is empty then: the next MoveTo lets its rows enter. False: what comes is not
  // what Save writes, or not IsValue(value).
  template <class IsValue>
  bool Load(uint32_t partition, ByteReader* state, const IsValue& is_value);
  // RANGE: no current row before `time` will come.
  void Trim(uint32_t partition, int64_t time) {
    Trim(partition, time, [](std::string_view) {});
  }
  template <class Leave>
  void Trim(uint32_t partition, int64_t time, const Leave& leave);

  uint32_t kept(uint32_t partition) const { return partitions_[partition].ring.size(); }
  uint32_t frame_rows(uint32_t partition) const { return partitions_[partition].end - partitions_[partition].begin; }
  // Row i of the frame.
  std::string_view value(uint32_t partition, uint32_t i) const {
    const Partition& kept = partitions_[partition];
    return kept.ring[kept.begin + i].view();
  }
  // Row i of all that is kept.
  std::string_view kept_value(uint32_t partition, uint32_t i) const { return partitions_[partition].ring[i].view(); }
  int64_t bytes() const { return bytes_ + static_cast<int64_t>(partitions_.capacity() * sizeof(Partition)); }

 private:
  // Short values lie in the entry itself.
  struct Entry {
    int64_t at;
    uint32_t size;
    union {
      char inlined[20];
      struct __attribute__((packed)) {
        uint32_t padding;
        char* pointer;
      } outside;
    };
    bool is_inlined() const { return size <= sizeof(inlined); }
    std::string_view view() const { return {is_inlined() ? inlined : outside.pointer, size}; }
  };
  struct Partition {
    Ring<Entry> ring;
    uint32_t begin = 0, end = 0;  // the frame
  };
  void Free(const Entry& entry);
  template <class Leave>
  void DropBefore(uint32_t partition, int64_t low, const Leave& leave);
  int64_t Low(int64_t at) const { return frame_.range ? frame_.Low(at) : at - frame_.rows_start; }
  int64_t High(int64_t at) const { return frame_.range ? frame_.High(at) : at - frame_.rows_end; }

  const FrameBounds frame_;
  std::vector<Partition> partitions_;
  int64_t bytes_ = 0;
};

template <class IsValue>
bool KeptRows::Load(uint32_t number, ByteReader* state, const IsValue& is_value) {
  uint32_t size = 0;
  if (!state->ReadFixed(&size)) return false;
  for (uint32_t i = 0; i < size; i++) {
    int64_t at = 0;
    std::string_view value;
    if (!state->ReadFixed(&at) || !state->ReadText(&value) || !is_value(value)) return false;
    Add(number, at, value);
  }
  return true;
}

template <class Leave>
void KeptRows::DropBefore(uint32_t number, int64_t low, const Leave& leave) {
  const Partition& partition = partitions_[number];
  while (!partition.ring.empty() && partition.ring.front().at < low) {
    if (partition.begin == 0 && partition.end > 0) leave(partition.ring.front().view());
    DropFirst(number);
  }
}

template <class Leave>
void KeptRows::Trim(uint32_t number, int64_t time, const Leave& leave) {
  if (!frame_.range || frame_.unbounded_start || frame_.starts_at_peers()) return;
  DropBefore(number, frame_.LowestLow(time), leave);
}

template <class Enter, class Leave>
void KeptRows::MoveTo(uint32_t number, int64_t at, const Enter& enter, const Leave& leave) {
  Partition& partition = partitions_[number];
  Ring<Entry>& ring = partition.ring;
  uint32_t& begin = partition.begin;
  uint32_t& end = partition.end;
  if (!frame_.unbounded_start) {
    const int64_t low = Low(at);
    const int64_t lowest = frame_.range && !frame_.starts_at_peers() ? frame_.LowestLow(at) : low;
    DropBefore(number, lowest, leave);
    while (begin > 0 && ring[begin - 1].at >= low) enter(ring[--begin].view());
    for (; begin < ring.size() && ring[begin].at < low; begin++) {
      if (begin < end) leave(ring[begin].view());
    }
    if (end < begin) end = begin;
  }
  const int64_t high = High(at);
  while (end > begin && ring[end - 1].at > high) leave(ring[--end].view());
  while (end < ring.size() && ring[end].at <= high) enter(ring[end++].view());
}

// FILTER's column, if there is one: whether the row counts.
inline bool PassesFilter(const std::optional<size_t>& filter, const OverRows& rows, size_t row) {
  if (!filter) return true;
  const FlatColumn& column = rows.columns[*filter];
  return column.Valid(row) && static_cast<const bool*>(column.data)[row];
}

// Where a row stands, as Add and MoveTo take it. ROWS: `position`, its number in its partition. RANGE: its time, or its
// group of peers.
inline int64_t PlaceOf(const FrameBounds& frame, const OverRows& rows, size_t row, int64_t position) {
  if (!frame.range) return position;
  return frame.starts_at_peers() ? static_cast<int64_t>(rows.peers[row]) : rows.times[row];
}

// Derived has: Begin(rows), before its rows; FeedRow(rows, row); ReadRow(rows, row, result), after the row's peers have
// been fed (ROWS: the row itself); Finish(rows, result) -> Status, after them, without a result.batch if none was read.
template <class Derived, bool kByPeers>
class RowEngine : public OverEngine {
 public:
  Status Run(const OverRows& rows, const OverResult& result) override {
    if constexpr (!kByPeers) return Read(rows, result);
    self().Begin(rows);
    for (size_t i = 0; i < rows.count;) {
      size_t end = i;
      do self().FeedRow(rows, end++);
      while (end < rows.count && rows.peers[end] == rows.peers[i]);
      for (; i < end; i++) self().ReadRow(rows, i, result);
    }
    return self().Finish(rows, result);
  }
  Status Feed(const OverRows& rows) override {
    if constexpr (!kByPeers) return Status::Ok();
    self().Begin(rows);
    for (size_t i = 0; i < rows.count; i++) self().FeedRow(rows, i);
    return self().Finish(rows, OverResult());
  }
  Status Read(const OverRows& rows, const OverResult& result) override {
    self().Begin(rows);
    for (size_t i = 0; i < rows.count; i++) {
      if constexpr (!kByPeers) self().FeedRow(rows, i);
      self().ReadRow(rows, i, result);
    }
    return self().Finish(rows, result);
  }

 private:
  Derived& self() { return static_cast<Derived&>(*this); }
};

}  // namespace laminar
