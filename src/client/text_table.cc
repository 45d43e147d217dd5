#include "client/text_table.h"

#include <algorithm>

#include "base/check.h"
#include "client/display_text.h"

namespace laminar::client {

namespace {

constexpr size_t kGap = 2, kLeastLast = 12;  // columns of the terminal

// ECMA-48, "select graphic rendition".
const char* Sequence(Colour colour) {
  switch (colour) {
    case Colour::kGood:
      return "\x1b[32m";
    case Colour::kWarning:
      return "\x1b[33m";
    case Colour::kBad:
      return "\x1b[31m";
    case Colour::kFaint:
      return "\x1b[2m";
    case Colour::kNone:
      break;
  }
  return "";
}

}  // namespace

void TextTable::Add(std::vector<Cell> row) {
  CHECK(row.size() == columns_.size());
  for (Cell& cell : row) cell.text = Printable(cell.text);
  rows_.push_back(std::move(row));
}

std::string TextTable::Render(const TableStyle& style) const {
  std::vector<size_t> shown, widths;
  for (size_t i = 0; i < columns_.size(); i++) {
    size_t width = 0;
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i].text));
    if (width == 0 && !rows_.empty()) continue;
    shown.push_back(i);
    widths.push_back(std::max(width, DisplayWidth(columns_[i].title)));
  }
  size_t before_last = 0;
  for (size_t i = 0; i + 1 < widths.size(); i++) before_last += widths[i] + kGap;
  // A terminal that is too narrow wraps its lines.
  const size_t room = style.width > before_last + kLeastLast ? style.width - before_last : 0;
  std::string out;
  const auto line = [&](const std::vector<Cell>& cells) {
    std::string text;
    size_t pending = 0;  // spaces that come if something stands behind them
    for (size_t i = 0; i < shown.size(); i++) {
      const Cell& cell = cells[shown[i]];
      const bool cut = i + 1 == shown.size() && room > 0;
      const std::string value = cut ? CutToWidth(cell.text, room) : cell.text;
      const size_t width = DisplayWidth(value), padding = widths[i] > width ? widths[i] - width : 0;
      const bool is_right = columns_[shown[i]].align == Align::kRight;
      if (!value.empty()) {
        text.append(pending + (is_right && !cut ? padding : 0), ' ');
        const bool coloured = style.colours && cell.colour != Colour::kNone;
        text += coloured ? Sequence(cell.colour) + value + "\x1b[0m" : value;
        pending = is_right ? 0 : padding;
      } else {
        pending += widths[i];
      }
      pending += kGap;
    }
    out += text + "\n";
  };
  std::vector<Cell> titles;
  for (const Column& column : columns_) titles.emplace_back(column.title, Colour::kFaint);
  line(titles);
  for (const auto& row : rows_) line(row);
  return out;
}

std::string RenderFields(const std::vector<std::pair<std::string, std::string>>& fields) {
  size_t width = 0;
  for (const auto& [name, value] : fields) {
    if (!value.empty()) width = std::max(width, DisplayWidth(name));
  }
  std::string out;
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    std::string shown = PrintableLines(value);
    while (shown.ends_with('\n')) shown.pop_back();
    if (shown.find('\n') == std::string::npos) {
      out += name + std::string(width - DisplayWidth(name) + kGap, ' ') + shown + "\n";
      continue;
    }
    out += name + "\n";
    for (size_t begin = 0; begin <= shown.size();) {
      const size_t end = std::min(shown.find('\n', begin), shown.size());
      const std::string line = shown.substr(begin, end - begin);
      out += line.empty() ? "\n" : "  " + line + "\n";
      begin = end + 1;
    }
  }
  return out;
}

}  // namespace laminar::client
