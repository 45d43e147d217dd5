// The logical type decimal: a whole number in two's complement, the highest byte first, whose scale the schema tells.
#pragma once

#include <cstdint>
#include <string_view>

#include "formats/json/json_number.h"

namespace laminar {

// Empty is 0. False: it needs more than 128 bits.
bool ReadAvroDecimal(std::string_view bytes, Int128* value);

constexpr int kMaxAvroDecimalBytes = 16;
// The shortest form, right-aligned in out[0, 16). Returns the number of bytes, at least 1.
int WriteAvroDecimal(Int128 value, char* out);

// A number of scale `from` with scale `to`, digits cut off rounded half away from zero. False: out of range.
bool Rescale(Int128 value, int from, int to, Int128* result);

}  // namespace laminar
