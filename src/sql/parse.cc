#include "sql/parse.h"

#include <algorithm>

#include "duckdb/parser/expression/cast_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/type_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/statement/insert_statement.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"

#include "sql/tokens.h"
#include "sql/tree.h"

namespace laminar::sql {
namespace {

// Money must survive: what the digits of a JSON number or of a text say fits DECIMAL(38,10), rarely DuckDB's
// DECIMAL(18,3).
constexpr int kDecimalWidth = 38, kDecimalScale = 10;

void Relocate(duckdb::optional_idx& location, const EditedText& sql) {
  if (location.IsValid()) location = sql.ToScript(location.GetIndex());
}

void AdaptTypeExpression(duckdb::ParsedExpression& expression, const EditedText& sql) {
  Relocate(expression.query_location, sql);
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::TYPE) return;
  auto& type = expression.Cast<duckdb::TypeExpression>();
  for (auto& child : type.GetChildren()) AdaptTypeExpression(*child, sql);
  if (duckdb::StringUtil::CIEquals(type.GetTypeName(), "DECIMAL") && type.GetChildren().empty()) {
    type.GetChildren().push_back(duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::INTEGER(kDecimalWidth)));
    type.GetChildren().push_back(duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::INTEGER(kDecimalScale)));
  }
}

// age(x) counts from the beginning of the current day: DuckDB takes it from the transaction, here it is the batch's.
void GiveAgeItsDay(duckdb::ParsedExpression& expression) {
  auto& function = expression.Cast<duckdb::FunctionExpression>();
  if (!duckdb::StringUtil::CIEquals(function.function_name, "age") || function.children.size() != 1) return;
  if (!function.HasAlias()) function.SetAlias(function.ToString());
  auto today = duckdb::make_uniq<duckdb::FunctionExpression>(
      "current_date", duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>>());
  function.children.insert(function.children.begin(),
                           duckdb::make_uniq<duckdb::CastExpression>(duckdb::LogicalType::TIMESTAMP, std::move(today)));
}

// What may be the cause of a syntax error at `offset` of `sql`; "" if nothing is likely.
std::string SyntaxHint(const std::string& sql, size_t offset, const IsColumn& is_column) {
  static const std::vector<std::string> kStatements = {"CREATE", "INSERT", "SELECT", "WITH", "SET"};
  const std::vector<Token> tokens = Tokenize(sql);
  size_t at = 0;
  int depth = 0;
  while (at < tokens.size() && tokens[at].end <= offset) {
    depth += tokens[at].Is("(") ? 1 : tokens[at].Is(")") ? -1 : 0;
    at++;
  }
  // SELECT order FROM t: the parser stumbles over the word behind it, or over the word itself.
  for (const size_t i : {at, at == 0 ? at : at - 1}) {
    if (!is_column || i >= tokens.size() || tokens[i].quoted || !tokens[i].IsWord()) continue;
    if (IsReserved(tokens[i].text) && is_column(tokens[i].text))
      return tokens[i].text + " is a word of SQL: as the name of the column write " + QuoteName(tokens[i].text);
  }
  if (at == tokens.size()) return depth > 0 ? "a parenthesis is not closed" : "";
  const Token& token = tokens[at];
  if (!token.IsWord() || token.quoted) {
    const bool behind_columns = at > 2 && tokens[0].Is("create") && token.Is("(") && tokens[at - 1].Is(")");
    return behind_columns && depth == 0 ? "the options stand in WITH (...)" : "";
  }
  const std::string word = duckdb::StringUtil::Upper(token.text);
  if (at == 0) return DidYouMean(word, kStatements);
  const bool begins = std::find(kStatements.begin(), kStatements.end(), word) != kStatements.end();
  return begins && depth == 0 ? "a statement ends with a semicolon: is one missing before " + word + "?" : "";
}

class Adapter final : public TreeVisitor {
 public:
  explicit Adapter(const EditedText& sql) : sql_(sql) {}
  void OnExpression(duckdb::unique_ptr<duckdb::ParsedExpression>& expression) override {
    Relocate(expression->query_location, sql_);
    if (expression->GetExpressionClass() == duckdb::ExpressionClass::CAST) {
      auto& cast = expression->Cast<duckdb::CastExpression>();
      cast.cast_type = AdaptType(cast.cast_type, sql_);
    } else if (expression->GetExpressionClass() == duckdb::ExpressionClass::FUNCTION) {
      GiveAgeItsDay(*expression);
    }
  }
  void OnTable(duckdb::unique_ptr<duckdb::TableRef>& table) override {
    Relocate(table->query_location, sql_);
    if (table->type == duckdb::TableReferenceType::TABLE_FUNCTION)
      Relocate(table->Cast<duckdb::TableFunctionRef>().function->query_location, sql_);
  }

 private:
  const EditedText& sql_;
};

}  // namespace

duckdb::LogicalType AdaptType(const duckdb::LogicalType& type, const EditedText& sql) {
  if (type.id() != duckdb::LogicalTypeId::UNBOUND) return type;
  auto expression = duckdb::UnboundType::GetTypeExpression(type)->Copy();
  AdaptTypeExpression(*expression, sql);
  return duckdb::LogicalType::UNBOUND(std::move(expression));
}

void AdaptNode(duckdb::QueryNode& node, const EditedText& sql) {
  Adapter adapter(sql);
  WalkNode(node, adapter);
}

void AdaptExpression(duckdb::unique_ptr<duckdb::ParsedExpression>& expression, const EditedText& sql) {
  Adapter adapter(sql);
  WalkExpression(expression, adapter);
}

duckdb::unique_ptr<duckdb::SQLStatement> ParseStatement(duckdb::ClientContext& context, const EditedText& sql,
                                                        Problems* problems, const IsColumn& is_column) {
  duckdb::Parser parser(context.GetParserOptions());
  try {
    parser.ParseQuery(sql.text());
  } catch (const std::exception& exception) {
    CleanMessage clean = CleanDuckMessage(exception);
    if (clean.hint.empty() && clean.offset && clean.message.starts_with("syntax error"))
      clean.hint = SyntaxHint(sql.text(), *clean.offset, is_column);
    problems->AddMessage(std::move(clean), &sql, sql.ToScript(0));
    return nullptr;
  }
  if (parser.statements.empty()) return nullptr;
  return std::move(parser.statements.front());
}

}  // namespace laminar::sql
