// What is counted of each table that a pipeline reads or writes.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/counter.h"
#include "base/shard_board.h"

// Of one source table, whatever its connector.
#define LAMINAR_READ_METRICS(X)                                                                            \
  X(rows, Counter, "rows decoded from the table")                                                          \
  X(bytes, Counter, "bytes of the table's records that were read")                                         \
  X(bad_rows, Counter, "rows that the table could not take: dropped by bad_data, or kept as dead letters") \
  X(requests, Counter, "GetRecords requests answered")                                                     \
  X(lag_ms, Gauge, "largest MillisBehindLatest over the table's shards, milliseconds")

// Of one sink table, whatever its connector.
#define LAMINAR_WRITE_METRICS(X)                                                                    \
  X(rows, Counter, "rows of the table that were acknowledged, dead letters among them")             \
  X(bytes, Counter, "bytes of the table's records that were acknowledged")                          \
  X(oversize_rows, Counter, "rows that the stream does not take: dropped, or sent to dead letters") \
  X(requests, Counter, "PutRecords requests answered")

namespace laminar {

// Requests that failed for a reason that may pass.
struct RequestFailures {
  std::string operation, code;  // "PutRecords", "ProvisionedThroughputExceededException"; "" = it had none
  uint64_t retries = 0;         // requests and records sent again for it
  uint64_t throttles = 0;       // of them, answers of the kind: limit exceeded
};

// Of one table. Thread-safe; for what is rare.
class FailureCounts {
 public:
  // Codes come from outside: what is beyond so many is counted as kOther.
  static constexpr size_t kMost = 64;
  static constexpr char kOther[] = "other";

  void Add(std::string_view operation, std::string_view code, uint64_t retries, uint64_t throttles);
  std::vector<RequestFailures> List() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, RequestFailures> failures_;  // guarded by mutex_
};

struct ReadMetrics {
#define X(name, type, help) type name;
  LAMINAR_READ_METRICS(X)
#undef X
  FailureCounts failures;
  ShardBoard shards;
};

struct WriteMetrics {
#define X(name, type, help) type name;
  LAMINAR_WRITE_METRICS(X)
#undef X
  FailureCounts failures;
  Latency send_latency;  // of requests, from sending one to its answer
};

// Those of each table, which stay where they are.
template <class Metrics>
class PerTable {
 public:
  // Thread-safe; not for every row.
  Metrics& Of(const std::string& table) {
    std::lock_guard lock(mutex_);
    return tables_[table];
  }
  // nullptr: nobody has counted anything of it.
  const Metrics* Find(const std::string& table) const {
    std::lock_guard lock(mutex_);
    const auto found = tables_.find(table);
    return found == tables_.end() ? nullptr : &found->second;
  }
  // While no other thread is in it. use(const Metrics&)
  template <class Use, class Then>
  void ForEach(const Use& use, const Then& then) const {
    std::lock_guard lock(mutex_);
    for (const auto& [table, metrics] : tables_) use(metrics);
    then();
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Metrics> tables_;  // guarded by mutex_; what is in it is not
};

}  // namespace laminar
