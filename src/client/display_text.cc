#include "client/display_text.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace laminar::client {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD", kEllipsis = "\xE2\x80\xA6";

struct Character {
  char32_t code = 0;
  size_t bytes = 0;  // 0: `text` begins with no UTF-8
};

// RFC 3629, section 4.
Character First(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t bytes = first >= 0xF0 && first <= 0xF4  ? 4
                       : first >= 0xE0 && first < 0xF0 ? 3
                       : first >= 0xC2 && first < 0xE0 ? 2
                                                       : 0;
  if (bytes == 0) return {};
  char32_t code = first & (0x7FU >> bytes);
  for (size_t i = 1; i < bytes; i++) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    code = code << 6U | (byte(i) & 0x3FU);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[bytes] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, bytes};
}

struct Range {
  char32_t first, last;
};

// Sorted.
constexpr Range kNone[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F},
                           {0x0900, 0x0902}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
                           {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF}};
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},
                           {0x2614, 0x2615},   {0x26A1, 0x26A1},   {0x2705, 0x2705},   {0x274C, 0x274C},
                           {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
                           {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},
                           {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

template <size_t n>
bool IsIn(const Range (&ranges)[n], char32_t code) {
  const auto* const found = std::upper_bound(std::begin(ranges), std::end(ranges), code,
                                             [](char32_t value, const Range& range) { return value < range.first; });
  return found != std::begin(ranges) && code <= std::prev(found)->last;
}

size_t WidthOf(char32_t code) {
  return IsIn(kNone, code) ? 0 : IsIn(kWide, code) ? 2 : 1;
}

// C0, DEL, C1, and what turns the direction of the text round, which would show another text than there is.
bool IsControl(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0x200E || code == 0x200F;
}

std::string WithoutControls(std::string_view text, bool keeps_lines) {
  std::string out;
  while (!text.empty()) {
    const Character first = First(text);
    if (first.bytes == 0 || IsControl(first.code)) {
      const bool is_space = first.bytes == 1 && (text[0] == '\n' || text[0] == '\r' || text[0] == '\t');
      if (keeps_lines && text[0] == '\n') {
        out.push_back('\n');
      } else if (is_space) {
        out.push_back(' ');
      } else {
        out += kReplacement;
      }
    } else {
      out += text.substr(0, first.bytes);
    }
    text.remove_prefix(std::max<size_t>(first.bytes, 1));
  }
  return out;
}

}  // namespace

std::string Printable(std::string_view text) {
  return WithoutControls(text, /*keeps_lines=*/false);
}

std::string PrintableLines(std::string_view text) {
  return WithoutControls(text, /*keeps_lines=*/true);
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const Character first = First(text);
    width += WidthOf(first.code);
    text.remove_prefix(std::max<size_t>(first.bytes, 1));
  }
  return width;
}

std::string CutToWidth(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width == 0) return "";
  size_t end = 0;
  for (size_t used = 0; end < text.size();) {
    const Character next = First(text.substr(end));
    used += WidthOf(next.code);
    if (used > width - 1) break;
    end += std::max<size_t>(next.bytes, 1);
  }
  return std::string(text.substr(0, end)) + std::string(kEllipsis);
}

}  // namespace laminar::client
