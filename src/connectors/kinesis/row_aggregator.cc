#include "connectors/kinesis/row_aggregator.h"

#include <utility>

#include "base/check.h"
#include "connectors/kinesis/partition_key.h"

namespace laminar::kinesis {

std::unique_ptr<RowAggregator::Open> RowAggregator::MakeOpen(bool keyed, uint32_t group) {
  std::string hash_key;
  if (keyed) AppendHashKey(HashKeyOfGroup(group, key_groups_), &hash_key);
  auto open = std::make_unique<Open>(hash_key);
  if (!keyed) AppendGeneratedKey(random_, &open->generated_key);
  return open;
}

void RowAggregator::Add(const RowsToPut& rows, int64_t now_micros, RowsToPut* closed) {
  const bool keyed = rows.keys.rows() > 0;
  if (groups_.empty()) {
    key_groups_ = keyed ? limits_.key_groups : 0;
    groups_.resize(keyed ? key_groups_ : 1);
  }
  CHECK(keyed == (key_groups_ > 0));
  const auto most_bytes = static_cast<size_t>(limits_.bytes);
  for (size_t i = 0; i < rows.rows.rows(); i++) {
    const std::string_view data = rows.rows.row(i);
    const std::string_view key = keyed ? rows.keys.row(i) : std::string_view();
    const HashKey hash = keyed ? HashKeyOf(key) : 0;
    const uint32_t group = keyed ? KeyGroupOf(hash, key_groups_) : 0;
    std::unique_ptr<Open>& open = groups_[group];
    if (open && static_cast<int64_t>(open->record.records()) >= limits_.rows) Close(std::move(open), closed);
    for (bool added = false; !added;) {
      if (!open) open = MakeOpen(keyed, group);
      if (bytes_ == 0) since_micros_ = now_micros;
      const size_t before = open->record.records() == 0 ? 0 : open->record.bytes();
      added = open->record.TryAdd(keyed ? key : open->generated_key, hash, data, most_bytes);
      bytes_ += static_cast<int64_t>(open->record.bytes() - before);
      if (!added) Close(std::move(open), closed);
    }
    open->rows += rows.counts.empty() ? 1 : rows.counts[i];
  }
}

void RowAggregator::Close(std::unique_ptr<Open> open, RowsToPut* closed) {
  bytes_ -= static_cast<int64_t>(open->record.bytes());
  open->record.AppendTo(&closed->rows.bytes);
  closed->rows.ends.push_back(closed->rows.bytes.size());
  closed->keys.bytes.append(open->record.first_key());
  closed->keys.ends.push_back(closed->keys.bytes.size());
  closed->counts.push_back(open->rows);
  closed->key_groups = key_groups_;
}

void RowAggregator::CloseAll(RowsToPut* closed) {
  for (auto& open : groups_) {
    if (open) Close(std::move(open), closed);
  }
}

}  // namespace laminar::kinesis
