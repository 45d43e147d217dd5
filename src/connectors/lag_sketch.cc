// A log-linear histogram, as in Gil Tene's HdrHistogram: each power of two is cut into 64 equal buckets, so a bucket is
// at most 1/64 of its lowest value wide. Ten of them, one a minute, and their sum; the oldest is subtracted when its
// minute comes again.
#include "connectors/lag_sketch.h"

#include <algorithm>
#include <bit>

#include "base/clock.h"

namespace laminar {

namespace {

constexpr int64_t kSlotMicros = 60 * kMicrosPerSecond;
constexpr int kUnitShift = 10;  // 1 unit = 1.024 ms

}  // namespace

LagSketch::LagSketch() : sum_(kBuckets) {
  for (std::vector<uint32_t>& slice : slices_) slice.resize(kBuckets);
}

size_t LagSketch::Bucket(int64_t lag_micros) {
  constexpr uint64_t kMost = (uint64_t{1} << kMostBits) - 1;
  const uint64_t micros = lag_micros > 0 ? static_cast<uint64_t>(lag_micros) : 0;
  const uint64_t units = std::min(kMost, (micros + (1 << kUnitShift) - 1) >> kUnitShift);
  const int shift = std::max(0, static_cast<int>(std::bit_width(units)) - kSubBits - 1);
  return (static_cast<size_t>(shift) << kSubBits) + (units >> shift);
}

int64_t LagSketch::HighestOf(size_t bucket) {
  const size_t shift = bucket < (2 << kSubBits) ? 0 : (bucket >> kSubBits) - 1;
  const size_t units = (((bucket - (shift << kSubBits)) + 1) << shift) - 1;
  return static_cast<int64_t>(units) << kUnitShift;
}

void LagSketch::Advance(int64_t steady_micros) {
  const int64_t minute = steady_micros / kSlotMicros;
  if (restored_p99_ && !restored_minute_) restored_minute_ = minute;
  if (restored_p99_ && minute - *restored_minute_ >= static_cast<int64_t>(kSlices)) restored_p99_.reset();
  if (!minute_) minute_ = minute;
  if (minute <= *minute_) return;
  if (count_ > 0) last_p99_ = P99();
  const int64_t passed = std::min<int64_t>(minute - *minute_, kSlices);
  for (int64_t i = 0; i < passed; i++) {
    slice_ = (slice_ + 1) % kSlices;
    for (size_t bucket = 0; bucket < kBuckets; bucket++) {
      const uint32_t old = slices_[slice_][bucket];
      sum_[bucket] -= old;
      count_ -= old;
    }
    std::fill(slices_[slice_].begin(), slices_[slice_].end(), 0);
  }
  minute_ = minute;
}

std::optional<int64_t> LagSketch::P99() const {
  const std::optional<int64_t> p99 = P99OfSlices();
  return restored_p99_ && p99 ? std::max(*p99, *restored_p99_) : p99;
}

std::optional<int64_t> LagSketch::P99OfSlices() const {
  if (count_ == 0) return last_p99_;
  const uint64_t above = count_ == 1 ? 0 : std::max<uint64_t>(1, count_ / 100);
  uint64_t seen = 0;
  for (size_t bucket = kBuckets; bucket-- > 0;) {
    seen += sum_[bucket];
    if (seen > above) return HighestOf(bucket);
  }
  return last_p99_;
}

}  // namespace laminar
