// ShardReader: fetches one shard, one GetRecords at a time, and queues the answers for its owner to decode.
//
// Pacing: while it is behind it fetches without waiting; caught up, every 200 ms while records keep arriving, once a
// second (a little oftener, so that the fractions of the service's seconds vary) when the shard was silent for a
// minute. A throttled shard backs off with full jitter and keeps to the documented 5 requests a second for a minute.
//
// Position: the iterator of the last answer. When that is lost (it lives five minutes) reading goes on after the last
// sequence number seen; before any record was seen, at where the shard's start says. A start at the latest record is
// pinned by the first answer to a LATEST iterator: from then on it is a start at the service's time of that answer. As
// long as there are no records, the time of the last empty answer takes its place, in whole seconds and less a few
// seconds, but never below the start's own.
//
// Lost records: whenever a new iterator is needed, the reader compares how far it is complete with the stream's
// retention, as servers do not tell reliably. They may tell: the sequence number is refused, the record that was read
// in part does not come, the shard is not there any more. Reading then goes on with the oldest record, if on_data_loss
// allows it; after a mere suspicion it goes on where it was, because that passes over nothing that is still there and
// repeats nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/waker.h"
#include "connectors/kinesis/data_loss.h"
#include "connectors/kinesis/kinesis_api.h"
#include "connectors/kinesis/retry.h"
#include "connectors/kinesis/service_clock.h"
#include "connectors/kinesis/shard_graph.h"

namespace laminar::kinesis {

// What came back for a shard of a source reader, by the number that its owner gave the shard.
struct ShardEvent {
  uint64_t shard_number;
  std::variant<Outcome<std::string>, Outcome<GetRecordsResult>> outcome;
};
using ShardEvents = Mailbox<ShardEvent>;

// What the shards of a source reader share. All borrowed but the mailbox, which the calls in flight share.
struct ShardReaderWorld {
  KinesisApi* api = nullptr;
  const Clock* clock = nullptr;
  Random* random = nullptr;
  const ReadCounts* counts = nullptr;
  RetryLog* retry_log = nullptr;
  ServiceClock* service_clock = nullptr;
  // The server was seen to say that a reader is behind: then it can be believed when it says that one is not.
  std::atomic<bool>* tells_lag = nullptr;
  std::shared_ptr<ShardEvents> events;
  std::shared_ptr<ShardMetrics> figures;  // of the shard; shared with who shows them
  const DataLossPolicy* data_loss = nullptr;
  int64_t retention_micros = 0;                       // of the stream; 0 = not known
  std::function<bool(const std::string&)> is_listed;  // whether the stream still has the shard of that id
  bool bounded = false;                               // stop at the tip
  int64_t after_start_micros = kNever;  // bounded: a record that arrived then or later was put after the start
};

// One thread.
class ShardReader {
 public:
  // The largest number of records that one request may ask for.
  static constexpr int kMostRecords = 10'000;

  ShardReader(ShardReaderWorld world, uint64_t number, ReadableShard shard, int64_t now_micros);

  const std::string& shard_id() const { return shard_.id; }

  // SteadyMicros at which it wants to send a request; kNever while one is in flight and after the end.
  int64_t NextRequestMicros() const { return next_request_micros_; }
  // The limit to fetch with when an answer should stay below `bytes`, and the bytes then expected, judged by the
  // records so far.
  int LimitFor(int64_t bytes) const;
  int64_t ExpectedBytes(int limit) const { return limit * average_record_bytes_; }
  // Sends its request. Requires NextRequestMicros() <= now. limit: 1 to kMostRecords. Error: records are lost.
  Status SendRequest(int limit, int64_t now_micros);
  // Bytes that the request in flight was expected to bring; 0 without one.
  int64_t reserved_bytes() const { return reserved_bytes_; }
  // Error: the shard cannot be read.
  Status OnEvent(ShardEvent event, int64_t now_micros);

