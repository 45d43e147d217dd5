#include "connectors/kinesis/batcher.h"

#include <algorithm>

#include "base/check.h"

namespace laminar::kinesis {

namespace {

void AppendHex(uint64_t number, std::string* out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) out->push_back(kDigits[(number >> shift) & 15]);
}

int64_t MemoryOf(const EncodedRows& rows) {
  return static_cast<int64_t>(rows.bytes.capacity() + rows.ends.capacity() * sizeof(uint64_t) + sizeof(EncodedSegment));
}

}  // namespace

EncodedSegment::EncodedSegment(EncodedRows rows, int64_t* held_bytes)
    : rows_(std::move(rows)), held_bytes_(held_bytes), memory_(MemoryOf(rows_)) {
  *held_bytes_ += memory_;
}

void PutRequest::KeepRefused(const PutResult& result) {
  CHECK(result.entries.size() == entries_.size());
  size_t kept = 0;
  data_bytes_ = 0;
  for (size_t i = 0; i < entries_.size(); i++) {
    if (result.entries[i].error_code.empty()) continue;
    data_bytes_ += static_cast<int64_t>(entries_[i].data.size());
    entries_[kept++] = entries_[i];
  }
  entries_.resize(kept);
}

void Batcher::Add(std::shared_ptr<const EncodedSegment> segment, int64_t now_micros) {
  const EncodedRows& rows = segment->rows();
  if (rows.rows() == 0) return;
  rows_ += static_cast<int64_t>(rows.rows());
  bytes_ += static_cast<int64_t>(rows.ends.back() + rows.rows() * kKeyBytes);
  pending_.push_back({std::move(segment), now_micros});
}

std::unique_ptr<PutRequest> Batcher::Cut() {
  CHECK(!empty());
  auto request = std::make_unique<PutRequest>();
  const auto most = static_cast<size_t>(std::min(limits_.records, rows_));
  request->entries_.reserve(most);
  request->keys_.reserve(most * kKeyBytes);  // views into it must stay valid
  bool full = false;
  while (!full && !pending_.empty()) {
    const std::shared_ptr<const EncodedSegment>& segment = pending_.front().segment;
    const EncodedRows& rows = segment->rows();
    const size_t first = next_row_;
    while (next_row_ < rows.rows()) {
      const std::string_view data = rows.row(next_row_);
      const auto row_bytes = static_cast<int64_t>(data.size() + kKeyBytes);
      full = request->entries_.size() == most ||
             (!request->entries_.empty() && request->bytes() + row_bytes > limits_.bytes);
      if (full) break;
      const size_t key = request->keys_.size();
      AppendHex(random_->Next(), &request->keys_);
      request->entries_.push_back({.data = data,
                                   .partition_key = std::string_view(request->keys_).substr(key, kKeyBytes),
                                   .explicit_hash_key = {}});
      request->data_bytes_ += static_cast<int64_t>(data.size());
      next_row_++;
    }
    if (next_row_ > first) request->segments_.push_back(segment);
    if (next_row_ == rows.rows()) {
      pending_.pop_front();
      next_row_ = 0;
    }
  }
  rows_ -= static_cast<int64_t>(request->entries_.size());
  bytes_ -= request->bytes();
  return request;
}

}  // namespace laminar::kinesis
