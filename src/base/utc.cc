#include "base/utc.h"

#include <cstdio>
#include <ctime>

#include "base/clock.h"

namespace laminar {

std::string Rfc3339(int64_t micros, bool milliseconds) {
  const auto seconds = static_cast<std::time_t>(micros / kMicrosPerSecond);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  const size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  if (milliseconds) {
    std::snprintf(text + length, sizeof text - length, ".%03dZ", static_cast<int>(micros / kMicrosPerMilli % 1000));
  } else {
    std::snprintf(text + length, sizeof text - length, "Z");
  }
  return text;
}

}  // namespace laminar
