#include "stream/over/frame.h"

#include <algorithm>

#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/types/timestamp.hpp"

#include "base/clock.h"

namespace laminar {

namespace {

// By how much the end of a month may pull a bound back: 31 March and 28 March are both a month after 28 February.
constexpr int64_t kCalendarSlack = 4 * kMicrosPerDay;

int64_t SaturatingSubtract(int64_t a, int64_t b) {
  int64_t out;
  if (!__builtin_sub_overflow(a, b, &out)) return out;
  return b > 0 ? INT64_MIN : INT64_MAX;
}

uint32_t Rows(int64_t rows) {
  return static_cast<uint32_t>(std::clamp<int64_t>(rows, 0, UINT32_MAX - 1));
}

}  // namespace

int64_t TimeBefore(int64_t time, const TimeSpan& span) {
  if (span.months == 0 || !duckdb::Timestamp::IsFinite(duckdb::timestamp_t(time)))
    return SaturatingSubtract(time, span.micros);
  duckdb::interval_t interval;
  interval.months = -span.months;
  interval.days = 0;
  interval.micros = 0;
  const auto earlier = duckdb::Interval::Add(duckdb::timestamp_t(time), interval);
  return SaturatingSubtract(earlier.value, span.micros);
}

FrameBounds::FrameBounds(const Frame& frame) : range(frame.unit == Frame::Unit::kRange) {
  using Kind = FrameBound::Kind;
  unbounded_start = frame.start.kind == Kind::kUnboundedPreceding;
  start_current_ = frame.start.kind == Kind::kCurrentRow;
  end_current = frame.end.kind == Kind::kCurrentRow;
  if (range) {
    if (frame.start.kind == Kind::kPreceding) start_ = frame.start.time;
    if (frame.end.kind == Kind::kPreceding) end_ = frame.end.time;
    calendar = start_.months != 0 || end_.months != 0;
  } else {
    if (frame.start.kind == Kind::kPreceding) rows_start = Rows(frame.start.rows);
    if (frame.end.kind == Kind::kPreceding) rows_end = Rows(frame.end.rows);
    never = !unbounded_start && rows_end > rows_start;
    if (rows_end == 0) end_current = true;
  }
}

int64_t FrameBounds::LowestLow(int64_t time) const {
  const int64_t low = Low(time);
  return calendar ? SaturatingSubtract(low, kCalendarSlack) : low;
}

int64_t FrameBounds::reach() const {
  if (unbounded_start) return kForever;
  if (!range) return never || (rows_start == 0) ? 0 : kForever;
  return start_.months * 31 * kMicrosPerDay + start_.micros + (calendar ? kCalendarSlack : 0);
}

}  // namespace laminar
