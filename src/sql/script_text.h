// The user's text and the way back to it: DuckDB parses an edited copy of each statement, every message points into the
// original.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace laminar::sql {

class ScriptText {
 public:
  explicit ScriptText(std::string text);
  const std::string& text() const { return text_; }
  // offset: in bytes, from 0; one past the end is the end.
  SqlPosition At(size_t offset) const;

 private:
  std::string text_;
  std::vector<size_t> line_starts_;
};

// A replacement of script bytes [begin, end); begin == end inserts.
struct Edit {
  size_t begin = 0;
  size_t end = 0;
  std::string replacement;
};

// A stretch of the script after edits, which remembers where each byte came from.
class EditedText {
 public:
  EditedText() = default;
  // Script bytes [begin, end) with `edits`, which lie within them, in order, without overlap.
  EditedText(std::string_view script, size_t begin, size_t end, const std::vector<Edit>& edits);
  const std::string& text() const { return text_; }
  // The script offset of a byte of text(); for a replaced byte that of the replacement's beginning.
  size_t ToScript(size_t offset) const;

 private:
  struct Piece {
    size_t begin;         // in text_
    size_t script_begin;  // in the script
    bool copied;
  };
  void Copy(std::string_view script, size_t begin, size_t end);

  std::string text_;
  std::vector<Piece> pieces_;
  size_t script_end_ = 0;
};

}  // namespace laminar::sql
