#include "base/units.h"

#include <cctype>
#include <charconv>
#include <cstdio>

namespace laminar {

namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr Unit kByteUnits[] = {
    {"", 1},      {"b", 1},        {"kb", 1e3},        {"mb", 1e6},           {"gb", 1e9},
    {"tb", 1e12}, {"kib", 1024.0}, {"mib", 1048576.0}, {"gib", 1073741824.0}, {"tib", 1099511627776.0}};
constexpr Unit kTimeUnits[] = {
    {"", 1},          {"ms", 1},       {"millis", 1},    {"millisecond", 1}, {"milliseconds", 1},
    {"s", 1e3},       {"sec", 1e3},    {"second", 1e3},  {"seconds", 1e3},   {"m", 6e4},
    {"min", 6e4},     {"minute", 6e4}, {"minutes", 6e4}, {"h", 3.6e6},       {"hour", 3.6e6},
    {"hours", 3.6e6}, {"d", 8.64e7},   {"day", 8.64e7},  {"days", 8.64e7}};

template <size_t N>
Result<int64_t> Parse(std::string_view text, const Unit (&units)[N], const char* what, const char* example) {
  const Status bad =
      Status::User("'" + std::string(text) + "' is not " + what, std::string("Write it like ") + example);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return bad;
  std::string unit;
  for (const char* p = end; p != text.data() + text.size(); ++p) {
    if (!std::isspace(static_cast<unsigned char>(*p)))
      unit.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(*p))));
  }
  for (const Unit& candidate : units) {
    if (candidate.name == unit) {
      const double value = number * candidate.factor;
      if (!(value < 9e18)) return bad;
      return static_cast<int64_t>(value);
    }
  }
  return bad;
}

}  // namespace

Result<int64_t> ParseBytes(std::string_view text) {
  return Parse(text, kByteUnits, "a size", "4000000, 64KiB or 1.5GB");
}
Result<int64_t> ParseMillis(std::string_view text) {
  return Parse(text, kTimeUnits, "a duration", "500 (milliseconds), 500ms, 5s or 2 minutes");
}

std::string FormatBytes(uint64_t bytes) {
  static constexpr const char* kNames[] = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (value >= 1000 && unit < 4) {
    value /= 1000;
    unit++;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kNames[unit]);
  return text;
}

std::string FormatCount(uint64_t count) {
  std::string digits = std::to_string(count);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

std::string FormatDuration(int64_t micros) {
  constexpr int64_t kSecond = 1'000'000, kHour = 3600 * kSecond, kDay = 24 * kHour, kYear = 365 * kDay;
  constexpr int kManyYears = 10;
  char text[48];
  const double seconds = static_cast<double>(micros) / 1e6;
  if (seconds < 1) {
    std::snprintf(text, sizeof text, "%.0f ms", seconds * 1e3);
  } else if (seconds < 120) {
    std::snprintf(text, sizeof text, "%.1f s", seconds);
  } else if (seconds < 7200) {
    std::snprintf(text, sizeof text, "%d min %d s", static_cast<int>(seconds) / 60, static_cast<int>(seconds) % 60);
  } else if (micros < 2 * kDay) {
    std::snprintf(text, sizeof text, "%d h %d min", static_cast<int>(seconds) / 3600,
                  static_cast<int>(seconds) / 60 % 60);
  } else {
    const auto count = [](int64_t n, const char* unit) { return FormatCount(static_cast<uint64_t>(n)) + unit; };
    if (micros < kYear) return count(micros / kDay, " d ") + count(micros % kDay / kHour, " h");
    if (micros < kManyYears * kYear) return count(micros / kYear, " y ") + count(micros % kYear / kDay, " d");
    return count(micros / kYear, " years");
  }
  return text;
}

}  // namespace laminar
