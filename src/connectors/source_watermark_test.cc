#include "connectors/source_watermark.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace laminar {
namespace {

constexpr int64_t kSecond = kMicrosPerSecond;
using Split = SourceWatermark::Split;

class CountingWaker final : public Waker {
 public:
  void Wake() override { wakes_++; }
  int wakes() const { return wakes_; }

 private:
  std::atomic<int> wakes_{0};
};

class SourceWatermarkTest : public testing::Test {
 protected:
  SourceWatermarkTest() { mark_.SetWakers({&waker_}); }
  // A row that arrived `lag` after its event time.
  void Row(Split split, int64_t time, int64_t lag = kSecond) {
    const int64_t arrival = time + lag;
    mark_.OnRows(split, {&time, 1}, {&arrival, 1});
  }
  int64_t Now() const { return clock_.WallMicros(); }

  ManualClock clock_;
  SourceMetrics metrics_;
  CountingWaker waker_;
  // Delay 5 s, ahead 1 h, skew 60 s.
  SourceWatermark mark_{EventTimeSettings{}, &clock_, &metrics_};
};

TEST_F(SourceWatermarkTest, LowestOverTheSplits) {
  const Split a = mark_.AddSplit(), b = mark_.AddSplit();
  Row(a, Now());
  EXPECT_EQ(mark_.watermark(), kNoWatermark);
  EXPECT_EQ(metrics_.watermark_micros.Get(), 0);
  EXPECT_EQ(metrics_.waits_for_rows.Get(), 1);
  Row(b, Now() - 3 * kSecond);
  EXPECT_EQ(mark_.watermark(), Now() - 8 * kSecond);
  EXPECT_EQ(metrics_.watermark_micros.Get(), Now() - 8 * kSecond);
  EXPECT_EQ(metrics_.waits_for_rows.Get(), 0);
  EXPECT_EQ(metrics_.event_lag_ms.Get(), 8000);
  Row(b, Now() + kSecond);
  EXPECT_EQ(mark_.watermark(), Now() - 5 * kSecond);
}

TEST_F(SourceWatermarkTest, NeverGoesBack) {
  const Split a = mark_.AddSplit();
  Row(a, Now());
  Row(a, Now() - 100 * kSecond);
  EXPECT_EQ(mark_.watermark(), Now() - 5 * kSecond);
  const Split b = mark_.AddSplit();  // it holds the source where it is
  Row(a, Now() + 50 * kSecond);
  EXPECT_EQ(mark_.watermark(), Now() - 5 * kSecond);
  Row(b, Now() - 100 * kSecond);
  EXPECT_EQ(mark_.watermark(), Now() - 5 * kSecond);
  Row(b, Now() + 10 * kSecond);
  EXPECT_EQ(mark_.watermark(), Now() + 5 * kSecond);
}

TEST_F(SourceWatermarkTest, AChildBeginsAtTheLowestOfItsParents) {
  const Split a = mark_.AddSplit(), b = mark_.AddSplit();
  const Split child = mark_.AddSplit({a, b});
  Row(a, Now());
  Row(b, Now() + 10 * kSecond);
  EXPECT_EQ(mark_.watermark(), Now() - 5 * kSecond) << "a child that has not begun lowers nothing";
  mark_.OnFinished(a);
  EXPECT_EQ(mark_.watermark(), Now() - 5 * kSecond);
  Row(b, Now() + 20 * kSecond);
  mark_.OnFinished(b);
  EXPECT_EQ(mark_.watermark(), Now() - 5 * kSecond);
  Row(child, Now() + 1 * kSecond);
  EXPECT_EQ(mark_.watermark(), Now() - 4 * kSecond);
}

TEST_F(SourceWatermarkTest, AChildOfFinishedParentsBeginsThere) {
  const Split a = mark_.AddSplit();
  Row(a, Now());
  mark_.OnFinished(a);
  const Split child = mark_.AddSplit({a});
  EXPECT_EQ(mark_.watermark(), Now() - 5 * kSecond);
  EXPECT_TRUE(mark_.MayRead(child));
  mark_.OnFinished(child);
  mark_.NoMoreSplits();
  EXPECT_EQ(mark_.watermark(), kEndOfTime);
  EXPECT_EQ(metrics_.event_lag_ms.Get(), 0);
}

TEST_F(SourceWatermarkTest, EndsOnlyWhenNoMoreSplitsCome) {
  const Split a = mark_.AddSplit();
  Row(a, Now());
  mark_.OnFinished(a);
  EXPECT_EQ(mark_.watermark(), Now() - 5 * kSecond);
  mark_.NoMoreSplits();
  EXPECT_EQ(mark_.watermark(), kEndOfTime);
}

TEST_F(SourceWatermarkTest, WithoutSplitsThereIsNoEnd) {
  mark_.NoMoreSplits();
  EXPECT_EQ(mark_.watermark(), kNoWatermark);
}

TEST_F(SourceWatermarkTest, RowsOfTheFarFutureAreCountedAndDoNotCount) {
  const Split a = mark_.AddSplit();
  const int64_t far = Now() + int64_t{75} * 365 * 86400 * kSecond;
  mark_.OnRows(a, {{far}}, {{Now()}});
  EXPECT_EQ(metrics_.ahead_rows.Get(), 1U);
  EXPECT_EQ(mark_.watermark(), kNoWatermark) << "there is no L yet";
  Row(a, Now(), 1024);
  mark_.OnRows(a, {{far, kEndOfTime}}, {{Now() + 20 * kSecond}});
  EXPECT_EQ(metrics_.ahead_rows.Get(), 3U);
  EXPECT_EQ(mark_.watermark(), Now() + 15 * kSecond - 1024) << "as if idle at their arrival";
  mark_.OnRows(a, {{Now() + 3600 * kSecond}}, {{Now()}});
  EXPECT_EQ(metrics_.ahead_rows.Get(), 3U) << "just not too far";
  EXPECT_EQ(mark_.watermark(), Now() + 3595 * kSecond);
}

TEST_F(SourceWatermarkTest, AnUnknownArrivalIsNow) {
  const Split a = mark_.AddSplit();
  mark_.OnRows(a, {{Now() + 3601 * kSecond}}, {{0}});
  EXPECT_EQ(metrics_.ahead_rows.Get(), 1U);
  mark_.OnRows(a, {{Now()}}, {{0}});
  EXPECT_EQ(mark_.watermark(), Now() - 5 * kSecond);
}

TEST_F(SourceWatermarkTest, RowsOf1970AreOnlyLate) {
  const Split a = mark_.AddSplit(), b = mark_.AddSplit();
  Row(a, 0, Now());
  mark_.OnRows(a, {{-kEndOfTime}}, {{Now()}});
  Row(a, Now(), 1024);
  Row(a, Now(), 1024);
  Row(a, 0, Now());
  Row(b, Now(), 1024);
  EXPECT_EQ(mark_.watermark(), Now() - 5 * kSecond);
  for (int i = 0; i < 200; i++) Row(a, Now(), 1024);
  mark_.OnCaughtUp(a, Now() + 9 * kSecond);
  mark_.OnCaughtUp(b, Now() + 9 * kSecond);
  EXPECT_EQ(mark_.watermark(), Now() + 4 * kSecond - 1024);
}

TEST_F(SourceWatermarkTest, AnIdleSplitRisesByTheSourcesLag) {
  const Split a = mark_.AddSplit(), b = mark_.AddSplit();
  for (int i = 0; i < 10; i++) Row(a, Now() - 2 * kSecond, 2 * kSecond);
  mark_.OnCaughtUp(b, Now());
  EXPECT_LE(mark_.watermark(), Now() - 7 * kSecond);
  EXPECT_GE(mark_.watermark(), Now() - 7 * kSecond - 2 * kSecond / 64 - 1024);
}

TEST_F(SourceWatermarkTest, ASplitThatWasCaughtUpBeforeAnyRowRisesWithTheFirst) {
  const Split a = mark_.AddSplit(), b = mark_.AddSplit();
  mark_.OnCaughtUp(b, Now());
  EXPECT_EQ(mark_.watermark(), kNoWatermark);
  Row(a, Now(), 1024);
  EXPECT_EQ(mark_.watermark(), Now() - 5 * kSecond - 1024);
  EXPECT_TRUE(mark_.MayRead(a));
}

TEST_F(SourceWatermarkTest, LateRowsSayNothingOfTheLag) {
  const Split a = mark_.AddSplit();
  for (int i = 0; i < 3; i++) Row(a, Now(), 1024);
  for (int i = 0; i < 9; i++) Row(a, Now() - 100 * kSecond, 100 * kSecond);
  mark_.OnCaughtUp(a, Now() + 10 * kSecond);
  EXPECT_EQ(mark_.watermark(), Now() + 5 * kSecond - 1024);
}

TEST_F(SourceWatermarkTest, OwnWatermarksStandForThoseOfTheRows) {
  const Split a = mark_.AddSplit();
  const int64_t far = Now() + 7200 * kSecond;
  mark_.OnRows(a, {{Now(), Now() + 1, far, Now() + 2}}, {{Now()}}, {{Now() - 9, Now() - 7, far, Now() - 8}});
  EXPECT_EQ(mark_.watermark(), Now() - 7);
}

TEST_F(SourceWatermarkTest, ASplitTooFarAheadWaits) {
  const Split a = mark_.AddSplit(), b = mark_.AddSplit();
  EXPECT_TRUE(mark_.MayRead(a));
  Row(a, Now());
  EXPECT_FALSE(mark_.MayRead(a)) << "the other has not been read yet";
  EXPECT_TRUE(mark_.MayRead(b));
  Row(b, Now() - 60 * kSecond);
  EXPECT_TRUE(mark_.MayRead(a));
  Row(a, Now() + 1);
  EXPECT_FALSE(mark_.MayRead(a));
  EXPECT_TRUE(mark_.MayRead(b));
  const int wakes = waker_.wakes();
  Row(b, Now());
  EXPECT_GT(waker_.wakes(), wakes);
  EXPECT_TRUE(mark_.MayRead(a));
}

TEST_F(SourceWatermarkTest, AParentMayRunAheadWhenTheSourceWaitsForItsChild) {
  const Split a = mark_.AddSplit(), b = mark_.AddSplit(), c = mark_.AddSplit();
  const Split child = mark_.AddSplit({a, mark_.AddSplit({b})});
  for (const Split split : {a, b, c}) Row(split, Now());
  const int wakes = waker_.wakes();
  mark_.OnFinished(a);
  EXPECT_GT(waker_.wakes(), wakes);
  Row(b, Now() + 500 * kSecond);
  Row(c, Now() + 500 * kSecond);
  EXPECT_TRUE(mark_.MayRead(b)) << "the child stands at the end of a until b is read";
  EXPECT_FALSE(mark_.MayRead(c));
  EXPECT_TRUE(mark_.MayRead(child));
}

TEST_F(SourceWatermarkTest, WakesWhenItRisesAndNotElse) {
  const Split a = mark_.AddSplit();
  Row(a, Now());
  EXPECT_EQ(waker_.wakes(), 1);
  Row(a, Now());
  Row(a, Now() - kSecond);
  mark_.OnCaughtUp(a, Now() - 100 * kSecond);
  EXPECT_EQ(waker_.wakes(), 1);
}

TEST_F(SourceWatermarkTest, ARaisedSplitPromisesIt) {
  const Split a = mark_.AddSplit();
  mark_.Raise(a, Now());
  EXPECT_EQ(mark_.watermark(), Now());
  mark_.Raise(a, kEndOfTime);
  EXPECT_LT(mark_.watermark(), kEndOfTime) << "only the end of all splits is the end";
}

// What the splits have promised, kept naively: by the rules of the header.
struct Promises {
  struct One {
    int64_t own = kNoWatermark;
    std::vector<Split> parents;
    bool finished = false;
  };
  std::vector<One> splits;

