// Where encoded rows grow.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace laminar {

// A growing run of bytes, written through a raw pointer.
class JsonBuffer {
 public:
  // Room for `size` more bytes; write from there and tell Advance where you stopped.
  char* Reserve(size_t size) {
    if (static_cast<size_t>(limit_ - end_) < size) [[unlikely]]
      Grow(size);
    return end_;
  }
  void Advance(char* end) { end_ = end; }
  void Put(char c) {
    *Reserve(1) = c;
    end_++;
  }
  void Append(std::string_view text);
  void Clear() { end_ = bytes_.get(); }
  std::string_view text() const { return std::string_view(bytes_.get(), static_cast<size_t>(end_ - bytes_.get())); }

 private:
  void Grow(size_t size);

  std::unique_ptr<char[]> bytes_;
  char* end_ = nullptr;
  char* limit_ = nullptr;
};

}  // namespace laminar
