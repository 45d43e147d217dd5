#include "infer/whole_numbers.h"

#include <algorithm>
#include <cstddef>

namespace laminar::infer {

namespace {

constexpr size_t kExactDigits = 15;  // of a DOUBLE

}  // namespace

void WholeNumbers::Add(std::string_view text) {
  values_++;
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) return;
  wholes_++;
  if (digits.size() > kExactDigits) long_++;
}

}  // namespace laminar::infer
