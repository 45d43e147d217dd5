#include "sql/optimize.h"

#include <utility>

#include "duckdb/optimizer/optimizer.hpp"
#include "duckdb/optimizer/rule/comparison_simplification.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"

namespace laminar::sql {
namespace {

// The rule turns `CAST(c AS X) < constant` into `c < CAST(constant AS type of c)`. Where X is text that compares
// another thing, and where the constant is no value of c's type, 1.5.6 takes the comparison of a TIMESTAMPTZ for NULL.
class ComparisonOfValues final : public duckdb::ComparisonSimplificationRule {
 public:
  using ComparisonSimplificationRule::ComparisonSimplificationRule;

  duckdb::unique_ptr<duckdb::Expression> Apply(duckdb::LogicalOperator& op,
                                               duckdb::vector<duckdb::reference<duckdb::Expression>>& bindings,
                                               bool& changes_made, bool is_root) override {
    const auto& comparison = bindings[0].get().Cast<duckdb::BoundComparisonExpression>();
    if (IsTextOfOther(*comparison.left) || IsTextOfOther(*comparison.right)) return nullptr;
    return ComparisonSimplificationRule::Apply(op, bindings, changes_made, is_root);
  }

 private:
  static bool IsTextOfOther(const duckdb::Expression& expression) {
    return expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST &&
           expression.return_type.id() == duckdb::LogicalTypeId::VARCHAR &&
           expression.Cast<duckdb::BoundCastExpression>().child->return_type.id() != duckdb::LogicalTypeId::VARCHAR;
  }
};

}  // namespace

duckdb::unique_ptr<duckdb::LogicalOperator> Optimize(duckdb::Binder& binder, duckdb::ClientContext& context,
                                                     duckdb::unique_ptr<duckdb::LogicalOperator> plan) {
  duckdb::Optimizer optimizer(binder, context);
  for (auto& rule : optimizer.rewriter.rules) {
    if (dynamic_cast<duckdb::ComparisonSimplificationRule*>(rule.get()) != nullptr)
      rule = duckdb::make_uniq<ComparisonOfValues>(optimizer.rewriter);
  }
  return optimizer.Optimize(std::move(plan));
}

}  // namespace laminar::sql
