// What becomes of a row on which an expression fails: bad_data of the source that it came from.
#pragma once

#include <string>

#include "connectors/bad_data.h"
#include "connectors/connector.h"
#include "duck/filter_project.h"

namespace laminar {

// bad_data for the rows at a place of the plan.
struct RowPolicy {
  BadDataPolicy policy = BadDataPolicy::kFail;
  std::string tables;  // kFail: the sources whose bad_data would have to be 'drop': "orders, returns"; "": none has one
  BadData* bad_data = nullptr;  // else: of one of the sources
};

class ExpressionFailures final : public FailureHandler {
 public:
  // What policy names is borrowed.
  ExpressionFailures(RowPolicy policy, int worker) : policy_(std::move(policy)), worker_(worker) {}
  Status OnFailure(const Batch& input, const ExpressionFailure& failure) override;

 private:
  void Show(const Batch& input, const ExpressionFailure& failure, BadRecordEvent::Fate fate, uint64_t like_it) const;
  static void Keep(const Batch& input, const ExpressionFailure& failure, DeadLetters* letters);

  const RowPolicy policy_;
  const int worker_;
};

}  // namespace laminar
