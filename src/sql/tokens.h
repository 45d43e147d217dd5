// The script as tokens, by DuckDB's own lexer, so that comments, strings and quoting are understood exactly as its
// parser understands them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace laminar::sql {

enum class TokenKind {
  kName,     // identifier, quoted or not
  kKeyword,  // any word of the grammar, reserved or not
  kNumber,
  kString,    // 'abc', E'abc', $$abc$$
  kVariable,  // $name
  kOperator,
};

struct Token {
  TokenKind kind = TokenKind::kOperator;
  size_t begin = 0, end = 0;  // script bytes
  // Bare names and keywords: in lower case. Quoted names and strings: their value, unquoted. Variables: without '$'.
  // Else as written.
  std::string text;
  bool quoted = false;
  bool Is(std::string_view word) const {
    return !quoted && kind != TokenKind::kString && kind != TokenKind::kVariable && text == word;
  }
  bool IsWord() const { return kind == TokenKind::kName || kind == TokenKind::kKeyword; }
};

// The tokens of `script`. The lexer stops at what it cannot read (an unterminated string): the rest is then missing,
// and the parser says why.
std::vector<Token> Tokenize(const std::string& script);

// A statement without its semicolon.
struct StatementTokens {
  std::span<const Token> tokens;  // never empty, unless the lexer stopped at once
  size_t begin = 0, end = 0;      // script bytes
};
std::vector<StatementTokens> SplitStatements(const std::string& script, const std::vector<Token>& tokens);

// A word that the grammar reserves: it must be quoted to serve as a name.
bool IsReserved(const std::string& word);

// The text as a literal or a quoted identifier.
std::string QuoteLiteral(std::string_view text);
std::string QuoteName(std::string_view text);

}  // namespace laminar::sql
