// OVER goes on from a checkpoint as if nothing had happened, with any number of workers.
#include <gmock/gmock.h>

#include "state/byte_reader.h"
#include "state/rows_codec.h"
#include "stream/operators/over_for_test.h"

namespace laminar {
namespace {

using ::testing::HasSubstr;

constexpr TimeSpan kUnbounded{0, -1}, kCurrent{0, 0};

TEST_F(OverTest, RowsFramesGoOnAfterARestart) {
  Compare({.seed = 21, .batch_rows = 60, .restart_every = 3}, {Rows({}, 0), Rows(0, 0), Rows(3, 0)});
  Compare({.seed = 22, .keys = 3, .batch_rows = 60, .restart_every = 2}, {Rows(100, 0), Rows(5, 3), Rows({}, 2)});
  Compare({.seed = 23, .keys = 200, .order_column = false, .batch_rows = 100, .restart_every = 3},
          {Rows(2, 1), Rows(7, 7), Rows(1000, 10)});
  Compare({.seed = 24, .by_partition = false, .batch_rows = 40, .restart_every = 2}, {Rows(20, 5)});
}

TEST_F(OverTest, RangeFramesGoOnAfterARestart) {
  Compare({.seed = 25, .batch_rows = 60, .restart_every = 3},
          {Range(kUnbounded, kCurrent), Range(kCurrent, kCurrent), Range({0, 60 * kSecond}, kCurrent)});
  Compare(
      {.seed = 26, .keys = 3, .ties = false, .batch_rows = 60, .restart_every = 2},
      {Range({0, 45 * kSecond}, {0, 20 * kSecond}), Range(kUnbounded, {0, 30 * kSecond}), Range({0, kHour}, kCurrent)});
  Compare({.seed = 27, .keys = 200, .order_column = false, .batch_rows = 100, .restart_every = 3},
          {Range({0, 100 * kSecond}, {0, 10 * kSecond})});
  Compare({.seed = 28, .ties = false, .by_partition = false, .batch_rows = 60, .restart_every = 2},
          {Range({0, 10 * kSecond}, kCurrent)});
}

TEST_F(OverTest, FramesOfMonthsGoOnAfterARestart) {
  Compare({.seed = 29,
           .rows = 1000,
           .keys = 3,
           .step = kHour,
           .ties = false,
           .delay = 20 * kHour,
           .batch_rows = 60,
           .restart_every = 2},
          {Range({1, 0}, {0, 0}), Range({2, 0}, {1, 0})});
}

TEST_F(OverTest, FurtherColumnsOfOrderByGoOnAfterARestart) {
  Compare({.seed = 30, .keys = 4, .batch_rows = 60, .then_by = "t", .restart_every = 2},
          {Range({0, -1}, {0, 0}), Range({0, 0}, {0, 0}), Rows(3, 0)});
}

// One function, one partition of a few rows: what it saves.
class OverDamage : public OverTest {
 protected:
  void Start(const Call& call, const FrameCase& frame) {
    node_ = NodeOf({});
    node_.functions = {FunctionOf(call, frame.frame)};
    output_ = InputSchema();
    output_.push_back({call.name, node_.functions[0].type});
    input_ = Input({});
    OverOperator over(node_, input_, output_, &late_);
    Batch batch(InputSchema());
    const auto rows = Query("SELECT * EXCLUDE (place) FROM t ORDER BY ts, ord");
    for (size_t i = 0; i < 4; i++) {
      for (size_t c = 0; c < kColumns.size(); c++) batch.chunk().SetValue(c, i, rows->GetValue(c, i));
    }
    batch.chunk().SetCardinality(4);
    const int64_t last = batch.chunk().GetValue(0, 3).GetValue<duckdb::timestamp_t>().value;
    ASSERT_TRUE(over.Push(0, &batch).ok());
    ASSERT_TRUE(over.AdvanceWatermark(0, last).ok());  // the last row is kept
    while (over.HasPending()) ASSERT_TRUE(over.Resume().ok());
    StateOutput out;
    ASSERT_TRUE(over.Save(&out).ok());
    parts_ = out.Take();
  }

