#include "stream/runtime/source_input.h"

#include <gtest/gtest.h>

#include <deque>

#include "duckdb/common/types.hpp"
#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

namespace laminar {
namespace {


struct ArrivedAt final : RowOrigins {
  explicit ArrivedAt(std::vector<int64_t> micros) : micros(std::move(micros)) {}
  RowPosition Position(uint32_t row) const override {
    RowPosition position;
    position.source = "stream s";
    position.shard = "one";
    position.sequence_number = std::to_string(row);
    position.arrival_micros = micros.at(row);
    return position;
  }
  const std::vector<int64_t> micros;
};

// One column of text, which is a time or not.
struct TextReader final : SourceReader {
  Result<PollState> Poll(Batch* out) override {
    if (texts.empty()) return PollState::kEnd;
    out->Reset();
    for (size_t i = 0; i < texts.front().size(); i++) out->chunk().SetValue(0, i, duckdb::Value(texts.front()[i]));
    out->chunk().SetCardinality(texts.front().size());
    out->origins = origins;
    out->order_key = 77;
    texts.pop_front();
    return PollState::kBatch;
  }
  int64_t NextDeadline() const override { return 5; }
  std::deque<std::vector<std::string>> texts;
  std::shared_ptr<const RowOrigins> origins;
};

class SourceInputTest : public ::testing::Test {
 protected:
  SourceInputTest() : database_(DuckDatabase::Open(&clock_, 64 << 20).value()), session_(database_->NewSession()) {
    SourceNode source;
    source.table = "s";
    source.computed = CastOfColumn(0, duckdb::LogicalType::VARCHAR, duckdb::LogicalType::TIMESTAMP);
    source.adds_arrival = true;
    source.adds_order = true;
    source.event_time = 1;
    node_.op = source;
    node_.schema = {{"text", MakeType("VARCHAR")},
                    {"ts", MakeType("TIMESTAMP")},
                    {"arrival", MakeType("TIMESTAMP")},
                    {"ord", MakeType("UBIGINT")}};
    settings_.max_delay_micros = 0;
    settings_.max_ahead_micros = int64_t{1} << 60;
  }

  ExpressionList CastOfColumn(size_t column, const duckdb::LogicalType& from, const duckdb::LogicalType& to) {
    std::vector<std::unique_ptr<duckdb::Expression>> list;
    session_->context().RunFunctionInTransaction([&] {
      list.emplace_back(duckdb::BoundCastExpression::AddCastToType(
                            session_->context(), duckdb::make_uniq<duckdb::BoundReferenceExpression>(from, column), to)
                            .release());
    });
    return ExpressionList(std::move(list));
  }

  std::unique_ptr<SourceInput> Make(BadDataPolicy bad_data = BadDataPolicy::kFail) {
    watermark_ = std::make_unique<SourceWatermark>(settings_, &clock_, &source_metrics_);
    SourceInput::Parts parts;
    auto reader = std::make_unique<TextReader>();
    reader_ = reader.get();
    parts.reader = std::move(reader);
    bad_data_ = std::make_unique<BadData>(BadData::Settings{.table = "s", .policy = bad_data}, 1, &clock_, &metrics_);
    parts.bad_data = bad_data_.get();
    parts.watermark = watermark_.get();
    return std::make_unique<SourceInput>(node_, std::move(parts),
                                         SourceInput::World{session_.get(), &clock_, &metrics_});
  }

  static int64_t Micros(const Batch& batch, size_t column, size_t row) {
    return batch.chunk().GetValue(column, row).GetValue<duckdb::timestamp_t>().value;
  }

