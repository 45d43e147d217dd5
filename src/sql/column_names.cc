// The parser keeps no text of an expression, only the place of a token in it. So the tokens behind SELECT are split at
// the commas between its columns; where these and the parsed columns do not fit together, DuckDB's names stay.
#include "sql/column_names.h"

#include <algorithm>
#include <set>
#include <vector>

#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/query_node/select_node.hpp"

#include "sql/time_span.h"
#include "sql/tree.h"

namespace laminar::sql {
namespace {

using duckdb::ParsedExpression;
using Tokens = std::span<const Token>;

bool HasStar(const ParsedExpression& expression) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::STAR) return true;
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const ParsedExpression& child) { found = found || HasStar(child); });
  return found;
}

// A column's own name is a name; what stands for several columns has none.
bool NeedsName(const ParsedExpression& expression) {
  if (expression.HasAlias() || expression.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) return false;
  const bool unnests =
      expression.GetExpressionClass() == duckdb::ExpressionClass::FUNCTION &&
      duckdb::StringUtil::CIEquals(expression.Cast<duckdb::FunctionExpression>().function_name, "unnest");
  return !unnests && !HasStar(expression);
}

bool Opens(const Token& token) {
  return token.Is("(") || token.Is("[") || token.Is("{");
}
bool Closes(const Token& token) {
  return token.Is(")") || token.Is("]") || token.Is("}");
}

// Whether the select list ends before tokens[i], which is not inside parentheses.
bool EndsList(Tokens tokens, size_t i) {
  static const std::set<std::string> kClauses = {"from",  "where",  "group",     "having", "qualify", "union",
                                                 "order", "except", "intersect", "limit",  "offset"};
  const Token& token = tokens[i];
  if (token.kind != TokenKind::kKeyword || token.quoted || !kClauses.contains(token.text)) return false;
  if (token.Is("from")) return !tokens[i - 1].Is("distinct");  // IS DISTINCT FROM
  if (token.Is("group")) return !tokens[i - 1].Is("within");   // WITHIN GROUP (ORDER BY ...)
  return true;
}

// The columns' tokens, from the one behind SELECT on.
std::vector<Tokens> SplitList(Tokens tokens, size_t first) {
  std::vector<Tokens> columns;
  int depth = 0;
  size_t begin = first, i = first;
  for (; i < tokens.size(); i++) {
    if (Opens(tokens[i])) depth++;
    if (Closes(tokens[i]) && --depth < 0) break;
    if (depth > 0) continue;
    if (EndsList(tokens, i)) break;
    if (!tokens[i].Is(",")) continue;
    columns.push_back(tokens.subspan(begin, i - begin));
    begin = i + 1;
  }
  if (i > begin) columns.push_back(tokens.subspan(begin, i - begin));
  return columns;
}

// As written, but for comments and line ends.
std::string TextOf(const std::string& script, Tokens tokens) {
  std::string text;
  for (size_t i = 0; i < tokens.size(); i++) {
    if (i > 0 && tokens[i - 1].end < tokens[i].begin) text += ' ';
    text.append(script, tokens[i].begin, tokens[i].end - tokens[i].begin);
  }
  return text;
}

class Namer final : public TreeVisitor {
 public:
  Namer(const std::string& script, Tokens tokens) : script_(script), tokens_(tokens) {}

  void EnterNode(duckdb::QueryNode& node) override {
    if (node.type != duckdb::QueryNodeType::SELECT_NODE) return;
    auto& list = node.Cast<duckdb::SelectNode>().select_list;
    if (std::none_of(list.begin(), list.end(), [](const auto& column) { return NeedsName(*column); })) return;
    const std::vector<Tokens> columns = ListOf(list);
    if (columns.size() != list.size()) return;
    for (size_t i = 0; i < list.size(); i++) {
      const size_t at = LeftmostOffset(*list[i]);
      if (columns[i].empty() || (at != SIZE_MAX && (at < columns[i].front().begin || at >= columns[i].back().end)))
        return;
    }
    for (size_t i = 0; i < list.size(); i++) {
      if (NeedsName(*list[i])) list[i]->SetAlias(TextOf(script_, columns[i]));
    }
  }

 private:
  // The tokens of the list: behind the last SELECT before its first column.
  std::vector<Tokens> ListOf(const duckdb::vector<duckdb::unique_ptr<ParsedExpression>>& list) const {
    size_t first = SIZE_MAX;
    for (size_t i = 0; i < list.size() && first == SIZE_MAX; i++) first = LeftmostOffset(*list[i]);
    size_t select = SIZE_MAX;
    for (size_t i = 0; i < tokens_.size() && (tokens_[i].begin < first || first == SIZE_MAX); i++) {
      if (!tokens_[i].Is("select")) continue;
      select = i;
      if (first == SIZE_MAX) break;  // constants alone
    }
    if (select == SIZE_MAX) return {};
    size_t at = select + 1;
    if (at < tokens_.size() && (tokens_[at].Is("distinct") || tokens_[at].Is("all"))) at++;
    return SplitList(tokens_, at);
  }

  const std::string& script_;
  const Tokens tokens_;
};

}  // namespace

void NameColumns(const std::string& script, std::span<const Token> tokens, duckdb::QueryNode& node) {
  Namer namer(script, tokens);
  WalkNode(node, namer);
}

}  // namespace laminar::sql
