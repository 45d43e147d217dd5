#include "formats/json/json_syntax.h"

#include <cstring>

#include "base/cut_text.h"
#include "formats/json/json_number.h"
#include "formats/json/json_string.h"

namespace laminar {
namespace {

constexpr size_t kShownBytes = 60;

std::string Shorten(std::string_view text) {
  return CutText(text, kShownBytes);
}

// A string's escapes are right.
inline const char* CheckString(std::string_view body) {
  if (!HasBackslash(body.data(), body.size())) [[likely]]
    return nullptr;
  std::string scratch(body.size(), '\0');
  size_t size;
  return UnescapeJson(body, scratch.data(), &size);
}

// IsJsonScalar for the token at a cursor: when another follows, a number ends before it and needs no copy.
inline bool IsScalarAt(const JsonCursor& cursor, std::string_view token) {
  JsonNumber number;
  if (cursor.left() > 1 && (token[0] == '-' || (token[0] >= '0' && token[0] <= '9'))) [[likely]] {
    if (ScanShortNumber(token.data(), token.size(), &number)) [[likely]]
      return true;
    return ScanNumber(token.data(), NumberGrammar::kJson, &number) && number.end == token.data() + token.size();
  }
  return IsJsonScalar(token);
}

}  // namespace

bool IsJsonScalar(std::string_view token) {
  if (token == "true" || token == "false" || token == "null") return true;
  // A copy with an end of its own: what follows the token may be more digits of another record.
  char small[48];
  std::string large;
  const char* begin;
  if (token.size() < sizeof(small)) {
    std::memcpy(small, token.data(), token.size());
    small[token.size()] = '\0';
    begin = small;
  } else {
    large.assign(token);
    begin = large.c_str();
  }
  JsonNumber number;
  return ScanNumber(begin, NumberGrammar::kJson, &number) && number.end == begin + token.size();
}

JsonError CheckJsonValue(JsonCursor* cursor, std::string_view* text) {
  if (cursor->done()) return {"a value is missing", cursor->base, true};
  const char* const begin = cursor->token();
  const char* const limit = cursor->base + *cursor->end;
  const char* end = begin;
  uint64_t is_object[kMaxJsonDepth / 64];  // one bit a level
  int depth = 0;
  const auto in_object = [&] { return (is_object[(depth - 1) / 64] >> ((depth - 1) % 64) & 1) != 0; };
  enum { kValue, kValueOrEnd, kKey, kKeyOrEnd, kComma } expected = kValue;
  do {
    if (cursor->done()) return {"it ends too early", limit, true};
    const char* at = cursor->token();
    char c = *at;
    if (expected == kComma) {
      cursor->next++;
      if (c == (in_object() ? '}' : ']')) {
        depth--;
        end = at + 1;
        continue;
      }
      if (c != ',') return {"a comma or a closing bracket is missing", at, false};
      if (cursor->done()) return {"it ends too early", limit, true};
      expected = in_object() ? kKey : kValue;
      at = cursor->token();
      c = *at;
    }
    if (expected == kKey || expected == kKeyOrEnd) {
      if (c == '}' && expected == kKeyOrEnd) {
        depth--;
        expected = kComma;
        end = at + 1;
        cursor->next++;
        continue;
      }
      std::string_view body;
      if (c != '"') return {"a field name in quotes is missing", at, false};
      if (!JsonStringBody(*cursor, &body)) return {"a string is followed by something else", at, false};
      if (const char* wrong = CheckString(body)) return {wrong, at, false};
      cursor->next++;
      if (cursor->done()) return {"it ends too early", limit, true};
      if (*cursor->token() != ':') return {"a colon is missing", cursor->token(), false};
      cursor->next++;
      if (cursor->done()) return {"it ends too early", limit, true};
      expected = kValue;
      at = cursor->token();
      c = *at;
    }
    if (c == ']' && expected == kValueOrEnd) {
      depth--;
      expected = kComma;
      end = at + 1;
      cursor->next++;
      continue;
    }
    if (c == '{' || c == '[') {
      if (depth == kMaxJsonDepth) return {"it is nested deeper than 1024 levels", at, false};
      const uint64_t bit = uint64_t{1} << (depth % 64);
      is_object[depth / 64] = (depth % 64 == 0 ? 0 : is_object[depth / 64] & ~bit) | (c == '{' ? bit : 0);
      depth++;
      expected = c == '{' ? kKeyOrEnd : kValueOrEnd;
      cursor->next++;
      continue;
    }
    end = JsonTokenEnd(*cursor);
    if (c == '"') {
      std::string_view body;
      if (!JsonStringBody(*cursor, &body)) return {"a string is followed by something else", at, false};
      if (const char* wrong = CheckString(body)) return {wrong, at, false};
    } else if (!IsScalarAt(*cursor, std::string_view(at, static_cast<size_t>(end - at)))) {
      return {"a value is missing or misspelt", at, false};
    }
    expected = kComma;
    cursor->next++;
  } while (depth > 0);
  if (text) *text = std::string_view(begin, static_cast<size_t>(end - begin));
  return {};
}

std::string DescribeJsonValue(const JsonCursor& cursor) {
  if (cursor.done()) return "nothing";
  const char* begin = cursor.token();
  const std::string_view token(begin, static_cast<size_t>(JsonTokenEnd(cursor) - begin));
  switch (*begin) {
    case '{':
      return "an object";
    case '[':
      return "an array";
    case '"': {
      std::string_view body;
      if (!JsonStringBody(cursor, &body)) break;
      return "the string \"" + Shorten(body) + "\"";
    }
    case 't':
    case 'f':
    case 'n':
      if (IsJsonScalar(token)) return std::string(token);
      break;
    default:
      if (IsJsonScalar(token)) return "the number " + Shorten(token);
  }
  return "the text " + Shorten(token);
}

std::string UnknownJsonField(const JsonCursor& name) {
  std::string_view body;
  JsonStringBody(name, &body);
  return "unknown field \"" + Shorten(body) + "\"";
}

}  // namespace laminar
