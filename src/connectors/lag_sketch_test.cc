#include "connectors/lag_sketch.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "base/clock.h"

namespace laminar {
namespace {

constexpr int64_t kMinute = 60 * kMicrosPerSecond;

TEST(LagSketch, NothingWasSeen) {
  const LagSketch sketch;
  EXPECT_TRUE(sketch.empty());
  EXPECT_EQ(sketch.P99(), std::nullopt);
}

RC_GTEST_PROP(LagSketch, IsTheRankRoundedUpByAtMostItsError, ()) {
  const int bits = *rc::gen::inRange(1, 53);
  auto lags = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<int64_t>>(rc::gen::inRange<int64_t>(-1000, int64_t{1} << bits)));
  LagSketch sketch;
  sketch.Advance(0);
  for (const int64_t lag : lags) sketch.Add(lag);
  std::sort(lags.begin(), lags.end());
  const size_t above = lags.size() == 1 ? 0 : std::max<size_t>(1, lags.size() / 100);
  const int64_t exact = std::max<int64_t>(0, lags[lags.size() - 1 - above]);
  RC_ASSERT(*sketch.P99() >= exact);
  RC_ASSERT(*sketch.P99() <= exact + exact / 64 + 2 * 1024);
}

TEST(LagSketch, OneRecordFrom1970DoesNotDecide) {
  LagSketch sketch;
  sketch.Add(int64_t{55} * 365 * 24 * 60 * kMinute);
  sketch.Add(1024);
  EXPECT_EQ(sketch.P99(), 1024);
}

TEST(LagSketch, LongerThanTheLongestCountsAsThat) {
  LagSketch sketch;
  sketch.Add(INT64_MAX);
  EXPECT_GE(*sketch.P99(), int64_t{280} * 365 * 24 * 60 * kMinute);
}

TEST(LagSketch, ForgetsAfterTenMinutes) {
  LagSketch sketch;
  sketch.Advance(0);
  for (int i = 0; i < 10; i++) sketch.Add(8 * kMinute);
  sketch.Advance(9 * kMinute);
  for (int i = 0; i < 10; i++) sketch.Add(1024);
  EXPECT_GE(*sketch.P99(), 8 * kMinute);
  sketch.Advance(10 * kMinute);
  EXPECT_EQ(sketch.P99(), 1024);
}

TEST(LagSketch, TheLastPercentileStandsUntilThereIsAnother) {
  LagSketch sketch;
  sketch.Advance(0);
  sketch.Add(1024);
  sketch.Advance(1000 * kMinute);
  EXPECT_FALSE(sketch.empty());
  EXPECT_EQ(sketch.P99(), 1024);
  sketch.Add(4096);
  EXPECT_EQ(sketch.P99(), 4096);
}

TEST(LagSketch, LagsOfTheRunBeforeCountForTenMinutes) {
  constexpr int64_t kMinute = 60'000'000;
  LagSketch sketch;
  sketch.StartWith(500'000'000);
  EXPECT_EQ(sketch.P99(), 500'000'000);
  sketch.Advance(kMinute);
  for (int i = 0; i < 1000; i++) sketch.Add(1'000'000);
  EXPECT_EQ(sketch.P99(), 500'000'000);
  sketch.Advance(10 * kMinute);
  sketch.Add(1'000'000);
  EXPECT_EQ(sketch.P99(), 500'000'000);
  sketch.Advance(11 * kMinute);
  sketch.Add(1'000'000);
  EXPECT_LT(sketch.P99().value(), 1'100'000);
}

}  // namespace
}  // namespace laminar
