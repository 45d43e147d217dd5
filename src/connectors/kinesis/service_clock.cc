// A Date header is the service's time in whole seconds, cut off, of a moment before the answer was here. So Date -
// local time is never above the true difference of the clocks, and nearest to it where the second had just begun and
// the way was short: the largest difference seen is the best. It is forgotten after two periods, because clocks drift.
#include "connectors/kinesis/service_clock.h"

#include <algorithm>
#include <utility>

namespace laminar::kinesis {

namespace {

constexpr int64_t kPeriodMicros = 300 * kMicrosPerSecond;

}  // namespace

void ServiceClock::Observe(int64_t date_micros, int64_t now_micros) {
  if (date_micros <= 0) return;
  std::lock_guard lock(mutex_);
  const int64_t period = now_micros / kPeriodMicros;
  if (period != period_) {
    offset_before_ = std::exchange(offset_, std::nullopt);
    if (period != period_ + 1) offset_before_.reset();
    period_ = period;
  }
  const int64_t offset = date_micros - now_micros;
  offset_ = std::max(offset_.value_or(offset), offset);
}

int64_t ServiceClock::At(int64_t steady_micros) const {
  std::lock_guard lock(mutex_);
  if (!offset_ && !offset_before_) {
    const int64_t wall = clock_->WallMicros() - clock_->SteadyMicros() + steady_micros;
    return wall / kMicrosPerSecond * kMicrosPerSecond;
  }
  return steady_micros + std::max(offset_.value_or(INT64_MIN), offset_before_.value_or(INT64_MIN));
}

}  // namespace laminar::kinesis
