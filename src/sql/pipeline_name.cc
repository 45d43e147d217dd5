#include "sql/compiler.h"
#include "sql/tokens.h"

namespace laminar::sql {

std::string PipelineNameOf(const std::string& text) {
  std::string found;
  const std::vector<Token> all = Tokenize(text);
  for (const StatementTokens& statement : SplitStatements(text, all)) {
    const auto& tokens = statement.tokens;
    if (tokens.empty() || !tokens[0].Is("set")) continue;
    std::string name;
    size_t i = 1;
    while (i < tokens.size() && !tokens[i].Is("=") && !tokens[i].Is("to")) name += tokens[i++].text;
    const bool has_value =
        i + 2 == tokens.size() && (tokens[i + 1].kind == TokenKind::kString || tokens[i + 1].IsWord());
    if (name == "pipeline.name" && has_value) found = tokens[i + 1].text;
  }
  return found;
}

}  // namespace laminar::sql
