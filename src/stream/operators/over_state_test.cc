// What OverOperator keeps, for how long, and in what parts it gives rows out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "duck/aggregates_for_test.h"
#include "stream/operators/over.h"

namespace laminar {
namespace {

using duckdb::Value;
using BoundKind = FrameBound::Kind;

constexpr int64_t kMinute = 60'000'000, kHour = 60 * kMinute;

class CollectResults final : public Operator {
 public:
  CollectResults() : Operator(1) {}
  Status Push(size_t, Batch* batch) override {
    for (size_t i = 0; i < batch->rows(); i++) results.push_back(batch->chunk().GetValue(4, i).ToString());
    batches++;
    return Status::Ok();
  }
  Status OnWatermark(int64_t value) override {
    watermark = value;
    return Status::Ok();
  }
  std::vector<std::string> results;  // of the first function
  int batches = 0;
  int64_t watermark = kNoWatermark;
};

// s: a text made of the value.
const std::vector<std::pair<std::string, std::string>> kStateColumns = {
    {"ts", "TIMESTAMP"}, {"k", "BIGINT"}, {"d", "DECIMAL(38,10)"}, {"s", "VARCHAR"}};

struct StateRow {
  int64_t time;
  int64_t key;
  int64_t value = 1;
};

class OverState : public ::testing::Test {
 protected:
  OverState()
      : database_(std::move(DuckDatabase::Open(&clock_, 256 << 20)).value()), session_(database_->NewSession()) {
    for (const auto& [name, type] : kStateColumns) input_.schema.push_back({name, MakeType(type)});
    input_.times = {{0, 0}};
    node_.partition = {1};
  }

  static Frame RangeBack(int64_t micros) {
    Frame frame;
    frame.start = {BoundKind::kPreceding, 0, {0, micros}};
    frame.end.kind = BoundKind::kCurrentRow;
    return frame;
  }
  static Frame RowsBack(std::optional<int64_t> rows) {
    Frame frame;
    frame.unit = Frame::Unit::kRows;
    if (rows) frame.start = {BoundKind::kPreceding, *rows, {}};
    frame.end.kind = BoundKind::kCurrentRow;
    return frame;
  }

  void AddFunction(const std::string& sql, const std::string& name, const Frame& frame, size_t argument = 2) {
    OverFunction function;
    function.name = name;
    if (name != "count_star") function.arguments = {argument};
    function.aggregate = BindAggregates(session_.get(), kStateColumns, {sql});
    function.type = MakeType(function.aggregate.type(0));
    function.frame = frame;
    function.position = {3, 7};
    node_.functions.push_back(std::move(function));
  }

  OverOperator& Over() {
    if (!over_) {
      Schema output = input_.schema;
      for (const OverFunction& function : node_.functions) output.push_back({function.name, function.type});
      over_ = std::make_unique<OverOperator>(node_, input_, output, &late_);
      over_->AddOutput(&collect_, 0);
    }
    return *over_;
  }

