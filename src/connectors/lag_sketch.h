// LagSketch: the 99th percentile of a source's lag (arrival - event time) over its last ten minutes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace laminar {

// Not thread-safe. About 120 KB.
class LagSketch {
 public:
  LagSketch();
  // SteadyMicros, never going back: what is added from now on belongs to that minute, what is older than ten minutes is
  // forgotten - but for the last percentile, which stands until there is something newer.
  void Advance(int64_t steady_micros);
  // A lag below 0 counts as 0.
  void Add(int64_t lag_micros) {
    const size_t bucket = Bucket(lag_micros);
    slices_[slice_][bucket]++;
    sum_[bucket]++;
    count_++;
  }
  // What P99 was in the run before. Its lags count on for ten minutes: P99 is not below theirs. The first rows after a
  // restart may be all of one shard, and much younger than what others have still to give.
  void StartWith(int64_t p99_micros) { last_p99_ = restored_p99_ = p99_micros; }
  bool empty() const { return count_ == 0 && !last_p99_; }
  // The 99th percentile, rounded up: by at most 1/64 of itself and 1.024 ms. Of 2 to 100 lags it is the second largest,
  // so that one record with a wrong clock does not decide. nullopt: nothing was ever added.
  std::optional<int64_t> P99() const;

 private:
  static constexpr size_t kSlices = 10;
  static constexpr int kSubBits = 6;
  static constexpr int kMostBits = 43;  // of a lag in units of 1.024 ms: 285 years; longer ones count as that
  static constexpr size_t kBuckets = (kMostBits - kSubBits + 1) << kSubBits;

  static size_t Bucket(int64_t lag_micros);
  static int64_t HighestOf(size_t bucket);

  std::array<std::vector<uint32_t>, kSlices> slices_;  // counts by bucket, one minute each
  std::vector<uint64_t> sum_;                          // over the slices
  uint64_t count_ = 0;
  size_t slice_ = 0;  // that of now
  std::optional<int64_t> minute_;
  std::optional<int64_t> last_p99_;                        // before the last slices were forgotten
  std::optional<int64_t> restored_p99_, restored_minute_;  // of the run before; since when it counts

  std::optional<int64_t> P99OfSlices() const;
};

}  // namespace laminar
