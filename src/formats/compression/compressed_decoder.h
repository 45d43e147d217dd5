// Records that are compressed, each by itself, for a decoder of what is in them.
#pragma once

#include <memory>
#include <vector>

#include "formats/compression/decompressor.h"
#include "formats/format.h"

namespace laminar {

// A record that cannot be decompressed is a bad row as a whole; offset and line of cursors and bad rows are those
// within the decompressed record.
class CompressedDecoder final : public Decoder {
 public:
  // A call of Decode that has rows takes no further record once its decompressed records are larger than that.
  static constexpr size_t kCallBytes = 16 << 20;

  // most_bytes: a record may become no larger. So many are kept of records that are decoded in part, as their reader
  // decodes others in between: the oldest is given up, and is decompressed again.
  CompressedDecoder(std::unique_ptr<Decoder> inner, Compression compression, size_t most_bytes)
      : inner_(std::move(inner)),
        compression_(compression),
        alone_(compression == Compression::kAuto || compression == Compression::kGlue ? Compression::kNone
                                                                                      : compression),
        most_bytes_(most_bytes),
        decompressor_(most_bytes) {}

  const Schema& schema() const override { return inner_->schema(); }
  Result<bool> Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                      Batch* out) override;
  bool Waiting() const override { return inner_->Waiting(); }
  void WakeWith(Waker* waker) override { inner_->WakeWith(waker); }

 private:
  // A record of which only a part has been given out, by its place in the reader's memory.
  struct Open {
    RecordView compressed;
    std::unique_ptr<RecordBuffer> buffer;
  };

  // How many there are in front that are not compressed, as far as a batch may need them.
  size_t PlainRecords(std::span<const RecordView> records) const;
  // The buffer of the record that `cursor` stands at. nullptr: it is bad, and `*reason` says why.
  std::unique_ptr<RecordBuffer> Take(RecordView compressed, bool begun, Compression compression, std::string* reason);
  void KeepOpen(RecordView compressed, std::unique_ptr<RecordBuffer> buffer);
  void Recycle(std::unique_ptr<RecordBuffer> buffer);

  const std::unique_ptr<Decoder> inner_;
  const Compression compression_;
  const Compression alone_;  // of a bad value that is put back by itself
  const size_t most_bytes_;
  Decompressor decompressor_;
  std::vector<Open> open_;                             // the oldest first
  std::vector<std::unique_ptr<RecordBuffer>> used_;    // rows of the last call may point into them
  std::vector<std::unique_ptr<RecordBuffer>> unused_;  // kept for the next records: kCallBytes of them
  size_t unused_bytes_ = 0;
};

}  // namespace laminar
