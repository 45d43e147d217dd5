// NumberPool: numbers 0, 1, 2, ... for things that come and go. The lowest free one is given out first, so that after a
// peak the numbers in use move down, end() with them, and arrays by number can give memory back.
//
// A bit a number, 1 = free, and a bit for each word of those that has one: the search reads few words.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"

namespace laminar {

class NumberPool {
 public:
  uint32_t Take() {
    for (; first_ < summary_.size(); first_++) {
      if (summary_[first_] == 0) continue;
      const size_t word = first_ * kBits + std::countr_zero(summary_[first_]);
      const auto number = static_cast<uint32_t>(word * kBits + std::countr_zero(free_[word]));
      if (number >= end_) break;
      SetUsed(number);
      return number;
    }
    CHECK_MSG(end_ < UINT32_MAX, "more than four billion at once");
    if (end_ % kBits == 0) free_.resize(end_ / kBits + 1);
    if (end_ % (kBits * kBits) == 0) summary_.resize(end_ / (kBits * kBits) + 1);
    return end_++;
  }

  void Release(uint32_t number) {
    CHECK(InUse(number));
    SetFree(number);
    first_ = std::min(first_, size_t{number} / (kBits * kBits));
    if (number + 1 != end_) return;
    // What lies behind the end is neither free nor in use.
    while (end_ > 0 && !InUse(end_ - 1)) SetUsed(--end_);
    FitTo(&free_, (end_ + kBits - 1) / kBits);
    FitTo(&summary_, (end_ + kBits * kBits - 1) / (kBits * kBits));
  }

  bool InUse(uint32_t number) const { return number < end_ && (free_[number / kBits] >> (number % kBits) & 1) == 0; }
  uint32_t end() const { return end_; }  // above every number in use
  size_t bytes() const { return (free_.capacity() + summary_.capacity()) * sizeof(uint64_t); }

  // Brings an array to the length; gives its memory back when it has become much too long.
  template <class T>
  static void FitTo(std::vector<T>* array, size_t length) {
    array->resize(length);
    if (array->capacity() > kBits && length < array->capacity() / 4) array->shrink_to_fit();
  }

 private:
  static constexpr size_t kBits = 64;

  void SetFree(uint32_t number) {
    const size_t word = number / kBits;
    free_[word] |= uint64_t{1} << (number % kBits);
    summary_[word / kBits] |= uint64_t{1} << (word % kBits);
  }
  void SetUsed(uint32_t number) {
    const size_t word = number / kBits;
    free_[word] &= ~(uint64_t{1} << (number % kBits));
    if (free_[word] == 0) summary_[word / kBits] &= ~(uint64_t{1} << (word % kBits));
  }

  std::vector<uint64_t> free_, summary_;
  size_t first_ = 0;  // no word of the summary below it has a bit
  uint32_t end_ = 0;
};

}  // namespace laminar
