// FedRows: by partition, the rows that stand for all that an aggregate was fed (Rebuild), each as bytes: its key, by
// which rows are told apart or compared, and its value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "state/byte_reader.h"

namespace laminar {

class FedRows {
 public:
  FedRows() = default;
  FedRows(const FedRows&) = delete;

  void Resize(size_t count) {
    if (count > partitions_.size()) partitions_.resize(count);
  }
  // Of a partition, one of the three: rows as they come; rows with different keys, each once; the one with the best
  // key.
  void Append(uint32_t partition, std::string_view value);
  // False: a row with this key is there, and has come once more.
  bool Count(uint32_t partition, std::string_view key, std::string_view value) {
    return Count(partition, key, value, 1);
  }
  // False: the one that is there is as good (largest: has no smaller key; else no larger one).
  bool TakeBetter(uint32_t partition, std::string_view key, std::string_view value, bool largest);
  void Forget(uint32_t partition);

  // Calls visit(value, times) for its rows, in the order in which they first came.
  template <class Visit>
  void ForEach(uint32_t partition, const Visit& visit) const;

  void Save(uint32_t partition, std::string* bytes) const;
  // Of a partition without rows. distinct: it was filled by Count. False: what comes is not what Save writes, or not
  // IsValue(value).
  template <class IsValue>
  bool Load(uint32_t partition, bool distinct, ByteReader* state, const IsValue& is_value);

  int64_t bytes() const { return bytes_ + static_cast<int64_t>(partitions_.capacity() * sizeof(partitions_[0])); }

 private:
  // Rows lie one behind the other in `log`: how often it came (8 bytes), the length of its key (4) and of its value (4;
  // kSame: it is the key), the bytes of both.
  static constexpr uint32_t kSame = UINT32_MAX;
  struct Row {
    uint64_t times;
    std::string_view key, value;
  };
  static bool Read(ByteReader* log, Row* row);

  // Finds rows by their keys: what the index holds are places in the log.
  struct Hash {
    using is_transparent = void;
    const std::string* log;
    size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
    size_t operator()(uint64_t place) const { return (*this)(KeyAt(*log, place)); }
  };
  struct Equal {
    using is_transparent = void;
    const std::string* log;
    bool operator()(uint64_t a, uint64_t b) const { return a == b; }
    bool operator()(std::string_view a, uint64_t b) const { return a == KeyAt(*log, b); }
    bool operator()(uint64_t a, std::string_view b) const { return (*this)(b, a); }
  };
  static std::string_view KeyAt(const std::string& log, uint64_t place);

  struct Partition {
    std::string log;
    std::unordered_set<uint64_t, Hash, Equal> index{0, Hash{&log}, Equal{&log}};  // filled by Count
    int64_t bytes() const;
  };

  Partition& At(uint32_t partition);
  void Write(Partition* partition, std::string_view key, std::string_view value, uint64_t times);
  bool Count(uint32_t partition, std::string_view key, std::string_view value, uint64_t times);

  std::vector<std::unique_ptr<Partition>> partitions_;  // nullptr: no rows
  int64_t bytes_ = 0;
};

template <class Visit>
void FedRows::ForEach(uint32_t number, const Visit& visit) const {
  if (!partitions_[number]) return;
  ByteReader log(partitions_[number]->log);
  for (Row row; Read(&log, &row);) visit(row.value, row.times);
}

template <class IsValue>
bool FedRows::Load(uint32_t number, bool distinct, ByteReader* state, const IsValue& is_value) {
  uint64_t size = 0;
  std::string_view bytes;
  if (!state->ReadFixed(&size) || !state->ReadBytes(size, &bytes)) return false;
  ByteReader log(bytes);
  while (log.left() > 0) {
    Row row;
    if (!Read(&log, &row) || !is_value(row.value)) return false;
    if (!distinct) {
      Write(&At(number), row.key, row.value, row.times);
    } else if (!Count(number, row.key, row.value, row.times)) {
      return false;
    }
  }
  return true;
}

}  // namespace laminar
