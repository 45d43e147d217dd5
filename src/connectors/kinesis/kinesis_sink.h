// KinesisSink: rows -> PutRecords. Each worker's writer encodes, cuts requests (batcher.h), keeps several of them in
// flight and sends refused records again, without end while the pipeline lives. At least once: a request whose outcome
// is unknown is sent again.
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
#include "connectors/kinesis/retry.h"
#include "connectors/kinesis/stream_probe.h"

namespace laminar::kinesis {

struct SinkSettings {
  BatchLimits batch;
  int requests_in_flight = 8;  // of each writer; one that waits to be repeated counts
};

class KinesisSink final : public Sink {
 public:
  // context's objects are borrowed and outlive the sink.
  KinesisSink(std::unique_ptr<KinesisApi> api, TableSpec table, const SinkSettings& settings,
              const ConnectorContext& context);

  Status Start(std::vector<Waker*> wakers) override;
  std::unique_ptr<SinkWriter> CreateWriter(int worker) override;
  bool Ready() const override { return ready_.load(std::memory_order_acquire); }

 private:
  friend class KinesisWriter;
  // Asks for the stream's limits until they are known; any worker may call it. Error: the stream cannot be written.
  Status Drive(int64_t now_micros);
  int64_t NextDeadline() const;
  int64_t max_record_bytes() const { return max_record_bytes_.load(std::memory_order_relaxed); }  // requires Ready()

  const TableSpec table_;
  const SinkSettings settings_;
  const ConnectorContext context_;
  Random random_;               // before the workers start only
  std::vector<Waker*> wakers_;  // written by Start
  std::unique_ptr<BroadcastWaker> all_wakers_;
  mutable std::mutex mutex_;
  Random probe_random_;               // guarded by mutex_
  std::optional<StreamProbe> probe_;  // guarded by mutex_
  Status failure_;                    // guarded by mutex_
  std::atomic<bool> ready_{false};
  std::atomic<int64_t> max_record_bytes_{0};
  const std::unique_ptr<KinesisApi> api_;  // last: destroyed first, so that its callbacks find everything above
};

// Used by one worker's thread. Must not outlive the sink.
class KinesisWriter final : public SinkWriter {
 public:
  KinesisWriter(KinesisSink* sink, Waker* waker, Random random, int64_t buffer_bytes);
  ~KinesisWriter() override;

  Status Push(const Batch& batch) override;
  bool CanAccept() const override { return sink_->Ready() && held_bytes_ < buffer_bytes_; }
  Status Poll() override;
  int64_t NextDeadline() const override;
  void Finish() override { finishing_ = true; }
  bool Drained() const override { return batcher_.empty() && active_ == 0; }
  void EndEpoch(int64_t epoch) override { ended_epoch_ = epoch; }
  bool EpochReady(int64_t /*epoch*/) const override { return Drained(); }

 private:
  // A place for one request: free, in flight, or waiting to be sent again.
  struct Slot {
    std::unique_ptr<PutRequest> request;
    std::optional<Retry> retry;
    int64_t send_again_micros = kNever;  // kNever: in flight
  };
  struct Answer {
    size_t slot;
    Outcome<PutResult> outcome;
  };
  using Answers = Mailbox<Answer>;

  // Remembers or refuses rows over the stream's limit.
  Status CheckSizes(const Batch& batch, const EncodedRows& rows);
  Status TooLarge(uint64_t bytes, const std::string& origin) const;
  Status OnAnswer(Answer* answer, int64_t now_micros);
  void SendDue(int64_t now_micros);
  void Send(size_t slot);
  void ReportHeldBytes();

  KinesisSink* const sink_;  // borrowed
  Random random_;
  std::unique_ptr<Encoder> encoder_;  // made at the first Push
  const int64_t buffer_bytes_;
  int64_t held_bytes_ = 0;      // memory of all segments; before batcher_ and slots_, whose segments report to it
  int64_t reported_bytes_ = 0;  // what this writer has added to the metric
  Batcher batcher_;
  RetryLog retry_log_;
  std::vector<Slot> slots_;
  size_t active_ = 0;  // slots that are not free
  bool finishing_ = false;
  int64_t ended_epoch_ = 0;
  uint64_t row_bytes_estimate_ = 0;  // of the batch before
  // The largest row pushed before the stream's limit was known.
  uint64_t largest_early_bytes_ = 0;
  std::string largest_early_origin_;
  const std::shared_ptr<Answers> answers_;  // shared with the calls in flight
};

}  // namespace laminar::kinesis
