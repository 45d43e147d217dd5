#include "formats/json/json_time.h"

#include <array>
#include <cstring>

namespace laminar {
namespace {

constexpr int64_t kSecondsPerDay = 86400;

inline unsigned TimeDigit(char c) {
  return static_cast<unsigned char>(c) - unsigned{'0'};
}
inline unsigned TwoDigits(const char* p) {
  return TimeDigit(p[0]) * 10 + TimeDigit(p[1]);
}
inline bool BothDigits(const char* p) {
  return TimeDigit(p[0]) <= 9 && TimeDigit(p[1]) <= 9;
}

int DaysInMonth(int year, int month) {
  static constexpr int8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month - 1] + (month == 2 && leap);
}

constexpr int32_t kNanosOfDigit[] = {100'000'000, 10'000'000, 1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};

// hh:mm[:ss[.fraction]] from `p`, which moves behind it.
const char* ParseClock(const char** position, const char* end, int64_t* seconds, int32_t* nanos) {
  const char* p = *position;
  if (end - p < 5 || !BothDigits(p) || p[2] != ':' || !BothDigits(p + 3)) return "whose time of day is not hh:mm:ss";
  const unsigned hour = TwoDigits(p), minute = TwoDigits(p + 3);
  unsigned second = 0;
  *nanos = 0;
  p += 5;
  if (p < end && *p == ':') {
    if (end - p < 3 || !BothDigits(p + 1)) return "whose time of day is not hh:mm:ss";
    second = TwoDigits(p + 1);
    p += 3;
    if (p < end && (*p == '.' || *p == ',')) {
      const char* fraction = ++p;
      for (; p < end && TimeDigit(*p) <= 9; p++) {
        if (p - fraction < 9) *nanos += static_cast<int32_t>(TimeDigit(*p)) * kNanosOfDigit[p - fraction];
      }
      if (p == fraction) return "whose fraction of a second has no digits";
    }
  }
  if (hour > 23) return "whose hour is not 00 to 23";
  if (minute > 59) return "whose minute is not 00 to 59";
  if (second > 59) return second == 60 ? "which is a leap second" : "whose second is not 00 to 59";
  *seconds = hour * 3600 + minute * 60 + second;
  *position = p;
  return nullptr;
}

// Nothing, Z, UTC, or a signed offset, up to the end.
const char* ParseZone(const char* p, const char* end, int64_t* offset_seconds) {
  *offset_seconds = 0;
  if (p < end && *p == ' ') p++;
  if (p == end) return nullptr;
  if (end - p == 1 && (*p == 'Z' || *p == 'z')) return nullptr;
  if (end - p == 3 && (std::memcmp(p, "UTC", 3) == 0 || std::memcmp(p, "GMT", 3) == 0)) return nullptr;
  constexpr const char* kWrong = "whose offset is not Z, +hh:mm or -hh:mm";
  if (*p != '+' && *p != '-') return kWrong;
  const bool west = *p++ == '-';
  if (end - p < 2 || !BothDigits(p)) return kWrong;
  unsigned hours = TwoDigits(p), minutes = 0;
  p += 2;
  if (p < end) {
    p += *p == ':';
    if (end - p != 2 || !BothDigits(p)) return kWrong;
    minutes = TwoDigits(p);
  }
  if (hours > 23 || minutes > 59) return kWrong;
  const int64_t offset = hours * 3600 + minutes * 60;
  *offset_seconds = west ? -offset : offset;
  return nullptr;
}

}  // namespace

// Howard Hinnant's days_from_civil (chrono-compatible low-level date algorithms), for years from 1.
int64_t DaysFromCivil(int year, int month, int day) {
  year -= month <= 2;
  const int era = year / 400;
  const int year_of_era = year - era * 400;
  const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return int64_t{era} * 146097 + day_of_era - 719468;
}

TimestampReader::TimestampReader() {
  std::memcpy(&cached_head_, "1970-01-", 8);
  std::memcpy(&cached_tail_, "01", 2);
}

const char* TimestampReader::ParseDate(const char* text, int64_t* days) {
  uint64_t head;
  uint16_t tail;
  std::memcpy(&head, text, 8);
  std::memcpy(&tail, text + 8, 2);
  if (head == cached_head_ && tail == cached_tail_) [[likely]] {
    *days = cached_days_;
    return nullptr;
  }
  if (!BothDigits(text) || !BothDigits(text + 2) || text[4] != '-' || !BothDigits(text + 5) || text[7] != '-' ||
      !BothDigits(text + 8)) {
    return "whose date is not yyyy-mm-dd";
  }
  const int year = static_cast<int>(TwoDigits(text) * 100 + TwoDigits(text + 2));
  const int month = static_cast<int>(TwoDigits(text + 5)), day = static_cast<int>(TwoDigits(text + 8));
  if (year < 1) return "whose year is not 0001 to 9999";
  if (month < 1 || month > 12) return "whose month is not 01 to 12";
  if (day < 1 || day > DaysInMonth(year, month)) return "whose day does not exist in that month";
  cached_head_ = head;
  cached_tail_ = tail;
  *days = cached_days_ = DaysFromCivil(year, month, day);
  return nullptr;
}

