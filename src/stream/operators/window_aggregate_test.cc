#include "stream/operators/window_aggregate.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "stream/operators/row_partials.h"
#include "stream/operators/windows_for_test.h"

namespace laminar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WindowAggregateTest : public WindowTest {};

TEST_F(WindowAggregateTest, ATumbleClosesWhenTheWatermarkReachesItsEnd) {
  Start(Node(WindowKind::kTumble, 10));
  Rows({{"b", 9, 1}, {"a", 0, 2}, {"b", 10, 4}, {"b", 3, 8}});
  Watermark(9);
  EXPECT_THAT(Take(), ElementsAre("W 9"));
  Watermark(10);
  EXPECT_THAT(Take(), ElementsAre(TestLine("b", 0, 10, 9, 8), TestLine("a", 0, 10, 2, 2), "W 10"));
  Rows({{"b", 9, 1}, {"c", 10, 5}});  // the first is late
  EXPECT_EQ(late(), 1U);
  End();
  EXPECT_THAT(Take(), ElementsAre(TestLine("b", 10, 20, 4, 4), TestLine("c", 10, 20, 5, 5), "W end"));
  EXPECT_TRUE(collect_->ended);
  EXPECT_EQ(op().StateRows(), 0);
}

TEST_F(WindowAggregateTest, ManyWindowsCloseInTheOrderOfTheirEnds) {
  Start(Node(WindowKind::kTumble, 10));
  Rows({{"a", 25}, {"a", -5}, {"a", 1'000'000}, {"a", 5}});
  Watermark(500);
  EXPECT_THAT(Take(), ElementsAre(TestLine("a", -10, 0, 1, 1), TestLine("a", 0, 10, 1, 1), TestLine("a", 20, 30, 1, 1),
                                  "W 500"));
}

TEST_F(WindowAggregateTest, TheLagOfTheTimeColumnHoldsWindowsOpen) {
  input_.times = {{1, 100}};
  Start(Node(WindowKind::kTumble, 10));
  Rows({{"a", 5}});
  Watermark(100);
  EXPECT_THAT(Take(), ElementsAre("W 0"));
  Rows({{"a", 6}});
  Watermark(110);
  EXPECT_THAT(Take(), ElementsAre(TestLine("a", 0, 10, 2, 1), "W 10"));
}

TEST_F(WindowAggregateTest, TimesThatAreNoneAreLate) {
  Start(Node(WindowKind::kTumble, 10));
  Rows({{"a", INT64_MAX}, {"a", -INT64_MAX}, {"a", 5}});
  EXPECT_EQ(late(), 2U);
  Rows({});
  End();
  EXPECT_THAT(Take(), ElementsAre(TestLine("a", 0, 10, 1, 1), "W end"));
}

TEST_F(WindowAggregateTest, AHopCountsARowInItsWindowsThatAreOpen) {
  Start(Node(WindowKind::kHop, 10, 5));
  Rows({{"a", 7, 1}});
  Watermark(10);
  EXPECT_THAT(Take(), ElementsAre(TestLine("a", 0, 10, 1, 1), "W 10"));
  Rows({{"a", 6, 2}, {"b", 4, 2}});  // [5, 15) is open; of b's windows none
  EXPECT_EQ(late(), 1U);
  Watermark(15);
  EXPECT_THAT(Take(), ElementsAre(TestLine("a", 5, 15, 3, 2), "W 15"));
}

TEST_F(WindowAggregateTest, AWindowThatWasEmptyWhenItClosedStaysClosed) {
  Start(Node(WindowKind::kHop, 10, 5));
  Watermark(10);
  Rows({{"a", 7}});
  EXPECT_EQ(late(), 0U);
  End();
  EXPECT_THAT(Take(), ElementsAre("W 10", TestLine("a", 5, 15, 1, 1), "W end"));
}

