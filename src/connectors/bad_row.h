// What becomes of a record that a decoder refused, by the table's bad_data: one wording for every source.
#pragma once

#include "connectors/connector.h"

namespace laminar {

// fail: the error to stop with, naming position, column and reason. drop: ok, and the row is counted and now and then
// logged. One per reader; not thread-safe.
class BadRowPolicy {
 public:
  BadRowPolicy(std::string table, BadDataPolicy policy, PipelineMetrics* metrics)
      : table_(std::move(table)), policy_(policy), metrics_(metrics) {}
  Status Handle(const RowPosition& position, const BadRow& row);
  // True: Handle will need the position (it is costly to find out in a file, and not needed for most dropped rows).
  bool NeedsPosition() const;

 private:
  const std::string table_;
  const BadDataPolicy policy_;
  PipelineMetrics* const metrics_;  // borrowed
  uint64_t dropped_ = 0;
};

}  // namespace laminar
