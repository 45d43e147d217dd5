// ShardBoard: which shards a source knows, and what its readers say of each, for those who watch.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/counter.h"

// Of one shard that a source reads.
#define LAMINAR_SHARD_METRICS(X)                               \
  X(rows, OwnCounter, "rows decoded from the shard")           \
  X(bytes, OwnCounter, "bytes of records read from the shard") \
  X(lag_ms, Gauge, "MillisBehindLatest of the shard, milliseconds")

namespace laminar {

// Written by the worker that reads the shard.
struct ShardMetrics {
#define X(name, type, help) type name;
  LAMINAR_SHARD_METRICS(X)
#undef X
};

enum class ShardState { kWaiting, kReading, kFinished };  // kWaiting: for its parents to be finished
std::string_view ShardStateName(ShardState state);        // "waiting", "reading", "finished"

// Thread-safe. Streams are split and merged for years: of the shards that are finished only the last are kept.
class ShardBoard {
 public:
  static constexpr size_t kMostFinished = 100;

  // split: of its source's watermark; nullopt: nobody asks for event time.
  void OnKnown(const std::string& shard_id, std::optional<uint32_t> split);
  // What its reader is to write into; shared with it.
  std::shared_ptr<ShardMetrics> OnReading(const std::string& shard_id);
  void OnFinished(const std::string& shard_id);

  struct Entry {
    std::string shard_id;
    ShardState state = ShardState::kWaiting;
    std::optional<uint32_t> split;
    std::shared_ptr<const ShardMetrics> metrics;  // nullptr: not read yet
  };
  // By id; *finished: how many have been since the start.
  std::vector<Entry> List(uint64_t* finished) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Entry> shards_;   // guarded by mutex_
  std::deque<std::string> finished_ids_;  // guarded by mutex_; those in shards_, oldest first
  uint64_t finished_ = 0;                 // guarded by mutex_
};

}  // namespace laminar
