// Numbers of JSON text: scanned once into digits and a power of ten, from which integers and decimals follow exactly
// and doubles correctly rounded.
#pragma once

#include <cstdint>

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
bool ToDouble(const JsonNumber& number, double* value);
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

}  // namespace laminar
