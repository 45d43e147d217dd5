// Groups of a window as a checkpoint holds them: PartialRows, made of states of either kind of aggregates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "duck/aggregate_set.h"
#include "duck/batch.h"

namespace laminar {

// Gathers what is known of some groups, up to kBatchRows, and writes them down.
class SavedGroups {
 public:
  // set: of the states, borrowed. schema: of PartialRows; columns behind them are the caller's.
  SavedGroups(AggregateSet* set, const Schema& schema) : set_(set), batch_(schema) {}

  void Clear();
  // start: of the group's window. The key stays where it is until Write.
  void Add(std::string_view key, uint64_t hash, int64_t start, std::byte* states);
  size_t size() const { return keys_.size(); }
  // What was added, with its results. Valid until the next Clear.
  Result<Batch*> Write(AggregateMemory* memory);

 private:
  AggregateSet* const set_;
  Batch batch_;
  std::vector<std::string_view> keys_;
  std::vector<uint64_t> hashes_;
  std::vector<int64_t> starts_;
  std::vector<std::byte*> states_;
};

}  // namespace laminar
