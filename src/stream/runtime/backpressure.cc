#include "stream/runtime/backpressure.h"

#include <algorithm>
#include <utility>

namespace laminar {

Backpressure::Backpressure(const TaskGraph* graph, OperatorMetrics* operators, size_t nodes, const Clock* clock,
                           std::function<bool(size_t)> rows_wait)
    : graph_(graph),
      operators_(operators),
      clock_(clock),
      rows_wait_(std::move(rows_wait)),
      ports_of_(graph->members().size()),
      waiting_(graph->ports().size()),
      held_up_(nodes) {
  for (size_t m = 0; m < ports_of_.size(); m++) {
    for (size_t p = 0; p < waiting_.size(); p++) {
      if (graph->ports()[p].reach.Contains(graph->members()[m].op.get())) ports_of_[m].push_back(p);
    }
  }
}

void Backpressure::Update(bool sources_wait) {
  bool any = false;
  for (size_t p = 0; p < waiting_.size(); p++) {
    const TaskGraph::Port& port = graph_->ports()[p];
    const bool held_up = !port.closed && ((sources_wait && port.edge == nullptr) || !port.reach.Accepts());
    waiting_[p] = held_up && rows_wait_(p);
    any = any || waiting_[p];
  }
  for (const TaskGraph::Member& member : graph_->members())
    any = any || (member.op->HasPending() && !member.reach.Accepts());
  if (!any && !any_) return;
  any_ = any;

  std::fill(held_up_.begin(), held_up_.end(), false);
  for (size_t m = 0; m < ports_of_.size(); m++) {
    const TaskGraph::Member& member = graph_->members()[m];
    // An exchange is what it gives its rows to itself: edges.
    const bool stuck = !member.reach.Accepts() || (member.exchange != nullptr && !member.op->Accepts(0));
    const bool has_rows = member.op->HasPending() || std::any_of(ports_of_[m].begin(), ports_of_[m].end(),
                                                                 [this](size_t port) { return waiting_[port]; });
    if (stuck && has_rows) held_up_[static_cast<size_t>(member.node)] = true;
  }
  for (size_t p = 0; p < waiting_.size(); p++) {
    if (sources_wait && waiting_[p]) held_up_[static_cast<size_t>(graph_->ports()[p].node)] = true;
  }
  const int64_t now = clock_->SteadyMicros();
  for (size_t node = 0; node < held_up_.size(); node++) {
    Stopwatch& watch = operators_[node].backpressure_micros;
    held_up_[node] ? watch.Start(now) : watch.Stop(now);
  }
}

void Backpressure::End() {
  const int64_t now = clock_->SteadyMicros();
  for (size_t node = 0; node < held_up_.size(); node++) operators_[node].backpressure_micros.Stop(now);
  any_ = false;
}

}  // namespace laminar
