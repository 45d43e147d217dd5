// Texts of users in messages: no longer than is read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace laminar {

// The text; a longer one cut to `most` bytes, or a little less so that no character of UTF-8 is cut, and "..." behind.
inline std::string CutText(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) most--;
  return std::string(text.substr(0, most)) + "...";
}

}  // namespace laminar
