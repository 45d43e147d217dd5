#include "formats/compression/uncompressed_decoder.h"

#include "formats/compression/compression.h"

namespace laminar {

namespace {

class Handler final : public BadRowHandler {
 public:
  Handler(std::span<const RecordView> records, BadRowHandler* next) : records_(records), next_(next) {}

  Status OnBadRow(const BadRow& row) override {
    const RecordView record = records_[row.record];
    BadRow told = row;
    if (const Compression found = DetectCompression(record); found != Compression::kNone) {
      const std::string name(CompressionName(found));
      told.reason += "; its record begins as " + name + " does: the option compression = '" + name + "' reads that";
    } else if (record.starts_with("PAR1")) {
      told.reason += "; its record begins as a Parquet file does: format = 'parquet' reads that";
    } else if (record.size() > 5 && record.starts_with('\0')) {
      told.reason +=
          "; its record begins as one with the id of a schema does: schema_registry.endpoint names where it is";
    } else if (record.starts_with("Obj\x01")) {
      told.reason += "; its record begins as an Avro container does: format = 'avro' reads that";
    }
    return next_->OnBadRow(told);
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
