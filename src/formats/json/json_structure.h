// Where the tokens of a stretch of JSON text begin: simdjson's first stage, which also checks UTF-8 and strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace simdjson::internal {
class dom_parser_implementation;
}

namespace laminar {

// A position between tokens. Token k begins at base[begin[k]]: one of { } [ ] : , or the opening quote of a string or
// the first character of any other scalar. Between a token's last character and the next token there is only white
// space.
struct JsonCursor {
  const char* base = nullptr;      // of the indexed text
  const uint32_t* next = nullptr;  // the token at hand
  const uint32_t* end = nullptr;   // past the last token; *end = size of the text
  bool done() const { return next >= end; }
  size_t left() const { return static_cast<size_t>(end - next); }
  const char* token() const { return base + *next; }
};

class JsonStructure {
 public:
  // Text of more bytes than this is not indexed.
  static constexpr size_t kMaxBytes = size_t{1} << 30;

  JsonStructure();
  ~JsonStructure();
  // Finds the tokens of text[0, size). nullptr: `cursor` is at the first token, valid until the next call (no token:
  // all of it is white space). Else the reason in plain words: not UTF-8, a string that does not end, a raw control
  // character in a string. When it is nullptr no string holds a line feed, so every line is sound by itself. Reads no
  // byte behind the text.
  const char* Index(const char* text, size_t size, JsonCursor* cursor);

 private:
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
};

}  // namespace laminar
