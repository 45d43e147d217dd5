// Hash keys: where in a stream's key space a partition key lies. A shard takes the records whose hash key is in its
// range.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "connectors/kinesis/kinesis_api.h"

namespace laminar::kinesis {

using HashKey = unsigned __int128;

struct HashKeyRange {
  HashKey first = 0, last = ~HashKey{0};  // inclusive
  bool Contains(HashKey key) const { return first <= key && key <= last; }
};

// Decimal digits of a number below 2^128; anything else is no hash key.
std::optional<HashKey> ParseHashKey(std::string_view text);
// nullopt: the service did not say it.
std::optional<HashKeyRange> ParseHashRange(const HashRange& range);
// Of a record without an explicit hash key: MD5, as a number whose first byte is the highest.
HashKey HashKeyOf(std::string_view partition_key);

// Key groups: `groups` parts of the key space, equal but for rounding, numbered from 0 in its order. Requires
// 0 < groups <= kMostKeyGroups.
constexpr uint32_t kMostKeyGroups = 65'536;
uint32_t KeyGroupOf(HashKey key, uint32_t groups);
// The key in the middle of a group's part.
HashKey HashKeyOfGroup(uint32_t group, uint32_t groups);

}  // namespace laminar::kinesis
