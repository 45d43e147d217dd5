// Numbers of JSON text: scanned once into digits and a power of ten, from which integers and decimals follow exactly
// and doubles correctly rounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace laminar {

using Int128 = __int128;
using UInt128 = unsigned __int128;

// value = (-1)^negative * mantissa * 10^exponent, where mantissa holds all digits unless `long_digits`.
struct JsonNumber {
  uint64_t mantissa = 0;
  int64_t exponent = 0;
  bool negative = false;
  bool long_digits = false;     // more than 19 digits: mantissa is meaningless, the text counts
  const char* begin = nullptr;  // the text, sign included
  const char* end = nullptr;
};

enum class NumberGrammar {
  kJson,  // RFC 8259
  kText,  // the same, and a leading plus, leading zeros, "5." and ".5": numbers in strings
};

// Scans the longest number at `text`. False: none is there, or it breaks the grammar. Stops at the first byte that
// cannot belong to a number, so the caller guarantees that one follows in readable memory (a quote, a comma, a bracket,
// white space).
bool ScanNumber(const char* text, NumberGrammar grammar, JsonNumber* number);

// The same of JSON's grammar for text[0, size), size > 0, where it has neither an exponent nor more than eight
// characters beside its sign: without a branch on any digit, as the lengths of a stream's numbers are hard to foresee.
// False: ask ScanNumber. Eight bytes behind the first are readable, whatever they are.
inline bool ScanShortNumber(const char* text, size_t size, JsonNumber* number);

enum class NumberFit { kFits, kOutOfRange, kNotIntegral };

// The number as an integer in [-limit - 1, limit] (is_signed) or [0, limit]. 1.0 and 1e3 are integral, 1.5 is not. -0
// is 0.
NumberFit ToInteger(const JsonNumber& number, UInt128 limit, bool is_signed, Int128* value);
inline NumberFit ToInt64(const JsonNumber& number, int64_t limit, int64_t* value);

// The number times 10^scale, rounded half away from zero, as the integer behind DECIMAL(width, scale). kOutOfRange:
// more than width digits.
NumberFit ToDecimal(const JsonNumber& number, int width, int scale, Int128* value);

// floor(number * 10^scale). False: beyond 126 bits.
bool FloorScaled(const JsonNumber& number, int scale, Int128* value);

// The nearest double (ties to even). False: beyond the largest finite one.
inline bool ToDouble(const JsonNumber& number, double* value);
bool ToLongDouble(const JsonNumber& number, double* value);  // where ToDouble has no short way
bool ToFloat(const JsonNumber& number, float* value);

// 10^n; 0 <= n <= 38.
UInt128 PowerOfTen(int n);

inline NumberFit ToInt64(const JsonNumber& number, int64_t limit, int64_t* value) {
  if (number.exponent == 0 && !number.long_digits && number.mantissa <= static_cast<uint64_t>(limit)) [[likely]] {
    const auto magnitude = static_cast<int64_t>(number.mantissa);
    *value = number.negative ? -magnitude : magnitude;
    return NumberFit::kFits;
  }
  Int128 wide;
  const NumberFit fit = ToInteger(number, static_cast<UInt128>(limit), true, &wide);
  if (fit == NumberFit::kFits) *value = static_cast<int64_t>(wide);
  return fit;
}

inline bool ScanShortNumber(const char* text, size_t size, JsonNumber* number) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const bool negative = *text == '-';
  const char* const begin = text + negative;
  size -= negative;
  if (size - 1 > 7) return false;
  const char last = begin[size - 1];
  if (*begin == '.' || last == '.' || (*begin == '0' && size > 1 && begin[1] != '.')) return false;
  // Eight characters, the last one in the highest byte, zeros in front.
  uint64_t chars;
  std::memcpy(&chars, begin, sizeof(chars));
  chars <<= 8 * (8 - size);
  chars |= (kOnes * '0') >> (8 * size - 8) >> 8;
  // The lowest byte that is a point, if any, is exactly the lowest bit of this.
  const uint64_t other = chars ^ (kOnes * '.');
  const uint64_t points = (other - kOnes) & ~other & (kOnes * 0x80);
  int64_t exponent = 0;
  if (points != 0) {
    const int at = __builtin_ctzll(points) / 8;  // 1 to 6
    const uint64_t front = (uint64_t{1} << (8 * at)) - 1;
    chars = (chars & ~(front << 8 | 0xFF)) | (chars & front) << 8 | '0';
    exponent = at - 7;
  }
  // Digits only: 0x30 to 0x39.
  constexpr uint64_t kHigh = kOnes * 0xF0;
  if (((chars & kHigh) | ((chars + kOnes * 6) & kHigh) >> 4) != kOnes * 0x33) return false;
  // Pairs, fours, all eight; the first digit is the lowest byte.
  chars = (chars & (kOnes * 0x0F)) * 2561 >> 8;
  chars = (chars & 0x00FF00FF00FF00FF) * 6553601 >> 16;
  chars = (chars & 0x0000FFFF0000FFFF) * 42949672960001 >> 32;
  *number = {chars, exponent, negative, false, text, begin + size};
  return true;
}

// Clinger's fast path: where both factors are exact, one rounding gives the nearest double.
inline bool ToDouble(const JsonNumber& number, double* value) {
  static constexpr double kExactPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                            1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (number.long_digits || number.mantissa > (uint64_t{1} << 53) || number.exponent < -22 || number.exponent > 22)
      [[unlikely]] {
    return ToLongDouble(number, value);
  }
  const auto mantissa = static_cast<double>(number.mantissa);
  const double magnitude =
      number.exponent < 0 ? mantissa / kExactPowers[-number.exponent] : mantissa * kExactPowers[number.exponent];
  *value = number.negative ? -magnitude : magnitude;
  return true;
}

}  // namespace laminar
