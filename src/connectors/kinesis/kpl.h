// Aggregated records: many user records in one record of the stream, as the Kinesis Producer Library (KPL) writes them.
//
//   F3 89 9A C2 | AggregatedRecord | MD5 of the AggregatedRecord (16 bytes)
//
//   message AggregatedRecord {
//     repeated string partition_key_table = 1;
//     repeated string explicit_hash_key_table = 2;
//     repeated Record records = 3;
//   }
//   message Record {
//     required uint64 partition_key_index = 1;
//     optional uint64 explicit_hash_key_index = 2;
//     required bytes data = 3;
//     repeated Tag tags = 4;
//   }
//
// Source: aggregation-format.md of awslabs/amazon-kinesis-producer. Sub-sequence numbers count the user records of one
// record from 0, as the Kinesis Client Library does.
#pragma once

#include <string_view>
#include <vector>

#include "connectors/kinesis/hash_key.h"

namespace laminar::kinesis {

// Views into the aggregated record.
struct KplRecord {
  std::string_view data;
  std::string_view partition_key;
  std::string_view explicit_hash_key;  // "" = none
};

enum class KplOutcome {
  kPlain,       // not aggregated, although it may begin as if it were: the record stands for itself
  kAggregated,  // its user records were appended
  // The hash key of one of them does not belong to the shard. The producer had an old picture of the shards; it is told
  // so and puts those records again, so that the whole record is dropped, as the client library does.
  kOutOfRange,
};

constexpr std::string_view kKplMagic = "\xF3\x89\x9A\xC2";

// What most records are asked, and all that plain ones pay.
inline bool LooksAggregated(std::string_view data) {
  return data.size() > kKplMagic.size() && data.starts_with(kKplMagic);
}

// Appends the user records of `data`; nothing unless kAggregated. range: of the shard that holds it; nullptr: not
// checked. Any bytes may be given.
KplOutcome Deaggregate(std::string_view data, const HashKeyRange* range, std::vector<KplRecord>* records);

}  // namespace laminar::kinesis
