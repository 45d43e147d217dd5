// FigureSeries: how the figures of a job went over the last minutes, for charts.
#pragma once

#include <cstdint>
#include <deque>
#include <nlohmann/json.hpp>
#include <vector>

#include "metrics/pipeline_figures.h"

namespace laminar::server {

// Not thread-safe.
class FigureSeries {
 public:
  static constexpr int64_t kIntervalMicros = 2'000'000;
  static constexpr size_t kMostSamples = 300;  // ten minutes

  // at_micros: since 1970; later than the last one's.
  void Add(int64_t at_micros, const PipelineFigures& figures);

  // Columns of equal length, the oldest sample first: at (milliseconds since 1970), rates a second since the sample
  // before, and values of the moment; of each operator by its node's id. most: only so many of the last ones.
  nlohmann::json ToJson(size_t most = kMostSamples) const;

 private:
  struct Operator {
    int node_id = 0;
    uint64_t rows_in = 0, rows_out = 0;
    double backpressure = 0;
  };
  struct Sample {
    int64_t at_micros = 0;
    uint64_t rows_in = 0, rows_out = 0, bytes_in = 0, bytes_out = 0;
    int64_t lag_ms = 0, event_lag_ms = 0, state_bytes = 0;
    std::vector<Operator> operators;
  };
  std::deque<Sample> samples_;
};

}  // namespace laminar::server
