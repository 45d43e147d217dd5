#include "connectors/dealt_ranges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace laminar {
namespace {

using ::testing::HasSubstr;

TEST(DealtRanges, AreDealtInOrderUpToTheLimit) {
  DealtRanges ranges(10);
  EXPECT_EQ(ranges.Take(4)->end, 4);
  EXPECT_EQ(ranges.Take(4, 6)->end, 6);
  EXPECT_FALSE(ranges.Take(4, 6).has_value());
  EXPECT_FALSE(ranges.AllDealt());
  EXPECT_EQ(ranges.Take(100)->end, 10);
  EXPECT_TRUE(ranges.AllDealt());
}

// Every number once, whatever the readers have in hand when the position is taken, and however many go on from it.
TEST(DealtRanges, EveryNumberIsDealtOnceAcrossRestarts) {
  EXPECT_TRUE(rc::check([] {
    const int64_t end = *rc::gen::inRange(0, 200);
    std::vector<int> seen(static_cast<size_t>(end));
    std::string position;
    for (int run = 0; run < 3; run++) {
      DealtRanges ranges(end);
      if (!position.empty()) RC_ASSERT(ranges.Resume(position).ok());
      std::vector<std::shared_ptr<DealtRanges::Range>> readers;
      for (int i = *rc::gen::inRange(1, 4); i > 0; i--) readers.push_back(ranges.AddReader());
      const int steps = run == 2 ? 10'000 : *rc::gen::inRange(0, 60);
      for (int step = 0; step < steps; step++) {
        auto& reader = *readers[static_cast<size_t>(step) % readers.size()];
        if (reader.begin == reader.end) {
          if (const auto range = ranges.Take(*rc::gen::inRange(1, 9))) reader = *range;
        } else {
          seen[static_cast<size_t>(reader.begin++)]++;
        }
        if (run == 2 && ranges.AllDealt() &&
            std::all_of(readers.begin(), readers.end(), [](const auto& each) { return each->begin == each->end; }))
          break;
      }
      position = ranges.Position();
    }
    for (const int times : seen) RC_ASSERT(times == 1);
  }));
}

TEST(DealtRanges, APositionOfSomethingElseIsRefused) {
  DealtRanges ranges(10);
  EXPECT_EQ(ranges.Resume("{}").kind(), StatusKind::kEnvironment);
  EXPECT_EQ(ranges.Resume("nonsense").kind(), StatusKind::kEnvironment);
  const Status further = DealtRanges(10).Resume(R"({"next":11,"open":[]})");
  EXPECT_EQ(further.kind(), StatusKind::kUser);
  EXPECT_THAT(further.hint(), HasSubstr("--fresh"));
  EXPECT_FALSE(DealtRanges(10).Resume(R"({"next":5,"open":[[7,3]]})").ok());
  EXPECT_FALSE(DealtRanges(10).Resume(R"({"next":-1,"open":[]})").ok());
}

}  // namespace
}  // namespace laminar
