// Figures of a pipeline as Prometheus reads them: the text exposition format, version 0.0.4
// (prometheus.io/docs/instrumenting/exposition_formats).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/metrics.h"

namespace laminar::cli {

constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

// The name that a figure of base/metrics.h has there: "laminar_" before it, "_total" behind a counter, and seconds in
// place of milliseconds and microseconds.
std::string ExportedName(std::string_view name, bool is_counter);

struct ProcessFigures {
  std::string version;
  bool healthy = true;
  int64_t resident_bytes = 0;
  int64_t cpu_micros = 0;  // of all threads since the start
};

// All figures; those of a source have its table as a label.
std::string MetricsText(const PipelineMetrics& metrics, const std::map<std::string, SourceMetrics>& sources,
                        const ProcessFigures& process);

}  // namespace laminar::cli
