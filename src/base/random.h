// Randomness, injected: everything random in a pipeline comes from one seed, so that a run can be repeated.
#pragma once

#include <cstdint>

namespace laminar {

// xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64. Not thread-safe: Fork() one per thread.
class Random {
 public:
  explicit Random(uint64_t seed);
  static uint64_t EntropySeed();  // from the operating system

  uint64_t Next();
  uint64_t Uniform(uint64_t bound);  // 0 <= result < bound; bound > 0
  double UniformDouble();            // 0 <= result < 1
  Random Fork() { return Random(Next()); }

 private:
  uint64_t state_[4];
};

}  // namespace laminar
