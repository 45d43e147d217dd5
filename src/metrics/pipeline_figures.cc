#include "metrics/pipeline_figures.h"

namespace laminar {

#define LAMINAR_FIGURE(name, type, help) {#name, help, !kIsGauge<type>, static_cast<int64_t>(name)},
std::vector<Figure> PipelineValues::All() const {
  return {LAMINAR_PIPELINE_METRICS(LAMINAR_FIGURE)};
}
std::vector<Figure> EventTimeValues::All() const {
  return {LAMINAR_SOURCE_METRICS(LAMINAR_FIGURE)};
}
std::vector<Figure> ReadValues::All() const {
  return {LAMINAR_READ_METRICS(LAMINAR_FIGURE)};
}
std::vector<Figure> ShardValues::All() const {
  return {LAMINAR_SHARD_METRICS(LAMINAR_FIGURE)};
}
std::vector<Figure> OperatorValues::All() const {
  return {LAMINAR_OPERATOR_METRICS(LAMINAR_FIGURE)};
}
std::vector<Figure> WriteValues::All() const {
  return {LAMINAR_WRITE_METRICS(LAMINAR_FIGURE)};
}
#undef LAMINAR_FIGURE

#define LAMINAR_READ(name, type, help) values.name = metrics.name.Get();
PipelineValues ValuesOf(const PipelineMetrics& metrics) {
  PipelineValues values;
  LAMINAR_PIPELINE_METRICS(LAMINAR_READ)
  return values;
}
EventTimeValues ValuesOf(const SourceMetrics& metrics) {
  EventTimeValues values;
  LAMINAR_SOURCE_METRICS(LAMINAR_READ)
  return values;
}
ReadValues ValuesOf(const ReadMetrics& metrics) {
  ReadValues values;
  LAMINAR_READ_METRICS(LAMINAR_READ)
  return values;
}
ShardValues ValuesOf(const ShardMetrics& metrics) {
  ShardValues values;
  LAMINAR_SHARD_METRICS(LAMINAR_READ)
  return values;
}
WriteValues ValuesOf(const WriteMetrics& metrics) {
  WriteValues values;
  LAMINAR_WRITE_METRICS(LAMINAR_READ)
  return values;
}
#undef LAMINAR_READ

LatencyFigures FiguresOf(const Latency& latency) {
  LatencyFigures figures;
  for (size_t i = 0; i < Latency::kBucketMicros.size(); i++) {
    figures.count += latency.Count(i);
    figures.buckets.push_back({Latency::kBucketMicros[i], figures.count});
  }
  figures.count += latency.Count(Latency::kBucketMicros.size());
  figures.sum_micros = latency.sum_micros();
  figures.longest_micros = latency.longest_micros();
  return figures;
}

}  // namespace laminar
