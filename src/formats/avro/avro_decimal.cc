#include "formats/avro/avro_decimal.h"

namespace laminar {

bool ReadAvroDecimal(std::string_view bytes, Int128* value) {
  const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0x80) != 0;
  const char sign = static_cast<char>(negative ? 0xFF : 0);
  while (bytes.size() > kMaxAvroDecimalBytes) {
    if (bytes[0] != sign) return false;
    bytes.remove_prefix(1);
  }
  if (!bytes.empty() && ((static_cast<unsigned char>(bytes[0]) & 0x80) != 0) != negative) return false;
  UInt128 bits = negative ? ~UInt128{0} : 0;
  for (const char c : bytes) bits = bits << 8 | static_cast<unsigned char>(c);
  *value = static_cast<Int128>(bits);
  return true;
}

int WriteAvroDecimal(Int128 value, char* out) {
  auto bits = static_cast<UInt128>(value);
  for (int i = kMaxAvroDecimalBytes - 1; i >= 0; i--, bits >>= 8) out[i] = static_cast<char>(bits & 0xFF);
  const char sign = static_cast<char>(value < 0 ? 0xFF : 0);
  int skipped = 0;
  while (skipped < kMaxAvroDecimalBytes - 1 && out[skipped] == sign &&
         ((static_cast<unsigned char>(out[skipped + 1]) ^ static_cast<unsigned char>(sign)) & 0x80) == 0)
    skipped++;
  return kMaxAvroDecimalBytes - skipped;
}

bool Rescale(Int128 value, int from, int to, Int128* result) {
  constexpr int kMost = 38;  // digits of an Int128
  if (to >= from) {
    if (to - from > kMost) {
      *result = 0;
      return value == 0;
    }
    return !__builtin_mul_overflow(value, static_cast<Int128>(PowerOfTen(to - from)), result);
  }
  if (from - to > kMost) {
    *result = 0;
    return true;
  }
  const auto unit = static_cast<Int128>(PowerOfTen(from - to));
  const Int128 rest = value % unit;
  *result = value / unit;
  if (rest >= unit - rest) ++*result;  // half or more
  if (-rest >= unit + rest) --*result;
  return true;
}

}  // namespace laminar
