// What becomes of a row on which an expression fails: bad_data of the source that it came from.
#pragma once

#include <string>

#include "base/metrics.h"
#include "connectors/connector.h"
#include "duck/filter_project.h"

namespace laminar {

// bad_data for the rows at a place of the plan.
struct RowPolicy {
  BadDataPolicy policy = BadDataPolicy::kFail;
  std::string tables;  // kFail: the sources whose bad_data would have to be 'drop': "orders, returns"; "": none has one
};

class ExpressionFailures final : public FailureHandler {
 public:
  ExpressionFailures(RowPolicy policy, PipelineMetrics* metrics) : policy_(std::move(policy)), metrics_(metrics) {}
  Status OnFailure(const Batch& input, const ExpressionFailure& failure) override;

 private:
  const RowPolicy policy_;
  PipelineMetrics* const metrics_;  // borrowed
  uint64_t dropped_ = 0;
};

}  // namespace laminar
