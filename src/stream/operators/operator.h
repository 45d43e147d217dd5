// Operator: a node of the streaming plan as one worker runs it. Operators of a task call each other directly, on one
// thread, with borrowed batches; there is no queue inside a task.
#pragma once

#include <cstddef>
#include <vector>

#include "base/status.h"
#include "duck/batch.h"

namespace laminar {

class Operator {
 public:
  explicit Operator(size_t inputs) : open_inputs_(inputs) {}
  virtual ~Operator() = default;
  Operator(const Operator&) = delete;

  // Rows for input number `input`. The operator may slice the batch; it keeps nothing of it after returning.
  virtual Status Push(size_t input, Batch* batch) = 0;

  // An input has ended for good (not: the pipeline was told to stop). When all have, the outputs learn it.
  Status OnEnd(size_t input);

  // Adds an output: rows emitted here go to input number `input` of `to`, which outlives this operator's last Push.
  void AddOutput(Operator* to, size_t input) { outputs_.push_back({to, input}); }

 protected:
  Status Emit(Batch* batch);

 private:
  struct Output {
    Operator* to;
    size_t input;
  };
  std::vector<Output> outputs_;
  size_t open_inputs_;
};

}  // namespace laminar
