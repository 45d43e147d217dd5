// ValuesReader: the rows of a ValuesNode (SELECT 1, VALUES ...) as a bounded source of one batch after the other.
#pragma once

#include "connectors/connector.h"
#include "duck/filter_project.h"
#include "stream/plan.h"

namespace laminar {

class ValuesReader final : public SourceReader {
 public:
  // node and session are borrowed and outlive the reader.
  ValuesReader(const ValuesNode* node, const Schema& schema, DuckSession* session);
  Result<PollState> Poll(Batch* out) override;
  int64_t NextDeadline() const override { return kNever; }

 private:
  const ValuesNode* const node_;
  const Schema schema_;
  DuckSession* const session_;
  size_t next_ = 0;
};

}  // namespace laminar
