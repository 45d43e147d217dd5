// SinkOperator: the end of a branch; hands rows to this worker's writer of the sink.
#pragma once

#include "base/metrics.h"
#include "connectors/connector.h"
#include "stream/operators/operator.h"

namespace laminar {

class SinkOperator final : public Operator {
 public:
  // writer and metrics are borrowed and outlive the operator.
  SinkOperator(SinkWriter* writer, PipelineMetrics* metrics) : Operator(1), writer_(writer), metrics_(metrics) {}
  Status Push(size_t /*input*/, Batch* batch) override {
    metrics_->rows_to_sinks.Add(batch->rows());
    return writer_->Push(*batch);
  }

 private:
  SinkWriter* const writer_;
  PipelineMetrics* const metrics_;
};

}  // namespace laminar
