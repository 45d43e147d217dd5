// LookupJoinOperator: LookupJoinNode of the plan. Input 1 is read to its end and kept, then the rows of input 0 look
// their partners up. A row's output follows that of the rows before it; its partners come in the order in which they
// were read.
//
// It has no state for checkpoints: nothing of the stream waits here at a barrier, and after a restart the table is read
// anew, before the stream goes on. So its source must begin at its start then, whatever position it had.
#pragma once

#include <memory>

#include "duck/database.h"
#include "duck/filter_project.h"
#include "stream/operators/operator.h"
#include "stream/plan.h"

namespace laminar {

class LookupJoinOperator final : public Operator {
 public:
  // output: the columns of `stream`, then those of `table` (kSemi, kAnti: without). failures: for rows on which the
  // condition fails. session and failures are borrowed.
  LookupJoinOperator(const LookupJoinNode& node, const Schema& stream, const Schema& table, const Schema& output,
                     DuckSession* session, FailureHandler* failures);
  ~LookupJoinOperator() override;

  Status Push(size_t input, Batch* batch) override;
  bool Accepts(size_t input) const override;
  bool HasPending() const override;
  int64_t StateBytes() const override;

 private:
  Status OnWatermark(int64_t watermark) override;
  Status EmitPending() override;

  struct Probe;
  struct Rep;
  // Emits some batches of what the probe has partners for; *done: that was all.
  Status Work(Probe* probe, bool* done);

  std::unique_ptr<Rep> rep_;
};

}  // namespace laminar
