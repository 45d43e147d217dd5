#include "formats/compression/compressed_decoder.h"

#include <algorithm>

#include "duckdb/common/types/data_chunk.hpp"

#include "formats/compression/compressor.h"

namespace laminar {
namespace {

// Names the record of a bad row: the inner decoder sees one at a time.
class OfRecord final : public BadRowHandler {
 public:
  // compression: that all records must have; kNone: a value that stands alone need not be compressed.
  OfRecord(BadRowHandler* to, uint32_t record, Compression compression)
      : to_(to), record_(record), compression_(compression) {}
  Status OnBadRow(const BadRow& row) override {
    BadRow named = row;
    named.record = record_;
    std::string alone;
    if (!row.data.empty() && compression_ != Compression::kNone) {
      Compressor(compression_).Append(row.data, &alone);
      named.data = alone;
    }
    return to_->OnBadRow(named);
  }

 private:
  BadRowHandler* const to_;
  const uint32_t record_;
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
    const RecordView record = records[cursor->record];
    const Compression compression = compression_ == Compression::kAuto ? DetectCompression(record) : compression_;
    std::unique_ptr<RecordBuffer> buffer;
    RecordView plain = record;
    if (compression != Compression::kNone) {
      std::string reason;
      buffer = Take(record, cursor->offset > 0, compression, &reason);
      if (buffer == nullptr) {
        RETURN_IF_ERROR(bad_rows->OnBadRow(BadRow{.record = cursor->record, .column = "", .reason = reason}));
        *cursor = {cursor->record + 1, 0, 0};
        continue;
      }
      plain = buffer->view();
      held += buffer->capacity();
    }
    OfRecord handler(bad_rows, cursor->record, compression_ == Compression::kAuto ? Compression::kNone : compression_);
    DecodeCursor within{0, cursor->offset, cursor->line};
    const size_t first = out->rows();
    const Result<bool> used_up = inner_->Decode({&plain, 1}, &within, &handler, out);
    std::fill(out->origin_rows.begin() + static_cast<std::ptrdiff_t>(first), out->origin_rows.end(), cursor->record);
    const bool done = used_up.ok() && *used_up;
    *cursor = done ? DecodeCursor{cursor->record + 1, 0, 0} : DecodeCursor{cursor->record, within.offset, within.line};
    if (buffer != nullptr && done) used_.push_back(std::move(buffer));
    if (buffer != nullptr) KeepOpen(record, std::move(buffer));
    if (!used_up.ok()) return used_up;
    if (!done) return false;
  }
  return true;
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
