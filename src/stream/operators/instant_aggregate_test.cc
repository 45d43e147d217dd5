#include "stream/operators/instant_aggregate.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <map>

#include "stream/operators/row_partials.h"
#include "stream/operators/time_order.h"
#include "stream/operators/windows_for_test.h"

namespace laminar {
namespace {

using ::testing::ElementsAre;

class InstantAggregateTest : public WindowTest {
 protected:
  void StartInstants(AggregateMode mode = AggregateMode::kComplete) { Start(Node(WindowKind::kInstant, 0), mode); }
};

TEST_F(InstantAggregateTest, AGroupEndsWhenTheWatermarkPassesItsTime) {
  StartInstants();
  Rows({{"b", 6, 1}, {"a", 5, 2}, {"a", 6, 4}, {"b", 6, 8}});
  Watermark(5);
  EXPECT_THAT(Take(), ElementsAre("W 5"));
  Rows({{"c", 5, 16}, {"c", 4, 32}});  // the second is late
  EXPECT_EQ(late(), 1U);
  Watermark(7);
  EXPECT_THAT(Take(), ElementsAre(TestLine("a", 5, 5, 2, 2), TestLine("c", 5, 5, 16, 16), TestLine("b", 6, 6, 9, 8),
                                  TestLine("a", 6, 6, 4, 4), "W 7"));
  EXPECT_EQ(op().StateRows(), 0);
}

TEST_F(InstantAggregateTest, TheLagOfAWindowsStart) {
  input_.times = {{1, 60}};
  StartInstants();
  Rows({{"a", 0}});
  Watermark(60);
  EXPECT_THAT(Take(), ElementsAre("W 0"));
  Rows({{"a", 0}, {"a", 60}});
  Watermark(120);
  EXPECT_THAT(Take(), ElementsAre(TestLine("a", 0, 0, 2, 1), "W 60"));
}

TEST_F(InstantAggregateTest, TimesThatAreNoneAreLate) {
  StartInstants();
  Rows({{"a", INT64_MAX}, {"a", -INT64_MAX}});
  Rows({});
  EXPECT_EQ(late(), 2U);
}

TEST_F(InstantAggregateTest, ALargeGroupOfEqualTimesComesInParts) {
  StartInstants();
  for (int64_t first = 0; first < 40'000; first += 2000) {
    std::vector<TestRow> rows;
    for (int64_t k = first; k < first + 2000; k++) rows.push_back({std::to_string(k), 1});
    Rows(rows);
  }
  const int64_t full = op().StateBytes();
  End();
  EXPECT_LE(most_batches_, 8U);
  EXPECT_EQ(Take().size(), 40'001U);
  EXPECT_LT(op().StateBytes(), full / 20);
}

TEST_F(InstantAggregateTest, TextsOfGroupsThatAreGoneLeaveNoMemory) {
  StartInstants();
  int64_t early = 0;
  for (int64_t round = 0; round < 300; round++) {
    std::vector<TestRow> rows;
    for (int64_t k = 0; k < 200; k++) rows.push_back({"k" + std::to_string(k), round, k});
    Rows(rows);
    Watermark(round);
    if (round == 30) early = op().StateBytes();
  }
  EXPECT_LT(op().StateBytes(), 2 * early + 600'000);
}

TEST_F(InstantAggregateTest, PartialRowsGoOneByOneWhereNoTwoMeet) {
  StartInstants(AggregateMode::kPartial);
  const auto distinct = [](int64_t first) {
    std::vector<TestRow> rows;
    for (int64_t i = first; i < first + 2048; i++) rows.push_back({"k", i});
    return rows;
  };
  int64_t next = 0;
  for (; next < static_cast<int64_t>(PartialsPay::kTrialRows); next += 2048) Rows(distinct(next));
  EXPECT_THAT(Take(), ElementsAre());
  Rows({{"k", next, 3}, {"k", next, 4}});
  EXPECT_THAT(Take(), ElementsAre(PartialLine("k", next, 3, 3), PartialLine("k", next, 4, 4)));
  for (int i = 0; i < 512; i++) Rows(distinct(next));
  Take();
  Rows({{"k", next, 3}, {"k", next, 4}});  // tried again
  EXPECT_THAT(Take(), ElementsAre());
}

TEST_F(InstantAggregateTest, GivesWhatACalculationRowByRowGives) {
  const auto property = [&](AggregateMode mode) {
    StartInstants(mode);
    std::map<std::pair<int64_t, std::string>, std::pair<int64_t, int64_t>> groups;  // sum, max
    int64_t watermark = kNoWatermark;
    uint64_t late_rows = 0;
    const auto expect_closed = [&] {
      std::vector<std::string> expected;
      while (!groups.empty() && groups.begin()->first.first < watermark) {
        const auto& [id, group] = *groups.begin();
        expected.push_back(TestLine(id.second, id.first, id.first, group.first, group.second));
        groups.erase(groups.begin());
      }
      RC_ASSERT(ByWindowAndKey(Take()) == expected);
    };
    for (const TestStep& step : AnySteps(20)) {
      for (const TestRow& row : step.rows) {
        if (row.time < watermark) {
          late_rows++;
          continue;
        }
        auto& [sum, max] = groups[{row.time, row.key}];
        sum += row.value;
        max = std::max(max, row.value);
      }
      Rows(step.rows);
      if (step.watermark) {
        watermark = std::max(watermark, *step.watermark);
        Watermark(*step.watermark);
      }
      expect_closed();
    }
    watermark = kEndOfTime;
    End();
    expect_closed();
    RC_ASSERT(late() == late_rows);
  };
  EXPECT_TRUE(rc::check("complete", [&] { property(AggregateMode::kComplete); }));
  EXPECT_TRUE(rc::check("partial and merge", [&] { property(AggregateMode::kMerge); }));
}

TEST(TimeOrderTest, IsAStableSort) {
  EXPECT_TRUE(rc::check("time order", [] {
    TimeOrder order;
    std::multimap<int64_t, uint32_t> model;
    uint32_t number = 0;
    for (int step = *rc::gen::inRange(1, 20); step > 0; step--) {
      const int64_t base = step % 3 * *rc::gen::element<int64_t>(5, 1000);
      for (int i = *rc::gen::element(0, 1, 7, 3000); i > 0; i--) {
        const int64_t time = base + (i * int64_t{7919}) % 41;
        order.Add(time, number);
        model.emplace(time, number++);
      }
      order.Seal();
      const int64_t until = *rc::gen::inRange<int64_t>(0, 2000);
      if (*rc::gen::arbitrary<bool>()) continue;
      std::vector<TimeOrder::Item> items;
      order.TakeBelow(until, &items);
      for (const TimeOrder::Item& item : items) {
        RC_ASSERT(!model.empty());
        RC_ASSERT(item.time == model.begin()->first);
        RC_ASSERT(item.number == model.begin()->second);
        model.erase(model.begin());
      }
      RC_ASSERT(model.empty() || model.begin()->first >= until);
    }
  }));
}

}  // namespace
}  // namespace laminar
