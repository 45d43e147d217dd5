// NumberPool: numbers 0, 1, 2, ... for things that come and go. The lowest free one is given out first, so that after a
// peak the numbers in use move down, end() with them, and arrays by number can give memory back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/check.h"

namespace laminar {

class NumberPool {
 public:
  uint32_t Take() {
    while (!released_.empty()) {
      std::pop_heap(released_.begin(), released_.end(), std::greater<>());
      const uint32_t number = released_.back();
      released_.pop_back();
      if (number >= used_.size() || used_[number]) continue;
      used_[number] = true;
      return number;
    }
    CHECK_MSG(used_.size() < UINT32_MAX, "more than four billion at once");
    used_.push_back(true);
    return static_cast<uint32_t>(used_.size() - 1);
  }

  void Release(uint32_t number) {
    CHECK(InUse(number));
    used_[number] = false;
    if (number + 1 == used_.size()) {
      while (!used_.empty() && !used_.back()) used_.pop_back();
    } else {
      released_.push_back(number);
      std::push_heap(released_.begin(), released_.end(), std::greater<>());
    }
    if (released_.size() > 2 * used_.size() + kSmall) CollectReleased();
  }

  bool InUse(uint32_t number) const { return number < used_.size() && used_[number]; }
  uint32_t end() const { return static_cast<uint32_t>(used_.size()); }  // above every number in use
  size_t bytes() const { return released_.capacity() * sizeof(uint32_t) + used_.capacity() / 8; }

 private:
  static constexpr size_t kSmall = 16;

  void CollectReleased() {
    released_.clear();
    for (uint32_t i = 0; i < end(); i++) {
      if (!used_[i]) released_.push_back(i);  // ascending: a heap
    }
    released_.shrink_to_fit();
    used_.shrink_to_fit();
  }

  std::vector<bool> used_;
  std::vector<uint32_t> released_;  // a heap, lowest first; some may be in use again or above the end
};

// Brings an array by number to the pool's end, and gives its memory back when it has become much too long.
template <class T>
void FitToNumbers(const NumberPool& pool, std::vector<T>* array) {
  array->resize(pool.end());
  if (array->capacity() > 64 && array->size() < array->capacity() / 4) array->shrink_to_fit();
}

}  // namespace laminar
