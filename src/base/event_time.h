// Event time and watermarks: microseconds since 1970, UTC.
#pragma once

#include <cstdint>
#include <limits>

#include "base/clock.h"

namespace laminar {

// A watermark W promises: no row with an event time below W will come any more, but for late ones.
constexpr int64_t kNoWatermark = std::numeric_limits<int64_t>::min();  // nothing is promised yet
constexpr int64_t kEndOfTime = std::numeric_limits<int64_t>::max();    // the input has ended

// Event times lie within 18,000 years of 1970: no sum of one and a window's length overflows. Others, and the
// infinities of TIMESTAMP, are bad data.
constexpr int64_t kFarthestEventTime = int64_t{18'000} * 365 * kMicrosPerDay;

inline bool IsEventTime(int64_t micros) {
  return micros >= -kFarthestEventTime && micros <= kFarthestEventTime;
}

// W - lag without leaving the range; the two limits above stay what they are.
inline int64_t WatermarkMinus(int64_t watermark, int64_t lag_micros) {
  if (watermark == kNoWatermark || watermark == kEndOfTime) return watermark;
  return watermark < kNoWatermark + lag_micros ? kNoWatermark : watermark - lag_micros;
}

}  // namespace laminar
