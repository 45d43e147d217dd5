// The source's watermark is the lowest over its unfinished splits. Only when a split that holds the lowest rises are
// all splits looked through.
//
// A child that waits for its parents is in the minimum with the lowest last watermark of those that are finished; the
// others are in it themselves. So nothing is promised that the child could break, and while its parents are read the
// child takes nothing away.
#include "connectors/source_watermark.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "connectors/lag_sketch.h"

namespace laminar {

namespace {

int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return a < 0 ? kNoWatermark : kEndOfTime;
  return sum;
}

int64_t SaturatingSubtract(int64_t a, int64_t b) {
  int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) return a < 0 ? kNoWatermark : kEndOfTime;
  return difference;
}

}  // namespace

struct SourceWatermark::Rep {
  struct State {
    int64_t watermark = kNoWatermark;  // what the split promises; when it is finished: its last promise
    int waiting = 0;                   // parents that are not finished
    int64_t inherited = kEndOfTime;    // the lowest last promise of its finished parents
    std::vector<Split> children;       // that wait for it
    bool finished = false;
    std::optional<int64_t> caught_up_micros;  // service time of its last caught-up answer, while there is no L

    // Its part in the minimum.
    int64_t Counts() const {
      if (finished) return kEndOfTime;
      return waiting > 0 ? std::max(watermark, inherited) : watermark;
    }
  };

  Rep(const EventTimeSettings& of_table, const Clock* its_clock, SourceMetrics* its_metrics)
      : settings(of_table), clock(its_clock), metrics(its_metrics) {}

  // After a change of a split that counted with `before`.
  void Keep(const State& split, int64_t before);
  void RaiseTo(State* split, int64_t watermark);
  // What a split has reached when everything that had arrived by then is decoded; nothing without an L.
  int64_t IdleAt(int64_t arrival_micros, std::optional<int64_t> lag) const {
    return lag ? SaturatingSubtract(arrival_micros, SaturatingAdd(*lag, settings.max_delay_micros)) : kNoWatermark;
  }
  // Whether a split that waits for it, or for one that does, holds the source back.
  bool HoldsBackThroughChildren(const State& split) const;
  // Lets the world see a watermark that rose; unlocks. wake: a split may be read now although it did not rise.
  void Publish(std::unique_lock<std::mutex> lock, bool wake = false);

  const EventTimeSettings settings;
  const Clock* const clock;
  SourceMetrics* const metrics;
  std::atomic<int64_t> published{kNoWatermark};  // written under the mutex

  mutable std::mutex mutex;  // guards everything below
  std::vector<Waker*> wakers;
  std::deque<State> splits;
  size_t unfinished = 0;
  bool no_more_splits = false;
  int64_t restored = kNoWatermark;    // no split is below it
  int64_t before_end = kNoWatermark;  // what was published last before the end of time
  int64_t lowest = kEndOfTime;        // over Counts() of all splits; goes down when a split is added
  LagSketch lags;
};

void SourceWatermark::Rep::Keep(const State& split, int64_t before) {
  const int64_t after = split.Counts();
  if (after <= lowest) {
    lowest = after;
  } else if (before == lowest) {
    lowest = kEndOfTime;
    for (const State& each : splits) lowest = std::min(lowest, each.Counts());
  }
}

void SourceWatermark::Rep::RaiseTo(State* split, int64_t watermark) {
  // The end of time is no promise about rows: only the end of all splits is.
  watermark = std::min(watermark, kEndOfTime - 1);
  if (watermark <= split->watermark) return;
  const int64_t before = split->Counts();
  split->watermark = watermark;
  Keep(*split, before);
}

bool SourceWatermark::Rep::HoldsBackThroughChildren(const State& split) const {
  return std::any_of(split.children.begin(), split.children.end(), [this](Split number) {
    const State& child = splits[number];
    return child.inherited != kEndOfTime || HoldsBackThroughChildren(child);
  });
}

