// Names of fields, as SQL compares them with those of columns.
#pragma once

#include <algorithm>
#include <string_view>

namespace laminar {

// Equal up to the case of A to Z. No two columns of a table, and no two fields of a STRUCT, have such names.
inline bool EqualUpToCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace laminar
