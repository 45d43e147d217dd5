// The types are known when the query is bound. So each condition c becomes laminar_condition(c, 'WHERE', place), which
// the binder turns into c again once its type is good. Of AND, OR and NOT it is the parts.
#include "sql/condition.h"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/parser/expression/conjunction_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/operator_expression.hpp"
#include "duckdb/parser/expression/window_expression.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/tableref/joinref.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"

#include "sql/time_span.h"
#include "sql/tree.h"

namespace laminar::sql {
namespace {

using duckdb::LogicalType;
using Pointer = duckdb::unique_ptr<duckdb::ParsedExpression>;

constexpr const char* kCondition = "laminar_condition";

bool IsCondition(const duckdb::Expression& expression) {
  const LogicalType& type = expression.return_type;
  return type.id() == duckdb::LogicalTypeId::BOOLEAN || type.id() == duckdb::LogicalTypeId::SQLNULL ||
         type.id() == duckdb::LogicalTypeId::UNKNOWN || type.IsNumeric() || expression.IsFoldable();
}

duckdb::unique_ptr<duckdb::Expression> TakeCondition(duckdb::FunctionBindExpressionInput& input) {
  auto& condition = input.children[0];
  if (IsCondition(*condition)) return std::move(condition);
  const auto constant = [&](size_t i) { return input.children[i]->Cast<duckdb::BoundConstantExpression>().value; };
  const duckdb::QueryErrorContext place(duckdb::optional_idx(constant(2).GetValue<uint64_t>()));
  throw duckdb::BinderException(place,
                                "%s needs a condition, and this is %s\nhint: compare it with something, or convert "
                                "it: CAST(... AS BOOLEAN)",
                                constant(1).ToString(), condition->return_type.ToString());
}

void Mark(Pointer& condition, const char* clause) {
  if (condition->GetExpressionClass() == duckdb::ExpressionClass::CONJUNCTION) {
    for (Pointer& part : condition->Cast<duckdb::ConjunctionExpression>().children) Mark(part, clause);
    return;
  }
  if (condition->GetExpressionType() == duckdb::ExpressionType::OPERATOR_NOT) {
    for (Pointer& part : condition->Cast<duckdb::OperatorExpression>().children) Mark(part, clause);
    return;
  }
  // Comparisons and their like give nothing else.
  switch (condition->GetExpressionClass()) {
    case duckdb::ExpressionClass::COMPARISON:
    case duckdb::ExpressionClass::BETWEEN:
    case duckdb::ExpressionClass::SUBQUERY:
    case duckdb::ExpressionClass::CONSTANT:
      return;
    default:
      break;
  }
  const size_t offset = LeftmostOffset(*condition);
  if (offset == SIZE_MAX) return;
  duckdb::vector<Pointer> arguments;
  arguments.push_back(std::move(condition));
  arguments.push_back(duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value(clause)));
  arguments.push_back(duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::UBIGINT(offset)));
  condition = duckdb::make_uniq<duckdb::FunctionExpression>(kCondition, std::move(arguments));
  condition->SetQueryLocation(offset);  // where it is refused: the binder's next try does without it
}

void MarkOptional(Pointer& condition, const char* clause) {
  if (condition) Mark(condition, clause);
}

class Marker final : public TreeVisitor {
 public:
  void LeaveNode(duckdb::QueryNode& node) override {
    if (node.type != duckdb::QueryNodeType::SELECT_NODE) return;
    auto& select = node.Cast<duckdb::SelectNode>();
    MarkOptional(select.where_clause, "WHERE");
    MarkOptional(select.having, "HAVING");
    MarkOptional(select.qualify, "QUALIFY");
  }
  void OnExpression(Pointer& expression) override {
    if (expression->GetExpressionClass() == duckdb::ExpressionClass::FUNCTION)
      MarkOptional(expression->Cast<duckdb::FunctionExpression>().filter, "FILTER");
    if (expression->GetExpressionClass() == duckdb::ExpressionClass::WINDOW)
      MarkOptional(expression->Cast<duckdb::WindowExpression>().filter_expr, "FILTER");
  }
  void OnTable(duckdb::unique_ptr<duckdb::TableRef>& table) override {
    if (table->type == duckdb::TableReferenceType::JOIN) MarkOptional(table->Cast<duckdb::JoinRef>().condition, "ON");
  }
};

}  // namespace

void RegisterConditionFunction(duckdb::ClientContext& context) {
  duckdb::ScalarFunction function(kCondition, {LogicalType::ANY, LogicalType::VARCHAR, LogicalType::UBIGINT},
                                  LogicalType::BOOLEAN, nullptr);
  function.SetBindExpressionCallback(TakeCondition);
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  duckdb::CreateScalarFunctionInfo info(std::move(function));
  info.on_conflict = duckdb::OnCreateConflict::IGNORE_ON_CONFLICT;
  auto& database = duckdb::DatabaseInstance::GetDatabase(context);
  duckdb::Catalog::GetSystemCatalog(database).CreateFunction(duckdb::CatalogTransaction::GetSystemTransaction(database),
                                                             info);
}

void MarkConditions(duckdb::QueryNode& node) {
  Marker marker;
  WalkNode(node, marker);
}

}  // namespace laminar::sql