  // Answers with records, oldest first. An answer counts as buffered until it is popped.
  bool HasAnswer() const { return !answers_.empty(); }
  const GetRecordsResult& front() const { return answers_.front(); }
  // Once, with the first answer: how far its first record had been given out before a restart; nullopt: not at all.
  std::optional<ShardPosition> TakePart() { return std::exchange(part_, std::nullopt); }
  void PopAnswer();
  int64_t buffered_bytes() const { return buffered_bytes_; }

  // Every record that had arrived at this service time was in an answer that has been popped; nullopt: nothing new. By
  // an empty answer that says that the shard is caught up; from a server that may always say so, by the second one,
  // a second or more after the first.
  std::optional<int64_t> TakeCaughtUp() {
    return HasAnswer() ? std::nullopt : std::exchange(caught_up_micros_, std::nullopt);
  }

  // Behind the answers that were popped; without Batch::order_key's rows. Requires pinned().
  ShardPosition Consumed() const;

  SourceWatermark::Split split() const { return shard_.split; }
  uint64_t order_key() const { return order_key_; }  // of its first row: Batch::order_key
  bool pinned() const { return pinned_; }            // its starting position is fixed
  bool closed() const { return closed_; }            // the service said that the shard ends; no more answers will come
  bool stopped() const { return stopped_; }          // at the tip of a bounded read; no more answers will come
  const std::vector<std::string>& child_shard_ids() const { return child_shard_ids_; }  // once closed
  // As the service told it the last time, and longer by the time since then while its answers are failures.
  int64_t lag_ms() const { return known_lag_ms_; }

 private:
  Status OnIterator(Outcome<std::string> outcome, int64_t now_micros);
  Status OnRecords(Outcome<GetRecordsResult> outcome, int64_t now_micros);
  void TellLag(int64_t lag_ms);
  Status OnFailure(const ApiError& error, Retry* retry, int64_t now_micros);
  Status OnProgress(GetRecordsResult* result, int64_t service_micros, int64_t now_micros);
  Status OnFatal(const ApiError& error, bool of_iterator, int64_t now_micros);
  Status CheckRetention(int64_t now_micros);
  Status CheckPart(const GetRecordsResult& result);
  DataGap Gap(int64_t held_from_micros, std::string reason) const;
  void CompleteThrough(int64_t micros);
  void End();
  void PlanRequest(const GetRecordsResult& result, int64_t now_micros);
  IteratorRequest NextIterator() const;

  const ShardReaderWorld world_;
  const uint64_t number_;
  const ReadableShard shard_;
  const uint64_t order_key_;
  Retry iterator_retry_, records_retry_;

  std::string iterator_;               // "" = ask for one
  ShardPosition received_;             // behind the last record received
  ShardPosition consumed_;             // behind the last one that was popped
  std::optional<ShardPosition> part_;  // of the first record, until it comes
  bool pinned_;
  int64_t empty_until_micros_ = 0;           // the service's time of the last empty answer
  int64_t empty_since_micros_ = kNever;      // when the first of the empty answers up to now was asked for
  std::optional<int64_t> caught_up_micros_;  // for TakeCaughtUp

  int64_t next_request_micros_;
  int64_t request_sent_micros_ = 0;
  int limit_ = 0;  // of the request in flight
  int64_t reserved_bytes_ = 0;
  int64_t last_records_micros_;        // when records came the last time, or the start
  int64_t last_throttle_micros_ = -1;  // -1 = never
  int expired_in_a_row_ = 0;
  int64_t average_record_bytes_ = 16 << 10;  // a guess: not below most, so that first answers fit their share
  int64_t lag_ms_ = 0, known_lag_ms_ = 0;    // of the last answer; as told to others
  int64_t answered_micros_ = -1;             // when there was an answer the last time; -1 = never

  std::deque<GetRecordsResult> answers_;
  int64_t buffered_bytes_ = 0;
  bool closed_ = false, stopped_ = false;
  std::vector<std::string> child_shard_ids_;
};

// A number that orders the shards of a stream: that in the shard's id ("shardId-000000000012").
uint64_t ShardNumber(const std::string& shard_id);

// The memory that an answer holds.
int64_t MemoryOf(const GetRecordsResult& answer);

}  // namespace laminar::kinesis
