#include "sql/tokens.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/parser/parser.hpp"

namespace laminar::sql {
namespace {

bool IsWordByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}
bool BeginsWord(char c) {
  return IsWordByte(c) && !std::isdigit(static_cast<unsigned char>(c)) && c != '$';
}

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

// The end of a quoted stretch that begins at `at` with its quote; a doubled quote stands for itself. Fills `value`.
size_t ReadQuoted(const std::string& script, size_t at, bool backslashes, std::string* value) {
  const char quote = script[at++];
  while (at < script.size()) {
    if (backslashes && script[at] == '\\' && at + 1 < script.size()) {
      value->push_back(script[at + 1]);
      at += 2;
    } else if (script[at] == quote) {
      if (at + 1 >= script.size() || script[at + 1] != quote) return at + 1;
      value->push_back(quote);
      at += 2;
    } else {
      value->push_back(script[at++]);
    }
  }
  return at;
}

// $tag$ ... $tag$
size_t ReadDollarQuoted(const std::string& script, size_t at, std::string* value) {
  const size_t tag_end = script.find('$', at + 1) + 1;
  const std::string tag = script.substr(at, tag_end - at);
  const size_t close = std::min(script.find(tag, tag_end), script.size());
  *value = script.substr(tag_end, close - tag_end);
  return std::min(close + tag.size(), script.size());
}

size_t ReadWhile(const std::string& script, size_t at, bool (*accept)(char)) {
  while (at < script.size() && accept(script[at])) at++;
  return at;
}

void ReadString(const std::string& script, Token* token) {
  if (script[token->begin] == '$') {
    token->end = ReadDollarQuoted(script, token->begin, &token->text);
    return;
  }
  const size_t quote = script.find('\'', token->begin);
  const bool escapes = script[token->begin] == 'e' || script[token->begin] == 'E';
  token->end = ReadQuoted(script, quote, escapes, &token->text);
}

void ReadName(const std::string& script, Token* token) {
  if (script[token->begin] == '"') {
    token->quoted = true;
    token->end = ReadQuoted(script, token->begin, false, &token->text);
    return;
  }
  token->end = ReadWhile(script, token->begin, IsWordByte);
  token->text = Lower(std::string_view(script).substr(token->begin, token->end - token->begin));
}

// An operator ends where its characters end; `limit` is where the next token begins.
void ReadOperator(const std::string& script, size_t limit, Token* token) {
  static constexpr std::string_view kMany = "~!@#^&|`?+-*/%<>=:";
  size_t at = token->begin + 1;
  if (kMany.find(script[token->begin]) != std::string_view::npos) {
    while (at < limit && kMany.find(script[at]) != std::string_view::npos && script.compare(at, 2, "--") != 0 &&
           script.compare(at, 2, "/*") != 0)
      at++;
  }
  token->end = at;
  token->text = script.substr(token->begin, at - token->begin);
}

}  // namespace

std::vector<Token> Tokenize(const std::string& script) {
  using Kind = duckdb::SimplifiedTokenType;
  const auto lexed = duckdb::Parser::Tokenize(script);
  std::vector<Token> tokens;
  for (size_t i = 0; i < lexed.size(); i++) {
    Token token;
    token.begin = lexed[i].start;
    if (!tokens.empty() && token.begin < tokens.back().end) continue;  // the name of a $variable
    const size_t limit = i + 1 < lexed.size() ? lexed[i + 1].start : script.size();
    const char first = script[token.begin];
    if (lexed[i].type == Kind::SIMPLIFIED_TOKEN_STRING_CONSTANT) {
      token.kind = TokenKind::kString;
      ReadString(script, &token);
    } else if (first == '"' || BeginsWord(first)) {
      token.kind = lexed[i].type == Kind::SIMPLIFIED_TOKEN_KEYWORD ? TokenKind::kKeyword : TokenKind::kName;
      ReadName(script, &token);
    } else if (lexed[i].type == Kind::SIMPLIFIED_TOKEN_NUMERIC_CONSTANT) {
      token.kind = TokenKind::kNumber;
      token.end = ReadWhile(script, token.begin, [](char c) { return IsWordByte(c) || c == '.'; });
      token.text = script.substr(token.begin, token.end - token.begin);
    } else if (first == '$' && token.begin + 1 < script.size() && BeginsWord(script[token.begin + 1])) {
      token.kind = TokenKind::kVariable;
      token.end = ReadWhile(script, token.begin + 1, IsWordByte);
      token.text = script.substr(token.begin + 1, token.end - token.begin - 1);
    } else {
      ReadOperator(script, limit, &token);
    }
    tokens.push_back(std::move(token));
  }
  return tokens;
}

std::vector<StatementTokens> SplitStatements(const std::string& script, const std::vector<Token>& tokens) {
  std::vector<StatementTokens> statements;
  const std::span<const Token> all(tokens);
  size_t first = 0;
  for (size_t i = 0; i < tokens.size(); i++) {
    if (!tokens[i].Is(";")) continue;
    if (i > first) statements.push_back({all.subspan(first, i - first), tokens[first].begin, tokens[i].begin});
    first = i + 1;
  }
  if (first < tokens.size()) {
    statements.push_back({all.subspan(first), tokens[first].begin, script.size()});
  } else if (tokens.empty()) {
    statements.push_back({{}, 0, script.size()});
  } else {
    // Nothing but white space and comments follows, or what the lexer could not read: the parser tells the two apart.
    statements.push_back({{}, tokens.back().end, script.size()});
  }
  return statements;
}

bool IsReserved(const std::string& word) {
  const duckdb::KeywordCategory category = duckdb::KeywordHelper::KeywordCategoryType(word);
  return category == duckdb::KeywordCategory::KEYWORD_RESERVED ||
         category == duckdb::KeywordCategory::KEYWORD_TYPE_FUNC;
}

std::string QuoteLiteral(std::string_view text) {
  return duckdb::KeywordHelper::WriteQuotedAndEscaped(std::string(text), '\'');
}
std::string QuoteName(std::string_view text) {
  return duckdb::KeywordHelper::WriteQuotedAndEscaped(std::string(text), '"');
}

}  // namespace laminar::sql