  bool Begun(Split split) const {
    return std::all_of(splits[split].parents.begin(), splits[split].parents.end(),
                       [this](Split parent) { return splits[parent].finished; });
  }
  int64_t Of(Split split) const {
    const One& one = splits[split];
    if (one.parents.empty()) return one.own;
    int64_t lowest = kEndOfTime;
    for (const Split parent : one.parents) lowest = std::min(lowest, Of(parent));
    return std::max(one.own, lowest);
  }
  int64_t Lowest() const {
    int64_t lowest = kEndOfTime;
    for (Split split = 0; split < splits.size(); split++) {
      if (!splits[split].finished) lowest = std::min(lowest, Of(split));
    }
    return lowest;
  }
};

RC_GTEST_PROP(SourceWatermarkProperty, IsTheLowestPromiseAndNeverGoesBack, ()) {
  ManualClock clock;
  SourceMetrics metrics;
  const int64_t delay = *rc::gen::inRange(0, 10) * kSecond;
  SourceWatermark mark({delay, 3600 * kSecond, 60 * kSecond}, &clock, &metrics);
  Promises promises;
  const int roots = *rc::gen::inRange(1, 5);
  for (int i = 0; i < roots; i++) {
    mark.AddSplit();
    promises.splits.emplace_back();
  }
  int64_t last = kNoWatermark;
  const auto steps = *rc::gen::container<std::vector<std::tuple<int, unsigned, int>>>(
      rc::gen::tuple(rc::gen::inRange(0, 10), rc::gen::arbitrary<unsigned>(), rc::gen::inRange(-50, 50)));
  for (const auto& [what, which, by] : steps) {
    const auto split = static_cast<Split>(which % promises.splits.size());
    const bool readable = promises.Begun(split) && !promises.splits[split].finished;
    int64_t& own = promises.splits[split].own;
    if (what == 0) {
      const auto other = static_cast<Split>((which / 7) % promises.splits.size());
      const std::vector<Split> parents = split == other ? std::vector{split} : std::vector{split, other};
      promises.splits.push_back({kNoWatermark, parents, false});
      // A parent was finished before its child was added: the source went on without it, as it could not know.
      if (promises.Of(static_cast<Split>(promises.splits.size() - 1)) < last) {
        promises.splits.pop_back();
        continue;
      }
      mark.AddSplit(parents);
    } else if (what == 1 && readable) {
      mark.OnFinished(split);
      promises.splits[split].finished = true;
    } else if (what == 2 && readable) {
      const int64_t to = clock.WallMicros() + by * kSecond;
      mark.Raise(split, to);
      own = std::max(own, to);
    } else if (readable) {
      const int64_t time = clock.WallMicros() + by * kSecond;
      mark.OnRows(split, {{time, time - 1}}, {{clock.WallMicros()}});
      own = std::max(own, time - delay);
    }
    const int64_t now = mark.watermark();
    RC_ASSERT(now >= last);
    if (promises.Lowest() != kEndOfTime) RC_ASSERT(now <= promises.Lowest());
    RC_ASSERT(now == std::max(last, promises.Lowest() == kEndOfTime ? last : promises.Lowest()));
    last = now;
    clock.Advance(kSecond);
  }
  for (bool more = true; more;) {
    more = false;
    for (Split split = 0; split < promises.splits.size(); split++) {
      if (promises.splits[split].finished) continue;
      more = true;
      if (!promises.Begun(split)) continue;
      RC_ASSERT(mark.watermark() != kEndOfTime);
      mark.OnFinished(split);
      promises.splits[split].finished = true;
    }
  }
  RC_ASSERT(mark.watermark() != kEndOfTime);
  mark.NoMoreSplits();
  RC_ASSERT(mark.watermark() == kEndOfTime);
}

TEST_F(SourceWatermarkTest, ManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kRows = 2000;
  std::vector<Split> splits;
  for (int i = 0; i < kThreads; i++) splits.push_back(mark_.AddSplit());
  std::vector<std::thread> threads;
  std::atomic<bool> went_back{false};
  for (const Split split : splits) {
    threads.emplace_back([this, split, &went_back] {
      int64_t last = kNoWatermark;
      for (int i = 0; i < kRows; i++) {
        Row(split, Now() + i * 1000);
        const int64_t now = mark_.watermark();
        if (now < last || now > Now() + i * 1000 - 5 * kSecond) went_back = true;
        last = now;
        (void)mark_.MayRead(split);
      }
      mark_.OnFinished(split);
    });
  }
  for (std::thread& thread : threads) thread.join();
  mark_.NoMoreSplits();
  EXPECT_FALSE(went_back);
  EXPECT_EQ(mark_.watermark(), kEndOfTime);
}

}  // namespace
}  // namespace laminar