  Status Push(const std::vector<StateRow>& rows) {
    Batch batch(input_.schema);
    for (const StateRow& row : rows) {
      const size_t i = batch.rows();
      batch.chunk().SetValue(0, i, Value::TIMESTAMP(duckdb::timestamp_t(row.time)));
      batch.chunk().SetValue(1, i, Value::BIGINT(row.key));
      duckdb::FlatVector::GetData<duckdb::hugeint_t>(batch.chunk().data[2])[i] =
          duckdb::Hugeint::Convert(row.value) * duckdb::Hugeint::Convert(10'000'000'000);
      batch.chunk().SetValue(3, i, Value("the value of this row is " + std::to_string(row.value)));
      batch.chunk().SetCardinality(i + 1);
      if (batch.rows() < kBatchRows) continue;
      RETURN_IF_ERROR(Over().Push(0, &batch));
      batch.Reset();
    }
    return Over().Push(0, &batch);
  }
  Status Advance(int64_t watermark) {
    RETURN_IF_ERROR(Over().AdvanceWatermark(0, watermark));
    while (Over().HasPending()) RETURN_IF_ERROR(Over().Resume());
    return Status::Ok();
  }

  ManualClock clock_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckSession> session_;
  PlanNode input_;
  OverNode node_;
  Counter late_;
  CollectResults collect_;
  std::unique_ptr<OverOperator> over_;
};

TEST_F(OverState, ARowIsLateOnceItsTimeWasGivenOut) {
  input_.times = {{0, 5}};  // at watermark W rows from W - 5 on may still come
  AddFunction("count(*)", "count_star", RowsBack({}));
  ASSERT_TRUE(Push({{100, 1}, {104, 1}}).ok());
  ASSERT_TRUE(Advance(109).ok());
  EXPECT_EQ(collect_.results.size(), 1U);
  EXPECT_EQ(collect_.watermark, 109);
  ASSERT_TRUE(Push({{103, 1}, {104, 1}, {110, 1}}).ok());
  EXPECT_EQ(late_.Get(), 1U);
  ASSERT_TRUE(Advance(kEndOfTime).ok());
  EXPECT_EQ(collect_.results, (std::vector<std::string>{"1", "2", "3", "4"}));
}

TEST_F(OverState, ARowIsLateWhoseTimeWasGivenOutBeforeARestart) {
  input_.times = {{0, 5}};
  AddFunction("count(*)", "count_star", RowsBack({}));
  ASSERT_TRUE(Over().Restore(StateInput({}, 0, 1), 109).ok());
  ASSERT_TRUE(Push({{103, 1}, {104, 1}}).ok());
  EXPECT_EQ(late_.Get(), 1U);
  EXPECT_EQ(Over().StateRows(), 1);
}

TEST_F(OverState, RowsThatNothingElseTellsApartStayInTheOrderOfTheirComingAfterARestart) {
  node_.partition = {};
  input_.schema[1].type = MakeType("UBIGINT");
  input_.order_column = 1;
  AddFunction("sum(d)", "sum", RowsBack({}));
  ASSERT_TRUE(Push({{0, 1, 5}, {0, 1, 3}, {0, 1, 7}}).ok());
  StateOutput out;
  ASSERT_TRUE(Over().Save(&out).ok());
  const auto parts = out.Take();
  over_.reset();
  ASSERT_TRUE(Over().Restore(StateInput(parts, 0, 4, /*one_owner=*/true), kNoWatermark).ok());
  ASSERT_TRUE(Advance(kEndOfTime).ok());
  EXPECT_EQ(collect_.results, (std::vector<std::string>{"5.0000000000", "8.0000000000", "15.0000000000"}));
  // Without PARTITION BY everything is the first worker's.
  over_.reset();
  ASSERT_TRUE(Over().Restore(StateInput(parts, 1, 4, /*one_owner=*/true), kNoWatermark).ok());
  EXPECT_EQ(Over().StateRows(), 0);
}

// A partition ends when it would have without the restart.
TEST_F(OverState, PartitionsAreForgottenAfterARestart) {
  AddFunction("count(*)", "count_star", RowsBack({}));
  node_.ttl_micros = kHour;
  ASSERT_TRUE(Push({{kMinute, 1}, {0, 2}, {2 * kMinute, 3}, {kHour, 3}}).ok());
  ASSERT_TRUE(Advance(kHour).ok());
  StateOutput out;
  ASSERT_TRUE(Over().Save(&out).ok());
  const auto parts = out.Take();
  over_.reset();
  ASSERT_TRUE(Over().Restore(StateInput(parts, 0, 1), kHour).ok());
  EXPECT_EQ(Over().partitions(), 3U);
  EXPECT_EQ(Over().StateRows(), 1);
  ASSERT_TRUE(Advance(kHour + 1).ok());
  EXPECT_EQ(Over().partitions(), 2U);
  ASSERT_TRUE(Advance(kHour + kMinute + 1).ok());
  EXPECT_EQ(Over().partitions(), 1U);
  ASSERT_TRUE(Push({{2 * kHour, 3}}).ok());
  ASSERT_TRUE(Advance(2 * kHour + 1).ok());
  EXPECT_EQ(collect_.results.back(), "3");
  ASSERT_TRUE(Advance(3 * kHour + 1).ok());
  EXPECT_EQ(Over().partitions(), 0U);
}

TEST_F(OverState, ARowWithoutATimeIsLate) {
  AddFunction("count(*)", "count_star", RowsBack({}));
  Batch batch(input_.schema);
  for (size_t c = 0; c < 4; c++) batch.chunk().SetValue(c, 0, Value(*input_.schema[c].type));
  batch.chunk().SetCardinality(1);
  ASSERT_TRUE(Over().Push(0, &batch).ok());
  EXPECT_EQ(late_.Get(), 1U);
}

TEST_F(OverState, RangeFramesForgetPartitionsThatTimeHasPassed) {
  AddFunction("sum(d)", "sum", RangeBack(kHour));
  std::vector<StateRow> rows;
  for (int64_t i = 0; i < 50'000; i++) rows.push_back({i, i});
  ASSERT_TRUE(Push(rows).ok());
  ASSERT_TRUE(Advance(kMinute).ok());
  EXPECT_EQ(Over().partitions(), 50'000U);
  ASSERT_TRUE(Advance(kHour).ok());
  EXPECT_EQ(Over().partitions(), 50'000U);
  // Erased a part at a time.
  ASSERT_TRUE(Advance(kHour + kMinute).ok());
  EXPECT_LT(Over().partitions(), 50'000U);
  EXPECT_GT(Over().partitions(), 0U);
  for (int i = 0; i < 10; i++) ASSERT_TRUE(Advance(kHour + kMinute + 1 + i).ok());
  EXPECT_EQ(Over().partitions(), 0U);
}

TEST_F(OverState, KeysThatComeAndGoLeaveNothingBehind) {
  AddFunction("count(*)", "count_star", RangeBack(kMinute));
  AddFunction("avg(d)", "avg", RowsBack(10));
  AddFunction("max(s)", "max", RangeBack(kMinute), 3);
  AddFunction("min(s)", "min", RowsBack(10), 3);
  AddFunction("count(s)", "count", RangeBack(kMinute), 3);
  node_.functions.back().distinct = true;
  node_.ttl_micros = 2 * kMinute;
  int64_t highest = 0;
  for (int64_t minute = 0; minute < 100; minute++) {
    std::vector<StateRow> rows;
    for (int64_t i = 0; i < 1000; i++) rows.push_back({minute * kMinute + i, minute * 1000 + i});
    ASSERT_TRUE(Push(rows).ok());
    ASSERT_TRUE(Advance(minute * kMinute + kMinute / 2).ok());
    if (minute == 10) highest = Over().StateBytes();
  }
  EXPECT_LE(Over().partitions(), 5000U);
  EXPECT_LE(Over().StateBytes(), highest * 3 / 2);
  EXPECT_EQ(collect_.results.size(), 100'000U);
}

TEST_F(OverState, TextsAndDistinctValuesThatTimeHasPassedAreGivenBack) {
  AddFunction("max(s)", "max", RangeBack(kMinute), 3);
  AddFunction("count(s)", "count", RangeBack(kMinute), 3);
  node_.functions.back().distinct = true;
  ASSERT_TRUE(Push({{0, 1, 0}}).ok());
  ASSERT_TRUE(Advance(1).ok());
  const int64_t before = Over().StateBytes();
  std::vector<StateRow> rows;
  for (int64_t i = 1; i <= 20'000; i++) rows.push_back({i, 1, i});
  ASSERT_TRUE(Push(rows).ok());
  ASSERT_TRUE(Advance(kMinute).ok());
  const int64_t full = Over().StateBytes();
  EXPECT_GT(full, before + 20'000 * 60);
  ASSERT_TRUE(Push({{3 * kMinute, 1, 7}}).ok());
  ASSERT_TRUE(Advance(3 * kMinute + 1).ok());
  EXPECT_EQ(collect_.results.back(), "the value of this row is 7");
  EXPECT_LT(Over().StateBytes(), full / 4);
}

// Each row costs what enters and leaves, not what the frame holds: 60,000 rows in one would be 3.6 billion steps.
TEST_F(OverState, LongFramesOfTextsAndDistinctValuesCostNoMoreARow) {
  AddFunction("max(s)", "max", RangeBack(kHour), 3);
  AddFunction("count(s)", "count", RangeBack(kHour), 3);
  node_.functions.back().distinct = true;
  std::vector<StateRow> rows;
  for (int64_t i = 0; i < 60'000; i++) rows.push_back({i, 1, i % 9000});
  ASSERT_TRUE(Push(rows).ok());
  ASSERT_TRUE(Advance(kEndOfTime).ok());
  ASSERT_EQ(collect_.results.size(), 60'000U);
  EXPECT_EQ(collect_.results.back(), "the value of this row is 999");
}

TEST_F(OverState, APartitionWithoutRowsForItsTtlBeginsAnew) {
  AddFunction("count(*)", "count_star", RowsBack({}));
  node_.ttl_micros = kHour;
  // In one batch, and whether the partition was erased meanwhile or not.
  ASSERT_TRUE(Push({{0, 1}, {kHour, 1}, {3 * kHour, 2}, {2 * kHour + 1, 1}, {2 * kHour + 2, 1}}).ok());
  ASSERT_TRUE(Advance(3 * kHour).ok());
  EXPECT_EQ(collect_.results, (std::vector<std::string>{"1", "2", "1", "2"}));
  ASSERT_TRUE(Advance(5 * kHour).ok());
  EXPECT_EQ(Over().partitions(), 0U);
  ASSERT_TRUE(Push({{5 * kHour, 1}}).ok());
  ASSERT_TRUE(Advance(kEndOfTime).ok());
  EXPECT_EQ(collect_.results.back(), "1");
}

TEST_F(OverState, WithoutATtlPartitionsAreKept) {
  AddFunction("count(*)", "count_star", RowsBack({}));
  ASSERT_TRUE(Push({{0, 1}, {0, 2}}).ok());
  ASSERT_TRUE(Advance(1000 * kHour).ok());
  ASSERT_TRUE(Push({{2000 * kHour, 1}}).ok());
  ASSERT_TRUE(Advance(2001 * kHour).ok());
  EXPECT_EQ(collect_.results, (std::vector<std::string>{"1", "1", "2"}));
  EXPECT_EQ(Over().partitions(), 2U);
}

TEST_F(OverState, AValueOfARowsFrameTakesLittleMoreThanItself) {
  constexpr int64_t kAccounts = 2000, kFrame = 101;
  AddFunction("avg(d)", "avg", RowsBack(kFrame - 1));
  for (int64_t i = 0; i < 2 * kFrame; i++) {
    std::vector<StateRow> rows;
    for (int64_t account = 0; account < kAccounts; account++) rows.push_back({i * kMinute, account, account});
    ASSERT_TRUE(Push(rows).ok());
    ASSERT_TRUE(Advance(i * kMinute + 1).ok());
  }
  const double bytes = static_cast<double>(Over().StateBytes()) / static_cast<double>(kAccounts * kFrame);
  EXPECT_GT(bytes, 17);
  EXPECT_LT(bytes, 22);
}

TEST_F(OverState, AnUnboundedFrameKeepsNoRows) {
  AddFunction("sum(d)", "sum", RowsBack({}));
  std::vector<StateRow> rows(20'000, StateRow{0, 1});
  ASSERT_TRUE(Push(rows).ok());
  ASSERT_TRUE(Advance(1).ok());
  const int64_t bytes = Over().StateBytes();
  for (int64_t i = 1; i < 20; i++) {
    for (StateRow& row : rows) row.time = i;
    ASSERT_TRUE(Push(rows).ok());
    ASSERT_TRUE(Advance(i + 1).ok());
  }
  EXPECT_LE(Over().StateBytes(), bytes + 1000);
  EXPECT_EQ(collect_.results.back(), "400000.0000000000");
}

// What their states are made anew of after a restart.
TEST_F(OverState, WhatStandsForTheRowsOfAnUnboundedFrameIsLittle) {
  AddFunction("max(s)", "max", RowsBack({}), 3);
  AddFunction("arg_max(s, k)", "arg_max", RowsBack({}), 3);
  node_.functions.back().arguments = {3, 1};
  AddFunction("approx_count_distinct(k)", "approx_count_distinct", RowsBack({}), 1);
  AddFunction("mode(k)", "mode", RowsBack({}), 1);
  std::vector<StateRow> rows;
  for (int64_t i = 0; i < 20'000; i++) rows.push_back({i, 1, i % 1000});
  ASSERT_TRUE(Push(rows).ok());
  ASSERT_TRUE(Advance(20'000).ok());
  StateOutput out;
  ASSERT_TRUE(Over().Save(&out).ok());
  const std::vector<StatePart> parts = out.Take();
  size_t bytes = 0;
  for (const StatePart& part : parts) bytes += part.part->bytes.size();
  EXPECT_LT(bytes, 1000);
  over_.reset();
  ASSERT_TRUE(Over().Restore(StateInput(parts, 0, 1), 20'000).ok());
  ASSERT_TRUE(Push({{20'000, 1, 0}}).ok());
  ASSERT_TRUE(Advance(kEndOfTime).ok());
  EXPECT_EQ(collect_.results.back(), "the value of this row is 999");
}

TEST_F(OverState, MuchIsGivenOutInPartsAndTheWatermarkFollows) {
  AddFunction("count(*)", "count_star", RowsBack({}));
  std::vector<StateRow> rows;
  for (int64_t i = 0; i < 20'000; i++) rows.push_back({i, i % 7});
  ASSERT_TRUE(Push(rows).ok());
  EXPECT_EQ(Over().StateRows(), 20'000);
  ASSERT_TRUE(Over().AdvanceWatermark(0, 30'000).ok());
  while (Over().HasPending()) {
    EXPECT_EQ(collect_.watermark, kNoWatermark);
    const int before = collect_.batches;
    ASSERT_TRUE(Over().Resume().ok());
    EXPECT_EQ(collect_.batches, before + 1);
  }
  EXPECT_EQ(collect_.batches, 10);
  EXPECT_EQ(collect_.watermark, 30'000);
  EXPECT_EQ(Over().StateRows(), 0);
}

TEST_F(OverState, ASumOutOfRangeNamesItsPlace) {
  AddFunction("sum(d)", "sum", RowsBack(1));
  Batch batch(input_.schema);
  for (size_t i = 0; i < 3; i++) {
    batch.chunk().SetValue(0, i, Value::TIMESTAMP(duckdb::timestamp_t(static_cast<int64_t>(i))));
    batch.chunk().SetValue(1, i, Value::BIGINT(1));
    auto& value = duckdb::FlatVector::GetData<duckdb::hugeint_t>(batch.chunk().data[2])[i];
    value.upper = INT64_MAX / 3 * 2;
    value.lower = 0;
    batch.chunk().SetValue(3, i, Value("a text"));
  }
  batch.chunk().SetCardinality(3);
  ASSERT_TRUE(Over().Push(0, &batch).ok());
  const Status status = Advance(kEndOfTime);
  EXPECT_EQ(status.kind(), StatusKind::kUser);
  EXPECT_EQ(status.position().line, 3);
  EXPECT_THAT(status.message(), ::testing::HasSubstr("sum() OVER"));
}

}  // namespace
}  // namespace laminar
