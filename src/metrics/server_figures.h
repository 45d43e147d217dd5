// What a server of many pipelines counts beside their own figures, at one moment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "metrics/pipeline_figures.h"

namespace laminar {

struct ServerFigures {
  struct Requests {
    std::string operation;  // its id; "" = none was found
    int status = 0;
    uint64_t count = 0;
  };
  struct Durations {
    std::string operation;
    LatencyFigures latency;  // from the last byte of a request to the answer's first
  };
  struct State {
    std::string pipeline, state;
    uint64_t restarts = 0;  // after failures, of its newest job
  };
  std::vector<Requests> requests;
  std::vector<Durations> durations;
  int64_t connections = 0;
  std::vector<State> pipelines;  // that have run since the server was started
};

}  // namespace laminar
