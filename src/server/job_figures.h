// The figures of a job as clients get them.
#pragma once

#include "metrics/pipeline_figures.h"
#include "server/operations.h"

namespace laminar::server {

// totals, sources with their shards, operators, sinks.
json FiguresToJson(const PipelineFigures& figures);

}  // namespace laminar::server
