// A pane is as long as the greatest common divisor of size and slide: every window begins and ends at its multiples
// (Li, Maier, Tufte, Papadimos, Tucker: "No pane, no gain", SIGMOD Record 34, 2005). By the calendar the same in
// months; where one is by the calendar and the other by the clock, in the divisor of a day, because months begin, and
// end, at a whole number of days after another. Windows that do not overlap are their own panes.
#include "stream/operators/panes.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "base/check.h"
#include "base/clock.h"
#include "base/event_time.h"

namespace laminar {

namespace {

constexpr int64_t kShortestMonthDays = 28, kLongestMonthDays = 31;
constexpr int kMonthsOfYear = 12;

int64_t FloorDivide(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

std::chrono::year_month_day DateOf(int64_t micros) {
  return std::chrono::sys_days(std::chrono::days(FloorDivide(micros, kMicrosPerDay)));
}

// Months since January 1970.
int64_t MonthOf(int64_t micros) {
  const auto date = DateOf(micros);
  return (int{date.year()} - 1970) * kMonthsOfYear + static_cast<int64_t>(unsigned{date.month()}) - 1;
}

std::chrono::year_month YearMonth(int64_t month) {
  return std::chrono::year(1970) / std::chrono::January + std::chrono::months(month);
}

int64_t MonthStart(int64_t month) {
  return std::chrono::sys_days(YearMonth(month) / 1).time_since_epoch().count() * kMicrosPerDay;
}

// As in SQL: the same day of the month, or the last one that there is.
int64_t AddMonths(int64_t micros, int64_t months) {
  const auto month = YearMonth(MonthOf(micros) + months);
  const auto last = (month / std::chrono::last).day();
  const auto day = std::min(DateOf(micros).day(), last);
  const int64_t days = std::chrono::sys_days(month / day).time_since_epoch().count();
  return days * kMicrosPerDay + (micros - FloorDivide(micros, kMicrosPerDay) * kMicrosPerDay);
}

// The last start that is not after `time`, among every `step` of the calendar or the clock; and its number.
int64_t NumberAt(int64_t time, const TimeSpan& step, const TimeSpan& offset) {
  if (step.months == 0) return FloorDivide(time - offset.micros, step.micros);
  return FloorDivide(MonthOf(time - offset.micros) - offset.months, step.months);
}
int64_t StartAt(int64_t number, const TimeSpan& step, const TimeSpan& offset) {
  if (step.months == 0) return number * step.micros + offset.micros;
  return MonthStart(number * step.months + offset.months) + offset.micros;
}

TimeSpan PaneLength(const TimeSpan& size, const TimeSpan& slide) {
  if (size.months > 0 && slide.months > 0) return {std::gcd(size.months, slide.months), 0};
  return {0, std::gcd(size.months > 0 ? kMicrosPerDay : size.micros, slide.months > 0 ? kMicrosPerDay : slide.micros)};
}

}  // namespace

Panes::Panes(const WindowSpec& spec)
    : size_(spec.size), slide_(spec.kind == WindowKind::kHop ? spec.slide : spec.size), offset_(spec.offset) {
  CHECK((size_.months > 0) != (size_.micros > 0));
  CHECK((slide_.months > 0) != (slide_.micros > 0));
  // Windows end in the order of their starts: not so if January 30, 20:00 and January 31, 01:00 had a month each.
  CHECK(size_.months == 0 || slide_.micros % kMicrosPerDay == 0);
  least_size_ = size_.micros + size_.months * kShortestMonthDays * kMicrosPerDay;
  most_size_ = size_.micros + size_.months * kLongestMonthDays * kMicrosPerDay;
  const int64_t least_slide = slide_.micros + slide_.months * kShortestMonthDays * kMicrosPerDay;
  disjoint_ = size_.months > 0 && slide_.months > 0 ? size_.months <= slide_.months : most_size_ <= least_slide;
  pane_ = PaneLength(size_, slide_);
}

bool Panes::InRange(int64_t time) {
  return IsEventTime(time);
}

int64_t Panes::StartOf(int64_t number) const {
  return StartAt(number, slide_, offset_);
}

int64_t Panes::LastStartingBy(int64_t time) const {
  return NumberAt(time, slide_, offset_);
}

TimeRange Panes::WindowAt(int64_t number) const {
  const int64_t start = StartOf(number);
  if (size_.months == 0) return {start, start + size_.micros};
  if (slide_.months == 0) return {start, AddMonths(start, size_.months)};
  return {start, MonthStart(number * slide_.months + offset_.months + size_.months) + offset_.micros};
}

Panes::Pane Panes::PaneOf(int64_t time) const {
  const int64_t last = LastStartingBy(time);
  const TimeRange window = WindowAt(last);
  Pane pane;
  if (disjoint_) {
    static_cast<TimeRange&>(pane) = time < window.end ? window : TimeRange{window.end, StartOf(last + 1)};
  } else {
    const int64_t number = NumberAt(time, pane_, offset_);
    static_cast<TimeRange&>(pane) = {StartAt(number, pane_, offset_), StartAt(number + 1, pane_, offset_)};
  }
  pane.last_window_end = window.end;
  return pane;
}

int64_t Panes::FirstEndingAfter(int64_t time) const {
  // Windows end in the order of their starts, or together.
  int64_t low = LastStartingBy(time - most_size_), high = LastStartingBy(time - least_size_) + 1;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (WindowAt(middle).end > time) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace laminar
