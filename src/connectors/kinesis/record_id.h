// RecordId: what tells a record of an exactly-once sink from all others, so that it is found again in the stream.
// Written into the record's partition key as "PREFIX.WORKER.EPOCH.NUMBER", in decimal but for the prefix: 16
// hexadecimal digits of a hash of the state's random id and the sink's name. After a partition key of the user's it
// follows behind kIdSeparator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace laminar::kinesis {

constexpr char kIdSeparator = '\x1f';  // ASCII's unit separator
// No id is longer: 16 digits of prefix, up to 5 of worker, 12 of epoch, 12 of number, three dots.
constexpr size_t kMostIdBytes = 48;

struct RecordId {
  int worker = 0;
  int64_t epoch = 0;
  uint64_t number = 0;  // of the row in its worker's epoch, from 0
  bool operator==(const RecordId&) const = default;
};

std::string IdPrefix(std::string_view state_id, std::string_view sink);
void AppendId(std::string_view prefix, const RecordId& id, std::string* out);
// The id in a record's partition key; nullopt: it has none with this prefix.
std::optional<RecordId> FindId(std::string_view partition_key, std::string_view prefix);

}  // namespace laminar::kinesis
