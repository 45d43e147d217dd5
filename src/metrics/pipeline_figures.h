// What is known of a pipeline at one moment, as plain values: taken by Pipeline::Figures, for those who show it to
// people or to other programs. Names and meanings are those of base/metrics.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/metrics.h"
#include "base/operator_metrics.h"
#include "base/table_metrics.h"

namespace laminar {

// One of them, with its meaning.
struct Figure {
  std::string_view name, help;
  bool is_counter = false;
  int64_t value = 0;
};

// For each list of base/metrics.h and those beside it: its values, and all of them by name.
template <class T>
using ValueOf = std::conditional_t<kIsGauge<T>, int64_t, uint64_t>;
#define LAMINAR_VALUE(name, type, help) ValueOf<type> name = 0;
struct PipelineValues {
  LAMINAR_PIPELINE_METRICS(LAMINAR_VALUE)
  std::vector<Figure> All() const;
};
struct EventTimeValues {
  LAMINAR_SOURCE_METRICS(LAMINAR_VALUE)
  std::vector<Figure> All() const;
};
struct ReadValues {
  LAMINAR_READ_METRICS(LAMINAR_VALUE)
  std::vector<Figure> All() const;
};
struct ShardValues {
  LAMINAR_SHARD_METRICS(LAMINAR_VALUE)
  std::vector<Figure> All() const;
};
struct OperatorValues {
  LAMINAR_OPERATOR_METRICS(LAMINAR_VALUE)
  std::vector<Figure> All() const;
};
struct WriteValues {
  LAMINAR_WRITE_METRICS(LAMINAR_VALUE)
  std::vector<Figure> All() const;
};
#undef LAMINAR_VALUE

struct ShardFigures {
  std::string shard_id;
  ShardState state = ShardState::kReading;
  ShardValues values;
  std::optional<int64_t> watermark_micros;  // nullopt: none yet, or nobody asks for event time
};

struct SourceFigures {
  std::string table;
  ReadValues values;
  std::optional<EventTimeValues> event_time;  // nullopt: nobody asks for it
  std::vector<ShardFigures> shards;           // by id; of those that are finished, the last ones
  uint64_t finished_shards = 0;               // since the start, also those that are not in `shards` any more
  std::vector<RequestFailures> failures;
};

struct OperatorFigures {
  int node_id = 0;   // of the plan
  std::string name;  // the first line of DescribeNode
  OperatorValues values;
  double backpressure = 0;  // of the last seconds, over all workers: 0 = never, 1 = always
};

// How long something took, how often.
struct LatencyFigures {
  struct Bucket {
    int64_t at_most_micros = 0;
    uint64_t count = 0;  // that long or less
  };
  std::vector<Bucket> buckets;  // rising; longer ones are in `count` alone
  uint64_t count = 0;
  int64_t sum_micros = 0, longest_micros = 0;
};

struct SinkFigures {
  std::string table;
  WriteValues values;
  std::vector<RequestFailures> failures;
  LatencyFigures send_latency;  // of requests, from sending one to its answer
};

struct PipelineFigures {
  int workers = 1;
  PipelineValues totals;
  std::vector<SourceFigures> sources;      // by table
  std::vector<OperatorFigures> operators;  // by node id: every node of the plan
  std::vector<SinkFigures> sinks;          // by table
};

// The values at this moment.
PipelineValues ValuesOf(const PipelineMetrics& metrics);
EventTimeValues ValuesOf(const SourceMetrics& metrics);
ReadValues ValuesOf(const ReadMetrics& metrics);
ShardValues ValuesOf(const ShardMetrics& metrics);
WriteValues ValuesOf(const WriteMetrics& metrics);
LatencyFigures FiguresOf(const Latency& latency);

}  // namespace laminar