const char* TimestampReader::Parse(std::string_view text, int64_t* seconds, int32_t* nanos) {
  const char* p = text.data();
  const char* const end = p + text.size();
  if (text.size() < 10) return "whose date is not yyyy-mm-dd";
  int64_t days, clock = 0, offset = 0;
  if (const char* wrong = ParseDate(p, &days)) return wrong;
  p += 10;
  *nanos = 0;
  // "T00:00:00.001Z": what nearly every producer writes.
  if (text.size() == 24 && p[13] == 'Z' && (p[0] == 'T' || p[0] == ' ') && p[3] == ':' && p[6] == ':' && p[9] == '.' &&
      BothDigits(p + 1) && BothDigits(p + 4) && BothDigits(p + 7) && BothDigits(p + 10) && TimeDigit(p[12]) <= 9)
      [[likely]] {
    const unsigned hour = TwoDigits(p + 1), minute = TwoDigits(p + 4), second = TwoDigits(p + 7);
    if (hour <= 23 && minute <= 59 && second <= 59) [[likely]] {
      *seconds = days * kSecondsPerDay + hour * 3600 + minute * 60 + second;
      *nanos = static_cast<int32_t>(TwoDigits(p + 10) * 10 + TimeDigit(p[12])) * 1'000'000;
      return nullptr;
    }
  }
  if (p < end) {
    if (*p != 'T' && *p != 't' && *p != ' ') return "whose date and time are not separated by T or a space";
    p++;
    if (const char* wrong = ParseClock(&p, end, &clock, nanos)) return wrong;
    if (const char* wrong = ParseZone(p, end, &offset)) return wrong;
  }
  *seconds = days * kSecondsPerDay + clock - offset;
  return nullptr;
}

const char* ParseTimeOfDay(std::string_view text, int64_t* seconds, int32_t* nanos) {
  const char* p = text.data();
  const char* const end = p + text.size();
  int64_t offset;
  if (const char* wrong = ParseClock(&p, end, seconds, nanos)) return wrong;
  if (const char* wrong = ParseZone(p, end, &offset)) return wrong;
  *seconds = (*seconds - offset + kSecondsPerDay) % kSecondsPerDay;
  return nullptr;
}

bool EpochToTime(const JsonNumber& number, JsonTimestampFormat format, int64_t* seconds, int32_t* nanos) {
  constexpr Int128 kLimitSeconds = int64_t{9'223'372'036'854};  // what microseconds in 64 bits reach
  Int128 value;                                                 // nanoseconds; digits beyond them are cut off
  const auto scaled = [&](int scale) { return FloorScaled(number, scale, &value); };
  switch (format) {
    case JsonTimestampFormat::kEpochSeconds:
      if (!scaled(9)) return false;
      break;
    case JsonTimestampFormat::kEpochMillis:
      if (!scaled(6)) return false;
      break;
    case JsonTimestampFormat::kEpochMicros:
      if (!scaled(3)) return false;
      break;
    case JsonTimestampFormat::kEpochNanos:
      if (!scaled(0)) return false;
      break;
    default: {
      if (!scaled(9)) return false;
      const Int128 second = 1'000'000'000;
      const Int128 magnitude = value < 0 ? -value : value;
      const Int128 unit = magnitude < 100'000'000'000 * second           ? 1
                          : magnitude < 100'000'000'000'000 * second     ? 1'000
                          : magnitude < 100'000'000'000'000'000 * second ? 1'000'000
                                                                         : 1'000'000'000;
      const bool inexact = value < 0 && value % unit != 0;
      value = value / unit - inexact;
    }
  }
  Int128 whole = value / 1'000'000'000, rest = value % 1'000'000'000;
  if (rest < 0) {
    rest += 1'000'000'000;
    whole--;
  }
  if (whole > kLimitSeconds || whole < -kLimitSeconds) return false;
  *seconds = static_cast<int64_t>(whole);
  *nanos = static_cast<int32_t>(rest);
  return true;
}

namespace {

constexpr auto kPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; i++) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

inline void WritePair(unsigned value, char* out) {
  std::memcpy(out, &kPairs[2 * value], 2);
}

}  // namespace

bool TimestampWriter::Write(int64_t seconds, int32_t nanos, char separator, bool zulu, char** out) {
  int64_t days = seconds / kSecondsPerDay;
  auto clock = static_cast<int32_t>(seconds % kSecondsPerDay);
  if (clock < 0) {
    clock += kSecondsPerDay;
    days--;
  }
  if (days != cached_days_) {
    // Hinnant's civil_from_days, for days from 0001-01-01.
    if (days < -719162 || days > 2932896) return false;
    const int64_t z = days + 719468;
    const int64_t era = z / 146097;
    const auto day_of_era = static_cast<int>(z - era * 146097);
    const int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int shifted_month = (5 * day_of_year + 2) / 153;
    const int day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    const int month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    const int year = static_cast<int>(year_of_era + era * 400) + (month <= 2);
    WritePair(static_cast<unsigned>(year / 100), cached_date_);
    WritePair(static_cast<unsigned>(year % 100), cached_date_ + 2);
    cached_date_[4] = cached_date_[7] = '-';
    WritePair(static_cast<unsigned>(month), cached_date_ + 5);
    WritePair(static_cast<unsigned>(day), cached_date_ + 8);
    cached_days_ = days;
  }
  char* p = *out;
  std::memcpy(p, cached_date_, 10);
  p[10] = separator;
  WritePair(static_cast<unsigned>(clock / 3600), p + 11);
  p[13] = p[16] = ':';
  WritePair(static_cast<unsigned>(clock / 60 % 60), p + 14);
  WritePair(static_cast<unsigned>(clock % 60), p + 17);
  p[19] = '.';
  p += 20;
  const auto three = [&p](int32_t value) {
    *p = static_cast<char>('0' + value / 100);
    WritePair(static_cast<unsigned>(value % 100), p + 1);
    p += 3;
  };
  three(nanos / 1'000'000);
  if (nanos % 1'000'000 != 0) three(nanos / 1000 % 1000);
  if (nanos % 1000 != 0) three(nanos % 1000);
  if (zulu) *p++ = 'Z';
  *out = p;
  return true;
}

}  // namespace laminar
