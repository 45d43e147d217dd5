#include "formats/compression/uncompressed_decoder.h"

#include "formats/compression/compression.h"

namespace laminar {

namespace {

class Handler final : public BadRowHandler {
 public:
  Handler(std::span<const RecordView> records, BadRowHandler* next) : records_(records), next_(next) {}

  Status OnBadRow(const BadRow& row) override {
    const Compression found = DetectCompression(records_[row.record]);
    if (found == Compression::kNone) return next_->OnBadRow(row);
    const std::string name(CompressionName(found));
    BadRow compressed = row;
    compressed.reason += "; its record begins as " + name + " does: the option compression = '" + name + "' reads that";
    return next_->OnBadRow(compressed);
  }

 private:
  const std::span<const RecordView> records_;
  BadRowHandler* const next_;
};

}  // namespace

Result<bool> UncompressedDecoder::Decode(std::span<const RecordView> records, DecodeCursor* cursor,
                                         BadRowHandler* bad_rows, Batch* out) {
  Handler handler(records, bad_rows);
  return inner_->Decode(records, cursor, &handler, out);
}

}  // namespace laminar
