#include "aws/http_date.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace laminar::aws {

namespace {

// All of `text` as a number; -1 if it is none.
int Number(std::string_view text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : -1;
}

int64_t Micros(int year, int month, int day, int hour, int minute, int second) {
  if (year < 1970 || month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 60)
    return 0;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return 0;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (days * 86'400 + hour * 3'600 + minute * 60 + second) * 1'000'000;
}

}  // namespace

int64_t ParseHttpDate(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  // Wdy, DD Mon YYYY HH:MM:SS GMT
  if (text.size() != 29 || text[3] != ',' || !text.ends_with(" GMT") || text[19] != ':' || text[22] != ':') return 0;
  const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3)) - kMonths.begin();
  if (month == kMonths.size()) return 0;
  return Micros(Number(text.substr(12, 4)), static_cast<int>(month) + 1, Number(text.substr(5, 2)),
                Number(text.substr(17, 2)), Number(text.substr(20, 2)), Number(text.substr(23, 2)));
}

int64_t ParseIsoTime(std::string_view text) {
  // YYYY-MM-DDTHH:MM:SS[.fraction]Z
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      !text.ends_with('Z')) {
    return 0;
  }
  const std::string_view fraction = text.substr(19, text.size() - 20);
  if (!fraction.empty() &&
      (fraction[0] != '.' || fraction.find_first_not_of("0123456789", 1) != std::string_view::npos))
    return 0;
  return Micros(Number(text.substr(0, 4)), Number(text.substr(5, 2)), Number(text.substr(8, 2)),
                Number(text.substr(11, 2)), Number(text.substr(14, 2)), Number(text.substr(17, 2)));
}

}  // namespace laminar::aws
