// OverPartitions: the numbers of the PARTITION BY values, and when each is forgotten: `keep` microseconds after its
// last row.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "duck/batch.h"
#include "state/key_codec.h"
#include "state/key_table.h"

namespace laminar {

class OverPartitions {
 public:
  static constexpr int64_t kForever = INT64_MAX;

  OverPartitions(const Schema& input, std::vector<size_t> columns, int64_t keep_micros);

  // The numbers of the partitions of `batch`'s rows, whose times rise: into numbers[0 ...]. Returns how many rows it
  // has numbered: it stops at a row whose partition ended (keep) since another row of the same batch. For each that
  // ended earlier it calls forget(number) and goes on.
  size_t Number(const Batch& batch, const int64_t* times, size_t count, uint32_t* numbers,
                const std::function<void(uint32_t)>& forget);
  // No row before `time` will come: calls forget(number) for partitions that have ended, and erases them; trim(number)
  // now and then for the others. A bounded part of the work at a time.
  void Expire(int64_t time, const std::function<void(uint32_t)>& forget, const std::function<void(uint32_t)>& trim);

  // Checkpoints. The partitions that are there; the KeyCodec bytes of one, and the time of its last row.
  std::vector<uint32_t> numbers() const;
  std::string_view key(uint32_t number) const { return table_.key(number); }
  int64_t last_time(uint32_t number) const { return last_times_[number]; }
  // Before the first row: the number of a partition that was saved; nullopt: it is there already, or these are not the
  // bytes of a key. FinishRestore: that was all.
  std::optional<uint32_t> Restore(std::string_view key, int64_t last_time);
  void FinishRestore();

  const std::vector<size_t>& columns() const { return columns_; }  // of PARTITION BY
  size_t size() const { return table_.size(); }
  size_t end_number() const { return table_.end_number(); }
  int64_t bytes() const;

 private:
  struct Due {
    int64_t time;  // of the partition's last row when it was queued
    uint32_t number;
  };
  bool Ended(int64_t last, int64_t time) const;
  void Created(uint32_t number, int64_t time);

  const std::vector<size_t> columns_;
  const int64_t keep_micros_;
  KeyCodec codec_;
  KeyTable table_;
  EncodedKeys keys_;
  std::vector<int64_t> last_times_;  // by number
  std::vector<uint64_t> seen_;       // by number: the last batch
  uint64_t batch_ = 0;
  std::deque<Due> queue_;  // each partition once
};

}  // namespace laminar
