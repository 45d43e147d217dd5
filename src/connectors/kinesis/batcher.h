// Batcher: cuts encoded rows into PutRecords requests. A request is cut when it holds `records` rows, or `bytes` bytes
// of data and partition keys (before base64), or when its oldest row has waited `interval_micros`, whichever comes
// first. One row larger than `bytes` travels alone. Every row gets a random partition key of kKeyBytes characters, so
// that rows spread evenly over the shards.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "connectors/kinesis/kinesis_api.h"
#include "formats/format.h"

namespace laminar::kinesis {

struct BatchLimits {
  int64_t records = 500;
  int64_t bytes = 4'000'000;
  int64_t interval_micros = 1'000'000;
};

// A random 64-bit number in hexadecimal: its MD5 spreads over the hash key range of the shards.
constexpr size_t kKeyBytes = 16;

// Rows of one batch, encoded; immutable while requests point into them.
// Memory held is added to and taken from an account of the writer, which outlives the object; one thread.
class EncodedSegment {
 public:
  EncodedSegment(EncodedRows rows, int64_t* held_bytes);
  ~EncodedSegment() { *held_bytes_ -= memory_; }
  EncodedSegment(const EncodedSegment&) = delete;
  EncodedSegment& operator=(const EncodedSegment&) = delete;
  const EncodedRows& rows() const { return rows_; }

 private:
  const EncodedRows rows_;
  int64_t* const held_bytes_;
  const int64_t memory_;
};

// One PutRecords request, alive until all of its records are accepted.
class PutRequest {
 public:
  const std::vector<PutEntry>& entries() const { return entries_; }
  int64_t data_bytes() const { return data_bytes_; }  // without partition keys
  int64_t bytes() const { return data_bytes_ + static_cast<int64_t>(entries_.size() * kKeyBytes); }
  // Keeps the records that `result` refused. Requires one result entry for each record.
  void KeepRefused(const PutResult& result);

 private:
  friend class Batcher;
  std::vector<PutEntry> entries_;  // views into segments_ and keys_
  std::string keys_;
  std::vector<std::shared_ptr<const EncodedSegment>> segments_;  // shared with the batcher and with other requests
  int64_t data_bytes_ = 0;
};

// Not thread-safe.
class Batcher {
 public:
  Batcher(const BatchLimits& limits, Random* random)
      : limits_(limits), random_(random) {}  // random: borrowed, outlives it

  void Add(std::shared_ptr<const EncodedSegment> segment, int64_t now_micros);
  bool empty() const { return rows_ == 0; }
  // A request's worth of rows waits.
  bool Full() const { return rows_ >= limits_.records || bytes_ >= limits_.bytes; }
  // SteadyMicros at which the oldest row has waited long enough; kNever when empty.
  int64_t DueMicros() const {
    return pending_.empty() ? kNever : pending_.front().added_micros + limits_.interval_micros;
  }
  // The oldest rows, up to the limits. Requires !empty().
  std::unique_ptr<PutRequest> Cut();

 private:
  struct Pending {
    std::shared_ptr<const EncodedSegment> segment;
    int64_t added_micros;
  };
  const BatchLimits limits_;
  Random* const random_;
  std::deque<Pending> pending_;   // bounded by the writer's buffer
  size_t next_row_ = 0;           // of the front segment
  int64_t rows_ = 0, bytes_ = 0;  // waiting
};

}  // namespace laminar::kinesis
