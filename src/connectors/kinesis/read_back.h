// ReadBack: reads everything that may have been written to a stream since some time, to its tip. An exactly-once sink
// finds out with it which of the records whose requests had no answer are there.
//
// A request that nobody waits for any more may still lie in a buffer on its way: so nothing is read before the fence, a
// time after which no such request is believed to arrive. From then on the stream is listed and every shard read,
// closed ones and the children of those that close meanwhile too, until an answer to a request sent after the fence is
// empty and says that nothing follows (two in a row from a server that has never said otherwise); or until a record
// that arrived well after the fence: a busy stream's answers are never empty.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/waker.h"
#include "connectors/kinesis/kinesis_api.h"
#include "connectors/kinesis/retry.h"

namespace laminar::kinesis {

// Sequence numbers by shard. Those of a shard rise with the time of writing.
using ShardPositions = std::map<std::string, std::string>;

bool SequenceLess(const std::string& a, const std::string& b);

struct ReadBackRange {
  ShardPositions after;        // read these shards behind the sequence number
  int64_t at_wall_micros = 0;  // and the others from this time of arrival on
  int64_t fence_micros = 0;    // SteadyMicros
};

// Not thread-safe.
class ReadBack {
 public:
  using Take = std::function<void(const Record&)>;

  // All pointers borrowed; waker outlives the api, the others outlive this object.
  ReadBack(KinesisApi* api, Waker* waker, const Clock* clock, Random* random, const WriteCounts& counts, RetryLog* log,
           ReadBackRange range);

  // Handles what came, calls `take` for each record, sends what is due. Error: the stream cannot be read, ever.
  Status Drive(int64_t now_micros, const Take& take);
  int64_t NextDeadline() const;
  bool done() const { return done_; }

 private:
  static constexpr size_t kShardsAtOnce = 4;  // an answer may have 10 MiB

  struct Reading {
    std::string iterator;  // "": to be asked for
    std::string last_sequence;
    Retry retry;
    int64_t send_micros = 0;  // kNever: in flight
    int empty_answers = 0;    // in a row
    bool by_time = false;     // its position is trimmed: all that is left is behind it
  };
  struct Answer {
    std::string shard;  // "": of ListShards
    std::variant<Outcome<ListShardsResult>, Outcome<std::string>, Outcome<GetRecordsResult>> outcome;
  };

  Status OnListing(Outcome<ListShardsResult> outcome, int64_t now_micros);
  Status OnIterator(const std::string& shard, Outcome<std::string> outcome, int64_t now_micros);
  Status OnRecords(const std::string& shard, Outcome<GetRecordsResult> outcome, int64_t now_micros, const Take& take);
  Status OnFailure(const std::string& shard, const ApiError& error, int64_t now_micros);
  void OnWholeListing(int64_t now_micros);
  void Finish(const std::string& shard, bool closed, int64_t now_micros);
  // Whether all shards are known that may have records of before the fence.
  bool Complete() const;
  void CheckDone();
  void Send(const std::string& shard, Reading* reading);
  void SendDue(int64_t now_micros);
  IteratorRequest Position(const std::string& shard, const Reading& reading) const;

  KinesisApi* const api_;
  const Clock* const clock_;
  Random* const random_;
  const WriteCounts counts_;
  RetryLog* const log_;
  const ReadBackRange range_;
  Retry list_retry_;
  int64_t list_micros_;   // SteadyMicros of the next page; kNever: in flight, or not needed now
  bool listing_ = false;  // from the first page to the last
  std::string next_token_;
  std::vector<Shard> pages_;
  int64_t fence_arrival_micros_ = 0;  // arrivals from here on are behind the fence; 0: not known yet
  bool covered_ = false;              // by the open shards of the last listing: all hash keys
  bool tells_lag_ = false;            // the server has said once that something follows
  std::deque<std::string> waiting_;   // shards to read
  std::set<std::string> listed_closed_;
  std::map<std::string, Reading> reading_;  // at most kShardsAtOnce
  std::set<std::string> known_;             // waiting, being read or finished
  std::set<std::string> closed_unlisted_;   // read to their end, and the listing did not know that they are closed
  std::set<std::string> expected_;          // children that the service named and did not list yet
  bool done_ = false;
  const std::shared_ptr<Mailbox<Answer>> answers_;  // shared with the calls in flight
};

}  // namespace laminar::kinesis
