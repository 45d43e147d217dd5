// Edge: a queue from one worker's task to another's. Rows, watermarks and the end travel in it in the order in which
// they were put. One thread puts, one takes.
//
// Bounded in bytes: the producer stops polling what reaches the edge while CanAccept() is false. Putting never blocks
// and never fails: what one pushed batch yields may lie above the bound. Watermarks take no room: one that follows
// another replaces it.
//
// The consumer is woken when the edge becomes non-empty, the producer when there is room again.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/waker.h"
#include "duck/batch.h"
#include "stream/plan.h"

namespace laminar {

class Edge {
 public:
  struct Item {
    enum class Kind {
      kRows,
      kWatermark,
      kEnd,      // the producer's input has ended
      kStop,     // nothing more will come, because the pipeline was told to stop: not an end of the input
      kBarrier,  // what comes before belongs to a checkpoint, what comes after does not
    };
    Kind kind = Kind::kRows;
    Batch rows;
    int64_t bytes = 0;  // of rows, as the producer counted them
    int64_t watermark = 0;
    int64_t epoch = 0;  // kBarrier
  };

  // Wakers are borrowed.
  Edge(Waker* producer, Waker* consumer, int64_t capacity_bytes)
      : producer_(producer), consumer_(consumer), capacity_bytes_(capacity_bytes) {}
  Edge(const Edge&) = delete;

  // The producer's.
  bool CanAccept() const { return bytes_.load(std::memory_order_relaxed) < capacity_bytes_; }
  // rows: flat, and owned by nobody else. bytes: what they take in memory.
  void PutRows(Batch rows, int64_t bytes);
  void PutWatermark(int64_t watermark);
  void PutEnd();
  void PutStop();
  void PutBarrier(int64_t epoch);
  // An empty batch that the consumer gave back.
  std::optional<Batch> TakeSpare();

  // The consumer's. nullopt: nothing there.
  std::optional<Item> Take();
  bool Empty() const;
  void GiveBack(Batch rows);

 private:
  static constexpr size_t kMostSpares = 2;
  void Put(Item item);

  Waker* const producer_;
  Waker* const consumer_;
  const int64_t capacity_bytes_;
  std::atomic<int64_t> bytes_{0};  // of the rows in items_; written with mutex_ held
  mutable std::mutex mutex_;
  std::deque<Item> items_;     // guarded by mutex_
  std::vector<Batch> spares_;  // guarded by mutex_
};

// All edges of a pipeline: made once, before its tasks.
class Edges {
 public:
  // wakers: one a worker. capacity_bytes: of all edges together; each gets kLeastBytes at least.
  Edges(const StreamPlan& plan, const std::vector<Waker*>& wakers, int64_t capacity_bytes);

  static constexpr int64_t kLeastBytes = 256 << 10;
  static constexpr int64_t kMostBytes = 4 << 20;

  int workers() const { return workers_; }
  // From worker `from` to worker `to` for the ExchangeNode `exchange`. nullptr: nothing goes that way (to itself; to
  // another than the first in an exchange to the first).
  Edge* Find(NodeId exchange, int from, int to) const;

 private:
  size_t Index(NodeId exchange, int from, int to) const;

  const int workers_;
  std::vector<std::unique_ptr<Edge>> edges_;  // by Index
};

}  // namespace laminar
