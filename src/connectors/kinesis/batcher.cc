#include "connectors/kinesis/batcher.h"

#include <algorithm>
#include <functional>

#include "base/check.h"
#include "connectors/kinesis/partition_key.h"

namespace laminar::kinesis {

void PutRequest::Keep(const std::vector<bool>& keep) {
  CHECK(keep.size() == entries_.size());
  size_t kept = 0;
  bytes_ = 0;
  for (size_t i = 0; i < entries_.size(); i++) {
    if (!keep[i]) continue;
    bytes_ += static_cast<int64_t>(entries_[i].data.size() + entries_[i].partition_key.size());
    rows_[kept] = rows_[i];
    entries_[kept++] = entries_[i];
  }
  entries_.resize(kept);
  rows_.resize(kept);
}

uint64_t Batcher::HashOf(const RowRef& row) {
  const uint32_t groups = row.segment->key_groups;
  return groups > 0 ? KeyGroupOf(HashKeyOf(row.key()), groups) : std::hash<std::string_view>()(row.key());
}

int64_t Batcher::BytesOf(const RowRef& row) {
  const std::string_view key = row.key();
  size_t bytes = row.data().size() + key.size();
  if (!row.segment->epoch->prefix().empty()) {
    bytes += kMostIdBytes + (key.empty() ? 0 : 1);
  } else if (key.empty()) {
    bytes += kKeyBytes;
  }
  return static_cast<int64_t>(bytes);
}

void Batcher::Add(Segment* segment) {
  if (segment->unacknowledged == 0) return;  // its rows are gone
  const bool keyed = !segment->keys.ends.empty();
  const size_t rows = segment->rows.rows();
  if (!keyed && segment->unacknowledged == rows) {  // the usual case: nothing to look at row by row
    segments_.push_back({segment, 0});
    const size_t key_bytes = segment->epoch->prefix().empty() ? kKeyBytes : kMostIdBytes;
    rows_ += static_cast<int64_t>(rows);
    bytes_ += static_cast<int64_t>(segment->rows.ends.back() + rows * key_bytes);
    return;
  }
  const bool restored = segment->unacknowledged != rows;
  bool any = false;
  for (uint32_t i = 0; i < rows; i++) {
    const RowRef row{segment, i};
    if (restored && segment->epoch->IsAcknowledged(row.number())) continue;
    if (!keyed && !any) segments_.push_back({segment, i});
    any = true;
    rows_++;
    bytes_ += BytesOf(row);
    if (!keyed) continue;
    const auto [queue, first] = keys_.try_emplace(HashOf(row));
    if (first) {
      ready_.push_back(row);
    } else {
      queue->second.rows.push_back(row);
    }
  }
}

void Batcher::Return(const std::vector<RowRef>& rows) {
  for (const RowRef& row : rows) {
    returned_.push_back(row);
    rows_++;
    bytes_ += BytesOf(row);
  }
}

void Batcher::Done(const RowRef& row) {
  if (row.key().empty()) return;
  const auto found = keys_.find(HashOf(row));
  CHECK(found != keys_.end());
  KeyQueue& queue = found->second;
  if (queue.next == queue.rows.size()) {
    keys_.erase(found);
    return;
  }
  ready_.push_back(queue.rows[queue.next++]);
  if (queue.next == queue.rows.size()) {
    queue = {};
  } else if (queue.next * 2 > queue.rows.size() && queue.next > 1000) {
    queue.rows.erase(queue.rows.begin(), queue.rows.begin() + static_cast<std::ptrdiff_t>(queue.next));
    queue.next = 0;
  }
}

int64_t Batcher::DueMicros(const Segment& segment) const {
  return segment.epoch->sealed() ? 0 : segment.added_micros + limits_.interval_micros;
}

int64_t Batcher::DueMicros() const {
  if (!returned_.empty()) return 0;
  int64_t due = kNever;
  if (!ready_.empty()) due = DueMicros(*ready_.front().segment);
  if (!segments_.empty()) due = std::min(due, DueMicros(*segments_.front().segment));
  return due;
}

bool Batcher::Front(RowRef* row) {
  if (!returned_.empty()) {
    *row = returned_.front();
  } else if (!ready_.empty()) {
    *row = ready_.front();
  } else if (!segments_.empty()) {
    *row = {segments_.front().segment, segments_.front().next_row};
  } else {
    return false;
  }
  return true;
}

void Batcher::PopFront() {
  if (!returned_.empty()) {
    returned_.pop_front();
  } else if (!ready_.empty()) {
    ready_.pop_front();
  } else {
    Unkeyed& front = segments_.front();
    front.next_row++;
    const auto rows = static_cast<uint32_t>(front.segment->rows.rows());
    if (front.segment->unacknowledged != rows) {
      while (front.next_row < rows &&
             front.segment->epoch->IsAcknowledged(front.segment->first_number + front.next_row))
        front.next_row++;
    }
    if (front.next_row == rows) segments_.pop_front();
  }
}

void Batcher::AppendKey(const RowRef& row, PutRequest* request, KeySpan* span) const {
  std::string& keys = request->keys_;
  const std::string_view key = row.key();
  const EpochRows& epoch = *row.segment->epoch;
  *span = {keys.size(), 0, 0};
  if (epoch.prefix().empty()) {
    if (key.empty()) AppendGeneratedKey(random_, &keys);
  } else {
    if (!key.empty()) keys.append(key).push_back(kIdSeparator);
    AppendId(epoch.prefix(), epoch.Id(row), &keys);
  }
  span->key_size = keys.size() - span->key;
  if (!row.hash_key().empty()) return;  // the row's own: Cut takes it as it is
  const uint32_t groups = row.segment->key_groups;
  if (groups > 0 || (!key.empty() && span->key_size > 0)) {
    const HashKey hash = HashKeyOf(key);
    AppendHashKey(groups > 0 ? HashKeyOfGroup(KeyGroupOf(hash, groups), groups) : hash, &keys);
    span->hash = keys.size() - span->key - span->key_size;
  }
}

std::unique_ptr<PutRequest> Batcher::Cut() {
  CHECK(CanCut());
  auto request = std::make_unique<PutRequest>();
  const auto most = static_cast<size_t>(std::min(limits_.records, rows_));
  request->entries_.reserve(most);
  request->rows_.reserve(most);
  std::vector<KeySpan> spans;
  spans.reserve(most);
  RowRef row;
  while (request->rows_.size() < most && Front(&row)) {
    const size_t keys_before = request->keys_.size();
    KeySpan span;
    AppendKey(row, request.get(), &span);
    const size_t key_bytes = span.key_size > 0 ? span.key_size : row.key().size();
    const auto row_bytes = static_cast<int64_t>(row.data().size() + key_bytes);
    if (!request->rows_.empty() && request->bytes_ + row_bytes > limits_.bytes) {
      request->keys_.resize(keys_before);
      break;
    }
    request->rows_.push_back(row);
    spans.push_back(span);
    request->bytes_ += row_bytes;
    rows_--;
    bytes_ -= BytesOf(row);
    PopFront();
  }
  const std::string_view keys = request->keys_;  // complete: views into it stay valid
  for (size_t i = 0; i < spans.size(); i++) {
    const KeySpan& span = spans[i];
    const RowRef& cut = request->rows_[i];
    request->entries_.push_back({.data = cut.data(),
                                 .partition_key = span.key_size > 0 ? keys.substr(span.key, span.key_size) : cut.key(),
                                 .explicit_hash_key = cut.hash_key().empty()
                                                          ? keys.substr(span.key + span.key_size, span.hash)
                                                          : cut.hash_key()});
  }
  return request;
}

}  // namespace laminar::kinesis
