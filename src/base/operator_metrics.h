// What is counted of each operator of a pipeline: by the thread of each worker for itself, and added up by who reads.
#pragma once

#include "base/counter.h"

// Of one node of the plan.
#define LAMINAR_OPERATOR_METRICS(X)                                                                             \
  X(rows_in, OwnCounter, "rows that came into the operator; of a source, those that it read")                   \
  X(rows_out, OwnCounter, "rows that the operator gave on; of a sink, those handed to it")                      \
  X(state_bytes, Gauge, "bytes that the operator holds: open windows, sessions, rows that wait, joined tables") \
  X(state_rows, Gauge, "rows and groups of the operator that wait for the watermark")                           \
  X(backpressure_micros, Stopwatch,                                                                             \
    "microseconds, of all workers, in which rows waited, as something behind the operator took none")           \
  X(busy_micros, OwnCounter, "microseconds that all workers have spent in the operator")

namespace laminar {

// Of one worker. A cache line of its own: others are written by other workers.
struct alignas(64) OperatorMetrics {
#define X(name, type, help) type name;
  LAMINAR_OPERATOR_METRICS(X)
#undef X
};

}  // namespace laminar
