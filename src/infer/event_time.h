// Which of a table's columns says when a row happened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "infer/inferred_table.h"

namespace laminar::infer {

// A TIMESTAMP that is nowhere NULL: by its name (event_time, ts, created_at, ...), else the only one that there is.
std::optional<size_t> FindEventTime(const std::vector<InferredColumn>& columns);

// The lowest and the highest value of a column of whole numbers.
struct NumberRange {
  int64_t low = INT64_MAX, high = INT64_MIN;
};

// What to do with a column of numbers since 1970 to have its time: its name sounds like time, and all its values are of
// this century in one unit. "" for any other column.
std::string EpochNote(const std::string& column, const NumberRange& values, const std::string& format);

}  // namespace laminar::infer
