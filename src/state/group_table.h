// GroupTable: keys -> rows of states of an AggregateSet, the groups numbered in the order of their arrival. Few groups
// cost about a kilobyte; a great many their keys and states and 40 bytes each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "duck/aggregate_set.h"
#include "state/key_codec.h"
#include "state/key_table.h"
#include "state/state_table.h"

namespace laminar {

class GroupTable {
 public:
  explicit GroupTable(AggregateSet* set) : states_(set) {}  // borrowed

  // What Update needs while it runs; one for the tables of an operator.
  struct Scratch {
    std::vector<std::byte*> states;
    std::vector<uint32_t> numbers, created;
    std::vector<std::string_view> keys;
    std::vector<uint64_t> hashes;
  };

  // Feeds the rows of `batch` that `rows` names, ascending, into the groups of their keys; a new group is made for a
  // key that is not there. set: the one of the constructor.
  Status Update(AggregateSet* set, const EncodedKeys& keys, Batch* batch, std::span<const uint32_t> rows,
                Scratch* scratch) {
    Find(keys, batch->rows(), rows, scratch);
    return Feed(set, batch, rows, scratch);
  }
  // The same in two steps, between which the groups are as they were: scratch->numbers are theirs, by row.
  void Find(const EncodedKeys& keys, size_t batch_rows, std::span<const uint32_t> rows, Scratch* scratch);
  Status Feed(AggregateSet* set, Batch* batch, std::span<const uint32_t> rows, Scratch* scratch);

  size_t groups() const { return keys_.size(); }
  std::string_view key(uint32_t group) const { return keys_.key(group); }
  uint64_t hash(uint32_t group) const { return keys_.hash(group); }
  std::byte* states(uint32_t group) const { return states_.at(group); }
  AggregateMemory* memory() { return states_.memory(); }

  // Writes the keys and the results of `count` groups from number `first` into rows from first_row of `out`: keys from
  // column 0 (codec = nullptr: as WriteEncoded does), results from column `results`. The table stays as it is.
  Status Scan(AggregateSet* set, const KeyCodec* codec, uint32_t first, size_t count, Batch* out, size_t results,
              size_t first_row);

  // The states without their keys, rows in the order of the groups. The table is empty after it.
  StateTable TakeStates() &&;
  int64_t bytes() const { return static_cast<int64_t>(sizeof(*this)) + keys_.bytes() + states_.bytes(); }

 private:
  KeyTable keys_;
  StateTable states_;
};

}  // namespace laminar
