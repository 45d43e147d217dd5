#include <algorithm>

#include "sql/compiler.h"

namespace laminar::sql {
namespace {

std::string LineOf(const std::string& text, int line) {
  size_t begin = 0;
  for (int i = 1; i < line; i++) {
    begin = text.find('\n', begin);
    if (begin == std::string::npos) return "";
    begin++;
  }
  std::string out = text.substr(begin, text.find('\n', begin) - begin);
  if (!out.empty() && out.back() == '\r') out.pop_back();
  return out;
}

// As much white space as the characters before the column take, tabs kept, so that the caret stands below its
// character.
std::string Indent(const std::string& line, int column) {
  std::string out;
  int at = 1;
  for (const char c : line) {
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;
    if (at++ >= column) break;
    out += c == '\t' ? '\t' : ' ';
  }
  out.append(static_cast<size_t>(std::max(column - at, 0)), ' ');
  return out;
}

}  // namespace

std::string RenderProblem(const std::string& file_name, const std::string& text, const Status& problem) {
  const SqlPosition position = problem.position();
  std::string out = file_name;
  if (position.known())
    out.append(":").append(std::to_string(position.line)).append(":").append(std::to_string(position.column));
  out += ": error: " + problem.message() + "\n";
  if (position.known()) {
    const std::string line = LineOf(text, position.line);
    // Nothing to show of an empty line: what is missing at the end of the script.
    if (!line.empty()) out += line + "\n" + Indent(line, position.column) + "^\n";
  }
  if (!problem.hint().empty()) out += "hint: " + problem.hint() + "\n";
  return out;
}

}  // namespace laminar::sql