  ManualClock clock_;
  PipelineMetrics metrics_;
  std::unique_ptr<BadData> bad_data_;
  SourceMetrics source_metrics_;
  EventTimeSettings settings_;
  PlanNode node_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckSession> session_;
  std::unique_ptr<SourceWatermark> watermark_;
  TextReader* reader_ = nullptr;
};

TEST_F(SourceInputTest, AddsComputedColumnsArrivalAndOrderInThisOrder) {
  auto input = Make();
  reader_->texts = {{"1970-01-01 00:00:01", "1970-01-01 00:00:02"}};
  reader_->origins = std::make_shared<ArrivedAt>(std::vector<int64_t>{5 * kMicrosPerSecond, 6 * kMicrosPerSecond});
  Batch* batch = nullptr;
  ASSERT_EQ(*input->Poll(&batch), PollState::kBatch);
  ASSERT_EQ(batch->columns(), 4U);
  EXPECT_EQ(Micros(*batch, 1, 1), 2 * kMicrosPerSecond);
  EXPECT_EQ(Micros(*batch, 2, 0), 5 * kMicrosPerSecond);
  EXPECT_EQ(Micros(*batch, 2, 1), 6 * kMicrosPerSecond);
  EXPECT_EQ(batch->chunk().GetValue(3, 1).GetValue<uint64_t>(), 78U);
  EXPECT_EQ(input->watermark(), 2 * kMicrosPerSecond);
  watermark_->NoMoreSplits();
  ASSERT_EQ(*input->Poll(&batch), PollState::kEnd);
  EXPECT_EQ(input->watermark(), kEndOfTime);
}

TEST_F(SourceInputTest, ARowWhoseArrivalNobodyKnowsArrivesNow) {
  auto input = Make();
  reader_->texts = {{"1970-01-01 00:00:01"}};
  Batch* batch = nullptr;
  ASSERT_EQ(*input->Poll(&batch), PollState::kBatch);
  EXPECT_EQ(Micros(*batch, 2, 0), clock_.WallMicros());
}

TEST_F(SourceInputTest, DroppedRowsTakeTheirArrivalWithThem) {
  auto input = Make(BadDataPolicy::kDrop);
  // No time at all; a time that is none.
  reader_->texts = {{"what", "1970-01-01 00:00:01", "infinity", "1970-01-01 00:00:02"}};
  reader_->origins = std::make_shared<ArrivedAt>(std::vector<int64_t>{10, 11, 12, 13});
  Batch* batch = nullptr;
  ASSERT_EQ(*input->Poll(&batch), PollState::kBatch);
  ASSERT_EQ(batch->rows(), 2U);
  EXPECT_EQ(Micros(*batch, 1, 0), kMicrosPerSecond);
  EXPECT_EQ(Micros(*batch, 2, 0), 11);
  EXPECT_EQ(Micros(*batch, 1, 1), 2 * kMicrosPerSecond);
  EXPECT_EQ(Micros(*batch, 2, 1), 13);
  EXPECT_EQ(batch->origins->Position(batch->OriginRow(1)).sequence_number, "3");
  EXPECT_EQ(metrics_.bad_rows.Get(), 2U);
  EXPECT_EQ(input->watermark(), 2 * kMicrosPerSecond);
}

TEST_F(SourceInputTest, AnInfiniteTimeFailsWithTheRowsOrigin) {
  auto input = Make();
  reader_->texts = {{"1970-01-01 00:00:01", "infinity"}};
  reader_->origins = std::make_shared<ArrivedAt>(std::vector<int64_t>{10, 11});
  Batch* batch = nullptr;
  const auto state = input->Poll(&batch);
  ASSERT_FALSE(state.ok());
  EXPECT_NE(state.status().message().find("sequence number 1): column ts"), std::string::npos)
      << state.status().message();
}

TEST_F(SourceInputTest, AWatermarkOfItsOwnTakesThePlaceOfTheDelay) {
  // WATERMARK FOR ts AS <the arrival>
  std::get<SourceNode>(node_.op).watermark =
      CastOfColumn(2, duckdb::LogicalType::TIMESTAMP, duckdb::LogicalType::TIMESTAMP_TZ);
  auto input = Make();
  reader_->texts = {{"1970-01-01 00:00:09"}};
  reader_->origins = std::make_shared<ArrivedAt>(std::vector<int64_t>{4 * kMicrosPerSecond});
  Batch* batch = nullptr;
  ASSERT_EQ(*input->Poll(&batch), PollState::kBatch);
  EXPECT_EQ(input->watermark(), 4 * kMicrosPerSecond);
}

TEST_F(SourceInputTest, AReaderHeldByAlignmentIsNotAsked) {
  settings_.max_skew_micros = kMicrosPerSecond;
  auto input = Make();
  const auto other = watermark_->AddSplit();
  reader_->texts = {{"1970-01-01 00:01:00"}, {"1970-01-01 00:01:01"}};
  Batch* batch = nullptr;
  ASSERT_EQ(*input->Poll(&batch), PollState::kBatch);
  ASSERT_EQ(*input->Poll(&batch), PollState::kIdle);
  EXPECT_EQ(input->NextDeadline(), kNever);
  EXPECT_EQ(reader_->texts.size(), 1U);
  watermark_->Raise(other, 60 * kMicrosPerSecond);
  ASSERT_EQ(*input->Poll(&batch), PollState::kBatch);
  EXPECT_EQ(input->NextDeadline(), 5);
}

}  // namespace
}  // namespace laminar
