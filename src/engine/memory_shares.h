// How --memory-limit is divided among those who hold memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "stream/plan.h"

namespace laminar {

struct MemoryShares {
  int64_t source = 0;  // of each source: what it may hold prefetched
  int64_t sink = 0;    // of each sink: what it may hold unacknowledged
  int64_t state = 0;   // of all operators of all workers
  int64_t edges = 0;   // of all queues between workers
};

// Sources and sinks get a quarter each; where the plan keeps state an eighth each, and the state the half. The rest is
// DuckDB's, the queues' between workers and the batches' on their way.
MemoryShares DivideMemory(int64_t limit_bytes, const StreamPlan& plan);

// Of DuckDB's own buffers: an eighth. Only queries that an operator runs inside (functions over complete windows) take
// them; vectors and the states of aggregates are not among them.
int64_t DuckMemory(int64_t limit_bytes);

}  // namespace laminar
