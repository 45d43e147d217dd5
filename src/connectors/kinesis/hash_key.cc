#include "connectors/kinesis/hash_key.h"

#include "duckdb/common/crypto/md5.hpp"

namespace laminar::kinesis {

std::optional<HashKey> ParseHashKey(std::string_view text) {
  constexpr HashKey kMost = ~HashKey{0};
  HashKey number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<unsigned>(c - '0');
    if (number > (kMost - digit) / 10) return std::nullopt;
    number = number * 10 + digit;
  }
  return text.empty() ? std::nullopt : std::optional(number);
}

std::optional<HashKeyRange> ParseHashRange(const HashRange& range) {
  const std::optional<HashKey> first = ParseHashKey(range.begin), last = ParseHashKey(range.end);
  if (!first || !last) return std::nullopt;
  return HashKeyRange{*first, *last};
}

HashKey HashKeyOf(std::string_view partition_key) {
  duckdb::MD5Context md5;
  md5.Add(duckdb::const_data_ptr_cast(partition_key.data()), partition_key.size());
  duckdb::data_t digest[duckdb::MD5Context::MD5_HASH_LENGTH_BINARY];
  md5.Finish(digest);
  HashKey hash = 0;
  for (const auto byte : digest) hash = (hash << 8) | byte;
  return hash;
}

// By the upper half of a key: far more than there are groups.
uint32_t KeyGroupOf(HashKey key, uint32_t groups) {
  return static_cast<uint32_t>((key >> 64) * groups >> 64);
}

HashKey HashKeyOfGroup(uint32_t group, uint32_t groups) {
  return (((HashKey{group} * 2 + 1) << 64) / (uint64_t{groups} * 2)) << 64;
}

}  // namespace laminar::kinesis
