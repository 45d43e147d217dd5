#include "connectors/kinesis/start_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace laminar::kinesis {
namespace {

constexpr int64_t kNoon = 1'769'860'800'000'000;  // 2026-01-31 12:00:00 UTC

int64_t Parsed(std::string_view text) {
  const Result<int64_t> time = ParseStartTime(text);
  return time.ok() ? *time : -1;
}

TEST(StartTime, ReadsTextAndNumbers) {
  for (const char* text : {"2026-01-31T12:00:00Z", "2026-01-31 12:00:00", "2026-01-31T13:00:00+01:00",
                           "2026-01-31 12:00:00 UTC", "1769860800", "1769860800000", "1769860800000000"}) {
    EXPECT_EQ(Parsed(text), kNoon) << text;
  }
  EXPECT_EQ(Parsed("2026-01-31T12:00:00.25Z"), kNoon + 250'000);
  EXPECT_EQ(Parsed("1769860800.25"), kNoon + 250'000);
  EXPECT_EQ(Parsed("2026-01-31"), kNoon - 43'200'000'000);
}

TEST(StartTime, RefusesWhatIsNoTime) {
  for (const char* text : {"", "yesterday", "2026-13-01", "2026-01-31T25:00:00Z", "2026-01-31 12:00:00 Mars/Base",
                           "1969-12-31", "infinity", "-1", "1e30", "nan", "12 o'clock"}) {
    const Result<int64_t> time = ParseStartTime(text);
    ASSERT_FALSE(time.ok()) << text;
    EXPECT_EQ(time.status().kind(), StatusKind::kUser);
    EXPECT_THAT(time.status().message(), testing::HasSubstr(std::string("'") + text + "'"));
    EXPECT_THAT(time.status().hint(), testing::HasSubstr("2026-01-31T12:00:00Z"));
  }
}

TEST(StartTime, IsWrittenInUtc) {
  EXPECT_EQ(FormatTime(kNoon), "2026-01-31 12:00:00 UTC");
}

}  // namespace
}  // namespace laminar::kinesis
