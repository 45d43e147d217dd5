// What stands for the rows that an aggregate over an unbounded frame was fed, so that its state can be made anew after
// a restart: DuckDB's own states never leave the process. The less of them the better.
#pragma once

#include "duck/schema.h"
#include "stream/plan.h"

namespace laminar {

enum class Rebuild {
  kResult,  // its answer, as if that were a row: f(f(a), b) = f(a, b)
  kBest,    // arg_min, arg_max: the row that is the answer
  kCounts,  // how often each value came, in the order in which they first did
  kRows,    // all of them, in their order
};

// For an aggregate (OverFunction::aggregate is not empty), but for DISTINCT.
Rebuild RebuildOf(const OverFunction& function, const Schema& input);

// Whether a row that was fed already may be fed again without a change.
bool IgnoresRepeats(const OverFunction& function);

}  // namespace laminar