void SourceWatermark::Rep::Publish(std::unique_lock<std::mutex> lock, bool wake) {
  const int64_t before = published.load(std::memory_order_relaxed);
  int64_t now = before;
  if (unfinished > 0) {
    now = std::max(before, std::min(lowest, kEndOfTime - 1));
  } else if (no_more_splits && !splits.empty()) {
    now = kEndOfTime;
  }
  metrics->waits_for_rows.Set(now == kNoWatermark ? 1 : 0);
  if (now != kEndOfTime) before_end = now;
  if (now == kEndOfTime) {
    metrics->event_lag_ms.Set(0);
  } else if (now != kNoWatermark) {
    metrics->watermark_micros.Set(now);
    metrics->event_lag_ms.Set(SaturatingSubtract(clock->WallMicros(), now) / kMicrosPerMilli);
  }
  if (now == before && !wake) return;
  published.store(now, std::memory_order_release);
  const std::vector<Waker*> to_wake = wakers;
  lock.unlock();
  for (Waker* waker : to_wake) waker->Wake();
}

SourceWatermark::SourceWatermark(const EventTimeSettings& settings, const Clock* clock, SourceMetrics* metrics)
    : rep_(std::make_unique<Rep>(settings, clock, metrics)) {}

SourceWatermark::~SourceWatermark() = default;

void SourceWatermark::SetWakers(std::vector<Waker*> wakers) {
  std::lock_guard lock(rep_->mutex);
  rep_->wakers = std::move(wakers);
}

SourceWatermark::Split SourceWatermark::AddSplit(const std::vector<Split>& parents) {
  std::unique_lock lock(rep_->mutex);
  CHECK(!rep_->no_more_splits);
  const auto number = static_cast<Split>(rep_->splits.size());
  Rep::State split;
  for (const Split parent : parents) {
    Rep::State& state = rep_->splits.at(parent);
    if (state.finished) {
      split.inherited = std::min(split.inherited, state.watermark);
    } else {
      split.waiting++;
      state.children.push_back(number);
    }
  }
  if (split.waiting == 0 && !parents.empty()) split.watermark = split.inherited;
  if (split.waiting == 0) split.watermark = std::max(split.watermark, rep_->restored);
  const bool waits_on = split.waiting > 0 && split.inherited != kEndOfTime;
  rep_->unfinished++;
  rep_->splits.push_back(std::move(split));
  rep_->Keep(rep_->splits.back(), kEndOfTime);
  rep_->Publish(std::move(lock), waits_on);
  return number;
}

void SourceWatermark::OnRows(Split split, std::span<const int64_t> event_times, std::span<const int64_t> arrivals,
                             std::span<const int64_t> own_watermarks) {
  CHECK(arrivals.size() == event_times.size() || arrivals.size() == 1);
  CHECK(own_watermarks.empty() || own_watermarks.size() == event_times.size());
  if (event_times.empty()) return;
  const int64_t now = rep_->clock->WallMicros();
  const int64_t delay = rep_->settings.max_delay_micros;
  uint64_t ahead = 0;
  std::unique_lock lock(rep_->mutex);
  rep_->lags.Advance(rep_->clock->SteadyMicros());
  const bool had_lag = !rep_->lags.empty();
  std::optional<std::optional<int64_t>> lag;  // L, once a row of the batch asked for it
  Rep::State& state = rep_->splits.at(split);
  CHECK(!state.finished);
  int64_t reached = state.watermark;
  for (size_t row = 0; row < event_times.size(); row++) {
    const int64_t arrived = arrivals[arrivals.size() == 1 ? 0 : row];
    const int64_t arrival = arrived != 0 ? arrived : now;
    const int64_t time = event_times[row];
    int64_t promise = 0;
    if (time > SaturatingAdd(arrival, rep_->settings.max_ahead_micros)) [[unlikely]] {
      ahead++;
      if (!lag) lag = rep_->lags.P99();
      promise = rep_->IdleAt(arrival, *lag);
    } else {
      if (time >= reached) rep_->lags.Add(SaturatingSubtract(arrival, time));
      promise = own_watermarks.empty() ? SaturatingSubtract(time, delay) : own_watermarks[row];
    }
    reached = std::max(reached, promise);
  }
  rep_->RaiseTo(&state, reached);
  // The splits that were caught up before there was an L.
  if (!had_lag && !rep_->lags.empty()) {
    const std::optional<int64_t> first = rep_->lags.P99();
    for (Rep::State& each : rep_->splits) {
      if (!each.caught_up_micros || each.finished) continue;
      rep_->RaiseTo(&each, rep_->IdleAt(*std::exchange(each.caught_up_micros, std::nullopt), first));
    }
  }
  if (ahead > 0) rep_->metrics->ahead_rows.Add(ahead);
  rep_->Publish(std::move(lock));
}

