// Writing of Avro's binary encoding (specification 1.12, "Binary Encoding").
#pragma once

#include <cstdint>

#include "formats/json/json_buffer.h"

namespace laminar {

// Appends an int, a long, a length or a branch: zig-zag, of variable length.
inline void PutAvroLong(int64_t value, JsonBuffer* out) {
  constexpr size_t kMaxBytes = 10;
  char* p = out->Reserve(kMaxBytes);
  uint64_t bits = static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
  for (; bits >= 0x80; bits >>= 7) *p++ = static_cast<char>(bits | 0x80);
  *p++ = static_cast<char>(bits);
  out->Advance(p);
}

}  // namespace laminar
