// What becomes of a row on which an expression fails: bad_data of the source that it came from.
#pragma once

#include "base/metrics.h"
#include "connectors/connector.h"
#include "duck/filter_project.h"

namespace laminar {

class ExpressionFailures final : public FailureHandler {
 public:
  ExpressionFailures(BadDataPolicy policy, PipelineMetrics* metrics) : policy_(policy), metrics_(metrics) {}
  Status OnFailure(const Batch& input, const ExpressionFailure& failure) override;

 private:
  const BadDataPolicy policy_;
  PipelineMetrics* const metrics_;  // borrowed
  uint64_t dropped_ = 0;
};

}  // namespace laminar
