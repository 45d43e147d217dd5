// FrameEngine: an aggregate over a sliding frame, by what enters and what leaves it.
//
// A partition's ring holds the rows that are in the frame, and behind them those that a frame which ends before the
// current row has not reached yet. An unbounded frame keeps no rows: what has entered stays. Rows that do not count
// (NULL, FILTER) lie in the ring of a ROWS frame, because they have a place, but not in that of a RANGE frame.
//
// The aggregate is a type, so that nothing is called through a pointer for a row:
//   Value                                             what is kept of a row: trivially copyable
//   State                                             of one frame; Clear(bytes) gives its memory back
//   Enter(state, value, bytes)                        a row that counts
//   Leave(state, ring, begin, end, bytes)             ring[begin] leaves; [begin, end) are in the frame
//   Write(state, result, row) const -> bool           false: the value is out of range
//   Load(column, row) -> Value
//   Save(state, std::string*)                         appends it, but for what follows from the rows in the frame
//   Restore(state, ring, begin, end, reader, bytes)   of a fresh one what Save wrote; false: it is not that
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "stream/over/engine.h"
#include "stream/over/frame.h"
#include "stream/over/frame_entry.h"
#include "stream/over/ring.h"

namespace laminar {

// What is said of a value that Write finds out of range.
struct RangeFailure {
  std::string message = "the sum is out of the range of its type", hint = "Cast its argument to DOUBLE";
};

// What the engine takes of the function.
struct EngineColumns {
  std::optional<size_t> argument, filter;
  SqlPosition position;
  std::string name;
  RangeFailure failure;
};

template <class Aggregate, bool kRange>
class FrameEngine final : public OverEngine {
  using Value = typename Aggregate::Value;
  using Entry = std::conditional_t<kRange, TimeEntry<Value>, RowEntry<Value>>;

 public:
  FrameEngine(const Frame& frame, EngineColumns columns, Aggregate aggregate)
      : frame_(frame),
        columns_(std::move(columns)),
        aggregate_(std::move(aggregate)),
        keeps_no_rows_(frame_.unbounded_start && frame_.end_current),
        enough_(kRange ? UINT32_MAX : (frame_.unbounded_start ? frame_.rows_end : frame_.rows_start) + 1) {}

  void Resize(size_t count) override {
    if (count > partitions_.size()) partitions_.resize(count);
  }

  Status Run(const OverRows& rows, const OverResult& result) override {
    if constexpr (kRange) {
      const Inputs in(rows, columns_);
      for (size_t i = 0; i < rows.count;) {
        size_t end = i;
        do FeedRow(rows, in, end++);
        while (end < rows.count && rows.peers[end] == rows.peers[i]);
        for (; i < end; i++) {
          if (!ReadRow(rows, i, result)) return OutOfRange();
        }
      }
      return Status::Ok();
    } else {
      return Read(rows, result);
    }
  }

  Status Feed(const OverRows& rows) override {
    if constexpr (kRange) {
      const Inputs in(rows, columns_);
      for (size_t i = 0; i < rows.count; i++) FeedRow(rows, in, i);
    }
    return Status::Ok();
  }

  Status Read(const OverRows& rows, const OverResult& result) override {
    const Inputs in(rows, columns_);
    for (size_t i = 0; i < rows.count; i++) {
      if constexpr (!kRange) StepRow(rows, in, i);
      if (!ReadRow(rows, i, result)) return OutOfRange();
    }
    return Status::Ok();
  }

  void Forget(uint32_t number) override {
    Partition& partition = partitions_[number];
    partition.ring.Clear(&bytes_);
    partition.state.Clear(&bytes_);
    partition = Partition();
  }

  void Trim(uint32_t number, int64_t time) override {
    if constexpr (kRange) {
      if (frame_.unbounded_start || frame_.starts_at_peers()) return;
      Partition& partition = partitions_[number];
      const int64_t low = frame_.LowestLow(time);
      while (!partition.ring.empty() && partition.ring.front().at < low) DropFront(&partition);
    }
  }

  int64_t bytes() const override { return bytes_ + static_cast<int64_t>(partitions_.capacity() * sizeof(Partition)); }

