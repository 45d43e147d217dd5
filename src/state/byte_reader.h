// Values as bytes for checkpoints, little endian, and back. What is read may be anything: nothing is read beyond its
// end, and no length that it gives is trusted.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/check.h"

namespace laminar {

static_assert(std::endian::native == std::endian::little);

// value: without padding.
template <class T>
void AppendFixed(const T& value, std::string* bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  bytes->append(reinterpret_cast<const char*>(&value), sizeof(T));
}

// The length (4 bytes), then the bytes.
inline void AppendText(std::string_view text, std::string* bytes) {
  CHECK(text.size() <= UINT32_MAX);
  AppendFixed(static_cast<uint32_t>(text.size()), bytes);
  bytes->append(text);
}

// Reads from the front of bytes that outlive it. Each call is false where they end too early; what it was to read is
// then unchanged.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : left_(bytes) {}

  template <class T>
  bool ReadFixed(T* value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::string_view bytes;
    if (!ReadBytes(sizeof(T), &bytes)) return false;
    std::memcpy(value, bytes.data(), sizeof(T));
    return true;
  }
  bool ReadBytes(uint64_t count, std::string_view* bytes) {
    if (left_.size() < count) return false;
    *bytes = left_.substr(0, count);
    left_.remove_prefix(count);
    return true;
  }
  // What AppendText wrote.
  bool ReadText(std::string_view* text) {
    uint32_t length = 0;
    return ReadFixed(&length) && ReadBytes(length, text);
  }

  size_t left() const { return left_.size(); }

 private:
  std::string_view left_;
};

}  // namespace laminar
