// What a pipeline counts while it runs. One object per pipeline, written by its workers, read by who watches.
#pragma once

#include <algorithm>

#include "base/counter.h"
#include "base/table_metrics.h"

// Every figure is declared here once, with its meaning: name, type, help.
#define LAMINAR_PIPELINE_METRICS(X)                                                                                 \
  X(rows_in, Counter, "rows decoded from sources")                                                                  \
  X(bytes_in, Counter, "bytes of records read, as stored in the stream or file")                                    \
  X(rows_to_sinks, Counter, "rows handed to sinks")                                                                 \
  X(rows_out, Counter, "rows acknowledged by sinks, dead letters among them")                                       \
  X(bytes_out, Counter, "bytes of records acknowledged by sinks")                                                   \
  X(oversize_rows, Counter, "rows that a sink's stream does not take: dropped, or sent to dead letters")            \
  X(bad_rows, Counter, "rows that sources could not take: dropped by bad_data, or kept as dead letters")            \
  X(dead_letters, Counter, "dead letters handed to sinks, by bad_data = 'dead_letter'")                             \
  X(data_gaps, Counter, "stretches of a stream that were gone unread, passed by on_data_loss = 'resume'")           \
  X(out_of_range_records, Counter, "aggregated records dropped, as records in them belong to other shards")         \
  X(read_requests, Counter, "GetRecords requests answered")                                                         \
  X(write_requests, Counter, "PutRecords requests answered")                                                        \
  X(retries, Counter, "requests and records sent again, for whatever reason")                                       \
  X(throttles, Counter, "answers of the kind: limit exceeded")                                                      \
  X(lag_ms, Gauge, "largest MillisBehindLatest over all shards, milliseconds")                                      \
  X(buffered_bytes, Gauge, "bytes held by prefetch and by sinks")                                                   \
  X(state_bytes, Gauge, "bytes that operators hold: open windows, sessions, rows that OVER needs, joined tables")   \
  X(state_rows, Gauge, "rows and groups that wait for the watermark")                                               \
  X(peak_state_bytes, Gauge, "the highest that state_bytes has been")                                               \
  X(peak_state_rows, Gauge, "the highest that state_rows has been")                                                 \
  X(checkpoints, Counter, "checkpoints committed")                                                                  \
  X(checkpoint_failures, Counter, "attempts to write a checkpoint that failed")                                     \
  X(checkpoint_failures_in_a_row, Gauge, "attempts to write a checkpoint that failed since the last success")       \
  X(checkpoint_bytes, Counter, "bytes of state written to checkpoints")                                             \
  X(checkpoint_ms, Gauge, "how long the last checkpoint took, from its request to its commit, milliseconds")        \
  X(checkpoint_pause_ms, Gauge, "how long no source was read for the last checkpoint, milliseconds")                \
  X(longest_checkpoint_pause_ms, Gauge, "the longest that no source was read for a checkpoint, milliseconds")       \
  X(last_checkpoint_micros, Gauge, "when the last checkpoint was committed, microseconds since 1970; 0 = none yet") \
  X(failing_requests, Gauge, "requests that have failed 8 times in a row or more, and not succeeded since")

// Of one source table.
#define LAMINAR_SOURCE_METRICS(X)                                                                             \
  X(watermark_micros, Gauge, "event time that the source has reached, microseconds since 1970; 0 = none yet") \
  X(event_lag_ms, Gauge, "how far the watermark is behind the clock, milliseconds")                           \
  X(waits_for_rows, Gauge, "1 = no row has said yet how far event time is: windows over the source wait")     \
  X(late_rows, Counter, "rows dropped because their window, group or frame was closed already")               \
  X(ahead_rows, Counter, "rows whose event time is more than event_time.max_ahead after their arrival")

namespace laminar {

struct SourceMetrics {
#define X(name, type, help) type name;
  LAMINAR_SOURCE_METRICS(X)
#undef X
};

struct PipelineMetrics {
#define X(name, type, help) type name;
  LAMINAR_PIPELINE_METRICS(X)
#undef X
  // By table: what its connector counts here, too. What is rare is asked for by Of when it comes.
  PerTable<ReadMetrics> reads;
  PerTable<WriteMetrics> writes;
};

// What the readers of a source table count, for it and for the pipeline. metrics: borrowed.
class ReadCounts {
 public:
  ReadCounts(PipelineMetrics* metrics, const std::string& table) : all_(metrics), table_(&metrics->reads.Of(table)) {}
  void Rows(uint64_t n) const {
    all_->rows_in.Add(n);
    table_->rows.Add(n);
  }
  void Bytes(uint64_t n) const {
    all_->bytes_in.Add(n);
    table_->bytes.Add(n);
  }
  void Request() const {
    all_->read_requests.Add(1);
    table_->requests.Add(1);
  }
  // The largest over the table's shards.
  void LagMillis(int64_t lag_ms) const {
    table_->lag_ms.Set(lag_ms);
    int64_t largest = 0;
    all_->reads.ForEach([&](const ReadMetrics& table) { largest = std::max(largest, table.lag_ms.Get()); },
                        [&] { all_->lag_ms.Set(largest); });
  }
  PipelineMetrics* all() const { return all_; }
  ReadMetrics* table() const { return table_; }

 private:
  PipelineMetrics* all_;
  ReadMetrics* table_;
};

// What the writers of a sink table count.
class WriteCounts {
 public:
  WriteCounts(PipelineMetrics* metrics, const std::string& table) : all_(metrics), table_(&metrics->writes.Of(table)) {}
  // Acknowledged. bytes: of the records.
  void Rows(uint64_t n) const {
    all_->rows_out.Add(n);
    table_->rows.Add(n);
  }
  void Bytes(uint64_t n) const {
    all_->bytes_out.Add(n);
    table_->bytes.Add(n);
  }
  void Oversize(uint64_t n) const {
    all_->oversize_rows.Add(n);
    table_->oversize_rows.Add(n);
  }
  void Request() const {
    all_->write_requests.Add(1);
    table_->requests.Add(1);
  }
  PipelineMetrics* all() const { return all_; }
  WriteMetrics* table() const { return table_; }

 private:
  PipelineMetrics* all_;
  WriteMetrics* table_;
};

}  // namespace laminar
