#include "duck/timestamp_text.h"

#include "duckdb/common/types/date.hpp"
#include "duckdb/common/types/time.hpp"

namespace laminar {

std::string TimestampText(int64_t seconds, int32_t nanos) {
  constexpr int64_t kDay = 86'400;
  const int64_t days = seconds / kDay - (seconds % kDay < 0 ? 1 : 0);
  // Not all that an int32 holds: the ends stand for infinity.
  if (days > INT32_MAX - kDay || days < INT32_MIN + kDay) return std::to_string(seconds);
  std::string text = duckdb::Date::ToString(duckdb::date_t(static_cast<int32_t>(days))) + " " +
                     duckdb::Time::ToString(duckdb::dtime_t((seconds - days * kDay) * 1'000'000));
  if (nanos == 0) return text;
  std::string digits = std::to_string(1'000'000'000 + int64_t{nanos}).substr(1);
  digits.erase(digits.find_last_not_of('0') + 1);
  return text + "." + digits;
}

}  // namespace laminar
