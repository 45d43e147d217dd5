#include "base/units.h"

#include <gtest/gtest.h>

namespace laminar {
namespace {

TEST(Units, Bytes) {
  EXPECT_EQ(*ParseBytes("4000000"), 4000000);
  EXPECT_EQ(*ParseBytes(" 64 KiB "), 65536);
  EXPECT_EQ(*ParseBytes("1.5gb"), 1500000000);
  EXPECT_FALSE(ParseBytes("").ok());
  EXPECT_FALSE(ParseBytes("-1").ok());
  EXPECT_FALSE(ParseBytes("12 parsecs").ok());
  EXPECT_FALSE(ParseBytes("1e30").ok());
}

TEST(Units, Millis) {
  EXPECT_EQ(*ParseMillis("100"), 100);
  EXPECT_EQ(*ParseMillis("5 seconds"), 5000);
  EXPECT_EQ(*ParseMillis("2min"), 120000);
  EXPECT_FALSE(ParseMillis("soon").ok());
}

TEST(Units, Format) {
  EXPECT_EQ(FormatBytes(512), "512 B");
  EXPECT_EQ(FormatBytes(4000000), "4.0 MB");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatCount(12), "12");
  EXPECT_EQ(FormatDuration(1'500'000), "1.5 s");
  EXPECT_EQ(FormatDuration(185'000'000), "3 min 5 s");
  constexpr int64_t kHour = 3'600'000'000;
  EXPECT_EQ(FormatDuration(47 * kHour), "47 h 0 min");
  EXPECT_EQ(FormatDuration(75 * kHour), "3 d 3 h");
  EXPECT_EQ(FormatDuration((365 + 40) * 24 * kHour), "1 y 40 d");
  EXPECT_EQ(FormatDuration(int64_t{56} * 365 * 24 * kHour), "56 years");
  EXPECT_EQ(FormatDuration(INT64_MAX), "292,471 years");
}

}  // namespace
}  // namespace laminar
