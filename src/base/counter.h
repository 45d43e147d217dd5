// Numbers that one part of the process writes while others read them. Relaxed: readers want a recent figure, not an
// order.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace laminar {

class Counter {
 public:
  void Add(uint64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// That one thread writes: as cheap as a number.
class OwnCounter {
 public:
  void Add(uint64_t n) { value_.store(Get() + n, std::memory_order_relaxed); }
  uint64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void Set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void Add(int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  // For the highest that another figure has been.
  void RaiseTo(int64_t value) {
    int64_t before = Get();
    while (before < value && !value_.compare_exchange_weak(before, value, std::memory_order_relaxed)) {
    }
  }
  int64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// For how long something has been so, all together, also while it is. One thread says it, in SteadyMicros.
class Stopwatch {
 public:
  void Start(int64_t now_micros) {
    if (!Running()) Put(Value() - now_micros, true);
  }
  void Stop(int64_t now_micros) {
    if (Running()) Put(Value() + now_micros, false);
  }
  bool Running() const { return (Packed() & 1) != 0; }
  // Never less than before, for one reader whose clock is the writer's.
  uint64_t Get(int64_t now_micros) const {
    const int64_t packed = Packed();
    const int64_t micros = (packed >> 1) + ((packed & 1) != 0 ? now_micros : 0);
    return micros < 0 ? 0 : static_cast<uint64_t>(micros);
  }

 private:
  int64_t Packed() const { return packed_.load(std::memory_order_relaxed); }
  int64_t Value() const { return Packed() >> 1; }
  void Put(int64_t micros, bool runs) { packed_.store(micros * 2 + (runs ? 1 : 0), std::memory_order_relaxed); }

  // Twice the micros, plus 1 while it runs: then they are less by when it was started. So a reader needs one number.
  std::atomic<int64_t> packed_{0};
};

template <class T>
constexpr bool kIsGauge = std::is_same_v<T, Gauge>;

// How long something took.
class Latency {
 public:
  // Upper bounds; longer ones are in the last bucket.
  static constexpr std::array<int64_t, 14> kBucketMicros = {1'000,     2'500,     5'000,      10'000,    25'000,
                                                            50'000,    100'000,   250'000,    500'000,   1'000'000,
                                                            2'500'000, 5'000'000, 10'000'000, 30'000'000};
  void Add(int64_t micros) {
    size_t bucket = 0;
    while (bucket < kBucketMicros.size() && micros > kBucketMicros[bucket]) bucket++;
    counts_[bucket].Add(1);
    sum_.Add(micros);
    longest_.RaiseTo(micros);
  }
  uint64_t Count(size_t bucket) const { return counts_[bucket].Get(); }  // up to kBucketMicros.size(), of it alone
  int64_t sum_micros() const { return sum_.Get(); }
  int64_t longest_micros() const { return longest_.Get(); }

 private:
  std::array<Counter, kBucketMicros.size() + 1> counts_;
  Gauge sum_, longest_;
};

}  // namespace laminar
