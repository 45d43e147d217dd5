// Task: one worker's instance of a pipeline's plan - its operators, its readers of the sources, its writers to the
// sinks. Runs on one thread at a time and is driven: Step() does what can be done now and says when to come back. A
// production thread waits between steps; a test steps all tasks of a process from one thread.
//
// Every worker runs the whole graph over its own share of the splits; an exchange sends rows to other workers' tasks
// over edges. An input - a reader, an edge - is polled only while everything that its rows reach in this task accepts:
// sinks, outgoing edges, operators that have no results to give out first and whose bounded side is complete.
//
// That cannot lock up. Nothing waits while it holds something back: pushing never blocks, a task only leaves inputs
// alone. What an input waits for lies downstream of it - a sink, which empties itself; results, which go where the same
// holds; an edge, which its consumer polls unless something further downstream is full - and the plan has no circle. A
// join waits for its bounded side, which does not come through the side that waits.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/operator_metrics.h"
#include "base/status.h"
#include "connectors/connector.h"
#include "duck/database.h"
#include "stream/operators/row_partials.h"
#include "stream/operators/work_clock.h"
#include "stream/plan.h"
#include "stream/runtime/backpressure.h"
#include "stream/runtime/checkpoint_control.h"
#include "stream/runtime/edge.h"
#include "stream/runtime/source_input.h"
#include "stream/runtime/state_budget.h"
#include "stream/runtime/task_graph.h"

namespace laminar {

class Task final : private StepGuard {
 public:
  struct Parts {
    const StreamPlan* plan = nullptr;  // borrowed, like all pointers here: outlive the task
    DuckSession* session = nullptr;    // this task's own
    const Clock* clock = nullptr;
    PipelineMetrics* metrics = nullptr;
    int worker = 0;                                       // worker 0 makes the rows of VALUES
    const Edges* edges = nullptr;                         // of the pipeline; nullptr: one worker
    size_t partial_trial_rows = PartialsPay::kTrialRows;  // of PartialsPay
    StateBudget* budget = nullptr;                        // of the pipeline; nullptr: no limit
    OperatorMetrics* operators = nullptr;                 // of this worker, by node; nullptr: nobody asks
    CheckpointControl* checkpoints = nullptr;             // of the pipeline; nullptr: takes none
    bool restores = false;                                // Restore will be called
    bool ends_close_windows = true;  // false: the end of a source is no end of time, its windows stay open
    std::map<std::string, SourceInput::Parts> sources;           // by table, every source of the plan
    std::map<std::string, std::unique_ptr<SinkWriter>> writers;  // by table, every sink of the plan and of dead letters
    std::map<std::string, DeadLetters*> dead_letters;            // of this worker, by the sink that they go to
  };
  struct Progress {
    bool progress = false;      // call again at once
    bool done = false;          // inputs have ended (or were stopped) and everything accepted is acknowledged
    int64_t deadline = kNever;  // else: after a wake-up, or at this SteadyMicros
  };

  explicit Task(Parts parts);
  ~Task() override;

  // Before the first step: the operators go on from a checkpoint. nodes: by NodeId, of all workers that there were.
  // Those that are missing begin anew.
  Status Restore(const std::map<NodeId, std::vector<NodeState>>& nodes);

  // An error is final: the task computes nothing any more, further steps drain the sinks that still work.
  Result<Progress> Step();

  // No more rows are taken from the sources; what is on its way is computed and sent, windows that the watermark has
  // not passed stay open. Idempotent.
  void StopReading();
  // Every source ends where it stands, and its windows are closed. Idempotent.
  void EndInput() { input_ended_ = true; }
  // Nothing more is computed; what the sinks have accepted is sent. For the other workers when one has failed.
  void Abandon();

  // One of its writers holds so much that a checkpoint should be taken.
  bool WantsCheckpoint() const;
  // Rows and groups that still wait for the watermark.
  int64_t StateRows() const;

 private:
  struct Writer {
    std::string table;
    std::unique_ptr<SinkWriter> writer;
    bool failed = false;                // left alone from then on
    OwnCounter* busy_micros = nullptr;  // of its node; nullptr: no query writes it
  };
  // Where a task stands with the checkpoint at hand.
  enum class Phase {
    kNone,
    kArrived,   // polls no source; waits for the other workers
    kAligning,  // lets the barrier pass
    kSaving,    // goes on, and writes down what the operators held
  };
  Status StepCheckpoint(bool* progress);
  void PassBarriers(bool* progress);
  Status BeginSaving();
  Status SaveMore(bool* progress);
  void HandInWhenReady();
  void TellWritersOfCommits();
  bool MayTakeCheckpoint() const;
  bool AllClosed() const;
  bool LastCheckpointTaken() const;

  OwnCounter* BusyOfSink(const std::string& table) const;
  Status PollWriters();
  Status SendDeadLetters();
  bool DeadLettersAccepted() const;
  Status Compute(bool* progress);
  Status ResumePending(bool* progress);
  Status PollEdge(TaskGraph::Port* port, bool* progress);
  bool MayPoll(const TaskGraph::Port& source) const;
  Status PollSource(TaskGraph::Port* port, SourceInput* source, bool* progress);
  Result<PollState> Read(const TaskGraph::Port& port, SourceInput* source, Batch** batch);
  void CloseExchanges();
  void FlushBefore(const TaskGraph::Member& exchange);
  void SayWhatIsHeld();
  Status MayGoOn() override;
  void SayWhetherBusy();
  bool HasPending() const;
  bool Paused() const;  // sources are not read for now, for --memory-limit
  void FinishWriters();

  Parts parts_;
  std::vector<Writer> writers_;
  std::vector<std::pair<DeadLetters*, SinkWriter*>> dead_letters_;  // and what they go to
  std::vector<OperatorMetrics> own_operators_;                      // where nobody asks
  WorkClock work_;
  std::unique_ptr<TaskGraph> graph_;
  std::vector<std::unique_ptr<SourceInput>> sources_;  // by port of the graph; nullptr: an edge's
  std::unique_ptr<Backpressure> backpressure_;
  std::vector<int64_t> held_, rows_held_;   // bytes and rows by node, when it was last said
  int64_t held_bytes_ = 0, held_rows_ = 0;  // of all nodes
  bool input_ended_ = false;                // by EndInput
  bool finishing_ = false;                  // writers have been told that no more rows come

  Phase phase_ = Phase::kNone;
  std::vector<bool> read_anew_;  // by node (state_shape.h)
  int64_t epoch_ = 0;            // of the checkpoint at hand, or the last one
  int64_t handed_in_ = 0;        // the last epoch of which everything has been handed in
  int64_t committed_ = 0;        // that the writers know of
  int64_t arrived_micros_ = 0;   // SteadyMicros
  bool at_end_ = false;          // has said so
  bool abandoned_ = false;
  struct Saving {
    size_t member = 0, node = 0;  // of the graph; of state_.nodes
    std::unique_ptr<StateOutput> out;
  };
  std::vector<Saving> saving_;  // members whose state is not all written down
  TaskState state_;             // what there is of it
};

}  // namespace laminar
