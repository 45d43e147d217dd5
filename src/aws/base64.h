// Base64 (RFC 4648, section 4), by the CRT's SIMD code.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace laminar::aws {

// Bytes that Base64Encode writes for `size` bytes.
constexpr size_t Base64EncodedSize(size_t size) {
  return (size + 2) / 3 * 4;
}
// Appends the encoding of `data` to `out`.
void Base64Append(std::string_view data, std::string* out);

// An upper bound of what Base64Decode writes for `size` characters.
constexpr size_t Base64DecodedBound(size_t size) {
  return (size + 3) / 4 * 3;
}
// Decodes into `out`, which has room for Base64DecodedBound(text.size()) bytes and does not overlap `text`. Returns the
// number of bytes, or -1 if `text` is not base64.
ptrdiff_t Base64Decode(std::string_view text, char* out);

}  // namespace laminar::aws
