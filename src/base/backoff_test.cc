#include "base/backoff.h"

#include <gtest/gtest.h>

namespace laminar {
namespace {

TEST(Backoff, DelaysStayUnderADoublingCeiling) {
  Random random(1);
  Backoff backoff(&random, 100, 1'000);
  const int64_t ceilings[] = {100, 200, 400, 800, 1'000, 1'000};
  for (int round = 0; round < 200; ++round) {
    backoff.Reset();
    for (int64_t ceiling : ceilings) {
      const int64_t delay = backoff.NextDelayMicros();
      EXPECT_GE(delay, 0);
      EXPECT_LE(delay, ceiling);
    }
    EXPECT_EQ(backoff.attempts(), 6);
  }
}

TEST(Backoff, JitterFillsTheWholeRange) {
  Random random(2);
  Backoff backoff(&random, 1'000'000, 1'000'000);
  int64_t low = INT64_MAX, high = 0, sum = 0;
  for (int i = 0; i < 1'000; ++i) {
    const int64_t delay = backoff.NextDelayMicros();
    low = std::min(low, delay);
    high = std::max(high, delay);
    sum += delay;
  }
  EXPECT_LT(low, 20'000);
  EXPECT_GT(high, 980'000);
  EXPECT_NEAR(static_cast<double>(sum) / 1'000, 500'000, 50'000);
}

TEST(Backoff, NeverOverflows) {
  Random random(3);
  Backoff backoff(&random, 1, INT64_MAX / 4);
  for (int i = 0; i < 500; ++i) EXPECT_GE(backoff.NextDelayMicros(), 0);
}

}  // namespace
}  // namespace laminar
