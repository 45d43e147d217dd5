// Operator: a node of the streaming plan as one worker runs it. Operators of a task call each other directly, on one
// thread, with borrowed batches; between the workers lie edges (stream/runtime/edge.h).
//
// Event time travels beside the rows: a watermark comes after the rows that it speaks of. An operator with several
// inputs has the lowest of their watermarks. The end of an input is a watermark at the end of time, then OnEnd.
//
// A closed window may hold more rows than its outputs should take at once. An operator then keeps them, says so
// (HasPending), and gives a part of them at each Resume; until it has none left, the task pushes nothing into it. The
// watermark that closed the window goes on after its last row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/counter.h"
#include "base/event_time.h"
#include "base/status.h"
#include "duck/batch.h"
#include "state/operator_state.h"
#include "stream/operators/work_clock.h"

namespace laminar {

class Operator {
 public:
  explicit Operator(size_t inputs) : watermarks_(inputs, kNoWatermark), open_inputs_(inputs) {}
  virtual ~Operator() = default;
  Operator(const Operator&) = delete;

  // Rows for input number `input`. The operator may slice the batch; it keeps nothing of it after returning. Requires
  // Accepts(input) and not HasPending().
  virtual Status Push(size_t input, Batch* batch) = 0;
  // The same, with its rows and its time counted: how operators and the task push.
  Status Take(size_t input, Batch* batch);

  // An input promises `watermark`; one that is not above its last is ignored.
  Status AdvanceWatermark(size_t input, int64_t watermark);
  // An input has ended for good (not: the pipeline was told to stop). When all have, and nothing is pending, the
  // outputs learn it.
  Status OnEnd(size_t input);

  // Whether rows may be pushed into the input now: a join takes its bounded side first.
  virtual bool Accepts(size_t /*input*/) const { return true; }

  virtual bool HasPending() const { return false; }
  // Emits a part of what is pending: some batches, not all of a large window.
  Status Resume();

  // Checkpoints. A barrier has come in by all inputs: no rows are on their way here, and nothing is pending.
  // What was held back only to be sent on in larger pieces becomes pending now, and is no state.
  virtual void OnBarrier() {}
  // Adds what it holds to `out`. Where that takes long, only a part, and the rest by SaveMore.
  virtual Status Save(StateOutput* /*out*/) { return Status::Ok(); }
  // Between other calls, until it returns true: adds more of what it held when Save was called, a few milliseconds'
  // worth. What has changed since is added as it was.
  virtual Result<bool> SaveMore(StateOutput* /*out*/) { return true; }
  // Before anything is pushed: takes what is its own of what operators like it saved. watermark: the last finite one
  // that they had; the operator goes on as if it had come. Overridden by those that hold something back.
  Status Restore(const StateInput& in, int64_t watermark);
  // What Restore is to be given: the lowest watermark of the inputs; after their end, the last one before.
  virtual int64_t SavedWatermark() const { return finite_watermark_; }

  // Bytes of rows and groups that it holds, for --memory-limit. Asked after every batch: cheap.
  virtual int64_t StateBytes() const { return 0; }
  // Rows and groups that wait for the watermark: what is lost when the pipeline is told to stop and keeps no state.
  virtual int64_t StateRows() const { return 0; }

  // Where its figures go. All borrowed, written by the thread that pushes; nullptr: counted nowhere.
  struct Counts {
    OwnCounter* rows_in = nullptr;
    OwnCounter* rows_out = nullptr;
    OwnCounter* busy_micros = nullptr;
    WorkClock* clock = nullptr;        // not nullptr where busy_micros is not
    bool works_at_watermarks = false;  // closing what it holds back is counted, too
  };
  void CountWith(const Counts& counts) { counts_ = counts; }

  // Adds an output: rows emitted here go to input number `input` of `to`, which outlives this operator's last Push.
  void AddOutput(Operator* to, size_t input) { outputs_.push_back({to, input}); }

 protected:
  // The lowest watermark of the inputs has risen to `watermark` (kEndOfTime: all have ended). By default the outputs
  // learn it. An operator that holds rows back sends it on (EmitWatermark) after those that it has closed.
  virtual Status OnWatermark(int64_t watermark) { return EmitWatermark(watermark); }
  virtual Status EmitPending() { return Status::Ok(); }
  // All inputs have ended and nothing is pending; called once, before the outputs learn it.
  virtual Status OnEnded() { return Status::Ok(); }

  // Called by Restore. No watermark has come after it: kNoWatermark, and nothing was saved with one.
  virtual Status OnRestore(const StateInput& /*in*/, int64_t /*watermark*/) { return Status::Ok(); }

  bool InputEnded(size_t input) const { return watermarks_[input] == kEndOfTime; }

  Status Emit(Batch* batch);
  Status EmitWatermark(int64_t watermark);

 private:
  struct Output {
    Operator* to;
    size_t input;
  };
  Status EndOutputs();

  std::vector<Output> outputs_;
  std::vector<int64_t> watermarks_;  // by input
  int64_t watermark_ = kNoWatermark, finite_watermark_ = kNoWatermark;
  size_t open_inputs_;
  bool outputs_ended_ = false;
  Counts counts_;
};

}  // namespace laminar
