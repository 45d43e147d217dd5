// Where a source stands: what a checkpoint holds of it, as JSON in one line. It names no worker and no iterator, so
// that any number of workers may go on from it, days later.
//
//   {"version":1,"stream":"orders","arn":"arn:aws:...","shards":[
//     {"id":"shardId-000000000000","state":"finished","complete_through":1767225600000000},
//     {"id":"shardId-000000000001","state":"reading","parents":["shardId-000000000000"],"after":"4959...","rows":1200,
//      "complete_through":1767225600000000},
//     {"id":"shardId-000000000002","state":"waiting","parents":["shardId-000000000001"],"from":"oldest"}]}
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace laminar::kinesis {

// Where the reading of a shard begins or goes on.
struct ShardPosition {
  enum class Kind {
    kOldest,     // the oldest record that the stream still holds
    kLatest,     // the next one that is put; only until it is pinned, which makes it one of the others
    kTimestamp,  // the first one that arrived at timestamp_micros or later
    kAfter,      // the one after sequence_number
    kAt,         // that of sequence_number, which may have been read in part
  };
  Kind kind = Kind::kOldest;
  int64_t timestamp_micros = 0;
  std::string sequence_number = {};
  // kAt: of which user record of an aggregated record, and where within it.
  uint64_t sub_sequence_number = 0;
  uint64_t offset = 0;  // bytes
  uint64_t line = 0;    // lines passed within it

  uint64_t rows = 0;  // given out so far: Batch::order_key goes on from there
  // Whatever arrived at the service up to this time has been given out (service time, microseconds since 1970); 0: not
  // known. When it is further back than the stream's retention, records may be gone.
  int64_t complete_through_micros = 0;

  bool operator==(const ShardPosition&) const = default;
  static ShardPosition Oldest() { return {}; }
  static ShardPosition Latest() { return {.kind = Kind::kLatest}; }
  static ShardPosition Timestamp(int64_t micros) { return {.kind = Kind::kTimestamp, .timestamp_micros = micros}; }
  static ShardPosition After(std::string number) {
    return {.kind = Kind::kAfter, .sequence_number = std::move(number)};
  }
  static ShardPosition At(std::string number) { return {.kind = Kind::kAt, .sequence_number = std::move(number)}; }
  // Only a part of the record of kAt is left.
  bool within_record() const { return sub_sequence_number > 0 || offset > 0; }
};

struct ShardStanding {
  enum class State {
    kWaiting,  // for its parents
    kReading,
    kFinished,  // all of it is given out, or it is not to be read
  };
  std::string id;
  std::vector<std::string> parents;
  State state = State::kWaiting;
  ShardPosition position;        // kFinished: only complete_through_micros
  bool awaits_children = false;  // kFinished: they were not listed yet
  bool operator==(const ShardStanding&) const = default;
};

struct SourcePosition {
  std::string stream, arn;  // arn: "" where the service does not say it
  std::vector<ShardStanding> shards;
  bool operator==(const SourcePosition&) const = default;
};

// Requires that no shard stands at kLatest.
std::string ToJson(const SourcePosition& position);
// Error (kEnvironment): the text is none, or of a later version.
Result<SourcePosition> ParseSourcePosition(const std::string& text);

}  // namespace laminar::kinesis
