// KinesisSink: rows -> PutRecords. Each worker has a KinesisWriter (kinesis_writer.h), which encodes, cuts requests and
// sends refused records again, without end while the pipeline lives. Rows that share a record (row_aggregator.h) are
// one row to all that is said here.
//
// At least once: a request whose outcome is unknown is sent again.
//
// Exactly once: the rows of an epoch are kept until the checkpoint that ends it holds them; only then they are sent,
// with ids (record_id.h). A record whose outcome is unknown is not sent again before the stream was read back
// (unknown_rows.h). After a restart the rows that the checkpoint holds are sought in the stream first, those that are
// not there are sent, all by the first worker, and no worker sends a row of the new run before they are acknowledged:
// so the rows of a key keep their order whatever the number of workers is.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "connectors/kinesis/batcher.h"
#include "connectors/kinesis/kinesis_api.h"
#include "connectors/kinesis/oversize.h"
#include "connectors/kinesis/row_aggregator.h"
#include "connectors/kinesis/sink_state.h"
#include "connectors/kinesis/stream_probe.h"

namespace laminar::kinesis {

struct SinkSettings {
  BatchLimits batch;
  int requests_in_flight = 8;  // of each writer; one that waits to be repeated counts
  bool exactly_once = false;
  int64_t epoch_max_bytes = 256 << 20;  // exactly once: of each writer, before it wants a checkpoint
  int64_t fence_wait_micros = 60 * kMicrosPerSecond;
  std::vector<size_t> partition_key;             // columns of its schema; empty: metadata, or generated
  std::optional<AggregationLimits> aggregation;  // nullopt: each row is a record
  OversizePolicy oversize = OversizePolicy::kFail;
};

class KinesisSink final : public Sink {
 public:
  // context's objects are borrowed and outlive the sink. dead_letters: as settings.oversize needs them.
  KinesisSink(std::unique_ptr<KinesisApi> api, TableSpec table, const SinkSettings& settings,
              const ConnectorContext& context, DeadLetters dead_letters = {});
  ~KinesisSink() override;

  Status Start(std::vector<Waker*> wakers) override;
  std::unique_ptr<SinkWriter> CreateWriter(int worker) override;
  bool Ready() const override {
    return ready_.load(std::memory_order_acquire) && (dead_letter_sink_ == nullptr || dead_letter_sink_->Ready());
  }
  bool NeedsCheckpoints() const override { return settings_.exactly_once; }
  Status Resume(const std::string& state_id, std::vector<SinkState> states) override;

 private:
  friend class KinesisWriter;
  // Asks for the stream's limits until they are known; any worker may call it. Error: the stream cannot be written.
  Status Drive(int64_t now_micros);
  Status OnSummary() const;
  int64_t NextDeadline() const;
  const StreamSummary& summary() const { return summary_; }  // requires Ready()
  // Whether rows have partition keys of the user's.
  bool keyed() const;
  // No rows of an earlier run are to be written any more.
  bool recovered() const { return recovered_.load(std::memory_order_acquire); }
  void OnRecovered();
  // The rows of an earlier run may be behind the stream's retention: nobody could tell which were written.
  Status CheckRetention() const;

  const TableSpec table_;
  const SinkSettings settings_;
  const ConnectorContext context_;
  Random random_;               // before the workers start only
  std::vector<Waker*> wakers_;  // written by Start
  std::unique_ptr<BroadcastWaker> all_wakers_;
  std::string id_prefix_;               // exactly once; written by Resume
  int64_t restored_bytes_ = 0;          // memory of restored_'s rows; after Start: of the first worker
  RestoredRows restored_;               // written by Resume, taken by the first worker
  int64_t read_back_from_ = INT64_MAX;  // wall time of the oldest checkpoint with restored rows of this very state
  std::atomic<bool> recovered_{true};
  mutable std::mutex mutex_;
  Random probe_random_;               // guarded by mutex_
  std::optional<StreamProbe> probe_;  // guarded by mutex_
  Status failure_;                    // guarded by mutex_
  std::atomic<bool> ready_{false};
  StreamSummary summary_;  // written before ready_
  const std::unique_ptr<LineOutput> dead_letter_file_;
  PipelineMetrics dead_letter_metrics_;            // of no interest: dead letters are no rows of the table
  std::unique_ptr<KinesisSink> dead_letter_sink_;  // takes encoded rows; nullptr: none
  const std::unique_ptr<KinesisApi> api_;          // last: destroyed first, so that its callbacks find everything above
};

}  // namespace laminar::kinesis