TEST_F(WindowAggregateTest, RowsInTheGapsOfAHopAreInNoWindow) {
  Start(Node(WindowKind::kHop, 10, 15));
  Rows({{"a", 9}, {"a", 10}, {"a", 14}, {"a", 15}});
  End();
  EXPECT_THAT(Take(), ElementsAre(TestLine("a", 0, 10, 1, 1), TestLine("a", 15, 25, 1, 1), "W end"));
  EXPECT_EQ(late(), 0U);
}

TEST_F(WindowAggregateTest, WithoutKeysThereIsOneGroup) {
  Start(Node(WindowKind::kHop, 10, 5, 0, /*keyed=*/false));
  Rows({{"a", 7, 1}, {"b", 3, 2}});
  End();
  EXPECT_THAT(Take(),
              ElementsAre(TestLine("", -5, 5, 2, 2), TestLine("", 0, 10, 3, 2), TestLine("", 5, 15, 1, 1), "W end"));
}

TEST_F(WindowAggregateTest, RowsYearsApartCostNoEmptyWindows) {
  Start(Node(WindowKind::kHop, 60, 1));
  Rows({{"a", 0}, {"a", int64_t{1} << 58}});
  End();
  EXPECT_EQ(Take().size(), 121U);
}

TEST_F(WindowAggregateTest, ALargeWindowIsGivenOutInParts) {
  for (const WindowKind kind : {WindowKind::kTumble, WindowKind::kHop}) {
    Start(Node(kind, 10, 5));
    for (int64_t i = 0; i < 50'000; i += 1000) {
      std::vector<TestRow> rows;
      for (int64_t k = i; k < i + 1000; k++) rows.push_back({std::to_string(k), 7});
      Rows(rows);
    }
    EXPECT_EQ(op().StateRows(), 50'000);
    EXPECT_GT(op().StateBytes(), 50'000 * 64);
    most_batches_ = 0;
    End();
    EXPECT_LE(most_batches_, 8U);
    const size_t windows = kind == WindowKind::kHop ? 2 : 1;
    EXPECT_EQ(Take().size(), windows * 50'000 + 1);
    EXPECT_EQ(op().StateRows(), 0);
    EXPECT_LT(op().StateBytes(), 100'000);
  }
}

TEST_F(WindowAggregateTest, ManyPanesOfFewGroupsAreSmall) {
  Start(Node(WindowKind::kHop, 1440, 1));
  const int64_t empty = op().StateBytes();
  for (int64_t i = 0; i < 1440; i++) Rows({{"a", i}, {"b", i}, {"c", i}});
  EXPECT_LT((op().StateBytes() - empty) / 1440, 3000);
}

TEST_F(WindowAggregateTest, PartialsComeWhenThePaneEndsAndRowByRowWhereGroupsDoNotPay) {
  Start(Node(WindowKind::kHop, 10, 5), AggregateMode::kPartial);
  Rows({{"a", 7, 1}, {"a", 8, 2}});
  Watermark(9);
  EXPECT_THAT(Take(), ElementsAre("W 9"));
  Watermark(10);
  EXPECT_THAT(Take(), ElementsAre(PartialLine("a", 5, 3, 2), "W 10"));
  Rows({{"a", 6, 4}});  // counts in [5, 15)
  Watermark(11);
  EXPECT_THAT(Take(), ElementsAre(PartialLine("a", 5, 4, 4), "W 11"));

  std::vector<TestRow> rows;
  for (int64_t k = 0; k < 2048; k++) rows.push_back({std::to_string(k), 12});
  for (size_t batch = 0; batch < PartialsPay::kTrialRows / rows.size(); batch++) {
    for (TestRow& row : rows) row.key += "x";
    Rows(rows);
    EXPECT_THAT(Take(), IsEmpty());
  }
  Rows({{"y", 12, 1}, {"y", 13, 2}, {"y", 21, 4}});
  EXPECT_THAT(Take(), ElementsAre(PartialLine("y", 10, 1, 1), PartialLine("y", 10, 2, 2), PartialLine("y", 20, 4, 4)));
  Watermark(15);
  EXPECT_EQ(Take().size(), PartialsPay::kTrialRows + 1);
}

// ---- against a calculation row by row

class WindowModel {
 public:
  WindowModel(int64_t size, int64_t slide, int64_t offset) : size_(size), slide_(slide), offset_(offset) {}

  void Row(const TestRow& row) {
    bool in_window = false, counted = false;
    // From a start that is surely too early.
    const int64_t first = ((row.time - size_ - offset_) / slide_ - 2) * slide_ + offset_;
    for (int64_t start = first; start <= row.time; start += slide_) {
      if (start + size_ <= row.time) continue;
      in_window = true;
      if (start + size_ <= watermark_) continue;
      counted = true;
      Group& group = groups_[{start + size_, row.key}];
      group.sum += row.value;
      group.max = std::max(group.max, row.value);
    }
    if (in_window && !counted) late++;
  }
  // Lines of the windows that it closes, each window's in the order of the keys.
  std::vector<std::string> Watermark(int64_t watermark) {
    std::vector<std::string> lines;
    watermark_ = std::max(watermark_, watermark);
    while (!groups_.empty() && groups_.begin()->first.first <= watermark_) {
      const auto& [id, group] = *groups_.begin();
      lines.push_back(TestLine(id.second, id.first - size_, id.first, group.sum, group.max));
      groups_.erase(groups_.begin());
    }
    return lines;
  }
  uint64_t late = 0;

 private:
  struct Group {
    int64_t sum = 0, max = 0;
  };
  const int64_t size_, slide_, offset_;
  int64_t watermark_ = kNoWatermark;
  std::map<std::pair<int64_t, std::string>, Group> groups_;
};

TEST_F(WindowAggregateTest, GivesWhatACalculationRowByRowGives) {
  const auto property = [&](AggregateMode mode, bool late_rows) {
    const int64_t size = *rc::gen::element<int64_t>(1, 6, 10, 60);
    const int64_t slide = *rc::gen::element<int64_t>(1, 4, 5, 10, 25, 60);
    const int64_t offset = *rc::gen::element<int64_t>(0, 3, -7);
    const bool tumble = *rc::gen::inRange(0, 4) == 0;
    const std::vector<TestStep> steps = AnySteps(*rc::gen::element<int64_t>(10, 100));
    Start(Node(tumble ? WindowKind::kTumble : WindowKind::kHop, size, slide, offset), mode);
    WindowModel model(size, tumble ? size : slide, offset);
    int64_t earliest = kNoWatermark;  // of the rows in time
    for (const TestStep& step : steps) {
      if (step.watermark) {
        earliest = std::max(earliest, *step.watermark);
        Watermark(*step.watermark);
        RC_ASSERT(ByWindowAndKey(Take()) == model.Watermark(*step.watermark));
        continue;
      }
      std::vector<TestRow> rows = step.rows;
      if (!late_rows) std::erase_if(rows, [&](const TestRow& row) { return row.time < earliest; });
      for (const TestRow& row : rows) model.Row(row);
      Rows(rows);
      RC_ASSERT(Take().empty());
    }
    End();
    RC_ASSERT(ByWindowAndKey(Take()) == model.Watermark(kEndOfTime));
    RC_ASSERT(late() == model.late);
    RC_ASSERT(op().StateRows() == 0);
  };
  EXPECT_TRUE(rc::check("complete, with late rows", [&] { property(AggregateMode::kComplete, true); }));
  EXPECT_TRUE(rc::check("partial and merge", [&] { property(AggregateMode::kMerge, false); }));
  EXPECT_TRUE(rc::check("partial and merge, with late rows", [&] { property(AggregateMode::kMerge, true); }));
}

}  // namespace
}  // namespace laminar
