#include "metrics/prometheus_text.h"

#include <cstdio>
#include <map>

#include "base/clock.h"
#include "metrics/metric_families.h"

namespace laminar {

namespace {

std::string Ratio(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", share);
  return text;
}

void AddFailures(const std::vector<RequestFailures>& failures, const MetricLabels& of_table, MetricFamilies* out) {
  for (const RequestFailures& each : failures) {
    const MetricLabels labels = of_table.With("operation", each.operation).With("code", each.code);
    out->AddCounter("laminar_request_retries_total", "requests and records sent again, by what the service said",
                    labels, std::to_string(each.retries));
    out->AddCounter("laminar_request_throttles_total", "answers of the kind: limit exceeded, by what the service said",
                    labels, std::to_string(each.throttles));
  }
}

void AddSource(const SourceFigures& source, const MetricLabels& of_pipeline, MetricFamilies* out) {
  const MetricLabels of_table = of_pipeline.With("table", source.table);
  if (source.event_time) out->Add("", source.event_time->All(), of_table);
  out->Add("source_", source.values.All(), of_table);
  std::map<ShardState, int64_t> by_state;
  for (const ShardFigures& shard : source.shards) by_state[shard.state]++;
  for (const ShardState state : {ShardState::kReading, ShardState::kWaiting}) {
    out->AddGauge("laminar_source_shards", "shards of the table that are read now, or wait for their parents' end",
                  of_table.With("state", ShardStateName(state)), std::to_string(by_state[state]));
  }
  out->AddCounter("laminar_source_finished_shards_total", "shards that were read to their end", of_table,
                  std::to_string(source.finished_shards));
  AddFailures(source.failures, of_table, out);
  // A shard that is finished has nothing more to say, and would stay for ever.
  for (const ShardFigures& shard : source.shards) {
    if (shard.state != ShardState::kReading) continue;
    const MetricLabels labels = of_table.With("shard", shard.shard_id);
    out->Add("shard_", shard.values.All(), labels);
    if (!shard.watermark_micros) continue;
    out->AddGauge("laminar_shard_watermark_seconds", "event time that the shard has reached, seconds since 1970",
                  labels, SecondsText(*shard.watermark_micros, kMicrosPerSecond));
  }
}

void AddOperator(const OperatorFigures& node, const MetricLabels& of_pipeline, MetricFamilies* out) {
  const MetricLabels labels = of_pipeline.With("node", std::to_string(node.node_id)).With("operator", node.name);
  out->Add("operator_", node.values.All(), labels);
  out->AddGauge("laminar_operator_backpressure_ratio",
                "share of the last seconds in which rows waited, as something behind the operator took none, 0 to 1",
                labels, Ratio(node.backpressure));
}

void AddSink(const SinkFigures& sink, const MetricLabels& of_pipeline, MetricFamilies* out) {
  const MetricLabels of_table = of_pipeline.With("table", sink.table);
  out->Add("sink_", sink.values.All(), of_table);
  AddFailures(sink.failures, of_table, out);
  if (sink.send_latency.count == 0) return;  // not sent yet, or of a connector that sends no requests
  out->AddHistogram("laminar_sink_request_seconds", "from sending a PutRecords request to its answer, seconds",
                    of_table, sink.send_latency);
}

void AddPipeline(const LabelledFigures& pipeline, MetricFamilies* out) {
  MetricLabels labels;
  if (!pipeline.pipeline.empty()) labels = labels.With("pipeline", pipeline.pipeline);
  out->Add("", pipeline.figures.totals.All(), labels);
  out->AddGauge("laminar_workers", "threads that compute", labels, std::to_string(pipeline.figures.workers));
  for (const SourceFigures& source : pipeline.figures.sources) AddSource(source, labels, out);
  for (const OperatorFigures& node : pipeline.figures.operators) AddOperator(node, labels, out);
  for (const SinkFigures& sink : pipeline.figures.sinks) AddSink(sink, labels, out);
}

void AddServer(const ServerFigures& server, MetricFamilies* out) {
  std::map<std::string, int64_t> by_state;
  for (const ServerFigures::State& each : server.pipelines) by_state[each.state]++;
  for (const auto& [state, pipelines] : by_state) {
    out->AddGauge("laminar_pipelines", "pipelines, by the state of their newest job",
                  MetricLabels().With("state", state), std::to_string(pipelines));
  }
  for (const ServerFigures::State& each : server.pipelines) {
    const MetricLabels labels = MetricLabels().With("pipeline", each.pipeline);
    out->AddGauge("laminar_pipeline_state", "1; the state of the pipeline's newest job is a label",
                  labels.With("state", each.state), "1");
    out->AddCounter("laminar_pipeline_restarts_total", "restarts after failures, of the pipeline's newest job", labels,
                    std::to_string(each.restarts));
  }
  for (const ServerFigures::Requests& each : server.requests) {
    out->AddCounter("laminar_http_requests_total", "requests answered, by the operation of the API",
                    MetricLabels().With("operation", each.operation).With("status", std::to_string(each.status)),
                    std::to_string(each.count));
  }
  for (const ServerFigures::Durations& each : server.durations) {
    out->AddHistogram("laminar_http_request_seconds", "from a request's last byte to its answer, seconds",
                      MetricLabels().With("operation", each.operation), each.latency);
  }
  out->AddGauge("laminar_http_connections", "connections that are open", {}, std::to_string(server.connections));
}

void AddProgram(const ProgramFigures& program, MetricFamilies* out) {
  const ProcessFigures& process = program.process;
  out->AddGauge("laminar_healthy", "1 = /healthz says that all is well", {}, program.healthy ? "1" : "0");
  out->AddGauge("laminar_build_info", "1; the version is a label", MetricLabels().With("version", program.version),
                "1");
  out->AddGauge("process_resident_memory_bytes", "bytes of the process that lie in memory", {},
                std::to_string(process.resident_bytes));
  out->AddGauge("process_virtual_memory_bytes", "bytes of addresses that the process has", {},
                std::to_string(process.virtual_bytes));
  out->AddCounter("process_cpu_seconds_total", "processor time that all threads have used, seconds", {},
                  SecondsText(process.cpu_micros, kMicrosPerSecond));
  out->AddGauge("process_threads", "threads of the process", {}, std::to_string(process.threads));
  out->AddGauge("process_open_fds", "files and connections that are open", {}, std::to_string(process.open_files));
  out->AddGauge("process_max_fds", "as many may be open", {}, std::to_string(process.most_open_files));
  out->AddGauge("process_start_time_seconds", "when the process was started, seconds since 1970", {},
                SecondsText(process.started_micros, kMicrosPerSecond));
}

}  // namespace

std::string PrometheusText(const std::vector<LabelledFigures>& pipelines, const ProgramFigures& program,
                           const ServerFigures* server) {
  MetricFamilies families;
  for (const LabelledFigures& pipeline : pipelines) AddPipeline(pipeline, &families);
  if (server != nullptr) AddServer(*server, &families);
  AddProgram(program, &families);
  return families.Text();
}

}  // namespace laminar
