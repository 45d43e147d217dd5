// Time, injected: production reads the system's clocks, a test or the simulation moves a virtual one.
#pragma once

#include <atomic>
#include <cstdint>

namespace laminar {

constexpr int64_t kMicrosPerMilli = 1000;
constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
constexpr int64_t kNever = INT64_MAX;  // a deadline that never comes

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t WallMicros() const = 0;    // microseconds since 1970-01-01 UTC; may jump
  virtual int64_t SteadyMicros() const = 0;  // never goes back; origin unspecified; what deadlines are measured in
  // CPU time that the calling thread has used; 0 where there is no such thing.
  virtual int64_t ThreadCpuMicros() const { return 0; }
};

class SystemClock final : public Clock {
 public:
  int64_t WallMicros() const override;
  int64_t SteadyMicros() const override;
  int64_t ThreadCpuMicros() const override;
};

// Both times stand still until advanced.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(int64_t wall_micros = 1'767'225'600'000'000) : wall_(wall_micros) {}
  int64_t WallMicros() const override { return wall_.load() + offset_.load(); }
  int64_t SteadyMicros() const override { return offset_.load(); }
  void Advance(int64_t micros) { offset_ += micros; }

 private:
  const std::atomic<int64_t> wall_;
  std::atomic<int64_t> offset_{0};
};

}  // namespace laminar
