#include "batch_sql.h"

#include <cctype>
#include <vector>

namespace laminar::sqltest {
namespace {

bool IsNameChar(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool StartsWithName(const std::string& text, size_t at, const std::string& lower) {
  if (at > 0 && (IsNameChar(text[at - 1]) || text[at - 1] == '.')) return false;
  for (size_t i = 0; i < lower.size(); i++) {
    if (at + i >= text.size() || std::tolower(static_cast<unsigned char>(text[at + i])) != lower[i]) return false;
  }
  return at + lower.size() < text.size() && text[at + lower.size()] == '(';
}

// The arguments of a call whose opening parenthesis is at `open`; *end = behind the closing one.
std::vector<std::string> Arguments(const std::string& text, size_t open, size_t* end) {
  std::vector<std::string> arguments(1);
  int depth = 0;
  bool quoted = false;
  size_t i = open;
  for (; i < text.size(); i++) {
    const char c = text[i];
    if (c == '\'') quoted = !quoted;
    if (!quoted && c == '(' && depth++ == 0) continue;
    if (!quoted && c == ')' && --depth == 0) break;
    if (!quoted && c == ',' && depth == 1) {
      arguments.emplace_back();
    } else {
      arguments.back() += c;
    }
  }
  *end = i + 1;
  return arguments;
}

}  // namespace

std::string AsBatchSql(const std::string& sql) {
  std::string result;
  for (size_t i = 0; i < sql.size();) {
    bool replaced = false;
    for (const std::string name : {"tumble", "tumble_start", "tumble_end"}) {
      if (!StartsWithName(sql, i, name)) continue;
      size_t end = 0;
      const std::vector<std::string> arguments = Arguments(sql, i + name.size(), &end);
      if (arguments.size() < 2) continue;
      const std::string origin =
          "TIMESTAMP '1970-01-01'" + (arguments.size() > 2 ? " + " + AsBatchSql(arguments[2]) : "");
      const std::string bucket = "time_bucket(" + arguments[1] + ", " + AsBatchSql(arguments[0]) + ", " + origin + ")";
      result += name == "tumble_end" ? "(" + bucket + " + " + arguments[1] + ")" : bucket;
      i = end;
      replaced = true;
      break;
    }
    if (!replaced) result += sql[i++];
  }
  return result;
}

}  // namespace laminar::sqltest
