// How --memory-limit, which is of the whole process, is divided among those who hold memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "stream/plan.h"

namespace laminar {

// What the program takes before it holds a row: its code and libraries, which the system counts as well, threads,
// connections, one batch on its way in each operator.
constexpr int64_t kProgramBytes = int64_t{64} << 20;
// Half of it is the program's.
constexpr int64_t kLeastMemoryLimit = 2 * kProgramBytes;

struct MemoryShares {
  int64_t source = 0;  // of each source: what it may hold prefetched
  int64_t sink = 0;    // of each sink: what it may hold unacknowledged
  int64_t state = 0;   // of all operators of all workers
  int64_t edges = 0;   // of all queues between workers
};

// Of what lies above kProgramBytes: sources and sinks get a quarter each; where the plan keeps state an eighth each,
// and the state three eighths. Half as much again is left for tables that grow (for a moment the old one and the new
// one are there) and for results that are given out. The rest is DuckDB's and the queues' between workers. A source or
// sink gets no less than one request needs, so many of them may take more than their share.
// Requires limit_bytes >= kLeastMemoryLimit.
MemoryShares DivideMemory(int64_t limit_bytes, const StreamPlan& plan);

// Of DuckDB's own buffers: an eighth, of each of its instances (formats that DuckDB reads have one of their own). Only
// queries that an operator runs inside (functions over complete windows) take them; vectors and the states of
// aggregates are not among them.
int64_t DuckMemory(int64_t limit_bytes);

}  // namespace laminar
