// RowAggregator: `sink.aggregation = 'kpl'`. Gathers rows into aggregated records (kpl.h) before they become rows of an
// epoch: whatever is behind it takes an aggregated record for one row.
//
// A consumer drops an aggregated record as a whole when the hash key of a user record lies outside the shard that it
// read it from. So all user records have the hash key that the record is put with, and this holds however the stream is
// resharded in the meantime:
//   without partition keys of the user's, they have the record's own generated key;
//   with them, a user record has the key of its row, and as its explicit hash key the one of the key's group. The hash
//   key space is divided into key groups of equal size (hash_key.h); the rows of a group share records, so a key's rows
//   are in one shard, in their order.
// A record is closed before the row that would make it too large, and when it has the most rows that it may have. One
// of a single row is that row as it is.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.h"
#include "connectors/kinesis/kpl_builder.h"
#include "connectors/kinesis/put_rows.h"

namespace laminar::kinesis {

struct AggregationLimits {
  int64_t bytes = 51'200;  // of an aggregated record
  int64_t rows = 10'000;   // in one
  uint32_t key_groups = 64;
};

// Used by one thread.
class RowAggregator {
 public:
  // random: of generated keys; borrowed, outlives it.
  RowAggregator(const AggregationLimits& limits, Random* random) : limits_(limits), random_(random) {}

  // Requires rows, with keys in every call or in none. Records that are full go to `closed`, in the order of their
  // closing.
  void Add(const RowsToPut& rows, int64_t now_micros, RowsToPut* closed);
  // The records that are open go to `closed`.
  void CloseAll(RowsToPut* closed);

  bool empty() const { return bytes_ == 0; }
  int64_t bytes() const { return bytes_; }  // of open records
  // Of the oldest row that may be in an open record. Requires !empty().
  int64_t since_micros() const { return since_micros_; }

 private:
  struct Open {
    explicit Open(std::string_view explicit_hash_key) : record(explicit_hash_key) {}
    KplBuilder record;
    std::string generated_key;  // "" = rows have keys
    uint32_t rows = 0;          // of the table: a user record of a packing format has several
  };

  std::unique_ptr<Open> MakeOpen(bool keyed, uint32_t group);
  void Close(std::unique_ptr<Open> open, RowsToPut* closed);

  const AggregationLimits limits_;
  Random* const random_;
  std::vector<std::unique_ptr<Open>> groups_;  // by key group; the only one if keys are generated
  uint32_t key_groups_ = 0;                    // of the rows: 0 = keys are generated
  int64_t bytes_ = 0;
  int64_t since_micros_ = 0;
};

}  // namespace laminar::kinesis
