// FigureBook: what the workers of a pipeline count of its operators, and the figures of all of it at one moment.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/operator_metrics.h"
#include "connectors/source_watermark.h"
#include "metrics/pipeline_figures.h"
#include "stream/plan.h"

namespace laminar {

class FigureBook {
 public:
  // All borrowed. sources, sinks: tables.
  struct Parts {
    const StreamPlan* plan = nullptr;
    int workers = 1;
    const Clock* clock = nullptr;
    const PipelineMetrics* metrics = nullptr;
    const std::map<std::string, SourceMetrics>* event_times = nullptr;                    // by source
    const std::map<std::string, std::unique_ptr<SourceWatermark>>* watermarks = nullptr;  // by source
    std::vector<std::string> sources, sinks;
  };
  explicit FigureBook(Parts parts);

  // By node: that worker writes them.
  OperatorMetrics* operators(int worker) { return operators_[static_cast<size_t>(worker)].data(); }
  // Thread-safe, once the maps of Parts do not change any more.
  PipelineFigures Take();

 private:
  // For how long each operator was held up until a moment, over all workers.
  struct Sample {
    int64_t at_micros = 0;
    std::vector<uint64_t> backpressure_micros;  // by node
  };
  SourceFigures TakeSource(const std::string& table) const;
  SinkFigures TakeSink(const std::string& table) const;
  void TakeOperators(std::vector<OperatorFigures>* figures);

  const Parts parts_;
  std::vector<std::string> names_;                       // by node
  std::vector<std::vector<OperatorMetrics>> operators_;  // by worker and node
  std::mutex mutex_;
  std::deque<Sample> samples_;   // guarded by mutex_; of the last seconds, one a second at most
  std::vector<uint64_t> shown_;  // guarded by mutex_; by node: backpressure_micros, when it was last given out
};

}  // namespace laminar
