// JsonField: what the values of one field of JSON objects look like.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "infer/whole_numbers.h"

namespace laminar::infer {

enum class JsonValueKind : uint8_t { kNumber, kText, kBoolean, kObject, kList };
JsonValueKind KindOf(std::string_view json);

class JsonField {
 public:
  // A value that is not null, as JSON.
  void Add(std::string_view json);

  bool empty() const { return values_ == 0; }
  // All values are texts that begin as a date with a time: 2026-01-01T10:00
  bool has_only_times() const { return values_ > 0 && times_ == values_; }
  bool needs_hugeint() const { return numbers_.need_hugeint(); }
  // "numbers in 3 rows, texts in 997"; "" where all are of one kind.
  std::string DescribeKinds() const;

 private:
  std::array<uint64_t, 5> counts_{};  // by JsonValueKind
  uint64_t values_ = 0, times_ = 0;
  WholeNumbers numbers_;
};

}  // namespace laminar::infer
