// Each partition stands once in a queue, with the time of its last row at that moment. When that is `keep` ago, it has
// ended, or has had rows since and goes to the end of the queue with its new time. So a partition is looked at once in
// `keep`, and is erased at most `keep` after its end; that it ended is seen by its next row anyhow.
#include "stream/over/partitions.h"

#include <algorithm>
#include <numeric>

namespace laminar {

namespace {

constexpr size_t kExpireAtOnce = 8192;  // more than a batch can make

std::vector<TypeRef> TypesOf(const Schema& input, const std::vector<size_t>& columns) {
  std::vector<TypeRef> types;
  for (const size_t column : columns) types.push_back(input[column].type);
  return types;
}

}  // namespace

OverPartitions::OverPartitions(const Schema& input, std::vector<size_t> columns, int64_t keep_micros)
    : columns_(std::move(columns)), keep_micros_(keep_micros), codec_(TypesOf(input, columns_)) {}

bool OverPartitions::Ended(int64_t last, int64_t time) const {
  int64_t end;
  return keep_micros_ != kForever && !__builtin_add_overflow(last, keep_micros_, &end) && end < time;
}

size_t OverPartitions::Number(const Batch& batch, const int64_t* times, size_t count, uint32_t* numbers,
                              const std::function<void(uint32_t)>& forget) {
  codec_.Encode(batch, columns_, &keys_);
  batch_++;
  for (size_t i = 0; i < count; i++) {
    bool created = false;
    const uint32_t number = table_.FindOrAdd(keys_.key(i), keys_.hash(i), &created);
    numbers[i] = number;
    if (created) {
      Created(number, times[i]);
    } else if (Ended(last_times_[number], times[i])) {
      if (seen_[number] == batch_) return i;
      forget(number);
    }
    last_times_[number] = times[i];
    seen_[number] = batch_;
  }
  return count;
}

void OverPartitions::Expire(int64_t time, const std::function<void(uint32_t)>& forget,
                            const std::function<void(uint32_t)>& trim) {
  for (size_t i = 0; i < kExpireAtOnce && !queue_.empty() && Ended(queue_.front().time, time); i++) {
    const uint32_t number = queue_.front().number;
    queue_.pop_front();
    if (Ended(last_times_[number], time)) {
      forget(number);
      table_.Erase(number);
    } else {
      trim(number);
      queue_.push_back({last_times_[number], number});
    }
  }
}

void OverPartitions::Created(uint32_t number, int64_t time) {
  if (number >= last_times_.size()) {
    last_times_.resize(number + 1);
    seen_.resize(number + 1);
  }
  if (keep_micros_ != kForever) queue_.push_back({time, number});
}

std::vector<uint32_t> OverPartitions::numbers() const {
  std::vector<uint32_t> numbers;
  if (keep_micros_ == kForever) {
    // None was ever erased.
    numbers.resize(table_.size());
    std::iota(numbers.begin(), numbers.end(), uint32_t{0});
  } else {
    for (const Due& due : queue_) numbers.push_back(due.number);
  }
  return numbers;
}

std::optional<uint32_t> OverPartitions::Restore(std::string_view key, int64_t last_time) {
  if (!codec_.IsKey(key)) return std::nullopt;
  bool created = false;
  const uint32_t number = table_.FindOrAdd(key, HashKey(key), &created);
  if (!created) return std::nullopt;
  Created(number, last_time);
  last_times_[number] = last_time;
  return number;
}

void OverPartitions::FinishRestore() {
  std::stable_sort(queue_.begin(), queue_.end(), [](const Due& a, const Due& b) { return a.time < b.time; });
}

int64_t OverPartitions::bytes() const {
  return table_.bytes() + static_cast<int64_t>(last_times_.capacity() * sizeof(int64_t) +
                                               seen_.capacity() * sizeof(uint64_t) + queue_.size() * sizeof(Due));
}

}  // namespace laminar
