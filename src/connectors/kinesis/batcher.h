// Batcher: cuts rows into PutRecords requests. A request is cut when it holds `records` rows, or `bytes` bytes of data
// and partition keys (before base64), or when its oldest row has waited `interval_micros`, whichever comes first; rows
// of an epoch that has ended wait for nothing. One row larger than `bytes` travels alone.
//
// Without partition keys of the user's, every row gets one of its own: a random one of kKeyBytes characters, or its id,
// so that rows spread evenly over the shards. With them, the rows of a key keep their order: the service accepts and
// refuses the records of a request one by one, so a row is sent only when the one before it with its key is
// acknowledged. Of each key one row is on its way; the others wait here. Where keys come in groups (put_rows.h), a row
// may be a record with rows of any key of its group: all of the above then holds for groups.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "connectors/kinesis/kinesis_api.h"
#include "connectors/kinesis/put_rows.h"

namespace laminar::kinesis {

struct BatchLimits {
  int64_t records = 500;
  int64_t bytes = 4'000'000;
  int64_t interval_micros = 1'000'000;
};

// One PutRecords request, alive until all of its records are accepted.
class PutRequest {
 public:
  const std::vector<PutEntry>& entries() const { return entries_; }
  const std::vector<RowRef>& rows() const { return rows_; }  // one for each entry
  int64_t bytes() const { return bytes_; }                   // data and partition keys
  // Forgets the records for which `keep` is false. Requires one value for each.
  void Keep(const std::vector<bool>& keep);

 private:
  friend class Batcher;
  std::vector<PutEntry> entries_;  // views into the rows' segments and keys_
  std::vector<RowRef> rows_;
  std::string keys_;
  int64_t bytes_ = 0;
};

// Not thread-safe.
class Batcher {
 public:
  // random: borrowed, outlives it.
  Batcher(const BatchLimits& limits, Random* random) : limits_(limits), random_(random) {}

  // The segment's rows that are not acknowledged, behind all that were added before. Its rows have keys, or it has
  // none.
  void Add(Segment* segment);
  // Rows that were cut and were not written are to be sent again, before all others.
  void Return(const std::vector<RowRef>& rows);
  // To be called for each row that was cut, when it is acknowledged and before its EpochRows forgets it: the next row
  // of its key may follow.
  void Done(const RowRef& row);

  bool empty() const { return rows_ == 0; }  // no row waits, not even for another of its key
  bool CanCut() const { return !returned_.empty() || !ready_.empty() || !segments_.empty(); }
  // A request's worth of rows waits.
  bool Full() const { return CanCut() && (rows_ >= limits_.records || bytes_ >= limits_.bytes); }
  // SteadyMicros at which the oldest row that can be cut has waited long enough; kNever if there is none.
  int64_t DueMicros() const;
  // The oldest rows, up to the limits. Requires CanCut().
  std::unique_ptr<PutRequest> Cut();

 private:
  // The rows of a key that wait for one that was made ready before.
  struct KeyQueue {
    std::vector<RowRef> rows;
    size_t next = 0;
  };
  struct Unkeyed {
    Segment* segment;
    uint32_t next_row;
  };
  struct KeySpan {
    size_t key, key_size, hash;
  };

  static uint64_t HashOf(const RowRef& row);
  // What a row takes in a request; of a generated key the most that it can take.
  static int64_t BytesOf(const RowRef& row);
  int64_t DueMicros(const Segment& segment) const;
  bool Front(RowRef* row);
  void PopFront();
  void AppendKey(const RowRef& row, PutRequest* request, KeySpan* span) const;

  const BatchLimits limits_;
  Random* const random_;
  // In the order in which they are cut: rows that were sent before, rows whose key is free, rows without keys.
  // All bounded by the writer's buffer.
  std::deque<RowRef> returned_, ready_;
  std::deque<Unkeyed> segments_;
  // By the hash, or the group, of a key of which a row is ready or on its way. Keys that share a hash wait for one
  // another.
  std::unordered_map<uint64_t, KeyQueue> keys_;
  int64_t rows_ = 0, bytes_ = 0;  // of all that waits
};

}  // namespace laminar::kinesis
