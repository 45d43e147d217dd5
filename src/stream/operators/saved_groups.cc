#include "stream/operators/saved_groups.h"

#include <algorithm>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

#include "state/key_codec.h"
#include "stream/plan.h"

namespace laminar {

void SavedGroups::Clear() {
  batch_.Reset();
  keys_.clear();
  hashes_.clear();
  starts_.clear();
  states_.clear();
}

void SavedGroups::Add(std::string_view key, uint64_t hash, int64_t start, std::byte* states) {
  keys_.push_back(key);
  hashes_.push_back(hash);
  starts_.push_back(start);
  states_.push_back(states);
}

Result<Batch*> SavedGroups::Write(AggregateMemory* memory) {
  WriteEncoded(keys_, hashes_, &batch_);
  std::copy(starts_.begin(), starts_.end(),
            duckdb::FlatVector::GetData<int64_t>(batch_.chunk().data[PartialRows::kStart]));
  RETURN_IF_ERROR(set_->Finalize(states_, memory, &batch_, PartialRows::kResults));
  batch_.chunk().SetCardinality(keys_.size());
  return &batch_;
}

}  // namespace laminar
