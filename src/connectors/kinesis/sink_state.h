// What a checkpoint holds of an exactly-once writer, as text and read back: SinkState::progress. One line of JSON:
//   {"version":1,"stream":"out","after":{"SHARD":"SEQUENCE NUMBER",...},"epochs":[...]}
// `after`: where a read-back begins (unknown_rows.h). `epochs`: those with rows that are not acknowledged, oldest first
// (EpochRows::AppendProgress); the parts of all follow one another in SinkState::parts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "connectors/kinesis/put_rows.h"
#include "connectors/kinesis/read_back.h"

namespace laminar::kinesis {

// Empty if there are no such epochs.
SinkState MakeSinkState(const std::string& stream, const ShardPositions& after, const std::vector<EpochRows*>& epochs);

// What the writers of the last run had not acknowledged.
struct RestoredRows {
  std::vector<std::unique_ptr<EpochRows>> epochs;  // by epoch and worker
  ShardPositions after;                            // a shard without one: from the epochs' time on
};

// held_bytes: the account of the rows' memory, borrowed. Error: they are of another stream (kUser), or damaged.
Result<RestoredRows> ReadSinkStates(const std::string& stream, std::vector<SinkState> states, int64_t* held_bytes,
                                    int64_t now_micros);

}  // namespace laminar::kinesis
