#include "aws/signing_clock.h"

#include <cstdlib>

#include "aws/http_date.h"
#include "base/log.h"

namespace laminar::aws {

bool SigningClock::Correct(const HttpReply& refusal, const std::string& endpoint) {
  const int64_t service_micros = ParseHttpDate(refusal.Header("date"));
  if (service_micros == 0) return false;
  const int64_t offset = service_micros - clock_->WallMicros();
  if (std::abs(offset - offset_micros_) < kMostSkewMicros) return false;
  offset_micros_ = offset;
  LogWarning("this machine's clock is wrong; requests are signed with the service's time",
             {{"endpoint", endpoint}, {"seconds_off", std::to_string(-offset / kMicrosPerSecond), true}});
  return true;
}

}  // namespace laminar::aws