  Status Restore(std::vector<StatePart> parts) {
    OverOperator over(node_, input_, output_, &late_);
    return over.Restore(StateInput(std::move(parts), 0, 1), kNoWatermark);
  }
  static StatePart PartOf(const std::string& section, std::string bytes) {
    return {section, std::make_shared<CheckpointPart>(CheckpointPart{std::move(bytes), "over-17"})};
  }

  // The saved partitions; `state` becomes what the function keeps of the only one.
  void WithState(const std::function<void(std::string* state)>& change, std::vector<StatePart>* parts) {
    const Schema schema = {
        {"", MakeType("BLOB")}, {"", MakeType("BIGINT")}, {"", MakeType("BLOB")}, {"", MakeType("BOOLEAN")}};
    for (const StatePart& part : parts_) {
      if (part.section != "partitions") {
        parts->push_back(part);
        continue;
      }
      auto reader = RowsReader::Open("", part.part->bytes, schema);
      ASSERT_TRUE(reader.ok());
      Batch batch(schema);
      ASSERT_TRUE(reader->Next(&batch).value());
      ASSERT_EQ(batch.rows(), 1U);
      const auto bytes = duckdb::FlatVector::GetData<duckdb::string_t>(batch.chunk().data[2])[0].GetString();
      std::string state = bytes.substr(sizeof(uint64_t));
      change(&state);
      std::string framed;
      AppendFixed(uint64_t{state.size()}, &framed);
      framed += state;
      duckdb::FlatVector::GetData<duckdb::string_t>(batch.chunk().data[2])[0] =
          duckdb::StringVector::AddStringOrBlob(batch.chunk().data[2], framed.data(), framed.size());
      RowsWriter writer(schema);
      writer.Add(batch);
      parts->push_back(PartOf(part.section, writer.Take()));
    }
  }

