#include "formats/json/json_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace laminar {
namespace {

constexpr int kMantissaDigits = 19;  // any 19 digits fit into 64 bits

constexpr auto kPowers = [] {
  std::array<UInt128, 39> powers{};
  UInt128 power = 1;
  for (auto& p : powers) {
    p = power;
    power *= 10;
  }
  return powers;
}();

inline unsigned DigitOf(char c) {
  return static_cast<unsigned char>(c) - unsigned{'0'};
}

// The digits of a long number, one by one: value = 0.d1 d2 d3 ... * 10^point, d1 not 0. Returns floor(|value| *
// 10^scale) and the digit after it.
struct Scaled {
  UInt128 value = 0;
  bool overflow = false;    // more than 128 bits
  unsigned next_digit = 0;  // the first one cut off
  bool cut = false;         // any digit cut off is not 0
};

Scaled ScaleDigits(const JsonNumber& number, int scale) {
  Scaled out;
  // exponent of the last digit of the text, from the exponent that ScanNumber found (which belongs to the text's last
  // digit).
  int64_t digits = 0;
  const char* p = number.begin;
  for (; p < number.end && (*p | 0x20) != 'e'; p++) digits += DigitOf(*p) <= 9;
  int64_t place = number.exponent + digits - 1;  // power of ten of the first digit
  bool first_cut = true;
  for (p = number.begin; p < number.end && (*p | 0x20) != 'e'; p++) {
    const unsigned digit = DigitOf(*p);
    if (digit > 9) continue;
    if (place + scale >= 0) {
      if (__builtin_mul_overflow(out.value, UInt128{10}, &out.value) ||
          __builtin_add_overflow(out.value, UInt128{digit}, &out.value)) {
        out.overflow = true;
        return out;
      }
    } else {
      if (first_cut && place + scale == -1) out.next_digit = digit;
      first_cut = false;
      out.cut |= digit != 0;
    }
    place--;
  }
  // Zeros that the exponent stands for.
  for (int64_t zeros = place + 1 + scale; zeros > 0 && out.value != 0; zeros--) {
    if (__builtin_mul_overflow(out.value, UInt128{10}, &out.value)) {
      out.overflow = true;
      return out;
    }
  }
  return out;
}

Int128 WithSign(UInt128 magnitude, bool negative) {
  return static_cast<Int128>(negative ? UInt128{0} - magnitude : magnitude);
}

template <class T>
bool FromChars(const JsonNumber& number, T* value) {
  const char* begin = number.begin + (*number.begin == '+');
  const auto result = std::from_chars(begin, number.end, *value);
  if (result.ec == std::errc::result_out_of_range) {
    // Too small is zero; too large is an error. The sign of the power of ten of the first digit that is not 0 tells
    // which.
    int64_t place = number.exponent;
    bool seen = false;
    for (const char* p = number.begin; p < number.end && (*p | 0x20) != 'e'; p++) {
      if (DigitOf(*p) > 9) continue;
      if (seen) place++;
      seen |= *p != '0';
    }
    if (place > 0) return false;
    *value = number.negative ? -T{0} : T{0};
    return true;
  }
  return result.ec == std::errc();
}

}  // namespace

UInt128 PowerOfTen(int n) {
  return kPowers[static_cast<size_t>(n)];
}

