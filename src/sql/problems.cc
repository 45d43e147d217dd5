#include "sql/problems.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "duckdb/common/error_data.hpp"
#include "duckdb/common/string_util.hpp"

#include "formats/option.h"
#include "sql/tokens.h"

namespace laminar::sql {
namespace {

constexpr char kCastAnArgument[] = "convert an argument with CAST(... AS type)";

// Cuts `text` at the first occurrence of `mark` and returns what follows it.
std::string CutAt(std::string* text, std::string_view mark) {
  const size_t at = text->find(mark);
  if (at == std::string::npos) return "";
  std::string rest = text->substr(at + mark.size());
  text->resize(at);
  return rest;
}

std::string Trimmed(std::string text) {
  const auto is_space = [](unsigned char c) { return std::isspace(c) != 0; };
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), is_space));
  text.erase(std::find_if_not(text.rbegin(), text.rend(), is_space).base(), text.end());
  return text;
}

std::string OnOneLine(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (!space) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return Trimmed(out);
}

// "Candidate bindings: "a", "b"" -> the names; DuckDB sorts them by likeness.
std::vector<std::string> QuotedNames(const std::string& text) {
  std::vector<std::string> names;
  size_t at = 0;
  while ((at = text.find('"', at)) != std::string::npos) {
    const size_t close = text.find('"', at + 1);
    if (close == std::string::npos) break;
    names.push_back(text.substr(at + 1, close - at - 1));
    at = close + 1;
  }
  return names;
}

// A function's signatures, one a line; an operator has too many to be of help.
std::string Signatures(const std::string& candidates) {
  constexpr size_t kMost = 4;
  std::vector<std::string> lines;
  size_t at = 0;
  while (at < candidates.size()) {
    const size_t end = std::min(candidates.find('\n', at), candidates.size());
    if (std::string line = OnOneLine(candidates.substr(at, end - at)); !line.empty()) lines.push_back(std::move(line));
    at = end + 1;
  }
  if (lines.size() > kMost) return kCastAnArgument;
  std::string out = lines.size() == 1 ? "there is only " : "there are ";
  for (size_t i = 0; i < lines.size(); i++) out += (i > 0 ? ", " : "") + lines[i];
  return out;
}

std::string WithoutFullStop(std::string text) {
  text = Trimmed(std::move(text));
  while (!text.empty() && (text.back() == '.' || text.back() == '!')) text.pop_back();
  return text;
}

std::string LowerFirst(std::string text) {
  if (text.size() > 1 && std::isupper(static_cast<unsigned char>(text[0])) &&
      std::islower(static_cast<unsigned char>(text[1]))) {
    text[0] = static_cast<char>(std::tolower(text[0]));
  }
  return text;
}

// DuckDB's commonest messages, said as the rest of ours are.
std::string InOurWords(std::string message, const std::vector<std::string>& quoted) {
  const auto ends = [&](std::string_view end) { return message.ends_with(end); };
  if (message.starts_with("referenced column ") && ends(" not found in FROM clause") && !quoted.empty()) {
    return "there is no column " + quoted.front();
  }
  for (const std::string_view begin :
       {"scalar Function with name ", "table Function with name ", "aggregate Function with name "}) {
    if (!message.starts_with(begin) || !ends(" does not exist")) continue;
    const size_t length = message.size() - begin.size() - std::string_view(" does not exist").size();
    return "there is no function " + message.substr(begin.size(), length) + "()";
  }
  constexpr std::string_view kType = "type with name ";
  if (message.starts_with(kType) && ends(" does not exist"))
    return "there is no type " + message.substr(kType.size(), message.find(' ', kType.size()) - kType.size());
  return message;
}

// The place of what a message without one speaks of: the first word in quotes in it, or its clause, as the statement at
// `begin` has it.
std::optional<size_t> OffsetOfMention(const std::string& script, size_t begin, const std::string& message) {
  std::string word;
  bool second = false;
  if (message.starts_with("GROUP BY ")) {
    word = "group";
  } else if (message.starts_with("set operations ")) {
    word = "union";
  } else if (const size_t open = message.find('"'); open != std::string::npos) {
    word = message.substr(open + 1, message.find('"', open + 1) - open - 1);
    second = message.starts_with("duplicate ");
  }
  if (word.empty()) return std::nullopt;
  std::optional<size_t> found;
  for (const Token& token : Tokenize(script)) {
    if (token.begin < begin) continue;
    if (token.Is(";")) break;
    if (!duckdb::StringUtil::CIEquals(token.text, word)) continue;
    if (found || !second) return token.begin;
    found = token.begin;
  }
  return found;
}

}  // namespace

