#include "duck/filter_project.h"

#include <gtest/gtest.h>

#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "base/clock.h"

namespace laminar {
namespace {

using duckdb::Expression;
using duckdb::LogicalType;

class Lines final : public RowOrigins {
 public:
  RowPosition Position(uint32_t row) const override { return {"file x", "", "", -1, row + 1}; }
};

class Collect final : public FailureHandler {
 public:
  Status OnFailure(const Batch& input, const ExpressionFailure& failure) override {
    seen.push_back(input.DescribeOrigin(failure.row) + ": " + failure.expression);
    messages.push_back(failure.message);
    return verdict;
  }
  std::vector<std::string> seen, messages;
  Status verdict;
};

class FilterProjectTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = DuckDatabase::Open(&clock_, 64 << 20);
    ASSERT_TRUE(opened.ok());
    database_ = std::move(opened).value();
    session_ = database_->NewSession();
  }

  std::unique_ptr<Expression> Number() {  // CAST(column 0 AS BIGINT)
    return std::unique_ptr<Expression>(
        duckdb::BoundCastExpression::AddCastToType(
            session_->context(), duckdb::make_uniq<duckdb::BoundReferenceExpression>("text", LogicalType::VARCHAR, 0U),
            LogicalType::BIGINT)
            .release());
  }
  ExpressionList Projections() {
    std::vector<std::unique_ptr<Expression>> list;
    list.push_back(Number());
    list.push_back(std::make_unique<duckdb::BoundReferenceExpression>(LogicalType::VARCHAR, 0U));
    return ExpressionList(std::move(list), {{3, 7}, {3, 9}});
  }
  ExpressionList PositiveOnly() {
    std::vector<std::unique_ptr<Expression>> list;
    list.push_back(std::make_unique<duckdb::BoundComparisonExpression>(
        duckdb::ExpressionType::COMPARE_GREATERTHAN, duckdb::unique_ptr<Expression>(Number().release()),
        duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::BIGINT(0))));
    return ExpressionList(std::move(list));
  }
  Batch Texts(const std::vector<std::string>& texts) {
    Batch batch(Schema{{"text", MakeType(LogicalType::VARCHAR)}});
    for (size_t i = 0; i < texts.size(); i++) batch.chunk().SetValue(0, i, duckdb::Value(texts[i]));
    batch.chunk().SetCardinality(texts.size());
    batch.origins = std::make_shared<Lines>();
    return batch;
  }
  static std::vector<int64_t> Column(const Batch& batch) {
    std::vector<int64_t> out;
    for (size_t i = 0; i < batch.rows(); i++) out.push_back(batch.chunk().GetValue(0, i).GetValue<int64_t>());
    return out;
  }
  const Schema output_ = {{"n", MakeType(LogicalType::BIGINT)}, {"text", MakeType(LogicalType::VARCHAR)}};

  ManualClock clock_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckSession> session_;
  Collect failures_;
};

TEST_F(FilterProjectTest, FiltersThenProjects) {
  FilterProject evaluator(session_.get(), PositiveOnly(), Projections(), output_, &failures_);
  Batch in = Texts({"1", "-2", "3"});
  Batch* out = nullptr;
  ASSERT_TRUE(evaluator.Execute(&in, &out).ok());
  EXPECT_EQ(Column(*out), (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(out->DescribeOrigin(1), "file x, line 3");
  EXPECT_EQ(out->chunk().GetValue(1, 1).ToString(), "3");
}

TEST_F(FilterProjectTest, EveryFailingRowIsNamedAndTheOthersPass) {
  FilterProject evaluator(session_.get(), ExpressionList(), Projections(), output_, &failures_);
  std::vector<std::string> texts;
  for (int i = 0; i < 2048; i++) texts.push_back(i % 500 == 7 ? "x" + std::to_string(i) : std::to_string(i));
  Batch in = Texts(texts);
  Batch* out = nullptr;
  ASSERT_TRUE(evaluator.Execute(&in, &out).ok());
  ASSERT_EQ(failures_.seen.size(), 5U);
  EXPECT_EQ(failures_.seen[1], "file x, line 508: CAST(text AS BIGINT)");
  EXPECT_NE(failures_.messages[1].find("x507"), std::string::npos);
  EXPECT_EQ(out->rows(), 2043U);
  EXPECT_EQ(out->DescribeOrigin(507), "file x, line 510");
}

TEST_F(FilterProjectTest, AFailingFilterNamesTheRowToo) {
  FilterProject evaluator(session_.get(), PositiveOnly(), Projections(), output_, &failures_);
  Batch in = Texts({"1", "?", "-3", "4"});
  Batch* out = nullptr;
  ASSERT_TRUE(evaluator.Execute(&in, &out).ok());
  EXPECT_EQ(failures_.seen.size(), 1U);
  EXPECT_EQ(Column(*out), (std::vector<int64_t>{1, 4}));
}

TEST_F(FilterProjectTest, TheHandlersErrorStops) {
  failures_.verdict = Status::User("stop");
  FilterProject evaluator(session_.get(), ExpressionList(), Projections(), output_, &failures_);
  Batch in = Texts({"1", "?", "!"});
  Batch* out = nullptr;
  EXPECT_EQ(evaluator.Execute(&in, &out).message(), "stop");
  EXPECT_EQ(failures_.seen.size(), 1U);
  // The evaluator goes on with the next batch.
  Batch next = Texts({"5"});
  ASSERT_TRUE(evaluator.Execute(&next, &out).ok());
  EXPECT_EQ(Column(*out), (std::vector<int64_t>{5}));
}

TEST_F(FilterProjectTest, NoRowsNoColumns) {
  FilterProject evaluator(session_.get(), PositiveOnly(), Projections(), output_, &failures_);
  Batch in = Texts({"-1"});
  Batch* out = nullptr;
  ASSERT_TRUE(evaluator.Execute(&in, &out).ok());
  EXPECT_EQ(out->rows(), 0U);
  FilterProject nothing(session_.get(), ExpressionList(), ExpressionList(), Schema(), &failures_);
  Batch some = Texts({"1", "2"});
  ASSERT_TRUE(nothing.Execute(&some, &out).ok());
  EXPECT_EQ(out->rows(), 2U);
}

}  // namespace
}  // namespace laminar