void SourceWatermark::OnCaughtUp(Split split, int64_t service_micros) {
  std::unique_lock lock(rep_->mutex);
  rep_->lags.Advance(rep_->clock->SteadyMicros());
  const std::optional<int64_t> lag = rep_->lags.P99();
  Rep::State& state = rep_->splits.at(split);
  CHECK(!state.finished);
  if (lag) {
    rep_->RaiseTo(&state, rep_->IdleAt(service_micros, lag));
  } else {
    state.caught_up_micros = service_micros;
  }
  rep_->Publish(std::move(lock));
}

void SourceWatermark::Raise(Split split, int64_t watermark) {
  std::unique_lock lock(rep_->mutex);
  rep_->RaiseTo(&rep_->splits.at(split), watermark);
  rep_->Publish(std::move(lock));
}

void SourceWatermark::OnFinished(Split split) {
  std::unique_lock lock(rep_->mutex);
  Rep::State& state = rep_->splits.at(split);
  CHECK(!state.finished);
  // The children first: they stand in the minimum before the parent leaves it.
  const bool has_children = !state.children.empty();
  for (const Split number : std::exchange(state.children, {})) {
    Rep::State& child = rep_->splits.at(number);
    const int64_t before = child.Counts();
    child.inherited = std::min(child.inherited, state.watermark);
    if (--child.waiting == 0) child.watermark = std::max(child.watermark, child.inherited);
    rep_->Keep(child, before);
  }
  const int64_t before = state.Counts();
  state.finished = true;
  rep_->unfinished--;
  rep_->Keep(state, before);
  rep_->Publish(std::move(lock), has_children);
}

bool SourceWatermark::MayRead(Split split) const {
  std::lock_guard lock(rep_->mutex);
  const Rep::State& state = rep_->splits.at(split);
  const int64_t source = rep_->published.load(std::memory_order_relaxed);
  // A child of two shards holds the source at the end of the first until the second has been read to its end, however
  // far ahead that one is.
  return state.watermark <= SaturatingAdd(source, rep_->settings.max_skew_micros) ||
         rep_->HoldsBackThroughChildren(state);
}

int64_t SourceWatermark::watermark() const {
  return rep_->published.load(std::memory_order_acquire);
}

SourceWatermark::Saved SourceWatermark::Save() const {
  std::lock_guard lock(rep_->mutex);
  // The end of all splits says nothing about those of a later run: then the last watermark before it.
  int64_t watermark = rep_->published.load(std::memory_order_relaxed);
  if (watermark == kEndOfTime) {
    watermark = rep_->before_end;
  }
  return {watermark, rep_->lags.P99()};
}

void SourceWatermark::Restore(const Saved& saved) {
  std::unique_lock lock(rep_->mutex);
  CHECK(rep_->splits.empty() && saved.watermark != kEndOfTime);
  rep_->restored = rep_->before_end = saved.watermark;
  rep_->published.store(saved.watermark, std::memory_order_release);
  if (saved.lag_micros) rep_->lags.StartWith(*saved.lag_micros);
  rep_->Publish(std::move(lock));
}

void SourceWatermark::NoMoreSplits() {
  std::unique_lock lock(rep_->mutex);
  rep_->no_more_splits = true;
  rep_->Publish(std::move(lock));
}

int64_t SourceWatermark::WatermarkOf(Split split) const {
  std::lock_guard lock(rep_->mutex);
  return rep_->splits.at(split).watermark;
}

}  // namespace laminar
