#include "connectors/kinesis/kpl_builder.h"

#include <algorithm>

#include "duckdb/common/crypto/md5.hpp"

#include "base/check.h"
#include "connectors/kinesis/kpl.h"

namespace laminar::kinesis {

namespace {

// Tags of protocol buffers: number of the field << 3 | 0 for an integer, 2 for bytes.
constexpr char kKeyTableTag = 1 << 3 | 2, kHashKeyTableTag = 2 << 3 | 2, kRecordsTag = 3 << 3 | 2;
constexpr char kKeyIndexTag = 1 << 3, kHashKeyIndexTag = 2 << 3, kDataTag = 3 << 3 | 2;
constexpr size_t kMostVarintBytes = 10;
constexpr size_t kFirstSlots = 16;

size_t VarintBytes(uint64_t value) {
  size_t bytes = 1;
  for (; value > 0x7f; value >>= 7) bytes++;
  return bytes;
}

char* WriteVarint(uint64_t value, char* at) {
  for (; value > 0x7f; value >>= 7) *at++ = static_cast<char>(value | 0x80);
  *at++ = static_cast<char>(value);
  return at;
}

size_t BytesFieldSize(size_t size) {
  return 1 + VarintBytes(size) + size;
}

void AppendBytesField(char tag, std::string_view bytes, std::string* out) {
  char head[1 + kMostVarintBytes];
  head[0] = tag;
  out->append(head, WriteVarint(bytes.size(), head + 1)).append(bytes);
}

}  // namespace

KplBuilder::KplBuilder(std::string_view explicit_hash_key) : slots_(kFirstSlots) {
  if (!explicit_hash_key.empty()) AppendBytesField(kHashKeyTableTag, explicit_hash_key, &hash_key_);
}

size_t KplBuilder::FindSlot(std::string_view key, HashKey hash) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = static_cast<size_t>(hash) & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const size_t index = slots_[slot] - 1;
    if (table_[index].hash == hash && KeyAt(index) == key) break;
  }
  return slot;
}

void KplBuilder::GrowSlots() {
  const size_t mask = slots_.size() * 2 - 1;
  slots_.assign(mask + 1, 0);
  for (size_t i = 0; i < table_.size(); i++) {
    size_t slot = static_cast<size_t>(table_[i].hash) & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<uint32_t>(i + 1);
  }
}

bool KplBuilder::TryAdd(std::string_view partition_key, HashKey hash, std::string_view data, size_t most_bytes) {
  const size_t slot = FindSlot(partition_key, hash);
  const bool known = slots_[slot] != 0;
  const size_t index = known ? slots_[slot] - 1 : table_.size();
  const size_t entry = 1 + VarintBytes(index) + (hash_key_.empty() ? 0 : 2) + BytesFieldSize(data.size());
  const size_t more = BytesFieldSize(entry) + (known ? 0 : BytesFieldSize(partition_key.size()));
  if (records_ > 0 && bytes() + more > most_bytes) return false;

  if (!known) {
    AppendBytesField(kKeyTableTag, partition_key, &keys_);
    table_.push_back({hash, keys_.size() - partition_key.size(), partition_key.size()});
    slots_[slot] = static_cast<uint32_t>(table_.size());
    if (table_.size() * 2 > slots_.size()) GrowSlots();
  }
  char head[8 + 3 * kMostVarintBytes];
  char* at = head;
  *at++ = kRecordsTag;
  at = WriteVarint(entry, at);
  *at++ = kKeyIndexTag;
  at = WriteVarint(index, at);
  if (!hash_key_.empty()) {
    *at++ = kHashKeyIndexTag;
    *at++ = 0;
  }
  *at++ = kDataTag;
  at = WriteVarint(data.size(), at);
  entries_.append(head, at).append(data);
  if (records_++ == 0) first_data_bytes_ = data.size();
  return true;
}

void KplBuilder::AppendTo(std::string* out) const {
  CHECK(records_ > 0);
  if (records_ == 1) {
    out->append(entries_, entries_.size() - first_data_bytes_);
    return;
  }
  const size_t begin = out->size();
  out->append(kKplMagic);
  const size_t message = out->size();
  out->append(keys_).append(hash_key_).append(entries_);
  duckdb::MD5Context md5;
  md5.Add(duckdb::const_data_ptr_cast(out->data() + message), out->size() - message);
  duckdb::data_t digest[duckdb::MD5Context::MD5_HASH_LENGTH_BINARY];
  md5.Finish(digest);
  out->append(reinterpret_cast<const char*>(digest), sizeof digest);
  CHECK(out->size() - begin == bytes());
}

}  // namespace laminar::kinesis
