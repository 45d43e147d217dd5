// Runs of some thousand items are sorted on their own. Taking looks at each run's front: there are few runs, and what
// they give is sorted together, which merges a few ascending sequences. No item moves more than about twice, however
// far the splits are apart; one heap would move each through all its levels.
#include "stream/operators/time_order.h"

#include <algorithm>

namespace laminar {

namespace {

constexpr size_t kRunItems = 4096;

bool Earlier(const TimeOrder::Item& a, const TimeOrder::Item& b) {
  return a.time < b.time;
}

}  // namespace

void TimeOrder::Seal() {
  if (fresh_.empty()) return;
  if (!std::is_sorted(fresh_.begin(), fresh_.end(), Earlier)) {
    std::stable_sort(fresh_.begin(), fresh_.end(), Earlier);
  }
  if (runs_.empty() || runs_.back().items.size() + fresh_.size() > kRunItems) {
    runs_.emplace_back();
    runs_.back().items.swap(fresh_);
    return;
  }
  Run& run = runs_.back();
  const size_t old = run.items.size();
  run.items.insert(run.items.end(), fresh_.begin(), fresh_.end());
  const auto middle = run.items.begin() + static_cast<ptrdiff_t>(old);
  // Only from where the two overlap.
  const auto from = std::upper_bound(run.items.begin() + static_cast<ptrdiff_t>(run.begin), middle, *middle, Earlier);
  std::inplace_merge(from, middle, run.items.end(), Earlier);
  fresh_.clear();
}

void TimeOrder::TakeBelow(int64_t time, std::vector<Item>* items) {
  const size_t first = items->size();
  for (Run& run : runs_) {
    const auto begin = run.items.begin() + static_cast<ptrdiff_t>(run.begin);
    const auto end = std::lower_bound(begin, run.items.end(), Item{time, 0}, Earlier);
    items->insert(items->end(), begin, end);
    run.begin = static_cast<size_t>(end - run.items.begin());
  }
  std::erase_if(runs_, [](const Run& run) { return run.begin == run.items.size(); });
  const auto taken = items->begin() + static_cast<ptrdiff_t>(first);
  if (!std::is_sorted(taken, items->end(), Earlier)) std::stable_sort(taken, items->end(), Earlier);
}

int64_t TimeOrder::bytes() const {
  size_t items = fresh_.capacity();
  for (const Run& run : runs_) items += run.items.capacity();
  return static_cast<int64_t>(items * sizeof(Item) + runs_.size() * sizeof(Run));
}

}  // namespace laminar
