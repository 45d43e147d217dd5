#include "connectors/kinesis/service_clock.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"

namespace laminar::kinesis {
namespace {


TEST(ServiceClock, WithoutADateItIsTheLocalSecond) {
  ManualClock clock(1'000 * kMicrosPerSecond);
  clock.Advance(kMicrosPerSecond / 2);
  const ServiceClock service(&clock);
  EXPECT_EQ(service.At(clock.SteadyMicros()), 1'000 * kMicrosPerSecond);
  EXPECT_EQ(service.At(clock.SteadyMicros() + 700'000), 1'001 * kMicrosPerSecond);
}

TEST(ServiceClock, TightensToTheQuickestAnswerAndIsNeverAbove) {
  for (uint64_t seed = 1; seed <= 50; seed++) {
    ManualClock clock;
    ServiceClock service(&clock);
    Random rng(seed);
    const int64_t offset = static_cast<int64_t>(rng.Uniform(1'000'000'000)) + clock.WallMicros();
    int64_t quickest = kNever;
    for (int i = 0; i < 500; i++) {
      clock.Advance(static_cast<int64_t>(rng.Uniform(kMicrosPerSecond)));
      const int64_t sent = clock.SteadyMicros();  // by the service
      const int64_t way = 1'000 + static_cast<int64_t>(rng.Uniform(50'000));
      quickest = std::min(quickest, way);
      clock.Advance(way);
      service.Observe((offset + sent) / kMicrosPerSecond * kMicrosPerSecond, clock.SteadyMicros());
      ASSERT_LE(service.At(clock.SteadyMicros()), offset + clock.SteadyMicros());
    }
    EXPECT_GE(service.At(clock.SteadyMicros()), offset + clock.SteadyMicros() - quickest - 30'000) << "seed " << seed;
  }
}

TEST(ServiceClock, AClockThatWasSetBackIsBelievedAfterTwoPeriods) {
  ManualClock clock;
  ServiceClock service(&clock);
  service.Observe(10'000 * kMicrosPerSecond, clock.SteadyMicros());
  for (int i = 0; i < 2; i++) {
    clock.Advance(300 * kMicrosPerSecond);
    service.Observe(9'000 * kMicrosPerSecond + clock.SteadyMicros(), clock.SteadyMicros());
  }
  EXPECT_EQ(service.At(clock.SteadyMicros()), 9'600 * kMicrosPerSecond);
}

}  // namespace
}  // namespace laminar::kinesis
