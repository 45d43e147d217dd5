#include "sql/script_text.h"

#include <algorithm>
#include <utility>

namespace laminar::sql {

ScriptText::ScriptText(std::string text) : text_(std::move(text)) {
  line_starts_.push_back(0);
  for (size_t i = 0; i < text_.size(); i++) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

SqlPosition ScriptText::At(size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto next_line = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const size_t line_start = *std::prev(next_line);
  // Every byte but a continuation byte of UTF-8 begins a character.
  const auto characters =
      std::count_if(text_.begin() + static_cast<ptrdiff_t>(line_start), text_.begin() + static_cast<ptrdiff_t>(offset),
                    [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  return {static_cast<int>(next_line - line_starts_.begin()), static_cast<int>(characters) + 1};
}

EditedText::EditedText(std::string_view script, size_t begin, size_t end, const std::vector<Edit>& edits)
    : script_end_(end) {
  size_t at = begin;
  for (const Edit& edit : edits) {
    Copy(script, at, edit.begin);
    if (!edit.replacement.empty()) pieces_.push_back({text_.size(), edit.begin, false});
    text_ += edit.replacement;
    at = edit.end;
  }
  Copy(script, at, end);
}

void EditedText::Copy(std::string_view script, size_t begin, size_t end) {
  if (begin >= end) return;
  pieces_.push_back({text_.size(), begin, true});
  text_ += script.substr(begin, end - begin);
}

size_t EditedText::ToScript(size_t offset) const {
  if (offset >= text_.size()) return script_end_;
  const auto next = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                     [](size_t at, const Piece& piece) { return at < piece.begin; });
  if (next == pieces_.begin()) return script_end_;
  const Piece& piece = *std::prev(next);
  return piece.copied ? piece.script_begin + (offset - piece.begin) : piece.script_begin;
}

}  // namespace laminar::sql
