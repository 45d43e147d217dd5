#include "formats/compression/compressed_decoder.h"

#include <algorithm>

#include "duckdb/common/types/data_chunk.hpp"

#include "formats/compression/compressor.h"

namespace laminar {
namespace {

// Names the record of a bad row: the inner decoder sees a part of them.
class OfRecords final : public BadRowHandler {
 public:
  // first: of the part. compression: that all records must have; kNone: a value that stands alone need not be
  // compressed.
  OfRecords(BadRowHandler* to, uint32_t first, Compression compression)
      : to_(to), first_(first), compression_(compression) {}
  Status OnBadRow(const BadRow& row) override {
    BadRow named = row;
    named.record = first_ + row.record;
    std::string alone;
    if (!row.data.empty() && compression_ != Compression::kNone) {
      Compressor(compression_).Append(row.data, &alone);
      named.data = alone;
    }
    return to_->OnBadRow(named);
  }

 private:
  BadRowHandler* const to_;
  const uint32_t first_;
  const Compression compression_;
};

}  // namespace

Result<bool> CompressedDecoder::Decode(std::span<const RecordView> records, DecodeCursor* cursor,
                                       BadRowHandler* bad_rows, Batch* out) {
  for (auto& buffer : used_) Recycle(std::move(buffer));
  used_.clear();
  size_t held = 0;
  while (cursor->record < records.size()) {
    if (out->rows() == kBatchRows || (out->rows() > 0 && held > kCallBytes)) return false;
    const uint32_t at = cursor->record;
    const RecordView record = records[at];
    const Compression compression = CompressionOf(record, compression_);
    std::unique_ptr<RecordBuffer> buffer;
    RecordView plain;
    std::span<const RecordView> part{&plain, 1};
    if (compression == Compression::kNone) {
      part = records.subspan(at, PlainRecords(records.subspan(at)));
    } else {
      std::string reason;
      buffer = Take(record, cursor->offset > 0, compression, &reason);
      if (buffer == nullptr) {
        RETURN_IF_ERROR(bad_rows->OnBadRow(BadRow{.record = at, .column = "", .reason = reason}));
        *cursor = {at + 1, 0, 0};
        continue;
      }
      plain = buffer->view();
      held += buffer->capacity();
    }
    OfRecords handler(bad_rows, at, alone_);
    DecodeCursor within{0, cursor->offset, cursor->line};
    const size_t first = out->rows();
    const Result<bool> used_up = inner_->Decode(part, &within, &handler, out);
    for (size_t row = first; row < out->origin_rows.size(); row++) out->origin_rows[row] += at;
    const bool done = used_up.ok() && *used_up;
    *cursor = done ? DecodeCursor{at + static_cast<uint32_t>(part.size()), 0, 0}
                   : DecodeCursor{at + within.record, within.offset, within.line};
    if (buffer != nullptr && done) used_.push_back(std::move(buffer));
    if (buffer != nullptr) KeepOpen(record, std::move(buffer));
    if (!used_up.ok()) return used_up;
    if (!done) return false;
  }
  return true;
}

size_t CompressedDecoder::PlainRecords(std::span<const RecordView> records) const {
  size_t count = 0;
  while (count < std::min(records.size(), kBatchRows) &&
         CompressionOf(records[count], compression_) == Compression::kNone)
    count++;
  return count;
}

std::unique_ptr<RecordBuffer> CompressedDecoder::Take(RecordView compressed, bool begun, Compression compression,
                                                      std::string* reason) {
  const auto open = std::find_if(open_.begin(), open_.end(), [&](const Open& candidate) {
    return candidate.compressed.data() == compressed.data() && candidate.compressed.size() == compressed.size();
  });
  if (open != open_.end()) {
    std::unique_ptr<RecordBuffer> buffer = std::move(open->buffer);
    open_.erase(open);
    if (begun) return buffer;
    Recycle(std::move(buffer));  // another record in the place of one that was given up
  }
  std::unique_ptr<RecordBuffer> buffer;
  if (unused_.empty()) {
    buffer = std::make_unique<RecordBuffer>();
  } else {
    buffer = std::move(unused_.back());
    unused_.pop_back();
    unused_bytes_ -= buffer->capacity();
  }
  *reason = decompressor_.Decompress(compressed, compression, buffer.get());
  if (reason->empty()) return buffer;
  Recycle(std::move(buffer));
  return nullptr;
}

void CompressedDecoder::KeepOpen(RecordView compressed, std::unique_ptr<RecordBuffer> buffer) {
  open_.push_back({compressed, std::move(buffer)});
  size_t bytes = 0;
  for (const Open& open : open_) bytes += open.buffer->capacity();
  while (open_.size() > 1 && bytes > most_bytes_) {
    bytes -= open_.front().buffer->capacity();
    used_.push_back(std::move(open_.front().buffer));
    open_.erase(open_.begin());
  }
}

void CompressedDecoder::Recycle(std::unique_ptr<RecordBuffer> buffer) {
  if (unused_bytes_ + buffer->capacity() > kCallBytes) return;
  unused_bytes_ += buffer->capacity();
  unused_.push_back(std::move(buffer));
}

}  // namespace laminar
