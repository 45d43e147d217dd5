// Figures as Prometheus reads them: the text exposition format, version 0.0.4
// (prometheus.io/docs/instrumenting/exposition_formats). docs/operations.md lists them all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "metrics/pipeline_figures.h"
#include "metrics/process_figures.h"
#include "metrics/server_figures.h"

namespace laminar {

constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

// The name that a figure of base/metrics.h has there: "laminar_" before it, "_total" behind a counter, and seconds in
// place of milliseconds and microseconds.
std::string ExportedName(std::string_view name, bool is_counter);

struct LabelledFigures {
  std::string pipeline;  // the value of the label; "" = without the label, where there is only one
  PipelineFigures figures;
};

struct ProgramFigures {
  std::string version;
  bool healthy = true;
  ProcessFigures process;
};

// server: nullptr = there is none.
std::string PrometheusText(const std::vector<LabelledFigures>& pipelines, const ProgramFigures& program,
                           const ServerFigures* server = nullptr);

}  // namespace laminar
