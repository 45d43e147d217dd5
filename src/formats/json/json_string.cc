#include "formats/json/json_string.h"

#include <array>

namespace laminar {
namespace {

// Value of a hexadecimal digit, or -1.
constexpr auto kHex = [] {
  std::array<int8_t, 256> hex{};
  for (auto& h : hex) h = -1;
  for (int i = 0; i < 10; i++) hex[static_cast<size_t>('0' + i)] = static_cast<int8_t>(i);
  for (int i = 0; i < 6; i++)
    hex[static_cast<size_t>('a' + i)] = hex[static_cast<size_t>('A' + i)] = static_cast<int8_t>(10 + i);
  return hex;
}();

// What follows the backslash; 0: the character needs no escape; 'u': \u00XX.
constexpr auto kEscape = [] {
  std::array<char, 256> escape{};
  for (size_t c = 0; c < 0x20; c++) escape[c] = 'u';
  escape['\b'] = 'b';
  escape['\f'] = 'f';
  escape['\n'] = 'n';
  escape['\r'] = 'r';
  escape['\t'] = 't';
  escape['"'] = '"';
  escape['\\'] = '\\';
  return escape;
}();

// The code unit of the four digits at p, or -1.
int32_t HexUnit(const char* p, const char* end) {
  if (end - p < 4) return -1;
  int32_t unit = 0;
  for (int i = 0; i < 4; i++) {
    const int digit = kHex[static_cast<unsigned char>(p[i])];
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

char* WriteUtf8(int32_t code, char* out) {
  const auto byte = [&out](int32_t b) { *out++ = static_cast<char>(b); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F)), byte(0x80 | (code >> 6 & 0x3F)),
        byte(0x80 | (code & 0x3F));
  }
  return out;
}

inline char* WriteEscape(char c, char* out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const char escape = kEscape[static_cast<unsigned char>(c)];
  *out++ = '\\';
  *out++ = escape;
  if (escape == 'u') {
    *out++ = '0';
    *out++ = '0';
    *out++ = kDigits[c >> 4];
    *out++ = kDigits[c & 15];
  }
  return out;
}

char* WriteBytewise(const char* p, const char* end, char* out) {
  for (; p < end; p++) {
    if (kEscape[static_cast<unsigned char>(*p)] == 0) {
      *out++ = *p;
    } else {
      out = WriteEscape(*p, out);
    }
  }
  return out;
}

// Whether any of eight bytes needs an escape: below 0x20, a quote, a backslash (Mycroft's zero-byte test on each).
// Bytes of 0x80 and above never do.
inline bool NeedsEscape(uint64_t w) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const uint64_t quote = w ^ kOnes * '"', backslash = w ^ kOnes * '\\';
  return (((w - kOnes * 0x20) & ~w) | ((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash)) & kHigh;
}

template <class T>
inline T Load(const char* p) {
  T value;
  std::memcpy(&value, p, sizeof(T));
  return value;
}

}  // namespace

const char* UnescapeJson(std::string_view text, char* out, size_t* size) {
  const char* const begin = out;
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p < end) {
    const void* hit = std::memchr(p, '\\', static_cast<size_t>(end - p));
    const char* backslash = hit ? static_cast<const char*>(hit) : end;
    std::memcpy(out, p, static_cast<size_t>(backslash - p));
    out += backslash - p;
    if (backslash == end) break;
    p = backslash + 1;
    if (p == end) return "a backslash with nothing behind it";
    switch (*p++) {
      case '"':
        *out++ = '"';
        break;
      case '\\':
        *out++ = '\\';
        break;
      case '/':
        *out++ = '/';
        break;
      case 'b':
        *out++ = '\b';
        break;
      case 'f':
        *out++ = '\f';
        break;
      case 'n':
        *out++ = '\n';
        break;
      case 'r':
        *out++ = '\r';
        break;
      case 't':
        *out++ = '\t';
        break;
      case 'u': {
        int32_t code = HexUnit(p, end);
        if (code < 0) return "\\u without four hexadecimal digits";
        p += 4;
        if (code >= 0xD800 && code < 0xE000) {
          const int32_t low = code < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? HexUnit(p + 2, end) : -1;
          if (low < 0xDC00 || low >= 0xE000) return "\\u with half of a surrogate pair";
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
          p += 6;
        }
        out = WriteUtf8(code, out);
        break;
      }
      default:
        return "an unknown escape after a backslash";
    }
  }
  *size = static_cast<size_t>(out - begin);
  return nullptr;
}

char* WriteEscaped(std::string_view text, char* out) {
  const char* p = text.data();
  const char* const end = p + text.size();
#if defined(__SSE2__)
  const __m128i space = _mm_set1_epi8(0x20), quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
  while (end - p >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    // Unsigned b < 0x20: max(b, 0x20) != b.
    const __m128i plain = _mm_cmpeq_epi8(_mm_max_epu8(bytes, space), bytes);
    const __m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
    const auto hits = static_cast<unsigned>(_mm_movemask_epi8(_mm_andnot_si128(special, plain))) ^ 0xFFFFu;
    if (hits == 0) {
      p += 16;
      out += 16;
    } else {
      const int clean = __builtin_ctz(hits);
      out = WriteEscape(p[clean], out + clean);
      p += clean + 1;
    }
  }
#endif
  while (end - p >= 8) {
    const auto word = Load<uint64_t>(p);
    if (NeedsEscape(word)) return WriteBytewise(p, end, out);
    std::memcpy(out, &word, 8);
    p += 8;
    out += 8;
  }
  if (p == end) return out;
  const auto rest = static_cast<size_t>(end - p);
  if (text.size() >= 8) {
    // The last eight bytes once more, over what is already written: only when nothing in them was escaped.
    const auto word = Load<uint64_t>(end - 8);
    if (!NeedsEscape(word)) {
      std::memcpy(out + rest - 8, &word, 8);
      return out + rest;
    }
  } else if (rest >= 4) {
    const auto low = Load<uint32_t>(p), high = Load<uint32_t>(end - 4);
    if (!NeedsEscape(uint64_t{high} << 32 | low)) {
      std::memcpy(out, &low, 4);
      std::memcpy(out + rest - 4, &high, 4);
      return out + rest;
    }
  }
  return WriteBytewise(p, end, out);
}

char* WriteJsonString(std::string_view text, char* out) {
  *out++ = '"';
  out = WriteEscaped(text, out);
  *out++ = '"';
  return out;
}

std::string QuoteJson(std::string_view text) {
  std::string out(MaxJsonStringSize(text.size()), '\0');
  out.resize(static_cast<size_t>(WriteJsonString(text, out.data()) - out.data()));
  return out;
}

}  // namespace laminar
