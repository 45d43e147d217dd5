#include "server/job_figures.h"

#include <string>

namespace laminar::server {

namespace {

json ValuesOf(const std::vector<Figure>& figures) {
  json out = json::object();
  for (const Figure& figure : figures) out[std::string(figure.name)] = figure.value;
  return out;
}

json FailuresOf(const std::vector<RequestFailures>& failures) {
  json out = json::array();
  for (const RequestFailures& each : failures) {
    out.push_back(
        {{"operation", each.operation}, {"code", each.code}, {"retries", each.retries}, {"throttles", each.throttles}});
  }
  return out;
}

json SourceToJson(const SourceFigures& source) {
  json out = ValuesOf(source.values.All());
  out["table"] = source.table;
  out["watermark"] = nullptr;
  out["event_lag_ms"] = nullptr;
  out["late_rows"] = 0;
  out["ahead_rows"] = 0;
  if (source.event_time) {
    if (source.event_time->watermark_micros != 0) out["watermark"] = TimeOf(source.event_time->watermark_micros);
    out["event_lag_ms"] = source.event_time->event_lag_ms;
    out["late_rows"] = source.event_time->late_rows;
    out["ahead_rows"] = source.event_time->ahead_rows;
    out["waits_for_rows"] = source.event_time->waits_for_rows != 0;
  }
  out["shards"] = json::array();
  for (const ShardFigures& shard : source.shards) {
    json each = ValuesOf(shard.values.All());
    each["shard_id"] = shard.shard_id;
    each["state"] = std::string(ShardStateName(shard.state));
    each["watermark"] = shard.watermark_micros ? json(TimeOf(*shard.watermark_micros)) : json();
    out["shards"].push_back(std::move(each));
  }
  out["finished_shards"] = source.finished_shards;
  out["failures"] = FailuresOf(source.failures);
  return out;
}

json SinkToJson(const SinkFigures& sink) {
  json out = ValuesOf(sink.values.All());
  out["table"] = sink.table;
  out["failures"] = FailuresOf(sink.failures);
  const LatencyFigures& latency = sink.send_latency;
  out["send_latency"] = {
      {"count", latency.count},
      {"mean_ms",
       latency.count == 0 ? 0.0 : static_cast<double>(latency.sum_micros) / 1e3 / static_cast<double>(latency.count)},
      {"longest_ms", static_cast<double>(latency.longest_micros) / 1e3}};
  return out;
}

}  // namespace

json FiguresToJson(const PipelineFigures& figures) {
  json out = {{"totals", ValuesOf(figures.totals.All())},
              {"sources", json::array()},
              {"operators", json::array()},
              {"sinks", json::array()}};
  for (const SourceFigures& source : figures.sources) out["sources"].push_back(SourceToJson(source));
  for (const OperatorFigures& op : figures.operators) {
    json each = ValuesOf(op.values.All());
    each["node_id"] = std::to_string(op.node_id);
    each["operator"] = op.name;
    each["backpressure"] = op.backpressure;
    out["operators"].push_back(std::move(each));
  }
  for (const SinkFigures& sink : figures.sinks) out["sinks"].push_back(SinkToJson(sink));
  return out;
}

}  // namespace laminar::server
