// The grammar of JSON over the tokens that JsonStructure finds: stepping over values, checking them, naming them in
// messages.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "formats/json/json_structure.h"

namespace laminar {

// Values nested deeper than this are refused.
constexpr int kMaxJsonDepth = 1024;

inline bool IsJsonSpace(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// The end of the token at cursor.next: the white space before the next token is no part of it. REQUIRES:
// !cursor.done().
inline const char* JsonTokenEnd(const JsonCursor& cursor) {
  const char* end = cursor.base + cursor.next[1];
  while (IsJsonSpace(end[-1])) end--;
  return end;
}

// What stands between the quotes of the string at cursor.next. False: it does not end there (something follows its
// quote).
inline bool JsonStringBody(const JsonCursor& cursor, std::string_view* body) {
  const char* begin = cursor.token() + 1;
  const char* end = JsonTokenEnd(cursor);
  if (end <= begin || end[-1] != '"') [[unlikely]]
    return false;
  *body = std::string_view(begin, static_cast<size_t>(end - 1 - begin));
  return true;
}

// +1 for an opening bracket, -1 for a closing one.
inline constexpr auto kJsonDepthStep = [] {
  std::array<int8_t, 256> step{};
  step['{'] = step['['] = 1;
  step['}'] = step[']'] = -1;
  return step;
}();

// Steps over the value at cursor.next by its brackets alone, without checking what is in it. False: the text ends
// within it.
inline bool SkipJsonValue(JsonCursor* cursor) {
  int64_t depth = 0;
  do {
    if (cursor->done()) return false;
    depth += kJsonDepthStep[static_cast<unsigned char>(*cursor->token())];
    cursor->next++;
  } while (depth > 0);
  return true;
}

// Why the text at a cursor is no value.
struct JsonError {
  const char* what = nullptr;  // nullptr: it is one. "a comma or a closing bracket is missing"
  const char* where = nullptr;
  bool incomplete = false;  // the text ends within the value; more text could make it whole
};

// Steps over the value at cursor.next and checks all of it against RFC 8259. `text` gets exactly its bytes.
JsonError CheckJsonValue(JsonCursor* cursor, std::string_view* text);

// Whether `token` is exactly true, false, null or a number: what a scalar that is no string must be.
bool IsJsonScalar(std::string_view token);

// The value at cursor.next for a message: `the string "abc"`, `the number 12`, `null`, `an object`. Long ones are cut.
std::string DescribeJsonValue(const JsonCursor& cursor);

// Why an object is bad that has a field too many, whose name is at the cursor: `unknown field "x"`.
std::string UnknownJsonField(const JsonCursor& name);

}  // namespace laminar
