// TaskGraph: one worker's operators, made from the plan, and which of them rows can reach from where.
//
// With several workers an ExchangeNode becomes a sender, edges to the other workers, and a receiver with one input a
// worker. Where a window aggregate is all that lies behind it, the workers aggregate their own rows first: partial
// aggregate, exchange of its results, merging aggregate. With one worker an exchange is nothing.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/operator_metrics.h"
#include "connectors/connector.h"
#include "duck/database.h"
#include "duck/filter_project.h"
#include "stream/operators/operator.h"
#include "stream/operators/row_partials.h"
#include "stream/operators/step_guard.h"
#include "stream/operators/work_clock.h"
#include "stream/plan.h"
#include "stream/runtime/edge.h"
#include "stream/runtime/exchange.h"
#include "stream/runtime/expression_failures.h"

namespace laminar {

class TaskGraph {
 public:
  struct Parts {
    const StreamPlan* plan = nullptr;  // all pointers are borrowed
    DuckSession* session = nullptr;
    PipelineMetrics* metrics = nullptr;
    StepGuard* guard = nullptr;  // asked by operators that make many batches of one
    int worker = 0;
    const Edges* edges = nullptr;  // nullptr: one worker
    size_t partial_trial_rows = PartialsPay::kTrialRows;
    bool restores = false;                       // the operators will be given the state of a checkpoint
    std::map<std::string, SinkWriter*> writers;  // by sink table
    std::map<std::string, BadData*> bad_data;    // by source table
    std::map<std::string, Counter*> late_rows;   // by source table; none: nobody asks
    OperatorMetrics* operators = nullptr;        // of this worker, by node; not nullptr
    WorkClock* clock = nullptr;                  // the task's; not nullptr
  };

  explicit TaskGraph(const Parts& parts);
  ~TaskGraph();
  TaskGraph(const TaskGraph&) = delete;

  // All that rows can get to in this task, without waiting, once they are pushed somewhere.
  class Reach {
   public:
    // Rows may be pushed: nothing on the way is full, or has results to give out first.
    bool Accepts() const;
    bool Contains(const Operator* op) const;

   private:
    friend class TaskGraph;
    std::vector<std::pair<const Operator*, size_t>> inputs_;  // operator and input
    std::vector<const SinkWriter*> writers_;
  };

  // Where rows enter: what a source's go into, or what comes in over an edge.
  struct Port {
    NodeId node = 0;
    Operator* to = nullptr;
    size_t input = 0;
    Edge* edge = nullptr;  // nullptr: of a source or VALUES
    Reach reach;
    bool closed = false;   // nothing more will come; kept by the task
    bool aligned = false;  // the barrier of the checkpoint at hand has come: not polled until all have; the task's
  };
  struct Member {
    NodeId node = 0;
    std::unique_ptr<Operator> op;
    Reach reach;                                     // of what it emits
    std::vector<std::pair<size_t, size_t>> outputs;  // member and its input
    SinkWriter* writer = nullptr;
    ExchangeOperator* exchange = nullptr;
    bool keeps_state = false;  // that belongs into a checkpoint
    bool aligned = false;      // the barrier of the checkpoint at hand has passed it; the task's
  };

  std::vector<Port>& ports() { return ports_; }  // upstream ones first
  const std::vector<Port>& ports() const { return ports_; }
  std::vector<Member>& members() { return members_; }  // upstream ones first
  const std::vector<Member>& members() const { return members_; }

  // Whether more may come to the member: from a port that is open, or from an operator with pending results.
  bool MayGetMore(const Member& member) const;
  // The same, before the barrier of the checkpoint at hand.
  bool MayGetMoreBeforeBarrier(const Member& member) const;

 private:
  // Which rows of a member are those of its node: one may be made of several.
  enum class Counted { kBoth, kIn, kOut, kNone };
  size_t Add(NodeId node, std::unique_ptr<Operator> op, Counted counted);
  void Connect(size_t from, size_t to, size_t input);
  void AddNode(NodeId id);
  void AddExchange(NodeId id, const ExchangeNode& exchange);
  size_t AddPartial(NodeId window, const PlanNode& input, size_t reads_from, Counted counted);
  std::unique_ptr<Operator> MakeStateless(NodeId id);
  std::unique_ptr<Operator> MakeKeyed(NodeId id);
  // The window aggregate that is the only reader of an exchange and whose rows can be aggregated before it.
  std::optional<NodeId> AggregateBehind(NodeId exchange) const;
  // The window aggregate merges what a partial aggregate gives: behind an exchange; in this worker, to go on from the
  // state of a checkpoint.
  bool MergesBehindExchange(NodeId window) const;
  bool MergesHere(NodeId id) const;
  const PlanNode& Input(NodeId id, size_t input) const;
  FailureHandler* Failures(NodeId id);
  Counter* LateRows(NodeId id);
  Reach ReachOf(const std::vector<std::pair<size_t, size_t>>& outputs) const;

  const Parts parts_;
  const StreamPlan& plan_;
  const int workers_;
  const std::vector<RowPolicy> policies_;  // by node
  std::vector<std::unique_ptr<FailureHandler>> failure_handlers_;
  Counter nobodys_late_rows_;
  std::vector<size_t> yields_;  // by node: the member that yields its rows
  std::vector<Member> members_;
  std::vector<Port> ports_;
};

}  // namespace laminar