  Status Save(std::span<const uint32_t> partitions, std::span<std::string> states) override {
    return SaveEach(partitions, states, [this](uint32_t number, std::string* bytes) { Save(number, bytes); });
  }
  Status Load(std::span<const uint32_t> partitions, std::span<const std::string_view> states) override {
    return LoadEach(partitions, states, [this](uint32_t number, ByteReader* state) { return Load(number, state); });
  }

 private:
  struct Partition {
    Ring<Entry> ring;
    // [begin, end) of the ring is in the frame. begin is 0 but for frames by the calendar.
    uint32_t begin = 0, end = 0;
    typename Aggregate::State state;
  };

  // The columns of the arguments, and which rows count.
  struct Inputs {
    Inputs(const OverRows& rows, const EngineColumns& columns) {
      if (columns.argument) argument = rows.columns[*columns.argument];
      if (columns.filter) filter = rows.columns[*columns.filter];
    }
    bool Counts(size_t row) const {
      if (!argument.Valid(row)) return false;
      return filter.data == nullptr || (filter.Valid(row) && static_cast<const bool*>(filter.data)[row]);
    }
    FlatColumn argument, filter;
  };

  // The frame's bounds among the rows, the rows, the aggregate's own. Of a frame that starts with the current row's
  // peers nothing is left when they have passed.
  void Save(uint32_t number, std::string* bytes) const {
    if (frame_.starts_at_peers()) return;
    const Partition& partition = partitions_[number];
    AppendFixed(partition.begin, bytes);
    AppendFixed(partition.end, bytes);
    AppendRing(partition.ring, bytes);
    Aggregate::Save(partition.state, bytes);
  }
  bool Load(uint32_t number, ByteReader* state) {
    if (frame_.starts_at_peers()) return true;
    Partition& partition = partitions_[number];
    return state->ReadFixed(&partition.begin) && state->ReadFixed(&partition.end) &&
           ReadRing(state, enough_, &partition.ring, &bytes_) && partition.begin <= partition.end &&
           partition.end <= partition.ring.size() &&
           Aggregate::Restore(partition.state, partition.ring, partition.begin, partition.end, state, &bytes_);
  }

  void Enter(Partition* partition, Value value) { Aggregate::Enter(partition->state, value, &bytes_); }

  // The first row of the frame leaves it, but not the ring.
  void LeaveFirst(Partition* partition) {
    if (partition->ring[partition->begin].counts)
      Aggregate::Leave(partition->state, partition->ring, partition->begin, partition->end, &bytes_);
    partition->begin++;
  }

  // The first row leaves the ring, and the frame if it is in it.
  void DropFront(Partition* partition) {
    if (partition->begin == 0 && partition->end > 0) LeaveFirst(partition);
    partition->ring.PopFront(&bytes_);
    if (partition->begin > 0) partition->begin--;
    if (partition->end > 0) partition->end--;
  }

  // RANGE: a row of the current group of peers.
  void FeedRow(const OverRows& rows, const Inputs& in, size_t row) {
    if (!in.Counts(row)) return;
    Partition& partition = partitions_[rows.partitions[row]];
    const Value value = aggregate_.Load(in.argument, row);
    if (keeps_no_rows_) return Enter(&partition, value);
    Entry entry;
    if constexpr (!std::is_same_v<Value, NoValue>) entry.value = value;
    entry.at = At(rows, row);
    partition.ring.PushBack(entry, enough_, &bytes_);
  }

  int64_t At(const OverRows& rows, size_t row) const {
    return frame_.starts_at_peers() ? static_cast<int64_t>(rows.peers[row]) : rows.times[row];
  }

