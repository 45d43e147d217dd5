// What is counted of each operator of a pipeline.
#pragma once

// Of one node of the plan, over all workers.
#define LAMINAR_OPERATOR_METRICS(X)                                                                                  \
  X(rows_in, Counter, "rows that came in; of a source, those that it read")                                          \
  X(rows_out, Counter, "rows given on; of a sink, those that its writers have taken")                                \
  X(state_bytes, Gauge, "bytes that it holds: open windows, sessions, rows that wait, joined tables")                \
  X(state_rows, Gauge, "rows and groups in it that wait for the watermark")                                          \
  X(backpressure_micros, Counter,                                                                                    \
    "microseconds in which rows were there and could not go on, as something behind it took none, over all workers") \
  X(busy_micros, Counter, "microseconds that workers have spent in it")
