// Which of a table's columns says when a row happened.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "infer/inferred_table.h"

namespace laminar::infer {

// A TIMESTAMP that is nowhere NULL: by its name (event_time, ts, created_at, ...), else the only one that there is.
std::optional<size_t> FindEventTime(const std::vector<InferredColumn>& columns);

// Whether a column of that name may say when something happened.
bool SoundsLikeTime(const std::string& name);

}  // namespace laminar::infer
