#include "sql/known_tables.h"

#include <algorithm>
#include <set>

#include "duckdb/common/string_util.hpp"

#include "sql/tokens.h"

namespace laminar::sql {

namespace {

// CREATE [OR REPLACE] [TEMP] TABLE|VIEW [IF NOT EXISTS] name: the names, in lower case.
std::set<std::string> DefinedNames(const std::vector<Token>& tokens) {
  std::set<std::string> names;
  for (size_t i = 0; i < tokens.size(); i++) {
    if (!tokens[i].Is("create")) continue;
    size_t at = i + 1;
    const auto skip = [&](std::initializer_list<const char*> words) {
      for (const char* word : words) {
        if (at < tokens.size() && tokens[at].Is(word)) at++;
      }
    };
    skip({"or", "replace", "temp", "temporary"});
    if (at >= tokens.size() || (!tokens[at].Is("table") && !tokens[at].Is("view"))) continue;
    at++;
    skip({"if", "not", "exists"});
    if (at < tokens.size() && tokens[at].IsWord()) names.insert(duckdb::StringUtil::Lower(tokens[at].text));
  }
  return names;
}

}  // namespace

Result<TextWithTables> WithKnownTables(const ScriptInput& input) {
  TextWithTables with{input.text, {}};
  if (!input.find_tables) return with;
  const std::vector<Token> tokens = Tokenize(input.text);
  const std::set<std::string> defined = DefinedNames(tokens);
  std::set<std::string> named;
  for (const Token& token : tokens) {
    std::string name = duckdb::StringUtil::Lower(token.text);
    if (token.IsWord() && !defined.contains(name)) named.insert(std::move(name));
  }
  ASSIGN_OR_RETURN(const std::vector<KnownTable> tables, input.find_tables(named));
  bool first = true;
  for (const KnownTable& table : tables) {
    // On lines of their own: a comment may end the script.
    with.text += first ? "\n;\n" : "\n";
    first = false;
    with.lines.emplace_back(1 + static_cast<int>(std::count(with.text.begin(), with.text.end(), '\n')), table.name);
    with.text += table.statement + ";";
  }
  return with;
}

}  // namespace laminar::sql
