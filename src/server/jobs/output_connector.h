// A connector whose sinks give their rows, as JSON, to a job's output. It takes the place of a script's own sinks once
// the script is compiled.
#pragma once

#include <memory>

#include "connectors/connector.h"
#include "connectors/registry.h"
#include "server/jobs/job_output.h"

namespace laminar::server {

struct OutputPace {
  int64_t rows_at_once = 0;  // 0: as fast as they come
  int64_t rows_per_second = 0;
};

// output and registry, whose JSON it writes, are borrowed; they outlive its sinks.
std::unique_ptr<Connector> MakeOutputConnector(JobOutput* output, const Registry* registry, const OutputPace& pace);

}  // namespace laminar::server
