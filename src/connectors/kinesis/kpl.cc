// The reader of protocol buffers (protobuf.dev/programming-guides/encoding) knows what these two messages need:
// varints, fields of bytes, and how to step over what it does not know. Every length is checked against what is left.
// The tables may stand behind the records that point into them, so the records are resolved last.
#include "connectors/kinesis/kpl.h"

#include <cstring>
#include <optional>

#include "duckdb/common/crypto/md5.hpp"

namespace laminar::kinesis {

namespace {

constexpr size_t kMagicBytes = kKplMagic.size();
constexpr size_t kDigestBytes = 16;
static_assert(kDigestBytes == duckdb::MD5Context::MD5_HASH_LENGTH_BINARY);

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct Field {
  uint64_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t integer = 0;    // of a varint
  std::string_view bytes;  // of bytes
};

class MessageReader {
 public:
  explicit MessageReader(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }

  // False: the message is broken here.
  bool Next(Field* field) {
    uint64_t tag = 0;
    if (!Varint(&tag) || tag >> 3 == 0) return false;
    field->number = tag >> 3;
    field->type = static_cast<WireType>(tag & 7);
    switch (field->type) {
      case WireType::kVarint:
        return Varint(&field->integer);
      case WireType::kBytes: {
        uint64_t size = 0;
        return Varint(&size) && Take(size, &field->bytes);
      }
      case WireType::kFixed64:
        return Take(8, &field->bytes);
      case WireType::kFixed32:
        return Take(4, &field->bytes);
    }
    return false;
  }

 private:
  bool Varint(uint64_t* value) {
    *value = 0;
    for (unsigned shift = 0; shift < 70 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (shift < 64) *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return true;
    }
    return false;
  }
  bool Take(uint64_t size, std::string_view* bytes) {
    if (size > rest_.size()) return false;
    *bytes = rest_.substr(0, static_cast<size_t>(size));
    rest_.remove_prefix(static_cast<size_t>(size));
    return true;
  }

  std::string_view rest_;
};

struct Entry {
  std::optional<uint64_t> key, hash_key;  // indexes into the tables
  std::optional<std::string_view> data;
};

bool ParseEntry(std::string_view message, Entry* entry) {
  MessageReader reader(message);
  while (!reader.done()) {
    Field field;
    if (!reader.Next(&field)) return false;
    if (field.number == 1 && field.type == WireType::kVarint) entry->key = field.integer;
    if (field.number == 2 && field.type == WireType::kVarint) entry->hash_key = field.integer;
    if (field.number == 3 && field.type == WireType::kBytes) entry->data = field.bytes;
  }
  return entry->key && entry->data;
}

struct Message {
  std::vector<std::string_view> keys, hash_keys;
  std::vector<Entry> entries;
};

bool ParseMessage(std::string_view text, Message* message) {
  MessageReader reader(text);
  while (!reader.done()) {
    Field field;
    if (!reader.Next(&field)) return false;
    if (field.type != WireType::kBytes) continue;
    if (field.number == 1) message->keys.push_back(field.bytes);
    if (field.number == 2) message->hash_keys.push_back(field.bytes);
    if (field.number == 3 && !ParseEntry(field.bytes, &message->entries.emplace_back())) return false;
  }
  for (const Entry& entry : message->entries) {
    if (*entry.key >= message->keys.size()) return false;
    if (entry.hash_key && *entry.hash_key >= message->hash_keys.size()) return false;
  }
  return true;
}

bool DigestFits(std::string_view message, std::string_view digest) {
  duckdb::MD5Context md5;
  md5.Add(duckdb::const_data_ptr_cast(message.data()), message.size());
  duckdb::data_t computed[kDigestBytes];
  md5.Finish(computed);
  return std::memcmp(computed, digest.data(), kDigestBytes) == 0;
}

// Whether every entry belongs to the range. A key is looked at once, however many entries have it. An explicit hash key
// that is no number belongs nowhere.
bool AllWithin(const Message& message, const HashKeyRange& range) {
  std::vector<std::optional<bool>> keys(message.keys.size()), hash_keys(message.hash_keys.size());
  for (const Entry& entry : message.entries) {
    std::optional<bool>& within = entry.hash_key ? hash_keys[*entry.hash_key] : keys[*entry.key];
    if (!within && entry.hash_key) {
      const std::optional<HashKey> key = ParseHashKey(message.hash_keys[*entry.hash_key]);
      within = key && range.Contains(*key);
    } else if (!within) {
      within = range.Contains(HashKeyOf(message.keys[*entry.key]));
    }
    if (!*within) return false;
  }
  return true;
}

}  // namespace

KplOutcome Deaggregate(std::string_view data, const HashKeyRange* range, std::vector<KplRecord>* records) {
  if (!LooksAggregated(data) || data.size() < kMagicBytes + kDigestBytes) return KplOutcome::kPlain;
  const std::string_view text = data.substr(kMagicBytes, data.size() - kMagicBytes - kDigestBytes);
  Message message;
  if (!DigestFits(text, data.substr(data.size() - kDigestBytes)) || !ParseMessage(text, &message)) {
    return KplOutcome::kPlain;
  }
  if (range != nullptr && !AllWithin(message, *range)) return KplOutcome::kOutOfRange;
  for (const Entry& entry : message.entries) {
    records->push_back({*entry.data, message.keys[*entry.key],
                        entry.hash_key ? message.hash_keys[*entry.hash_key] : std::string_view()});
  }
  return KplOutcome::kAggregated;
}

}  // namespace laminar::kinesis
