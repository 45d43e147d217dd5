// SlidingRows: KeptRows of a function of one argument: those rows whose argument is not NULL and that FILTER lets pass,
// kept and moved as the frame of each row says. Partitions, bytes and Trim: as an OverEngine's.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "stream/over/kept_rows.h"

namespace laminar {

class SlidingRows {
 public:
  explicit SlidingRows(const OverFunction& function)
      : frame_(function.frame), argument_(function.arguments.at(0)), filter_(function.filter), rows_(frame_) {}

  size_t argument() const { return argument_; }  // a column of the input

  void Resize(size_t count) {
    rows_.Resize(count);
    if (count > positions_.size()) positions_.resize(count);
  }
  // value: the argument's, as bytes.
  void Feed(const OverRows& rows, size_t row, std::string_view value) {
    const uint32_t partition = rows.partitions[row];
    positions_[partition]++;
    if (rows.columns[argument_].Valid(row) && PassesFilter(filter_, rows, row))
      rows_.Add(partition, PlaceOf(frame_, rows, row, positions_[partition]), value);
  }
  // The frame becomes that of the row; enter and leave: as of KeptRows::MoveTo.
  template <class Enter, class Leave>
  void MoveTo(const OverRows& rows, size_t row, const Enter& enter, const Leave& leave) {
    const uint32_t partition = rows.partitions[row];
    rows_.MoveTo(partition, PlaceOf(frame_, rows, row, positions_[partition]), enter, leave);
  }
  template <class Leave>
  void Trim(uint32_t partition, int64_t time, const Leave& leave) {
    rows_.Trim(partition, time, leave);
  }
  void Forget(uint32_t partition) {
    rows_.Forget(partition);
    positions_[partition] = 0;
  }
  void Save(uint32_t partition, std::string* bytes) const {
    AppendFixed(positions_[partition], bytes);
    rows_.Save(partition, bytes);
  }
  template <class IsValue>
  bool Load(uint32_t partition, ByteReader* state, const IsValue& is_value) {
    return state->ReadFixed(&positions_[partition]) && rows_.Load(partition, state, is_value);
  }
  // Row i of the frame.
  std::string_view value(uint32_t partition, uint32_t i) const { return rows_.value(partition, i); }
  int64_t bytes() const { return rows_.bytes() + static_cast<int64_t>(positions_.capacity() * sizeof(int64_t)); }

 private:
  const FrameBounds frame_;
  const size_t argument_;
  const std::optional<size_t> filter_;
  KeptRows rows_;
  std::vector<int64_t> positions_;  // ROWS: rows of the partition so far
};

}  // namespace laminar
