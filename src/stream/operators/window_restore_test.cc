// Windows across checkpoints: a run that was interrupted gives what one gives that was not.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "stream/operators/windows_for_test.h"

namespace laminar {
namespace {

class WindowRestoreTest : public WindowTest {
 protected:
  void Apply(const TestStep& step) {
    if (step.watermark) {
      Watermark(*step.watermark);
    } else {
      Rows(step.rows);
    }
  }
  void Append(std::vector<std::string>* lines) {
    for (std::string& line : Take()) lines->push_back(std::move(line));
  }

  // Steps, some of them while the state is written; then on from that state, and the same once more.
  void Interrupted(const WindowAggregateNode& node) {
    const std::vector<TestStep> steps = AnySteps(60);
    Start(node);
    for (const TestStep& step : steps) Apply(step);
    End();
    std::vector<std::string> expected;
    Append(&expected);

    std::vector<std::string> found;
    Start(node);
    size_t at = 0;
    for (int restart = 0; restart < 2; restart++) {
      const size_t until = *rc::gen::inRange<size_t>(at, steps.size() + 1);
      for (; at < until; at++) Apply(steps[at]);
      Append(&found);
      // What happens while the state is written is not in it, and comes again.
      const size_t lost = std::min<size_t>(steps.size(), until + *rc::gen::inRange<size_t>(0, 5));
      int64_t watermark = 0;
      std::vector<std::string> before;
      const std::vector<StatePart> parts = Save([&] {
        watermark = op().SavedWatermark();
        Append(&before);  // what the barrier made a partial aggregate give out
        for (size_t step = until; step < lost; step++) Apply(steps[step]);
      });
      found.insert(found.end(), before.begin(), before.end());
      Restore(node, parts, watermark);
    }
    for (; at < steps.size(); at++) Apply(steps[at]);
    End();
    Append(&found);
    RC_ASSERT(Sorted(found) == Sorted(expected));
  }

  static std::vector<std::string> Sorted(std::vector<std::string> lines) {
    std::erase_if(lines, [](const std::string& line) { return line.starts_with("W"); });
    std::sort(lines.begin(), lines.end());
    return lines;
  }
};

TEST_F(WindowRestoreTest, AnInterruptedTumbleGivesTheSame) {
  EXPECT_TRUE(rc::check([&] { Interrupted(Node(WindowKind::kTumble, 20)); }));
}
TEST_F(WindowRestoreTest, AnInterruptedHopGivesTheSame) {
  EXPECT_TRUE(rc::check([&] { Interrupted(Node(WindowKind::kHop, 50, *rc::gen::element<int64_t>(10, 20, 60))); }));
}
// Rows of a pane that come while it waits behind the front make it two panes, of which the first holds both's merges.
TEST_F(WindowRestoreTest, APaneThatJoinedTwiceCountsOnce) {
  const auto node = Node(WindowKind::kHop, 50, 20);
  Start(node);
  Rows({{"a", -15, 1}, {"a", 5, 2}});
  Watermark(10);  // [-40, 10): the panes of -20 and 0 join
  Rows({{"a", 7, 4}, {"b", 7, 8}});
  Watermark(30);  // [-20, 30): that of 0 once more; then that of -20 leaves, and the others are the front
  Take();
  Restore(node, Save(), 30);
  End();
  EXPECT_EQ(ByWindowAndKey(Take()), (std::vector<std::string>{TestLine("a", 0, 50, 6, 4), TestLine("b", 0, 50, 8, 8)}));
}
TEST_F(WindowRestoreTest, AnInterruptedGroupByTimeGivesTheSame) {
  EXPECT_TRUE(rc::check([&] { Interrupted(Node(WindowKind::kInstant, 0)); }));
}
TEST_F(WindowRestoreTest, InterruptedSessionsGiveTheSame) {
  EXPECT_TRUE(rc::check([&] { Interrupted(Node(WindowKind::kSession, 15)); }));
}

TEST_F(WindowRestoreTest, APaneWithManyGroupsIsWrittenAgainOnlyWhenItHasChanged) {
  Start(Node(WindowKind::kTumble, 10));
  for (int batch = 0; batch < 3; batch++) {
    std::vector<TestRow> rows;
    for (int i = 0; i < 2000; i++) rows.push_back({std::to_string(batch * 2000 + i), 5});
    Rows(rows);
  }
  Rows({{"a", 15}});
  const auto first = Save();
  Rows({{"b", 15}});
  const auto second = Save();
  ASSERT_EQ(first.size(), 2U);
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(first[0].part, second[0].part);
  EXPECT_NE(first[1].part, second[1].part);
  Rows({{"0", 5}});
  const auto third = Save([&] { Rows({{"1", 5}}); });  // changed while it is written
  EXPECT_NE(second[0].part, third[0].part);
  const auto fourth = Save();
  EXPECT_NE(third[0].part, fourth[0].part);
  EXPECT_EQ(fourth[0].part, Save()[0].part);
}

// Every cut of a part is seen.
TEST_F(WindowRestoreTest, DamageIsAnError) {
  const auto node = Node(WindowKind::kTumble, 10);
  Start(node);
  Rows({{"a", 5, 1}, {"b", 15, 2}});
  const auto parts = Save();
  ASSERT_EQ(parts.size(), 1U);
  const std::string whole = parts[0].part->bytes;
  for (size_t length = 0; length < whole.size(); length++) {
    parts[0].part->bytes = whole.substr(0, length);
    Start(node, AggregateMode::kMerge, /*restores=*/true);
    const Status status = op().Restore(StateInput(parts, 0, 1), kNoWatermark);
    EXPECT_EQ(status.kind(), StatusKind::kEnvironment) << length;
  }
}

}  // namespace
}  // namespace laminar
