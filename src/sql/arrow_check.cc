// id > 3 AND x->>'user' = 'u1' is ((id > 3 AND x)->>'user') = 'u1' to DuckDB's grammar. Its tree has -> as a lambda
// until it is bound, and that takes what follows it, too: x->'a' IS NULL AND x->>'b' is (x->('a' IS NULL AND x))->>'b'.
// Parentheses that the user wrote around the condition leave no trace in the tree.
#include "sql/arrow_check.h"

#include <algorithm>
#include <string>

#include "duckdb/parser/expression/between_expression.hpp"
#include "duckdb/parser/expression/comparison_expression.hpp"
#include "duckdb/parser/expression/conjunction_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/lambda_expression.hpp"
#include "duckdb/parser/expression/operator_expression.hpp"

#include "sql/time_span.h"

namespace laminar::sql {
namespace {

using duckdb::ExpressionClass;
using duckdb::ExpressionType;
using duckdb::ParsedExpression;

bool IsArrow(const Token& token) {
  return token.Is("->") || token.Is("->>");
}

// What stands last in a condition, next to the arrow; nullptr: the expression is none.
const ParsedExpression* LastOperand(const ParsedExpression& expression) {
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::CONJUNCTION:
      return expression.Cast<duckdb::ConjunctionExpression>().children.back().get();
    case ExpressionClass::COMPARISON:
      return expression.Cast<duckdb::ComparisonExpression>().right.get();
    case ExpressionClass::BETWEEN:
      return expression.Cast<duckdb::BetweenExpression>().upper.get();
    case ExpressionClass::LAMBDA:
      return LastOperand(*expression.Cast<duckdb::LambdaExpression>().expr);
    case ExpressionClass::FUNCTION: {
      const auto& function = expression.Cast<duckdb::FunctionExpression>();
      const std::string& name = function.function_name;
      const bool like = name == "~~" || name == "!~~" || name == "~~*" || name == "!~~*";
      return function.is_operator && like && !function.children.empty() ? function.children.back().get() : nullptr;
    }
    case ExpressionClass::OPERATOR:
      switch (expression.GetExpressionType()) {
        case ExpressionType::OPERATOR_NOT:
        case ExpressionType::OPERATOR_IS_NULL:
        case ExpressionType::OPERATOR_IS_NOT_NULL:
        case ExpressionType::COMPARE_IN:
        case ExpressionType::COMPARE_NOT_IN:
          return expression.Cast<duckdb::OperatorExpression>().children.back().get();
        default:
          return nullptr;
      }
    default:
      return nullptr;
  }
}

// The user's own operand and the arrows behind it, "x->'a'->>'b'"; "" where that is not plain.
std::string ArrowText(const ParsedExpression& condition, size_t arrow_offset, std::span<const Token> tokens,
                      const std::string& script) {
  const ParsedExpression* operand = LastOperand(condition);
  while (const ParsedExpression* inner = LastOperand(*operand)) operand = inner;
  const size_t begin = LeftmostOffset(*operand);
  const auto first = std::find_if(tokens.begin(), tokens.end(), [&](const Token& token) { return token.end > begin; });
  auto arrow = std::find_if(first, tokens.end(), [&](const Token& token) { return token.begin >= arrow_offset; });
  if (first >= arrow || arrow == tokens.end() || !IsArrow(*arrow)) return "";
  int depth = 0;
  for (auto token = first; token != arrow; ++token) {
    depth += token->Is("(") - token->Is(")");
    if (depth < 0) return "";
  }
  if (depth != 0) return "";
  size_t end = 0;
  for (; arrow != tokens.end() && IsArrow(*arrow) && arrow + 1 != tokens.end(); arrow += 2) {
    const Token& key = arrow[1];
    if (key.kind != TokenKind::kString && key.kind != TokenKind::kNumber && key.kind != TokenKind::kName) return "";
    end = key.end;
    if (arrow + 2 == tokens.end()) break;
  }
  return script.substr(first->begin, end - first->begin);
}

}  // namespace

void CheckArrow(const ParsedExpression& expression, std::span<const Token> tokens, Problems* problems) {
  const ParsedExpression* left = nullptr;
  std::string arrow = "->";
  if (expression.GetExpressionClass() == ExpressionClass::LAMBDA) {
    left = expression.Cast<duckdb::LambdaExpression>().lhs.get();
  } else if (expression.GetExpressionClass() == ExpressionClass::FUNCTION) {
    const auto& function = expression.Cast<duckdb::FunctionExpression>();
    if (function.function_name == "->>" && !function.children.empty()) left = function.children[0].get();
    arrow = "->>";
  }
  if (!left || !LastOperand(*left)) return;
  const size_t offset =
      expression.GetQueryLocation().IsValid() ? expression.GetQueryLocation().GetIndex() : LeftmostOffset(*left);
  const std::string text = ArrowText(*left, offset, tokens, problems->script().text());
  problems->Add(offset == SIZE_MAX && !tokens.empty() ? tokens.front().begin : offset,
                arrow + " binds weaker than AND, OR, NOT and comparisons: it reads from the condition before it",
                "put it into parentheses: " + (text.empty() ? "(x" + arrow + "'key')" : "(" + text + ")"));
}

}  // namespace laminar::sql
