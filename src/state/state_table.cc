#include "state/state_table.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace laminar {

namespace {

constexpr size_t kFirstBlockRows = 8;
constexpr size_t kLargestBlockRows = 1024;
constexpr size_t kGrowingBlocks = 7;                                            // 8, 16, ... 512
constexpr size_t kGrowingRows = kFirstBlockRows * ((1 << kGrowingBlocks) - 1);  // in all of these
constexpr int64_t kSmallMemory = 256 << 10;                                     // not worth copying

}  // namespace

StateTable::StateTable(AggregateSet* set) : set_(set), stride_(std::max<size_t>(set->state_bytes(), 8)) {}

StateTable::~StateTable() {
  Clear();
}

StateTable& StateTable::operator=(StateTable&& other) noexcept {
  if (this == &other) return *this;
  Clear();
  set_ = other.set_;
  stride_ = other.stride_;
  blocks_ = std::move(other.blocks_);
  block_rows_ = other.block_rows_;
  live_ = std::move(other.live_);
  memory_ = std::move(other.memory_);
  compacted_bytes_ = other.compacted_bytes_;
  return *this;
}

StateTable::Place StateTable::PlaceOf(uint32_t row) {
  if (row >= kGrowingRows) {
    const size_t behind = row - kGrowingRows;
    return {kGrowingBlocks + behind / kLargestBlockRows, behind % kLargestBlockRows};
  }
  const size_t block = std::bit_width(row + kFirstBlockRows) - std::bit_width(kFirstBlockRows);
  return {block, row + kFirstBlockRows - (kFirstBlockRows << block)};
}

size_t StateTable::RowsIn(size_t block) {
  return block < kGrowingBlocks ? kFirstBlockRows << block : kLargestBlockRows;
}

std::byte* StateTable::Create(uint32_t row) {
  while (row >= block_rows_) {
    const size_t rows = RowsIn(blocks_.size());
    blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(rows * stride_));
    block_rows_ += rows;
  }
  if (row == live_.size()) {
    live_.push_back(false);
  } else if (row > live_.size()) {
    live_.resize(row + 1);
  }
  CHECK(!live_[row]);
  live_[row] = true;
  std::byte* states = at(row);
  set_->Initialize(states);
  return states;
}

void StateTable::Free(std::span<const uint32_t> rows) {
  std::vector<std::byte*> states(rows.size());
  for (size_t i = 0; i < rows.size(); i++) {
    CHECK(Has(rows[i]));
    states[i] = at(rows[i]);
    live_[rows[i]] = false;
  }
  set_->Destroy(states, &memory_);
}

void StateTable::Clear() {
  std::vector<std::byte*> states;
  states.reserve(kBatchRows);
  for (uint32_t row = 0; row < live_.size(); row++) {
    if (live_[row]) states.push_back(at(row));
    if (states.size() == kBatchRows) {
      set_->Destroy(states, &memory_);
      states.clear();
    }
  }
  set_->Destroy(states, &memory_);
  live_.clear();
  blocks_.clear();
  block_rows_ = 0;
  memory_ = AggregateMemory();
  compacted_bytes_ = 0;
}

void StateTable::Trim(uint32_t end) {
  if (live_.size() > end) {
    CHECK(std::find(live_.begin() + end, live_.end(), true) == live_.end());
    live_.resize(end);
  }
  while (!blocks_.empty() && block_rows_ - RowsIn(blocks_.size() - 1) >= end) {
    block_rows_ -= RowsIn(blocks_.size() - 1);
    blocks_.pop_back();
  }
}

Status StateTable::CompactWhenGrown() {
  if (!set_->CombinesCopies()) return Status::Ok();
  // As much has been written since as is copied now, states included.
  const auto states = static_cast<int64_t>(block_rows_ * stride_);
  if (memory_.bytes() < 2 * compacted_bytes_ + std::max(states, kSmallMemory)) return Status::Ok();
  StateTable copy(set_);
  std::vector<std::byte*> from, into;
  for (uint32_t row = 0; row < live_.size(); row++) {
    if (live_[row]) {
      from.push_back(at(row));
      into.push_back(copy.Create(row));
    }
    if (from.size() < kBatchRows && row + 1 < live_.size()) continue;
    RETURN_IF_ERROR(set_->Combine(from, into, &copy.memory_));
    from.clear();
    into.clear();
  }
  *this = std::move(copy);
  compacted_bytes_ = memory_.bytes();
  return Status::Ok();
}

int64_t StateTable::bytes() const {
  return static_cast<int64_t>(sizeof(*this) + blocks_.capacity() * sizeof(blocks_[0]) + block_rows_ * stride_ +
                              live_.capacity() / 8) +
         memory_.bytes();
}

}  // namespace laminar
