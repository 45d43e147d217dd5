#include "stream/operators/unnest.h"

#include <gtest/gtest.h>

#include <climits>

#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "base/clock.h"

namespace laminar {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

class CollectUnnested final : public Operator {
 public:
  CollectUnnested() : Operator(1) {}
  Status Push(size_t /*input*/, Batch* batch) override {
    for (size_t i = 0; i < batch->rows(); i++) {
      std::string row;
      for (size_t c = 0; c < batch->columns(); c++) row += (c ? "|" : "") + batch->chunk().GetValue(c, i).ToString();
      rows.push_back(row + "@" + std::to_string(batch->OriginRow(i)));
    }
    batches++;
    return Status::Ok();
  }
  std::vector<std::string> rows;
  int batches = 0;
};

class Nowhere final : public RowOrigins {
 public:
  RowPosition Position(uint32_t) const override { return {}; }
};

class NoFailedRow final : public FailureHandler {
 public:
  Status OnFailure(const Batch&, const ExpressionFailure& failure) override { return Status::User(failure.message); }
};

// Lets `batches` pass.
class Guard final : public StepGuard {
 public:
  Status MayGoOn() override { return batches-- > 1 ? Status::Ok() : Status::Environment("enough"); }
  int batches = INT_MAX;
};

TEST(Unnest, ListsRunInParallelAndEmptyRowsVanish) {
  ManualClock clock;
  auto database = std::move(DuckDatabase::Open(&clock, 64 << 20)).value();
  auto session = database->NewSession();
  const auto list = LogicalType::LIST(LogicalType::BIGINT);
  const Schema input = {{"id", MakeType(LogicalType::BIGINT)}, {"a", MakeType(list)}, {"b", MakeType(list)}};
  Schema output = input;
  output.push_back({"x", MakeType(LogicalType::BIGINT)});
  output.push_back({"y", MakeType(LogicalType::BIGINT)});
  std::vector<std::unique_ptr<duckdb::Expression>> lists;
  lists.push_back(std::make_unique<duckdb::BoundReferenceExpression>(list, 1U));
  lists.push_back(std::make_unique<duckdb::BoundReferenceExpression>(list, 2U));
  NoFailedRow failures;
  Guard guard;
  UnnestOperator unnest(UnnestNode{ExpressionList(std::move(lists))}, input, output, session.get(), &failures, &guard);
  CollectUnnested collect;
  unnest.AddOutput(&collect, 0);

  auto numbers = [](std::vector<int> values) {
    duckdb::vector<Value> out;
    for (int value : values) out.push_back(Value::BIGINT(value));
    return Value::LIST(LogicalType::BIGINT, out);
  };
  Batch batch(input);
  auto add = [&, row = size_t{0}](Value a, Value b) mutable {
    batch.chunk().SetValue(0, row, Value::BIGINT(static_cast<int64_t>(row)));
    batch.chunk().SetValue(1, row, a);
    batch.chunk().SetValue(2, row, b);
    batch.chunk().SetCardinality(++row);
  };
  add(numbers({1, 2, 3}), numbers({9}));
  add(numbers({}), Value(list));
  add(Value(list), numbers({5}));
  batch.origins = std::make_shared<Nowhere>();
  ASSERT_TRUE(unnest.Push(0, &batch).ok());
  EXPECT_EQ(collect.rows, (std::vector<std::string>{"0|[1, 2, 3]|[9]|1|9@0", "0|[1, 2, 3]|[9]|2|NULL@0",
                                                    "0|[1, 2, 3]|[9]|3|NULL@0", "2|NULL|[5]|NULL|5@2"}));
}

TEST(Unnest, AListLongerThanABatchSpansSeveral) {
  ManualClock clock;
  auto database = std::move(DuckDatabase::Open(&clock, 64 << 20)).value();
  auto session = database->NewSession();
  const auto list = LogicalType::LIST(LogicalType::BIGINT);
  const Schema input = {{"a", MakeType(list)}};
  const Schema output = {{"a", MakeType(list)}, {"x", MakeType(LogicalType::BIGINT)}};
  std::vector<std::unique_ptr<duckdb::Expression>> lists;
  lists.push_back(std::make_unique<duckdb::BoundReferenceExpression>(list, 0U));
  NoFailedRow failures;
  Guard guard;
  UnnestOperator unnest(UnnestNode{ExpressionList(std::move(lists))}, input, output, session.get(), &failures, &guard);
  struct Sum final : Operator {
    Sum() : Operator(1) {}
    Status Push(size_t, Batch* batch) override {
      for (size_t i = 0; i < batch->rows(); i++) total += batch->chunk().GetValue(1, i).GetValue<int64_t>();
      rows += batch->rows();
      return Status::Ok();
    }
    int64_t total = 0;
    size_t rows = 0;
  } sum;
  unnest.AddOutput(&sum, 0);
  duckdb::vector<Value> values;
  for (int i = 0; i < 5000; i++) values.push_back(Value::BIGINT(i));
  Batch batch(input);
  for (size_t row = 0; row < 3; row++) batch.chunk().SetValue(0, row, Value::LIST(LogicalType::BIGINT, values));
  batch.chunk().SetCardinality(3);
  ASSERT_TRUE(unnest.Push(0, &batch).ok());
  EXPECT_EQ(sum.rows, 15000U);
  EXPECT_EQ(sum.total, 3 * 12497500);

  guard.batches = 3;
  EXPECT_FALSE(unnest.Push(0, &batch).ok());
  EXPECT_EQ(sum.rows, 15000U + 3 * kBatchRows);
}

}  // namespace
}  // namespace laminar
