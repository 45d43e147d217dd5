// Numbers in hexadecimal.
#pragma once

#include <cstdint>
#include <string>

namespace laminar {

// The lowest `digits` digits of the number, the highest first. 0 < digits <= 16.
inline void AppendHex(uint64_t number, int digits, std::string* out) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out->push_back("0123456789abcdef"[(number >> shift) & 15]);
}

}  // namespace laminar
