#include "stream/operators/panes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <map>

#include "base/event_time.h"

namespace laminar {
namespace {

constexpr int64_t kOneHour = 3'600'000'000;
constexpr int64_t kOneDay = 24 * kOneHour;

WindowSpec Tumble(TimeSpan size, TimeSpan offset = {}) {
  return {WindowKind::kTumble, 0, size, {}, offset};
}
WindowSpec Hop(TimeSpan size, TimeSpan slide, TimeSpan offset = {}) {
  return {WindowKind::kHop, 0, size, slide, offset};
}
int64_t At(int year, unsigned month, unsigned day) {
  return std::chrono::sys_days(std::chrono::year(year) / month / day).time_since_epoch().count() * kOneDay;
}
void ExpectRange(const TimeRange& range, int64_t start, int64_t end) {
  EXPECT_EQ(range.start, start);
  EXPECT_EQ(range.end, end);
}

TEST(PanesTest, ATumblesPaneIsItsWindow) {
  const Panes panes(Tumble({0, kOneHour}));
  EXPECT_TRUE(panes.disjoint());
  ExpectRange(panes.PaneOf(0), 0, kOneHour);
  ExpectRange(panes.PaneOf(kOneHour - 1), 0, kOneHour);
  ExpectRange(panes.PaneOf(kOneHour), kOneHour, 2 * kOneHour);
  ExpectRange(panes.PaneOf(-1), -kOneHour, 0);
  EXPECT_EQ(panes.PaneOf(-1).last_window_end, 0);
}

TEST(PanesTest, AnOffsetMovesWindows) {
  const Panes panes(Tumble({0, kOneHour}, {0, kOneHour / 4}));
  ExpectRange(panes.PaneOf(0), -kOneHour * 3 / 4, kOneHour / 4);
  ExpectRange(Panes(Tumble({0, kOneHour}, {0, -kOneHour / 4})).PaneOf(kOneHour), kOneHour * 3 / 4, kOneHour * 7 / 4);
}

TEST(PanesTest, MonthsGoByTheCalendar) {
  const Panes month(Tumble({1, 0}));
  ExpectRange(month.PaneOf(At(2024, 2, 29)), At(2024, 2, 1), At(2024, 3, 1));
  ExpectRange(month.PaneOf(At(1969, 12, 31)), At(1969, 12, 1), At(1970, 1, 1));
  const Panes quarter(Tumble({3, 0}));
  ExpectRange(quarter.PaneOf(At(2023, 12, 31)), At(2023, 10, 1), At(2024, 1, 1));
  const Panes year(Tumble({12, 0}));
  ExpectRange(year.PaneOf(At(1600, 2, 29)), At(1600, 1, 1), At(1601, 1, 1));
  // Fiscal years that begin in April at six in the morning.
  const Panes fiscal(Tumble({12, 0}, {3, 6 * kOneHour}));
  ExpectRange(fiscal.PaneOf(At(2024, 4, 1)), At(2023, 4, 1) + 6 * kOneHour, At(2024, 4, 1) + 6 * kOneHour);
}

TEST(PanesTest, AHopsPaneIsTheGreatestCommonDivisor) {
  const Panes panes(Hop({0, 10}, {0, 4}));
  EXPECT_FALSE(panes.disjoint());
  ExpectRange(panes.PaneOf(5), 4, 6);
  EXPECT_EQ(panes.PaneOf(5).last_window_end, 14);
  EXPECT_EQ(panes.FirstEndingAfter(4), -1);  // [-4, 6)
  EXPECT_EQ(panes.FirstEndingAfter(6), 0);
  const Panes months(Hop({6, 0}, {4, 0}));
  ExpectRange(months.PaneOf(At(2024, 5, 17)), At(2024, 5, 1), At(2024, 7, 1));
}

TEST(PanesTest, GapsBetweenWindows) {
  const Panes panes(Hop({0, 10}, {0, 15}));
  EXPECT_TRUE(panes.disjoint());
  EXPECT_TRUE(panes.PaneOf(9).in_window());
  EXPECT_FALSE(panes.PaneOf(10).in_window());
  ExpectRange(panes.PaneOf(12), 10, 15);
  ExpectRange(panes.WindowAt(panes.FirstEndingAfter(10)), 15, 25);
}

TEST(PanesTest, InfiniteTimesAreOutOfRange) {
  EXPECT_FALSE(Panes::InRange(kEndOfTime));
  EXPECT_FALSE(Panes::InRange(-kEndOfTime));
  EXPECT_TRUE(Panes::InRange(At(9999, 12, 31)));
  EXPECT_TRUE(Panes::InRange(At(-4712, 1, 1)));
}

TimeSpan AnySpan() {
  if (*rc::gen::arbitrary<bool>()) return {*rc::gen::inRange(1, 15), 0};
  return {0, *rc::gen::element(kOneHour, 5 * kOneHour, kOneDay, 7 * kOneDay, kOneDay + kOneHour, 40 * kOneDay)};
}

// What the operator relies on: a pane lies in its windows whole, and they are those between the two that are named.
void PanesAndWindowsAgree() {
  WindowSpec spec = Hop(AnySpan(), AnySpan());
  if (spec.size.months > 0 && spec.slide.months == 0) spec.slide.micros = *rc::gen::inRange(1, 70) * kOneDay;
  spec.offset.micros = *rc::gen::element<int64_t>(0, kOneHour / 2, -3 * kOneDay);
  if (spec.slide.months > 0) spec.offset.months = *rc::gen::inRange(-3, 3);
  if (*rc::gen::inRange(0, 3) == 0) spec.kind = WindowKind::kTumble;
  const Panes panes(spec);
  const int64_t time = *rc::gen::inRange(-5000, 30'000) * kOneDay + *rc::gen::inRange(0, 24) * kOneHour;

  const Panes::Pane pane = panes.PaneOf(time);
  RC_ASSERT(pane.start <= time);
  RC_ASSERT(time < pane.end);
  for (const int64_t other : {pane.start, pane.end - 1}) {
    const Panes::Pane same = panes.PaneOf(other);
    RC_ASSERT(same.start == pane.start);
    RC_ASSERT(same.end == pane.end);
    RC_ASSERT(same.last_window_end == pane.last_window_end);
  }
  const int64_t first = panes.FirstEndingAfter(pane.start);
  RC_ASSERT(panes.WindowAt(first).end > pane.start);
  RC_ASSERT(panes.WindowAt(first - 1).end <= pane.start);
  int64_t number = first, last_end = panes.WindowAt(first - 1).end;
  for (;; number++) {
    const TimeRange window = panes.WindowAt(number);
    RC_ASSERT(window.start < panes.WindowAt(number + 1).start);
    RC_ASSERT(window.end <= panes.WindowAt(number + 1).end);
    if (window.start > pane.start) break;
    RC_ASSERT(pane.end <= window.end);
    last_end = window.end;
  }
  RC_ASSERT(pane.in_window() == (number > first));
  RC_ASSERT(pane.end <= panes.WindowAt(number).start);
  if (pane.in_window()) RC_ASSERT(pane.last_window_end == last_end);
  if (panes.disjoint()) RC_ASSERT(number <= first + 1);
}

TEST(PanesTest, PanesAndWindowsAgree) {
  EXPECT_TRUE(rc::check("panes", PanesAndWindowsAgree));
}

}  // namespace
}  // namespace laminar
