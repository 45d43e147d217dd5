// Ring: a small double-ended queue of trivially copyable values in one block of memory that grows by doubling, never
// beyond what the caller says is enough, and shrinks again. 24 bytes when empty: there is one in every partition.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/check.h"

namespace laminar {

template <class T>
class Ring {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Ring() = default;
  ~Ring() { std::free(data_); }
  Ring(Ring&& other) noexcept { Swap(other); }
  Ring& operator=(Ring&& other) noexcept {
    Swap(other);
    return *this;
  }

  uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](uint32_t i) { return data_[Wrap(head_ + uint64_t{i})]; }
  const T& operator[](uint32_t i) const { return data_[Wrap(head_ + uint64_t{i})]; }
  const T& front() const { return data_[head_]; }
  const T& back() const { return (*this)[size_ - 1]; }

  // enough: more will never be in it at once. *bytes follows the memory taken.
  void PushBack(const T& value, uint32_t enough, int64_t* bytes) {
    if (size_ == capacity_) Resize(NextCapacity(enough), bytes);
    data_[Wrap(head_ + uint64_t{size_})] = value;
    size_++;
  }
  void PopFront(int64_t* bytes) {
    head_ = head_ + 1 == capacity_ ? 0 : head_ + 1;
    size_--;
    if (capacity_ > kSmall && size_ < capacity_ / 4) Resize(capacity_ / 2, bytes);
  }
  void PopBack() { size_--; }
  // Room for `count` in all.
  void Reserve(uint32_t count, int64_t* bytes) {
    if (count > capacity_) Resize(count, bytes);
  }
  // Gives the memory back.
  void Clear(int64_t* bytes) {
    *bytes -= static_cast<int64_t>(capacity_ * sizeof(T));
    std::free(data_);
    data_ = nullptr;
    head_ = size_ = capacity_ = 0;
  }

 private:
  static constexpr uint32_t kFirst = 4, kSmall = 64;

  uint64_t Wrap(uint64_t at) const { return at >= capacity_ ? at - capacity_ : at; }
  uint32_t NextCapacity(uint32_t enough) const {
    CHECK(capacity_ < UINT32_MAX / 2);  // the memory limit comes first
    const uint32_t next = capacity_ == 0 ? kFirst : capacity_ * 2;
    return enough > capacity_ ? std::min(next, enough) : next;
  }
  void Resize(uint32_t capacity, int64_t* bytes) {
    T* data = static_cast<T*>(std::malloc(capacity * sizeof(T)));
    CHECK(data != nullptr);
    const uint32_t first = std::min(size_, capacity_ - head_);  // up to the end of the block
    if (size_ > 0) {
      std::memcpy(static_cast<void*>(data), data_ + head_, first * sizeof(T));
      std::memcpy(static_cast<void*>(data + first), data_, (size_ - first) * sizeof(T));
    }
    std::free(data_);
    *bytes += (static_cast<int64_t>(capacity) - static_cast<int64_t>(capacity_)) * static_cast<int64_t>(sizeof(T));
    data_ = data;
    head_ = 0;
    capacity_ = capacity;
  }
  void Swap(Ring& other) {
    std::swap(data_, other.data_);
    std::swap(head_, other.head_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  T* data_ = nullptr;
  uint32_t head_ = 0, size_ = 0, capacity_ = 0;
};

}  // namespace laminar
