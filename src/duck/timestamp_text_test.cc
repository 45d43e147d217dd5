#include "duck/timestamp_text.h"

#include <gtest/gtest.h>

#include <limits>

#include "duckdb/common/types/timestamp.hpp"

#include "base/random.h"

namespace laminar {
namespace {

TEST(TimestampText, IsDuckDbsOwnWhereThatHasOne) {
  Random random(7);
  for (int i = 0; i < 10'000; i++) {
    // Of every size, before and after 1970.
    const auto value = static_cast<int64_t>(random.Next() >> random.Uniform(60)) * (i % 2 == 0 ? 1 : -1);
    const int64_t micros = value / 2;
    if (micros < -9'223'372'022'400'000'000) continue;
    const int64_t rest = ((micros % 1'000'000) + 1'000'000) % 1'000'000;
    EXPECT_EQ(TimestampText((micros - rest) / 1'000'000, static_cast<int32_t>(rest * 1000)),
              duckdb::Timestamp::ToString(duckdb::timestamp_t(micros)));
  }
  EXPECT_EQ(TimestampText(0, 250'000'001), "1970-01-01 00:00:00.250000001");
}

TEST(TimestampText, HasOneForEveryTime) {
  EXPECT_EQ(TimestampText(-9'223'372'036'855, 224'192'000), "290309-12-21 (BC) 19:59:05.224192");
  EXPECT_EQ(TimestampText(std::numeric_limits<int64_t>::max(), 0), "9223372036854775807");
  EXPECT_EQ(TimestampText(std::numeric_limits<int64_t>::min(), 999'999'999), "-9223372036854775808");
}

}  // namespace
}  // namespace laminar
