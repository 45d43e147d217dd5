// KinesisWriter: one worker's part of a KinesisSink. See kinesis_sink.h for what it guarantees.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kinesis/key_columns.h"
#include "connectors/kinesis/kinesis_sink.h"
#include "connectors/kinesis/retry.h"
#include "connectors/kinesis/row_aggregator.h"
#include "connectors/kinesis/unknown_rows.h"

namespace laminar::kinesis {

// Used by one worker's thread. Must not outlive the sink.
class KinesisWriter final : public SinkWriter {
 public:
  // dead_letters: of the sink's dead letter stream; nullptr: there is none.
  KinesisWriter(KinesisSink* sink, int worker, Waker* waker, Random random, int64_t buffer_bytes,
                std::unique_ptr<KinesisWriter> dead_letters);
  ~KinesisWriter() override;

  Status Push(const Batch& batch) override;
  bool CanAccept() const override {
    return sink_->Ready() && held_bytes() < buffer_bytes_ && (dead_letters_ == nullptr || dead_letters_->CanAccept());
  }
  Status Poll() override;
  int64_t NextDeadline() const override;
  void Finish() override;
  bool Drained() const override;
  void EndEpoch(int64_t epoch) override;
  bool EpochReady(int64_t epoch) const override;
  SinkState State(int64_t epoch) override;
  void EpochCommitted(int64_t epoch) override;
  bool WantsCheckpoint() const override;

 private:
  // Where a row comes from, as text.
  using Origins = std::function<std::string(size_t)>;
  // A place for one request: free, in flight, or waiting to be sent again.
  struct Slot {
    std::unique_ptr<PutRequest> request;
    std::optional<Retry> retry;
    int64_t send_again_micros = kNever;  // kNever: in flight
    uint64_t generation = 0;             // of UnknownRows, while in flight
    int64_t sent_micros = 0;
  };
  struct Answer {
    size_t slot;
    Outcome<PutResult> outcome;
    int64_t came_micros;
  };
  using Answers = Mailbox<Answer>;
  // What came before the stream's limits were known: rows, or the end of an epoch.
  struct Early {
    RowsToPut rows;
    std::vector<std::string> origins;
    int64_t ended_epoch = 0;  // not 0: no rows
  };
  // Epochs in their order: restored ones, those that ended, and the one that rows are added to.
  struct Held {
    std::unique_ptr<EpochRows> rows;
    bool may_send = false;  // at least once: always; exactly once: its checkpoint is committed
    bool queued = false;    // its rows are the batcher's
  };

  Status PushEncoded(RowsToPut rows, const Origins& origins);
  // Takes the rows that the stream takes, into aggregated records or into the open epoch.
  Status Admit(RowsToPut put, const Origins& origins, int64_t now_micros);
  Status AdmitEarly(int64_t now_micros);
  void AddToEpoch(RowsToPut rows, int64_t since_micros);
  void Aggregate(const RowsToPut& rows, int64_t now_micros);
  bool Aggregating() const { return aggregator_ && !aggregator_->empty(); }
  // SteadyMicros at which open aggregated records are to be closed. Requires Aggregating().
  int64_t AggregationDueMicros() const;
  void CloseAggregated();
  // What to do with a row of so many bytes, which the stream does not take.
  Status OnOversize(std::string_view data, uint64_t bytes, uint32_t count, const std::string& origin);
  std::string DescribeOversize(uint64_t bytes) const;
  void SealEpoch(int64_t epoch);
  void OpenEpoch();
  // Gives the batcher the epochs whose rows may be sent, once those of an earlier run are written.
  void QueueEpochs();
  void ForgetDone();

  Status OnAnswer(Answer* answer, int64_t now_micros);
  Status OnFailedRequest(Slot* slot, const ApiError& error, int64_t now_micros);
  void CountAcknowledged(const RowRef& row);
  void ReportAcknowledged();
  void OnAcceptedRow(const RowRef& row, const PutResult::Entry& entry);
  void FreeSlot(Slot* slot);
  Status DriveUnknown(int64_t now_micros);
  void SendDue(int64_t now_micros);
  void Send(size_t slot);
  bool BatchDue(int64_t now_micros) const;
  int64_t held_bytes() const {
    return held_bytes_ + (aggregator_ ? aggregator_->bytes() : 0) + (restores_ ? sink_->restored_bytes_ : 0);
  }
  void ReportHeldBytes();

  KinesisSink* const sink_;  // borrowed
  const int worker_;
  const WriteCounts counts_;
  const bool exactly_once_;
  Random random_;
  std::unique_ptr<Encoder> encoder_;  // made at the first Push
  const int64_t buffer_bytes_;
  const bool restores_;  // the rows of an earlier run are this writer's
  const std::unique_ptr<KinesisWriter> dead_letters_;
  int64_t held_bytes_ = 0;      // memory of all rows; before epochs_, which report to it
  int64_t reported_bytes_ = 0;  // what this writer has added to the metric
  std::deque<Early> early_;
  std::optional<RowAggregator> aggregator_;  // made when the stream's limits are known
  std::deque<Held> epochs_;
  size_t restored_epochs_ = 0;  // at the front of epochs_
  KeyColumns key_columns_;
  Batcher batcher_;
  RetryLog retry_log_, oversize_log_;
  std::vector<Slot> slots_;
  size_t active_ = 0;                                        // slots that are not free
  uint64_t acknowledged_rows_ = 0, acknowledged_bytes_ = 0;  // since they were last reported
  // After an unknown outcome: nothing new is sent before.
  std::optional<Retry> pause_;
  int64_t paused_until_micros_ = 0;
  bool finishing_ = false;
  bool dead_letter_written_ = false;  // to the file, since it was last synced
  Status failure_;                    // comes out of the next Poll
  uint64_t row_bytes_estimate_ = 0;   // of the batch before
  std::optional<UnknownRows> unknown_;
  const std::shared_ptr<Answers> answers_;  // shared with the calls in flight
};

}  // namespace laminar::kinesis
