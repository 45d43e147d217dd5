// Dates and times as JSON carries them: RFC 3339, SQL text, epochs.
#pragma once

#include <cstdint>
#include <string_view>

#include "formats/json/json_number.h"
#include "formats/json/json_options.h"

namespace laminar {

// Reads timestamps; remembers the last date, as neighbours in a stream mostly share it. One per column.
class TimestampReader {
 public:
  TimestampReader();
  // RFC 3339 or SQL text: date, then 'T' or a space and hh:mm[:ss[.fraction]], then Z, UTC or an offset (none: UTC); or
  // a date alone. Years 0001 to 9999. Result: nanoseconds within the second apart, so that every precision can be cut
  // from it: digits beyond nanoseconds, and later those beyond the column's precision, are cut off, not rounded, so
  // that no time moves into the next second. "infinity" is not read here. nullptr, or what is wrong.
  const char* Parse(std::string_view text, int64_t* seconds, int32_t* nanos);

 private:
  const char* ParseDate(const char* text, int64_t* days);

  uint64_t cached_head_;  // "2026-01-"
  uint16_t cached_tail_;  // "01"
  int64_t cached_days_ = 0;
};

// hh:mm[:ss[.fraction]], then Z, UTC or an offset (none: UTC): the time of day in UTC, at most 24:00:00 exclusive.
// nullptr, or what is wrong.
const char* ParseTimeOfDay(std::string_view text, int64_t* seconds, int32_t* nanos);

// An epoch in the unit that `format` says; kAuto: by size, |x| below 1e11 is seconds, below 1e14 milliseconds, below
// 1e17 microseconds, else nanoseconds. False: beyond the years -290000 to 290000.
bool EpochToTime(const JsonNumber& number, JsonTimestampFormat format, int64_t* seconds, int32_t* nanos);

int64_t DaysFromCivil(int year, int month, int day);

// Writes timestamps; remembers the last date. One per column.
class TimestampWriter {
 public:
  static constexpr int kMaxSize = 40;
  // "2026-01-01T00:00:00.001Z" (separator 'T', zone "Z") or "2026-01-01 00:00:00.001" (' ', ""): three digits, six or
  // nine when they hold more. Years 0001 to 9999; false: not in them, nothing is written.
  bool Write(int64_t seconds, int32_t nanos, char separator, bool zulu, char** out);

 private:
  int64_t cached_days_ = INT64_MIN;
  char cached_date_[10] = {};
};

}  // namespace laminar
