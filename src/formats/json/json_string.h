// JSON strings: escapes read and written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace laminar {

// Whether text[0, size) holds a backslash. Up to 15 bytes behind it must be readable.
inline bool HasBackslash(const char* text, size_t size) {
#if defined(__SSE2__)
  const __m128i backslash = _mm_set1_epi8('\\');
  for (size_t i = 0; i < size; i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + i));
    auto hits = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, backslash)));
    if (size - i < 16) hits &= (1u << (size - i)) - 1;
    if (hits != 0) return true;
  }
  return false;
#else
  return std::memchr(text, '\\', size) != nullptr;
#endif
}

// Removes the escapes of `text` (what stands between the quotes; valid UTF-8). Writes at most text.size() bytes to
// `out` and their number to `size`. nullptr, or what is wrong with an escape: an unknown one, \u without four
// hexadecimal digits, half of a surrogate pair.
const char* UnescapeJson(std::string_view text, char* out, size_t* size);

// Bytes that WriteJsonString may write for a text of that size.
constexpr size_t MaxJsonStringSize(size_t size) {
  return 6 * size + 2 + 16;
}
// Writes `text` (valid UTF-8) in quotes, with the escapes that RFC 8259 demands and no others. Returns the end.
char* WriteJsonString(std::string_view text, char* out);
// Writes `text` without quotes, the same way.
char* WriteEscaped(std::string_view text, char* out);
std::string QuoteJson(std::string_view text);

}  // namespace laminar
