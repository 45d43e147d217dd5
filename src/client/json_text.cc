#include "client/json_text.h"

#include <cstddef>

namespace laminar::client {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// Behind the string that begins at `at`.
size_t BehindString(std::string_view text, size_t at) {
  for (at++; at < text.size() && text[at] != '"'; at++) {
    if (text[at] == '\\') at++;
  }
  return at + 1;
}

// What stands between the brackets of an object or an array, in pieces at its own commas.
std::vector<std::string_view> Pieces(std::string_view text, char open) {
  text = Trimmed(text);
  std::vector<std::string_view> pieces;
  if (text.size() < 2 || text.front() != open) return pieces;
  const std::string_view inner = text.substr(1, text.size() - 2);
  if (Trimmed(inner).empty()) return pieces;
  int depth = 0;
  size_t begin = 0;
  for (size_t at = 0; at < inner.size();) {
    const char c = inner[at];
    if (c == '"') {
      at = BehindString(inner, at);
      continue;
    }
    if (c == '{' || c == '[') depth++;
    if (c == '}' || c == ']') depth--;
    if (c == ',' && depth == 0) {
      pieces.push_back(Trimmed(inner.substr(begin, at - begin)));
      begin = at + 1;
    }
    at++;
  }
  pieces.push_back(Trimmed(inner.substr(begin)));
  return pieces;
}

}  // namespace

std::string_view MemberText(std::string_view object, std::string_view name) {
  for (const std::string_view piece : Pieces(object, '{')) {
    const size_t end = BehindString(piece, 0);
    if (end <= piece.size() && piece.substr(1, end - 2) == name) return Trimmed(piece.substr(piece.find(':', end) + 1));
  }
  return {};
}

std::vector<std::string_view> ElementTexts(std::string_view array) {
  return Pieces(array, '[');
}

}  // namespace laminar::client
