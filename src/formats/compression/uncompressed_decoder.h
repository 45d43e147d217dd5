// Records that are not compressed, as the table says, for a decoder of what is in them.
#pragma once

#include <memory>
#include <utility>

#include "formats/format.h"

namespace laminar {

// The inner decoder; where a bad row is of a record that begins as compressed ones do, or as those of a binary format,
// its reason says so.
class UncompressedDecoder final : public Decoder {
 public:
  explicit UncompressedDecoder(std::unique_ptr<Decoder> inner) : inner_(std::move(inner)) {}

  const Schema& schema() const override { return inner_->schema(); }
  Result<bool> Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                      Batch* out) override;
  bool Waiting() const override { return inner_->Waiting(); }
  void WakeWith(Waker* waker) override { inner_->WakeWith(waker); }

 private:
  const std::unique_ptr<Decoder> inner_;
};

}  // namespace laminar
