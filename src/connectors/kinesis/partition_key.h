// Partition keys that a table's columns make (`sink.partition_key`), and the hash by which the service finds a key's
// shard.
//
// A key is the text of the columns' values, as SQL casts them to VARCHAR, with commas between them. NULL is "NULL"; a
// key without any character, which the service refuses, is "''". A key of more characters than the service takes (256,
// fewer where an id is added) is replaced by its MD5 in hexadecimal, so that its rows stay together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/status.h"
#include "connectors/kinesis/hash_key.h"
#include "duck/batch.h"
#include "duck/schema.h"
#include "formats/format.h"

namespace laminar::kinesis {

constexpr size_t kMostKeyCharacters = 256;  // Unicode characters, as the service counts

// The columns that the option names, as indices into the schema. Error (kUser): it names none, one twice, or one that
// is not there; the nearest name is in the hint.
Result<std::vector<size_t>> ParsePartitionKey(const std::string& option, const Schema& schema);

// The key of each row. most_characters: longer ones are replaced.
void MakePartitionKeys(const Batch& batch, const std::vector<size_t>& columns, size_t most_characters,
                       EncodedRows* out);

// The key that stands in `bytes` from `begin` on becomes its MD5 if it has more characters.
void ShortenKey(size_t begin, size_t most_characters, std::string* bytes);

std::string Md5Hex(std::string_view text);
// In decimal digits, as the service takes an ExplicitHashKey.
void AppendHashKey(HashKey hash, std::string* out);

// A random 64-bit number in hexadecimal: its MD5 spreads over the hash key range of the shards.
constexpr size_t kKeyBytes = 16;
void AppendGeneratedKey(Random* random, std::string* out);

}  // namespace laminar::kinesis
