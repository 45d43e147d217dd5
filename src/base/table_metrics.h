// What is counted of each table that a pipeline reads or writes.
#pragma once

// Of one shard that a source reads.
#define LAMINAR_SHARD_METRICS(X)                     \
  X(rows, Counter, "rows decoded from the shard")    \
  X(bytes, Counter, "bytes of records read from it") \
  X(lag_ms, Gauge, "its MillisBehindLatest, milliseconds")

// Of one source table, whatever its connector.
#define LAMINAR_READ_METRICS(X)                                                                     \
  X(rows, Counter, "rows decoded from the table")                                                   \
  X(bytes, Counter, "bytes of records read")                                                        \
  X(bad_rows, Counter, "rows that it could not take: dropped by bad_data, or kept as dead letters") \
  X(requests, Counter, "GetRecords requests answered")

// Of one sink table, whatever its connector.
#define LAMINAR_WRITE_METRICS(X)                                                                    \
  X(rows, Counter, "rows acknowledged, dead letters among them")                                    \
  X(bytes, Counter, "bytes of records acknowledged")                                                \
  X(oversize_rows, Counter, "rows that the stream does not take: dropped, or sent to dead letters") \
  X(requests, Counter, "PutRecords requests answered")
