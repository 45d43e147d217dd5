#include "state/save_cursor.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

namespace laminar {
namespace {

// What is written is what was there at the beginning, each thing once, however it changes meanwhile.
TEST(SaveCursor, WritesWhatWasThere) {
  EXPECT_TRUE(rc::check([] {
    const auto end = *rc::gen::inRange<uint32_t>(0, 5000);
    std::vector<int> values(end), written(end, -1);
    std::vector<bool> there(end);
    for (uint32_t i = 0; i < end; i++) {
      values[i] = static_cast<int>(i);
      there[i] = *rc::gen::inRange(0, 10) > 0;
    }
    const std::vector<bool> were_there = there;
    SaveCursor cursor;
    const auto write = [&](std::span<const uint32_t> numbers) {
      RC_ASSERT(!numbers.empty() && numbers.size() <= kBatchRows);
      for (const uint32_t number : numbers) {
        RC_ASSERT(written[number] == -1);
        written[number] = values[number];
      }
      return Status::Ok();
    };
    cursor.Begin(end, [&](uint32_t number) { return there[number]; });
    while (cursor.active()) {
      std::vector<uint32_t> touched;
      for (int i = *rc::gen::inRange(0, 50); i > 0; i--) touched.push_back(*rc::gen::inRange<uint32_t>(0, end + 10));
      RC_ASSERT(cursor.Touch(touched, write).ok());
      for (const uint32_t number : touched) {
        if (number < end) values[number] = -100;
      }
      RC_ASSERT(cursor.Advance(*rc::gen::inRange<size_t>(1, 4000), write).ok());
    }
    for (uint32_t i = 0; i < end; i++) RC_ASSERT(written[i] == (were_there[i] ? static_cast<int>(i) : -1));
    RC_ASSERT(cursor.Touch(std::vector<uint32_t>{0}, write).ok());  // no longer its business
  }));
}

}  // namespace
}  // namespace laminar