CleanMessage CleanDuckMessage(const std::exception& exception) {
  const duckdb::ErrorData error(exception);
  CleanMessage clean;
  std::string text = error.RawMessage();
  const std::string own_hint = CutAt(&text, "\nhint: ");
  CutAt(&text, "\n\nLINE ");
  CutAt(&text, "\nLINE ");
  CutAt(&text, "\n* SET order_by_non_integer_literal");
  const std::string candidates = CutAt(&text, "Candidate tables: ") + CutAt(&text, "Candidate bindings: ") +
                                 CutAt(&text, "Candidate functions:") + CutAt(&text, "Candidate Entries:");
  const std::string did_you_mean = CutAt(&text, "Did you mean ");
  const std::vector<std::string> missing = QuotedNames(text);
  if (!did_you_mean.empty()) {
    clean.hint = "did you mean " + OnOneLine(did_you_mean);
  } else if (const std::vector<std::string> names = QuotedNames(candidates); !names.empty()) {
    // 'Table "t" does not have a column named "x"': the last name is the one that is missing.
    if (!missing.empty()) clean.hint = DidYouMean(missing.back(), names);
    if (clean.hint.empty()) {
      for (const std::string& name : names) clean.hint += (clean.hint.empty() ? "it knows \"" : ", \"") + name + '"';
    }
  } else if (!candidates.empty()) {
    clean.hint = Signatures(candidates);
  }
  if (const std::string group = CutAt(&text, "Either add it to the GROUP BY list, or use \"ANY_VALUE("); !group.empty())
    clean.hint = "add it to GROUP BY, or take any of its values: ANY_VALUE(" + group.substr(0, group.find('"'));
  const std::string advice = CutAt(&text, "You might need to add explicit type casts") +
                             CutAt(&text, "In order to select one, please add explicit type casts");
  if (!advice.empty() && clean.hint.empty()) clean.hint = "add explicit type casts";
  // Of several functions that would do, the list is no help.
  if (text.starts_with("Could not choose a best candidate function")) clean.hint = kCastAnArgument;
  // "... exceeded. Use "SET max_expression_depth TO x" to ...": a script has no such settings.
  if (!CutAt(&text, "Use \"SET ").empty()) clean.hint = "split it into several, by subqueries or views";
  clean.message = InOurWords(LowerFirst(WithoutFullStop(OnOneLine(text))), missing);
  if (clean.message.starts_with("there is no type "))
    clean.hint = "there are TEXT, BIGINT, INT, DOUBLE, DECIMAL(p, s), BOOLEAN, TIMESTAMP, JSON and DuckDB's others";
  if (clean.message == "WHERE clause cannot contain aggregates")
    clean.hint = "WHERE looks at single rows: filter groups in HAVING";
  if (clean.message == "WHERE clause cannot contain window functions")
    clean.hint = "WHERE looks at single rows before OVER (...): filter in QUALIFY";
  if (!own_hint.empty()) clean.hint = own_hint;
  const auto& extra = error.ExtraInfo();
  if (const auto found = extra.find("position"); found != extra.end()) {
    size_t offset = 0;
    const std::string& digits = found->second;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), offset).ec == std::errc()) clean.offset = offset;
  }
  return clean;
}

std::string DidYouMean(const std::string& word, std::span<const std::string> candidates) {
  const auto nearest = NearestName(word, candidates);
  return nearest ? "did you mean " + *nearest + "?" : "";
}

void Problems::AddException(const std::exception& exception, const EditedText* text, size_t fallback_offset) {
  AddMessage(CleanDuckMessage(exception), text, fallback_offset);
}

void Problems::AddMessage(CleanMessage clean, const EditedText* text, size_t fallback_offset) {
  const std::string& script = script_->text();
  size_t offset = fallback_offset;
  if (clean.offset) {
    offset = text ? text->ToScript(*clean.offset) : *clean.offset;
  } else {
    offset = OffsetOfMention(script, fallback_offset, clean.message).value_or(fallback_offset);
  }
  constexpr std::string_view kNoColumn = "there is no column ";
  if (clean.message.starts_with(kNoColumn) && offset < script.size() && script[offset] == '"') {
    if (!clean.hint.empty()) clean.hint += " ";
    clean.hint += "Double quotes are for names: the text is '" + clean.message.substr(kNoColumn.size()) + "'";
  }
  Add(offset, std::move(clean.message), std::move(clean.hint));
}

bool Problems::HasAt(size_t offset) const {
  const SqlPosition position = script_->At(offset);
  return std::any_of(list_.begin(), list_.end(), [&](const Status& problem) {
    return problem.position().line == position.line && problem.position().column == position.column;
  });
}

std::vector<Status> Problems::Take() {
  const auto key = [](const Status& status) { return std::pair(status.position().line, status.position().column); };
  std::stable_sort(list_.begin(), list_.end(), [&](const Status& a, const Status& b) { return key(a) < key(b); });
  const auto same = [&](const Status& a, const Status& b) { return key(a) == key(b) && a.message() == b.message(); };
  list_.erase(std::unique(list_.begin(), list_.end(), same), list_.end());
  return std::move(list_);
}

}  // namespace laminar::sql
