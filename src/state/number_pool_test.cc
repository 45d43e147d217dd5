#include "state/number_pool.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

namespace laminar {
namespace {

TEST(NumberPoolTest, GivesTheLowestFreeNumber) {
  EXPECT_TRUE(rc::check("pool", [] {
    NumberPool pool;
    std::set<uint32_t> used;
    for (int step = *rc::gen::inRange(1, 40); step > 0; step--) {
      if (*rc::gen::arbitrary<bool>()) {
        for (int i = *rc::gen::element(1, 3, 100, 5000); i > 0; i--) {
          uint32_t lowest = 0;
          if (i < 4) {
            while (used.contains(lowest)) lowest++;
          }
          const uint32_t number = pool.Take();
          if (i < 4) RC_ASSERT(number == lowest);
          RC_ASSERT(used.insert(number).second);
        }
      } else {
        const uint32_t step_width = *rc::gen::element(1, 2, 63);
        const uint32_t from = *rc::gen::inRange<uint32_t>(0, 6000);
        for (uint32_t number = from; number < from + 3000; number += step_width) {
          RC_ASSERT(pool.InUse(number) == used.contains(number));
          if (used.erase(number) > 0) pool.Release(number);
        }
      }
      RC_ASSERT(pool.end() == (used.empty() ? 0 : *used.rbegin() + 1));
    }
  }));
}

TEST(NumberPoolTest, GivesItsMemoryBack) {
  NumberPool pool;
  for (int i = 0; i < 1'000'000; i++) pool.Take();
  EXPECT_LT(pool.bytes(), 300'000U);
  for (uint32_t number = 0; number < 1'000'000; number++) pool.Release(number);
  EXPECT_EQ(pool.end(), 0U);
  EXPECT_LT(pool.bytes(), 2000U);
}

}  // namespace
}  // namespace laminar
