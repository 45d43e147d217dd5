#include "connectors/kinesis/start_time.h"

#include <charconv>

#include "duckdb/common/types/timestamp.hpp"

namespace laminar::kinesis {

namespace {

// Below them a number counts seconds, milliseconds, microseconds.
constexpr double kSecondsBelow = 1e11, kMillisBelow = 1e14, kMicrosBelow = 1e17;

}  // namespace

Result<int64_t> ParseStartTime(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    std::string message("'");
    message.append(text).append("' is not a time: ").append(why);
    return Status::User(std::move(message),
                        "Write it like 2026-01-31T12:00:00Z, 2026-01-31 12:00:00 (UTC), or as seconds since 1970");
  };
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && rest == text.data() + text.size()) {
    if (!(number >= 0 && number < kMicrosBelow)) return wrong("the number is out of range");
    const double scale = number < kSecondsBelow ? 1e6 : number < kMillisBelow ? 1e3 : 1;
    return static_cast<int64_t>(number * scale);
  }
  duckdb::timestamp_t time;
  if (duckdb::Timestamp::TryConvertTimestamp(text.data(), text.size(), time, true) !=
      duckdb::TimestampCastResult::SUCCESS) {
    return wrong("it is neither a date with a time nor a number");
  }
  if (!duckdb::Timestamp::IsFinite(time) || time.value < 0) return wrong("it is not after 1970");
  return time.value;
}

std::string FormatTime(int64_t micros) {
  return duckdb::Timestamp::ToString(duckdb::timestamp_t(micros)) + " UTC";
}

}  // namespace laminar::kinesis
