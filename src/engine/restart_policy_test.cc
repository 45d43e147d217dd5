#include "engine/restart_policy.h"

#include <gtest/gtest.h>

namespace laminar {
namespace {

const Status kOutage = Status::Environment("the service does not answer");

TEST(RestartPolicy, WhatMayPassIsTriedAgainWithGrowingPauses) {
  ManualClock clock;
  RestartPolicy policy(100, &clock, Random(1));
  int64_t longest = 0;
  for (int i = 0; i < 20; i++) {
    const auto pause = policy.AfterFailure(kOutage, /*ran=*/true);
    ASSERT_TRUE(pause);
    EXPECT_GE(*pause, 500'000);
    longest = std::max(longest, *pause);
  }
  EXPECT_GT(longest, 5'000'000);
  EXPECT_LE(longest, 60'500'000);
}

TEST(RestartPolicy, OnlySoOftenAnHour) {
  ManualClock clock;
  RestartPolicy policy(2, &clock, Random(1));
  EXPECT_TRUE(policy.AfterFailure(kOutage, true));
  clock.Advance(1'800 * kMicrosPerSecond);
  EXPECT_TRUE(policy.AfterFailure(kOutage, true));
  EXPECT_FALSE(policy.AfterFailure(kOutage, true));
  EXPECT_EQ(policy.restarts_in_the_last_hour(), 2U);
  clock.Advance(1'800 * kMicrosPerSecond);
  EXPECT_TRUE(policy.AfterFailure(kOutage, true));
}

TEST(RestartPolicy, WhatNeverRanHasNoCauseThatPasses) {
  ManualClock clock;
  RestartPolicy policy(10, &clock, Random(1));
  EXPECT_FALSE(policy.AfterFailure(kOutage, /*ran=*/false));
  EXPECT_TRUE(policy.AfterFailure(kOutage, /*ran=*/true));
  EXPECT_TRUE(policy.AfterFailure(kOutage, /*ran=*/false)) << "it ran once";
}

TEST(RestartPolicy, WhatSomebodyHasToChangeIsNotTriedAgain) {
  EXPECT_FALSE(RestartPolicy::MayPass(Status::User("a bad record")));
  EXPECT_FALSE(RestartPolicy::MayPass(Status::Environment("no such stream").WithCode("ResourceNotFoundException")));
  EXPECT_FALSE(RestartPolicy::MayPass(Status::Cancelled()));
  EXPECT_TRUE(RestartPolicy::MayPass(Status::Bug("a bug")));
}

}  // namespace
}  // namespace laminar
