// Backpressure: for how long the operators of a task had rows to go on with that nothing behind them took.
//
// A port is held up while rows wait in it and something that it reaches takes none: a sink or an edge that is full, an
// operator that has results to give out first. So is every operator on the way from there to what takes none, and an
// operator whose own results wait. What takes none is not: it is the cause.
#pragma once

#include <functional>
#include <vector>

#include "base/clock.h"
#include "base/operator_metrics.h"
#include "stream/runtime/task_graph.h"

namespace laminar {

// Of one task, on its thread.
class Backpressure {
 public:
  // operators: by node, of this worker. rows_wait: whether rows wait in the port of that number; asked of those that
  // are held up. All borrowed.
  Backpressure(const TaskGraph* graph, OperatorMetrics* operators, size_t nodes, const Clock* clock,
               std::function<bool(size_t)> rows_wait);

  // After a step, and where it is any() also when something may have changed. sources_wait: they are not read for a
  // reason that lies outside of the graph.
  void Update(bool sources_wait);
  // Something is held up.
  bool any() const { return any_; }
  // The task makes no more steps.
  void End();

 private:
  const TaskGraph* const graph_;
  OperatorMetrics* const operators_;
  const Clock* const clock_;
  const std::function<bool(size_t)> rows_wait_;
  std::vector<std::vector<size_t>> ports_of_;  // by member: the ports that reach it
  std::vector<bool> waiting_;                  // by port
  std::vector<bool> held_up_;                  // by node
  bool any_ = false;
};

}  // namespace laminar
