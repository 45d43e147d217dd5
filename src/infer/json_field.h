// JsonField: what the values of one field of JSON objects look like.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

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
  // All values are whole numbers, and some of so many digits that DOUBLE rounds them.
  bool has_long_wholes() const { return long_wholes_ > 0 && wholes_ == values_; }
  // All values may be seconds, milliseconds, microseconds or nanoseconds since 1970, in this century.
  bool has_only_epochs() const { return values_ > 0 && epochs_ == values_; }
  // "numbers in 3 rows, texts in 997"; "" where all are of one kind.
  std::string DescribeKinds() const;

 private:
  std::array<uint64_t, 5> counts_{};  // by JsonValueKind
  uint64_t values_ = 0, times_ = 0, wholes_ = 0, long_wholes_ = 0, epochs_ = 0;
};

}  // namespace laminar::infer
