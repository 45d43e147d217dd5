// Writes aggregated records from the description of the format alone, a second time beside KplBuilder and in parts: for
// tests of the reader, with what KplBuilder never writes (tags, a hash key for each record, broken messages).
#pragma once

#include <openssl/evp.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace laminar::kinesis {

struct UserRecord {
  std::string partition_key, data;
  std::optional<std::string> explicit_hash_key = std::nullopt;
  bool operator==(const UserRecord&) const = default;
};

inline std::string KplVarint(uint64_t value) {
  std::string out;
  do {
    const auto low = static_cast<char>(value & 0x7f);
    value >>= 7;
    out.push_back(value > 0 ? static_cast<char>(low | 0x80) : low);
  } while (value > 0);
  return out;
}

// Field `number` of bytes.
inline std::string KplBytes(unsigned number, const std::string& bytes) {
  return KplVarint(number << 3 | 2) + KplVarint(bytes.size()) + bytes;
}

inline std::string Md5(const std::string& text) {
  std::string digest(16, '\0');
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_md5(), nullptr);
  return digest;
}

// Magic and digest around a message.
inline std::string KplFrame(const std::string& message) {
  return "\xF3\x89\x9A\xC2" + message + Md5(message);
}

// Every key stands in its table once, as with the producer library.
inline std::string Aggregate(const std::vector<UserRecord>& records) {
  std::vector<std::string> keys, hash_keys;
  const auto index = [](std::vector<std::string>* table, const std::string& key) {
    const auto found = std::find(table->begin(), table->end(), key);
    const auto at = static_cast<uint64_t>(found - table->begin());
    if (found == table->end()) table->push_back(key);
    return at;
  };
  std::string entries;
  for (const UserRecord& record : records) {
    std::string entry = KplVarint(1 << 3) + KplVarint(index(&keys, record.partition_key));
    if (record.explicit_hash_key) {
      entry += KplVarint(2 << 3) + KplVarint(index(&hash_keys, *record.explicit_hash_key));
    }
    entry += KplBytes(3, record.data);
    entry += KplBytes(4, KplBytes(1, "tag"));
    entries += KplBytes(3, entry);
  }
  std::string message;
  for (const std::string& key : keys) message += KplBytes(1, key);
  for (const std::string& key : hash_keys) message += KplBytes(2, key);
  return KplFrame(message + entries);
}

}  // namespace laminar::kinesis