bool ScanNumber(const char* text, NumberGrammar grammar, JsonNumber* number) {
  const char* p = text;
  const bool lenient = grammar == NumberGrammar::kText;
  number->begin = p;
  number->negative = *p == '-';
  p += number->negative || (lenient && *p == '+');
  const char* digits_begin = p;
  uint64_t mantissa = 0;
  while (DigitOf(*p) <= 9) mantissa = mantissa * 10 + DigitOf(*p++);
  int64_t digits = p - digits_begin;
  if (!lenient && (digits == 0 || (*digits_begin == '0' && digits > 1))) return false;
  int64_t exponent = 0;
  if (*p == '.') {
    const char* fraction = ++p;
    while (DigitOf(*p) <= 9) mantissa = mantissa * 10 + DigitOf(*p++);
    exponent = fraction - p;
    if (!lenient && exponent == 0) return false;
    digits -= exponent;
  }
  if (digits == 0) return false;
  if ((*p | 0x20) == 'e') {
    p++;
    const bool minus = *p == '-';
    p += minus || *p == '+';
    if (DigitOf(*p) > 9) return false;
    int64_t written = 0;
    // Held at a million: beyond every type's range, and sums of it cannot overflow.
    for (; DigitOf(*p) <= 9; p++) written = std::min<int64_t>(written * 10 + DigitOf(*p), 1'000'000);
    exponent += minus ? -written : written;
  }
  number->mantissa = mantissa;
  number->exponent = exponent;
  number->end = p;
  number->long_digits = false;
  if (digits > kMantissaDigits) {
    // Leading zeros do not count: 0.00000000000000000001 has one digit.
    int64_t zeros = 0;
    for (const char* q = digits_begin; *q == '0' || *q == '.'; q++) zeros += *q == '0';
    number->long_digits = digits - zeros > kMantissaDigits;
  }
  return true;
}

NumberFit ToInteger(const JsonNumber& number, UInt128 limit, bool is_signed, Int128* value) {
  UInt128 magnitude = number.mantissa;
  if (number.long_digits || number.exponent > 0) {
    const Scaled scaled = ScaleDigits(number, 0);
    if (scaled.overflow) return NumberFit::kOutOfRange;
    if (scaled.cut) return NumberFit::kNotIntegral;
    magnitude = scaled.value;
  } else if (number.exponent < 0 && magnitude != 0) {
    if (number.exponent < -kMantissaDigits) return NumberFit::kNotIntegral;
    const auto divisor = static_cast<uint64_t>(PowerOfTen(static_cast<int>(-number.exponent)));
    if (number.mantissa % divisor != 0) return NumberFit::kNotIntegral;
    magnitude = number.mantissa / divisor;
  }
  const UInt128 largest = !number.negative ? limit : is_signed ? limit + 1 : 0;
  if (magnitude > largest) return NumberFit::kOutOfRange;
  *value = WithSign(magnitude, number.negative);
  return NumberFit::kFits;
}

NumberFit ToDecimal(const JsonNumber& number, int width, int scale, Int128* value) {
  const UInt128 limit = PowerOfTen(width);
  UInt128 magnitude;
  const int64_t shift = number.exponent + scale;
  if (number.long_digits) {
    const Scaled scaled = ScaleDigits(number, scale);
    if (scaled.overflow) return NumberFit::kOutOfRange;
    magnitude = scaled.value + (scaled.next_digit >= 5);
  } else if (number.mantissa == 0) {
    magnitude = 0;
  } else if (shift >= 0) {
    if (shift > 38 ||
        __builtin_mul_overflow(UInt128{number.mantissa}, PowerOfTen(static_cast<int>(shift)), &magnitude)) {
      return NumberFit::kOutOfRange;
    }
  } else if (shift < -kMantissaDigits) {
    magnitude = 0;  // less than a tenth of the last digit
  } else {
    const auto divisor = static_cast<uint64_t>(PowerOfTen(static_cast<int>(-shift)));
    const uint64_t rest = number.mantissa % divisor;
    magnitude = number.mantissa / divisor;
    magnitude += rest >= divisor - rest;
  }
  if (magnitude >= limit) return NumberFit::kOutOfRange;
  *value = WithSign(magnitude, number.negative);
  return NumberFit::kFits;
}

bool FloorScaled(const JsonNumber& number, int scale, Int128* value) {
  const Scaled scaled = ScaleDigits(number, scale);
  if (scaled.overflow || scaled.value >> 126 != 0) return false;
  const auto magnitude = static_cast<Int128>(scaled.value);
  *value = number.negative ? -magnitude - scaled.cut : magnitude;
  return true;
}

bool ToLongDouble(const JsonNumber& number, double* value) {
  return FromChars(number, value);
}

bool ToFloat(const JsonNumber& number, float* value) {
  return FromChars(number, value);
}

}  // namespace laminar
