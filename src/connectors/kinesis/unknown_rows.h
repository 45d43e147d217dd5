// UnknownRows: rows of an exactly-once writer that were perhaps written, and reading the stream back to find out.
//
// Two kinds come here. Rows of a live process whose request had no answer; and all rows that a checkpoint holds as not
// acknowledged, for the process that wrote it may have sent any of them afterwards.
//
// A read-back begins, shard by shard, behind a record of ours that is known to be older than all that is sought: the
// last one acknowledged before the first request that is sought was sent. Requests overtake one another, so the last
// one acknowledged at all would not do. Time is cut into generations, one for each checkpoint; a request belongs to the
// one that it was sent in, and what was acknowledged at a generation's beginning is kept as long as one of its
// requests, or of an older one, has no known outcome.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "connectors/kinesis/put_rows.h"
#include "connectors/kinesis/read_back.h"

namespace laminar::kinesis {

// How much the service's clock and this one's may differ.
constexpr int64_t kReadBackMarginMicros = 300 * kMicrosPerSecond;

struct ReadBackWorld {  // all borrowed; they outlive the object, and the waker the api
  KinesisApi* api = nullptr;
  Waker* waker = nullptr;
  const Clock* clock = nullptr;
  Random* random = nullptr;
  WriteCounts counts;
  int64_t fence_wait_micros = 0;
};

// Used by one thread.
class UnknownRows {
 public:
  explicit UnknownRows(const ReadBackWorld& world);

  // A request is sent. Returns its generation, which EndRequest takes once for it, when its outcome is known or its
  // rows were added here.
  uint64_t BeginRequest();
  void EndRequest(uint64_t generation);
  void OnAcknowledged(const PutResult::Entry& entry);

  // A row of a request of that generation; it stays unacknowledged until Drive gives it out.
  void Add(const RowRef& row, uint64_t generation, int64_t now_micros);
  // Rows of a checkpoint, borrowed until `restored` of a Drive; none of them was written before the positions and the
  // earliest time of their epochs. Before anything else.
  void Restore(std::vector<EpochRows*> epochs, ShardPositions after, int64_t now_micros);

  struct Outcome {
    std::function<void(const RowRef&, bool restored)> found;  // written: acknowledge it
    std::function<void(const RowRef&)> not_found;             // to be sent again; by id
    std::function<void()> restored;                           // the restored rows that were not found are to be sent
  };
  // Error: the stream cannot be read.
  Status Drive(int64_t now_micros, const Outcome& outcome);
  int64_t NextDeadline() const;
  bool empty() const { return rows_.empty() && restored_.empty(); }

  // Begins a generation. Returns what a later run's read-back begins with.
  const ShardPositions& BeginGeneration();

 private:
  struct Row {
    RowRef row;
    uint64_t generation = 0;
    int64_t since_micros = 0;
    bool sought = false;  // by the read-back that is under way
  };
  using Key = std::tuple<int, int64_t, uint64_t>;  // worker, epoch, number

  void BeginReadBack(int64_t now_micros);
  void OnRecord(const Record& record, const Outcome& outcome);
  void FinishReadBack(const Outcome& outcome);
  void Prune();

  const ReadBackWorld world_;
  RetryLog retry_log_;
  std::map<Key, Row> rows_;
  std::vector<EpochRows*> restored_;
  int64_t restored_micros_ = 0;
  std::unique_ptr<ReadBack> read_back_;
  uint64_t found_ = 0;  // by this read-back

  uint64_t generation_ = 0;
  std::map<uint64_t, uint64_t> outstanding_;   // by generation: requests in flight and rows of rows_
  std::map<uint64_t, ShardPositions> floors_;  // by generation: acknowledged at its beginning
  ShardPositions acknowledged_;
  bool acknowledged_any_ = false;  // in this generation
};

}  // namespace laminar::kinesis
