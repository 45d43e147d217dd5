#include "duck/aggregate_list.h"

#include "duckdb/planner/expression/bound_aggregate_expression.hpp"

#include "base/check.h"

namespace laminar {

struct AggregateList::Rep {
  std::vector<std::unique_ptr<duckdb::Expression>> aggregates;
  std::vector<SqlPosition> positions;
};

AggregateList::AggregateList() : rep_(std::make_shared<const Rep>()) {}

AggregateList::AggregateList(std::vector<std::unique_ptr<duckdb::Expression>> aggregates,
                             std::vector<SqlPosition> positions) {
  CHECK(positions.empty() || positions.size() == aggregates.size());
  for (const auto& aggregate : aggregates)
    CHECK(aggregate->GetExpressionClass() == duckdb::ExpressionClass::BOUND_AGGREGATE);
  rep_ = std::make_shared<const Rep>(Rep{std::move(aggregates), std::move(positions)});
}

AggregateList::~AggregateList() = default;
AggregateList::AggregateList(const AggregateList&) = default;
AggregateList& AggregateList::operator=(const AggregateList&) = default;

size_t AggregateList::size() const {
  return rep_->aggregates.size();
}
const duckdb::BoundAggregateExpression& AggregateList::at(size_t i) const {
  return rep_->aggregates.at(i)->Cast<duckdb::BoundAggregateExpression>();
}
std::string AggregateList::ToString(size_t i) const {
  return rep_->aggregates.at(i)->ToString();
}
SqlPosition AggregateList::position(size_t i) const {
  return rep_->positions.empty() ? SqlPosition{} : rep_->positions.at(i);
}
const duckdb::LogicalType& AggregateList::type(size_t i) const {
  return rep_->aggregates.at(i)->return_type;
}

}  // namespace laminar
