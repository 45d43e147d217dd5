// StateTable: rows of states of an AggregateSet, by number, with the memory that they point to. A row stays where it is
// until Compact or Free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/status.h"
#include "duck/aggregate_set.h"

namespace laminar {

class StateTable {
 public:
  explicit StateTable(AggregateSet* set);  // borrowed
  ~StateTable();
  StateTable(StateTable&&) noexcept = default;
  StateTable& operator=(StateTable&&) noexcept;

  // Makes the row, with fresh states. Rows are best numbered densely: memory reaches to the highest.
  std::byte* Create(uint32_t row);
  std::byte* at(uint32_t row) const {
    const auto [block, index] = PlaceOf(row);
    return blocks_[block].get() + index * stride_;
  }
  bool Has(uint32_t row) const { return row < live_.size() && live_[row]; }
  void Free(std::span<const uint32_t> rows);
  void Clear();  // frees all
  // Gives back what lies behind row end - 1; no row is there any more.
  void Trim(uint32_t end);

  // What freed rows pointed to stays allocated until the others are copied elsewhere: does that when the memory has
  // more than doubled since and grown by more than the size of the states, so that it costs a constant for each row
  // that was fed. All states move then. States that point to nothing are never copied, nor are those of aggregates that
  // would go on pointing to the old memory (AggregateSet::CombinesCopies).
  Status CompactWhenGrown();

  AggregateMemory* memory() { return &memory_; }
  int64_t bytes() const;

 private:
  // Blocks of 8, 16, ... 512 rows, then of 1024: few rows cost little, many waste little.
  struct Place {
    size_t block, index;
  };
  static Place PlaceOf(uint32_t row);
  static size_t RowsIn(size_t block);

  AggregateSet* set_;
  size_t stride_;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  size_t block_rows_ = 0;
  std::vector<bool> live_;
  AggregateMemory memory_;
  int64_t compacted_bytes_ = 0;  // of the memory, after it was last copied
};

}  // namespace laminar
