#include "duck/expression.h"

#include "duckdb/planner/expression.hpp"
#include "duckdb/planner/expression/bound_between_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "base/check.h"
#include "duck/database.h"

namespace laminar {

struct ExpressionList::Rep {
  std::vector<std::unique_ptr<duckdb::Expression>> expressions;
  std::vector<SqlPosition> positions;
};

ExpressionList::ExpressionList() : rep_(std::make_shared<const Rep>()) {}

ExpressionList::ExpressionList(std::vector<std::unique_ptr<duckdb::Expression>> expressions,
                               std::vector<SqlPosition> positions) {
  CHECK(positions.empty() || positions.size() == expressions.size());
  rep_ = std::make_shared<const Rep>(Rep{std::move(expressions), std::move(positions)});
}

ExpressionList::~ExpressionList() = default;
ExpressionList::ExpressionList(const ExpressionList&) = default;
ExpressionList& ExpressionList::operator=(const ExpressionList&) = default;

size_t ExpressionList::size() const {
  return rep_->expressions.size();
}
const duckdb::Expression& ExpressionList::at(size_t i) const {
  return *rep_->expressions.at(i);
}
std::string ExpressionList::ToString(size_t i) const {
  const duckdb::Expression& expression = at(i);
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_BETWEEN) return expression.ToString();
  // DuckDB writes BETWEEN, which includes both bounds, for those that do not.
  const auto& between = expression.Cast<duckdb::BoundBetweenExpression>();
  if (between.lower_inclusive && between.upper_inclusive) return expression.ToString();
  const std::string input = between.input->ToString();
  return "(" + input + (between.lower_inclusive ? " >= " : " > ") + between.lower->ToString() + " AND " + input +
         (between.upper_inclusive ? " <= " : " < ") + between.upper->ToString() + ")";
}
SqlPosition ExpressionList::position(size_t i) const {
  return rep_->positions.empty() ? SqlPosition{} : rep_->positions.at(i);
}

bool ExpressionList::IsColumnReference(size_t i, size_t* column) const {
  const duckdb::Expression& expression = at(i);
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_REF) return false;
  *column = expression.Cast<duckdb::BoundReferenceExpression>().index;
  return true;
}

const duckdb::LogicalType& ExpressionList::type(size_t i) const {
  return at(i).return_type;
}

ExpressionList ExpressionList::BehindColumnsOf(DuckSession* session, const Schema& input) const {
  std::vector<std::unique_ptr<duckdb::Expression>> all;
  std::vector<SqlPosition> positions(input.size());
  for (size_t i = 0; i < input.size(); i++)
    all.push_back(std::make_unique<duckdb::BoundReferenceExpression>(*input[i].type, i));
  session->context().RunFunctionInTransaction([&] {
    for (size_t i = 0; i < size(); i++) all.push_back(at(i).Copy());
  });
  for (size_t i = 0; i < size(); i++) positions.push_back(position(i));
  return ExpressionList(std::move(all), std::move(positions));
}

}  // namespace laminar
