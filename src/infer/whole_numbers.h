// WholeNumbers: whether the values of a column are whole numbers that DOUBLE would round.
#pragma once

#include <cstdint>
#include <string_view>

namespace laminar::infer {

class WholeNumbers {
 public:
  // A value that is not NULL, as it is written.
  void Add(std::string_view text);
  // All values are whole numbers, and some of so many digits that DOUBLE rounds them.
  bool need_hugeint() const { return long_ > 0 && wholes_ == values_; }

 private:
  uint64_t values_ = 0, wholes_ = 0, long_ = 0;
};

}  // namespace laminar::infer
