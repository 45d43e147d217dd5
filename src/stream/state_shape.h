// What of a plan has state in a checkpoint, and what that state is made of: whether another plan can go on from it.
#pragma once

#include <string>
#include <vector>

#include "stream/plan.h"

namespace laminar {

struct StateShape {
  NodeId node = 0;
  // The same in every plan of the script: its kind, and how many of that kind stand before it. "window-1", "over-2".
  std::string id;
  // Windows, keys, aggregates, frames and their types, in our words: equal texts have equal state. What the columns are
  // called, and what they are computed of, is not in it.
  std::string text;
};

// In the order of the plan.
std::vector<StateShape> StateShapes(const StreamPlan& plan);

// By node: whether its rows only go into the bounded sides of joins. Those keep no state: their rows are read again
// after a restart, and have no place in a checkpoint.
std::vector<bool> ReadAnew(const StreamPlan& plan);

}  // namespace laminar
