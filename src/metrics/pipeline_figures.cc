#include "metrics/pipeline_figures.h"

namespace laminar {

#define LAMINAR_FIGURE(name, type, help) {#name, help, std::is_same_v<type, Counter>, static_cast<int64_t>(name)},
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
#undef LAMINAR_READ

std::string_view ShardStateName(ShardState state) {
  switch (state) {
    case ShardState::kWaiting:
      return "waiting";
    case ShardState::kReading:
      return "reading";
    case ShardState::kFinished:
      return "finished";
  }
  return "";
}

}  // namespace laminar
