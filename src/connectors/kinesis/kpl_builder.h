// KplBuilder: puts one aggregated record together (kpl.h has the format). Partition keys stand in their table once; the
// tables come before the records, as the producer library writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kinesis/hash_key.h"

namespace laminar::kinesis {

class KplBuilder {
 public:
  // explicit_hash_key: of every user record, decimal; "" = their partition keys decide.
  explicit KplBuilder(std::string_view explicit_hash_key);

  // hash: HashKeyOf(partition_key), or any other function of it. False, and nothing is changed: the aggregated record
  // would be larger than most_bytes. The first user record is always taken.
  bool TryAdd(std::string_view partition_key, HashKey hash, std::string_view data, size_t most_bytes);

  size_t records() const { return records_; }
  size_t bytes() const { return kFrameBytes + keys_.size() + hash_key_.size() + entries_.size(); }  // of the record
  // Of the first user record. Requires records() > 0; valid until the next TryAdd.
  std::string_view first_key() const { return KeyAt(0); }
  // Appends the aggregated record; a single user record as its plain data. Requires records() > 0.
  void AppendTo(std::string* out) const;

 private:
  static constexpr size_t kFrameBytes = 20;  // magic and digest
  struct Key {
    HashKey hash;
    size_t at;  // in keys_
    size_t size;
  };

  std::string_view KeyAt(size_t index) const {
    return std::string_view(keys_).substr(table_[index].at, table_[index].size);
  }
  // The slot of slots_ that has the key, or is free for it.
  size_t FindSlot(std::string_view key, HashKey hash) const;
  void GrowSlots();

  std::string keys_;      // field 1 of the message, for each key
  std::string hash_key_;  // field 2
  std::string entries_;   // field 3, for each user record
  std::vector<Key> table_;
  std::vector<uint32_t> slots_;  // 1 + index into table_, 0 = free; a power of two, at least half of it free
  size_t records_ = 0;
  size_t first_data_bytes_ = 0;  // of the first user record; they end entries_ while it is the only one
};

}  // namespace laminar::kinesis