  OverNode node_;
  PlanNode input_;
  Schema output_;
  Counter late_;
  std::vector<StatePart> parts_;
};

TEST_F(OverDamage, AStateThatEndsTooEarlyIsFound) {
  MakeTable({.rows = 4, .keys = 1, .ties = false});
  for (const FrameCase& frame : {Rows({}, 1), Range({0, kHour}, {0, kSecond})}) {
    for (const Call& call : Calls()) {
      SCOPED_TRACE(SqlOf(call, false) + " " + frame.sql);
      Start(call, frame);
      if (HasFatalFailure()) return;
      ASSERT_TRUE(Restore(parts_).ok());
      size_t size = 0;
      std::vector<StatePart> same;
      WithState([&](std::string* state) { size = state->size(); }, &same);
      ASSERT_TRUE(Restore(same).ok());
      ASSERT_GT(size, 0U);
      for (size_t left = 0; left <= size + 1; left++) {
        if (left == size) continue;
        std::vector<StatePart> parts;
        WithState([&](std::string* state) { state->resize(left); }, &parts);
        const Status status = Restore(parts);
        ASSERT_EQ(status.kind(), StatusKind::kEnvironment) << left << " of " << size;
        ASSERT_THAT(status.message(), HasSubstr("over-17"));
      }
    }
  }
}

// What it then computes is anyone's guess, but it is computed.
TEST_F(OverDamage, AByteThatChangedIsFoundOrHarmless) {
  MakeTable({.rows = 4, .keys = 1, .ties = false});
  Random random(1);
  for (const FrameCase& frame : {Rows(2, 0), Range(kUnbounded, kCurrent)}) {
    for (const Call& call : Calls()) {
      SCOPED_TRACE(SqlOf(call, false) + " " + frame.sql);
      Start(call, frame);
      if (HasFatalFailure()) return;
      for (int i = 0; i < 20; i++) {
        std::vector<StatePart> parts;
        WithState(
            [&](std::string* state) {
              (*state)[random.Uniform(state->size())] ^= static_cast<char>(1 << random.Uniform(8));
            },
            &parts);
        const Status status = Restore(parts);
        ASSERT_NE(status.kind(), StatusKind::kBug) << status.ToString();
      }
    }
  }
}

TEST_F(OverDamage, APartThatEndsTooEarlyIsFound) {
  MakeTable({.rows = 4, .keys = 1, .ties = false});
  Start({"sum", {"d"}}, Rows(2, 0));
  ASSERT_EQ(parts_.size(), 2U);
  for (size_t p = 0; p < parts_.size(); p++) {
    for (size_t left = 0; left < parts_[p].part->bytes.size(); left++) {
      std::vector<StatePart> parts = parts_;
      parts[p] = PartOf(parts_[p].section, parts_[p].part->bytes.substr(0, left));
      const Status status = Restore(parts);
      ASSERT_EQ(status.kind(), StatusKind::kEnvironment) << parts_[p].section << ", " << left;
      ASSERT_THAT(status.message(), HasSubstr("over-17"));
    }
  }
  // A partition of two workers at once.
  EXPECT_EQ(Restore({parts_[1], parts_[1]}).kind(), StatusKind::kEnvironment);
}

// Larger than a row of the section, and than a part.
TEST_F(OverDamage, LargePartitionsAreSavedInPieces) {
  node_ = NodeOf({});
  node_.functions = {FunctionOf({"max", {"s"}}, Range({0, kHour}, kCurrent).frame),
                     FunctionOf({"row_number", {}, true, "BIGINT"}, Rows({}, 0).frame)};
  output_ = InputSchema();
  for (const OverFunction& function : node_.functions) output_.push_back({"f", function.type});
  input_ = Input({});
  Collect collect;
  OverWorkers over(node_, input_, output_, &collect);
  constexpr int64_t kRows = 30;
  int64_t id = 0;
  const auto push = [&](int64_t time, const std::string& key, const std::string& text) {
    Batch batch(InputSchema());
    for (size_t c = 0; c < kColumns.size(); c++) batch.chunk().SetValue(c, 0, Value());
    batch.chunk().SetValue(ColumnOf("ts"), 0, Value::TIMESTAMP(duckdb::timestamp_t(time)));
    batch.chunk().SetValue(ColumnOf("ord"), 0, Value::UBIGINT(static_cast<uint64_t>(id)));
    batch.chunk().SetValue(ColumnOf("k"), 0, Value(key));
    batch.chunk().SetValue(ColumnOf("s"), 0, Value(text));
    batch.chunk().SetValue(ColumnOf("id"), 0, Value::BIGINT(id++));
    batch.chunk().SetCardinality(1);
    ASSERT_TRUE(over.Push(&batch).ok());
  };
  // Falling texts: all of them stay candidates.
  for (int64_t i = 0; i < kRows; i++) {
    push(i, "a large partition", std::string(1'000'000, static_cast<char>('z' - i % 20)));
    push(i, "a small one " + std::to_string(i), "x");
  }
  ASSERT_TRUE(over.Advance(kRows).ok());
  const auto parts = over.Save();
  ASSERT_TRUE(parts.ok());
  EXPECT_GE(parts->size(), 3U);
  for (const StatePart& part : *parts) EXPECT_LT(part.part->bytes.size(), 16U << 20);
  for (const int workers : {4, 2, 1}) ASSERT_TRUE(over.Restart(workers).ok());
  push(kRows, "a large partition", "a");
  push(kRows, "a small one 7", "a");
  ASSERT_TRUE(over.End().ok());
  EXPECT_EQ(collect.rows.at(2 * kRows)[1].ToString(), std::string(1'000'000, 'z'));
  EXPECT_EQ(collect.rows.at(2 * kRows)[2].ToString(), std::to_string(kRows + 1));
  EXPECT_EQ(collect.rows.at(2 * kRows + 1)[1].ToString(), "x");
  EXPECT_EQ(collect.rows.at(2 * kRows + 1)[2].ToString(), "2");
  // All but one worker's.
  EXPECT_EQ(Restore({parts->front()}).kind(), StatusKind::kEnvironment);
}

}  // namespace
}  // namespace laminar