  // ROWS: the frame moves on to this row.
  void StepRow(const OverRows& rows, const Inputs& in, size_t row) {
    if (frame_.never) return;
    Partition& partition = partitions_[rows.partitions[row]];
    const bool counts = in.Counts(row);
    if (keeps_no_rows_) {
      if (counts) Enter(&partition, aggregate_.Load(in.argument, row));
      return;
    }
    if (!frame_.unbounded_start && partition.ring.size() == enough_) DropFront(&partition);
    Entry entry{};
    entry.counts = counts;
    if constexpr (!std::is_same_v<Value, NoValue>) {
      if (counts) entry.value = aggregate_.Load(in.argument, row);
    }
    partition.ring.PushBack(entry, enough_, &bytes_);
    if (partition.ring.size() <= frame_.rows_end) return;
    const Entry& entering = partition.ring[partition.ring.size() - 1 - frame_.rows_end];
    if (entering.counts) Enter(&partition, entering.value);
    if (frame_.unbounded_start) {
      partition.ring.PopFront(&bytes_);
    } else {
      partition.end++;
    }
  }

  bool ReadRow(const OverRows& rows, size_t row, const OverResult& result) {
    Partition& partition = partitions_[rows.partitions[row]];
    if constexpr (kRange) {
      if (!keeps_no_rows_) MoveTo(&partition, At(rows, row));
    }
    return aggregate_.Write(partition.state, result, row);
  }

  void MoveTo(Partition* partition, int64_t at) {
    Ring<Entry>& ring = partition->ring;
    const int64_t high = frame_.High(at);
    if (frame_.unbounded_start) {
      // A bound by the calendar may step back at the end of a month, and what has entered stays: its row is given what
      // the row before it was given.
      while (!ring.empty() && ring.front().at <= high) {
        Enter(partition, ring.front().value);
        ring.PopFront(&bytes_);
      }
      return;
    }
    const int64_t low = frame_.Low(at);
    if (frame_.calendar) {
      if (SteppedBack(*partition, low, high)) return Rebuild(partition, low, high);
      while (partition->begin < partition->end && ring[partition->begin].at < low) LeaveFirst(partition);
      if (partition->begin == partition->end) {
        while (partition->begin < ring.size() && ring[partition->begin].at < low) partition->begin++;
        partition->end = partition->begin;
      }
      const int64_t lowest = frame_.LowestLow(at);
      while (partition->begin > 0 && ring.front().at < lowest) DropFront(partition);
    } else {
      while (!ring.empty() && ring.front().at < low) DropFront(partition);
    }
    while (partition->end < ring.size() && ring[partition->end].at <= high)
      Enter(partition, ring[partition->end++].value);
  }

  bool SteppedBack(const Partition& partition, int64_t low, int64_t high) const {
    return (partition.begin > 0 && partition.ring[partition.begin - 1].at >= low) ||
           (partition.end > partition.begin && partition.ring[partition.end - 1].at > high);
  }

  void Rebuild(Partition* partition, int64_t low, int64_t high) {
    partition->state.Clear(&bytes_);
    partition->state = typename Aggregate::State();
    partition->begin = 0;
    while (partition->begin < partition->ring.size() && partition->ring[partition->begin].at < low) partition->begin++;
    partition->end = partition->begin;
    while (partition->end < partition->ring.size() && partition->ring[partition->end].at <= high)
      Enter(partition, partition->ring[partition->end++].value);
  }

  Status OutOfRange() const {
    return Status::User(columns_.name + "() OVER: " + columns_.failure.message, columns_.failure.hint)
        .At(columns_.position);
  }

  const FrameBounds frame_;
  const EngineColumns columns_;
  const Aggregate aggregate_;
  const bool keeps_no_rows_;
  const uint32_t enough_;
  std::vector<Partition> partitions_;
  int64_t bytes_ = 0;
};

// For a function over one argument, or none.
template <class Aggregate>
std::unique_ptr<OverEngine> MakeFrameEngine(const OverFunction& function, Aggregate aggregate,
                                            RangeFailure failure = {}) {
  EngineColumns columns;
  if (!function.arguments.empty()) columns.argument = function.arguments[0];
  columns.filter = function.filter;
  columns.position = function.position;
  columns.name = function.name;
  columns.failure = std::move(failure);
  if (function.frame.unit == Frame::Unit::kRange)
    return std::make_unique<FrameEngine<Aggregate, true>>(function.frame, std::move(columns), std::move(aggregate));
  return std::make_unique<FrameEngine<Aggregate, false>>(function.frame, std::move(columns), std::move(aggregate));
}

}  // namespace laminar
