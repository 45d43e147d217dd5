// SaveCursor: writes down numbered things (groups, sessions, partitions) bit by bit, as they were at one moment, while
// they go on changing: what is about to be changed or freed is written before.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "duck/batch.h"

namespace laminar {

class SaveCursor {
 public:
  // The things numbered 0 ... end - 1, but for those that are not there (exists).
  template <class Exists>
  void Begin(uint32_t end, const Exists& exists) {
    active_ = true;
    next_ = 0;
    end_ = end;
    written_.assign((end + 63) / 64, 0);
    for (uint32_t number = 0; number < end; number++) {
      if (!exists(number)) Mark(number);
    }
  }
  bool active() const { return active_; }

  // These are about to be changed or freed. write(numbers) -> Status: writes down at most kBatchRows.
  template <class Write>
  Status Touch(std::span<const uint32_t> numbers, const Write& write) {
    if (!active_) return Status::Ok();
    for (const uint32_t number : numbers) {
      if (number >= end_ || Written(number)) continue;
      Mark(number);
      batch_.push_back(number);
      if (batch_.size() == kBatchRows) RETURN_IF_ERROR(WriteBatch(write));
    }
    return WriteBatch(write);
  }
  // Writes about `count` more. True: all are written, and the cursor is no longer active.
  template <class Write>
  Result<bool> Advance(size_t count, const Write& write) {
    if (!active_) return true;
    for (; next_ < end_ && count > 0; next_++) {
      if (next_ % 64 == 0 && written_[next_ / 64] == ~uint64_t{0}) {
        next_ = std::min(next_ + 63, end_ - 1);
        continue;
      }
      if (Written(next_)) continue;
      Mark(next_);
      batch_.push_back(next_);
      count--;
      if (batch_.size() == kBatchRows) RETURN_IF_ERROR(WriteBatch(write));
    }
    RETURN_IF_ERROR(WriteBatch(write));
    active_ = next_ < end_;
    if (!active_) std::vector<uint64_t>().swap(written_);
    return !active_;
  }

 private:
  bool Written(uint32_t number) const { return (written_[number / 64] >> (number % 64) & 1) != 0; }
  void Mark(uint32_t number) { written_[number / 64] |= uint64_t{1} << (number % 64); }
  template <class Write>
  Status WriteBatch(const Write& write) {
    if (batch_.empty()) return Status::Ok();
    const Status status = write(std::span<const uint32_t>(batch_));
    batch_.clear();
    return status;
  }

  bool active_ = false;
  uint32_t next_ = 0, end_ = 0;
  std::vector<uint64_t> written_;  // a bit each
  std::vector<uint32_t> batch_;
};

}  // namespace laminar
