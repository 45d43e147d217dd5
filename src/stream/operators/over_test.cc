// The operator's answers against DuckDB's own OVER over the same rows, and its state.
#include "stream/operators/over_for_test.h"

namespace laminar {
namespace {

TEST_F(OverTest, RowsFramesAreDuckDbs) {
  Compare({.seed = 1}, {Rows({}, 0), Rows(0, 0), Rows(3, 0)});
  Compare({.seed = 2, .rows = 1200, .keys = 2, .batch_rows = 2048}, {Rows(100, 0), Rows(5, 3), Rows({}, 2)});
  Compare({.seed = 3, .keys = 300, .order_column = false}, {Rows(2, 1), Rows(7, 7), Rows(1000, 10)});
  Compare({.seed = 4, .by_partition = false, .batch_rows = 20}, {Rows(20, 5)});
}

TEST_F(OverTest, RangeFramesAreDuckDbs) {
  const TimeSpan unbounded{0, -1}, current{0, 0};
  Compare({.seed = 5}, {Range(unbounded, current), Range(current, current), Range({0, 60 * kSecond}, current)});
  Compare(
      {.seed = 6, .rows = 1200, .keys = 3, .ties = false, .batch_rows = 2048},
      {Range({0, 45 * kSecond}, {0, 20 * kSecond}), Range(unbounded, {0, 30 * kSecond}), Range({0, kHour}, current)});
  Compare({.seed = 7, .keys = 200, .order_column = false}, {Range({0, 100 * kSecond}, {0, 10 * kSecond})});
  Compare({.seed = 8, .ties = false, .by_partition = false}, {Range({0, 10 * kSecond}, current)});
}

TEST_F(OverTest, FramesOfMonthsFollowTheCalendar) {
  Compare({.seed = 9, .rows = 1000, .keys = 3, .step = kHour, .ties = false, .delay = 20 * kHour},
          {Range({1, 0}, {0, 0}), Range({2, 0}, {1, 0})});
}

TEST_F(OverTest, FurtherColumnsOfOrderByDecideAmongRowsOfEqualTime) {
  Compare({.seed = 10, .rows = 1000, .keys = 4, .then_by = "t"},
          {Range({0, -1}, {0, 0}), Range({0, 0}, {0, 0}), Rows(3, 0)});
}

TEST_F(OverTest, AGroupOfPeersMayBeLargerThanABatch) {
  Compare({.seed = 11, .rows = 7000, .keys = 2, .step = 0, .ties = true, .delay = 1},
          {Range({0, -1}, {0, 0}), Range({0, kSecond}, {0, 0})});
}

// With a time to live, of an aggregate whose state is a list.
TEST_F(OverTest, ListsOfForgottenPartitionsLeaveNoMemory) {
  constexpr int64_t kKeys = 100, kRounds = 250;
  OverNode node = NodeOf({});
  node.ttl_micros = kSecond;
  node.functions.push_back(FunctionOf({"list", {"s"}}, Range({0, -1}, {0, 0}).frame));
  Schema output = InputSchema();
  output.push_back({"list", node.functions[0].type});
  const PlanNode input = Input({});
  Counter late;
  OverOperator over(node, input, output, &late);
  Collect collect;
  over.AddOutput(&collect, 0);
  const auto text = [](int64_t id) { return "a text that no state holds inline, " + std::to_string(id); };
  int64_t early = 0;
  for (int64_t round = 0; round < kRounds; round++) {
    Batch batch(InputSchema());
    for (int64_t row = 0; row < 2 * kKeys; row++) {
      const int64_t key = round * kKeys + row % kKeys, time = round * kSecond + row / kKeys, id = 2 * key + row / kKeys;
      for (size_t c = 0; c < kColumns.size(); c++) batch.chunk().SetValue(c, row, Value());
      batch.chunk().SetValue(ColumnOf("ts"), row, Value::TIMESTAMP(duckdb::timestamp_t(time)));
      batch.chunk().SetValue(ColumnOf("k"), row, Value(std::to_string(key)));
      batch.chunk().SetValue(ColumnOf("s"), row, Value(text(id)));
      batch.chunk().SetValue(ColumnOf("id"), row, Value::BIGINT(id));
    }
    batch.chunk().SetCardinality(2 * kKeys);
    ASSERT_TRUE(over.Push(0, &batch).ok());
    ASSERT_TRUE(over.AdvanceWatermark(0, (round + 1) * kSecond).ok());
    while (over.HasPending()) ASSERT_TRUE(over.Resume().ok());
    if (round == 30) early = over.StateBytes();
  }
  EXPECT_LE(over.partitions(), 3 * kKeys);
  EXPECT_LT(over.StateBytes(), 2 * early) << early;
  ASSERT_EQ(collect.rows.size(), 2U * kKeys * kRounds);
  for (const auto& [id, row] : collect.rows) {
    const Value first(text(id / 2 * 2)), second(text(id / 2 * 2 + 1));
    ASSERT_EQ(row[1].ToString(), (id % 2 == 0 ? Value::LIST({first}) : Value::LIST({first, second})).ToString());
  }
}

}  // namespace
}  // namespace laminar
