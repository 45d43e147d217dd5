// ShardCoordinator: what the readers of one source share. It waits for the stream, lists its shards (at the start, when
// a shard has ended, every minute or so) and gives each readable shard to the worker that reads the fewest; a child to
// the one that has read its parent, whose sinks may still hold rows of the same keys. A restart spreads them anew.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "connectors/kinesis/kinesis_api.h"
#include "connectors/kinesis/retry.h"
#include "connectors/kinesis/service_clock.h"
#include "connectors/kinesis/shard_graph.h"
#include "connectors/kinesis/stream_probe.h"

namespace laminar::kinesis {

struct ReadingStart {
  ShardPosition position;                // of the first listing's shards: kOldest, kLatest or kTimestamp
  std::optional<SourcePosition> resume;  // goes on from there instead
  bool bounded = false;                  // read up to the tip seen at the start
};

// Thread-safe. Any reader drives it, from its own Poll.
class ShardCoordinator {
 public:
  // All pointers are borrowed; what they point to outlives the coordinator. watermark: is told of the shards; nullptr =
  // nobody asks. service_clock: is told the time of each listing, so that it is known before a shard is read.
  ShardCoordinator(KinesisApi* api, ReadingStart start, std::vector<Waker*> wakers, Random random,
                   const ReadCounts& counts, SourceWatermark* watermark, ServiceClock* service_clock);

  // Handles answers, sends what is due. Error: the source cannot be read; every later call gives the same.
  Status Drive(int64_t now_micros);
  int64_t NextDeadline() const;
  // Shards that were given to this worker since the last call. Its waker is woken when there are some.
  std::vector<ReadableShard> TakeAssignments(int worker);

  // From the reader that reads the shard:
  void OnPinned();  // a shard that starts at its latest record has fixed its position
  void OnClosed(const std::string& shard_id, const std::vector<std::string>& child_ids, int64_t now_micros);
  // Read to the end and acknowledged.
  void OnFinished(int worker, const std::string& shard_id, int64_t complete_through_micros);
  void OnStopped(int worker, const std::string& shard_id, ShardPosition at);  // bounded: at the tip, acknowledged
  void ReportLag(int worker, int64_t lag_ms);                                 // the largest of the worker's shards

  // What a checkpoint holds, but for what the readers know better: where the shards stand that they are reading.
  // Requires Ready().
  SourcePosition Standing() const;
  bool IsListed(const std::string& shard_id) const;  // in the last listing

  // The shards are known and all that start at their latest record are pinned.
  bool Ready() const { return ready_.load(std::memory_order_acquire); }
  // A bounded read is over.
  bool AllRead() const { return all_read_.load(std::memory_order_acquire); }
  // A record that arrived at the service at this time or later was put after the start; kNever if the service does not
  // tell the time.
  int64_t AfterStartMicros() const { return after_start_micros_.load(std::memory_order_relaxed); }
  // How long the stream keeps a record; 0: not known yet.
  int64_t RetentionMicros() const { return retention_micros_.load(std::memory_order_relaxed); }

 private:
  struct WorkerShards {
    size_t reading = 0;
    std::vector<ReadableShard> assigned;  // not taken yet
    int64_t lag_ms = 0;
  };

  // All below: mutex_ is held.
  Status DriveLocked(int64_t now_micros);
  Status OnSummary();
  Status OnPage(Outcome<ListShardsResult>* page, int64_t now_micros);
  void OnListing(int64_t now_micros);
  void PlanListing(int64_t now_micros);
  void ReportSplits();
  void AssignReadable();
  size_t WorkerFor(const std::string& shard_id) const;
  void Done(int worker);
  void UpdateReady();
  void UpdateAllRead();

  KinesisApi* const api_;
  const ReadingStart start_;
  const std::vector<Waker*> wakers_;
  BroadcastWaker all_wakers_;
  const ReadCounts counts_;
  ShardBoard* const board_;
  ServiceClock* const service_clock_;
  SourceWatermark* const watermark_;                                 // nullptr: nobody asks
  const std::shared_ptr<Mailbox<Outcome<ListShardsResult>>> pages_;  // shared with the call in flight

  mutable std::mutex mutex_;  // guards all that follow but the atomics
  Random random_;
  StreamProbe probe_;
  RetryLog retry_log_;
  Retry retry_;  // of ListShards
  Backoff children_backoff_;
  ShardGraph graph_;
  std::map<std::string, SourceWatermark::Split> splits_;  // by shard id
  std::vector<WorkerShards> workers_;
  std::map<std::string, std::vector<std::string>> parents_;  // of shards that have not been given to a worker yet
  // Listed shards that were read to their end, and by which worker; the last finished last.
  std::vector<std::pair<std::string, size_t>> finished_;
  std::vector<Shard> listing_;  // the pages so far
  std::string next_token_;
  int64_t next_list_micros_ = kNever;  // kNever while a page is on its way
  bool page_in_flight_ = false;
  int64_t service_micros_ = 0;  // of the last page
  bool listed_ = false;         // a first listing is complete
  int partial_listings_ = 0;    // before the first one that counts
  size_t unpinned_ = 0;
  Status failure_;

  std::atomic<bool> ready_{false};
  std::atomic<bool> all_read_{false};
  std::atomic<int64_t> after_start_micros_{kNever};
  std::atomic<int64_t> retention_micros_{0};
};

}  // namespace laminar::kinesis
