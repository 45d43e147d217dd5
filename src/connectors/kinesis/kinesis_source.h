// KinesisSource: the shards of a stream, spread over the workers. Each worker's KinesisReader fetches its shards
// (shard_reader.h) into a bounded buffer and decodes one batch a Poll; what the readers share is in
// shard_coordinator.h.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "connectors/bad_row.h"
#include "connectors/connector.h"
#include "connectors/kinesis/answer_records.h"
#include "connectors/kinesis/data_loss.h"
#include "connectors/kinesis/hash_key.h"
#include "connectors/kinesis/kinesis_api.h"
#include "connectors/kinesis/shard_coordinator.h"
#include "connectors/kinesis/shard_reader.h"

namespace laminar::kinesis {

class KinesisReader;

enum class SourceOffset { kEarliest, kLatest, kTimestamp };

struct SourceSettings {
  SourceOffset offset = SourceOffset::kLatest;
  int64_t timestamp_micros = 0;  // for kTimestamp
  OnDataLoss on_data_loss = OnDataLoss::kFail;
  bool check_range = true;  // of aggregated records, against their shard
};

class KinesisSource final : public Source {
 public:
  // context's objects are borrowed and outlive the source.
  KinesisSource(std::unique_ptr<KinesisApi> api, TableSpec table, const SourceSettings& settings,
                const ConnectorContext& context);

  Status Start(std::vector<Waker*> wakers) override;
  std::unique_ptr<SourceReader> CreateReader(int worker) override;
  bool Ready() const override { return coordinator_ != nullptr && coordinator_->Ready(); }
  bool ReportsSplits() const override { return true; }

  bool HasPositions() const override { return true; }
  Result<std::string> Position() const override;
  Status Resume(const std::string& position) override;
  void Release() override;

 private:
  friend class KinesisReader;
  const TableSpec table_;
  const SourceSettings settings_;
  const ConnectorContext context_;
  const ReadCounts counts_;
  Random random_;               // before the workers start only
  std::vector<Waker*> wakers_;  // written by Start
  const DataLossPolicy data_loss_;
  std::optional<SourcePosition> resume_;  // written by Resume, taken by Start
  std::atomic<bool> released_;            // rows may be given out
  mutable std::mutex readers_mutex_;
  std::vector<const KinesisReader*> readers_;  // guarded by readers_mutex_; those that are alive
  ServiceClock service_clock_;
  std::atomic<bool> tells_lag_{false};             // ShardReaderWorld
  std::unique_ptr<ShardCoordinator> coordinator_;  // made by Start; thread-safe
  const std::unique_ptr<KinesisApi> api_;          // last: destroyed first, so that its callbacks find everything above
};

// bad_data of a table, for the records of one answer after the other.
class BadRecords final : public BadRowHandler {
 public:
  BadRecords(const TableSpec& table, const ConnectorContext& context, int worker) : policy_(table, context, worker) {}
  // origins: of the records that are decoded next; borrowed until the next call.
  void SetOrigins(const RowOrigins* origins) { origins_ = origins; }
  Status OnBadRow(const BadRow& row) override;

 private:
  BadRowPolicy policy_;
  const RowOrigins* origins_ = nullptr;
};

// Used by one worker's thread. Must not outlive the source.
class KinesisReader final : public SourceReader {
 public:
  KinesisReader(KinesisSource* source, int worker, Waker* waker, Random random, std::unique_ptr<Decoder> decoder,
                int64_t buffer_bytes);
  ~KinesisReader() override;

  Result<PollState> Poll(Batch* out) override;
  int64_t NextDeadline() const override;
  bool HasRows() const override;

  // Where the reader's shards stand, by their ids: all that was given out counts as read. Not while it is polled.
  void AddStanding(std::map<std::string, ShardStanding>* standing) const;

 private:
  // A shard and how far its first answer is decoded.
  struct ActiveShard {
    ActiveShard(uint64_t number, ShardReader reader, std::optional<HashKeyRange> range, uint64_t rows,
                std::shared_ptr<ShardMetrics> figures)
        : number(number), reader(std::move(reader)), range(range), rows(rows), figures(std::move(figures)) {}
    // Nothing more will be given out.
    bool over() const { return !reader.HasAnswer() && (reader.closed() || reader.stopped()); }
    ShardPosition Position() const;
    const uint64_t number;
    ShardReader reader;
    const std::optional<HashKeyRange> range;  // to check aggregated records against
    bool reported_pinned = false, reported_closed = false;
    bool held = false;                // too far ahead of the other shards: neither decoded nor fetched
    bool waits = false;               // its next record cannot be decoded yet: the reader is woken
    bool decoded = true;              // since `held` was asked for, or never asked
    std::vector<RecordView> records;  // of the answer that is being decoded
    std::shared_ptr<const AnswerRecords>
        origins;  // of that answer; nullptr = not begun. Shared with the batches decoded from it
    DecodeCursor cursor;
    uint64_t rows;                                // decoded so far, before a restart too
    const std::shared_ptr<ShardMetrics> figures;  // shared with who shows them
  };

  Status HandleEvents(int64_t now_micros);
  void TakeAssignments(int64_t now_micros);
  void UpdateTime();
  bool FinishShards();  // true: some were
  Status SendRequests(int64_t now_micros);
  bool RoomFor(const ActiveShard& shard, int* limit) const;
  Result<bool> DecodeNext(Batch* out);  // true: out has rows
  Result<bool> DecodeFrom(ActiveShard* shard, Batch* out);
  void OpenAnswer(ActiveShard* shard);
  void ReportFigures();

  KinesisSource* const source_;  // borrowed
  const int worker_;
  Random random_;
  const std::unique_ptr<Decoder> decoder_;
  const int64_t buffer_bytes_;  // for all shards of this reader
  BadRecords bad_records_;
  RetryLog retry_log_;
  const std::shared_ptr<ShardEvents> events_;  // shared with the calls in flight
  std::vector<std::unique_ptr<ActiveShard>> shards_;
  std::unordered_map<uint64_t, ActiveShard*> by_number_;
  uint64_t next_number_ = 0;
  uint64_t out_of_range_ = 0;                         // aggregated records
  size_t next_decode_ = 0, next_send_ = 0;            // round robin over shards_
  int64_t buffered_bytes_ = 0, reserved_bytes_ = 0;   // sums over shards_
  int64_t held_bytes_ = 0;                            // of buffered_bytes_, those of shards that are held
  int64_t reported_bytes_ = 0, reported_lag_ms_ = 0;  // what the metrics know of this reader
};

}  // namespace laminar::kinesis
