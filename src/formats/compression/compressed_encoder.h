// Rows of an encoder, compressed: each record by itself, or all rows of a batch at once where they are lines of a file.
#pragma once

#include <memory>

#include "formats/compression/compressor.h"
#include "formats/format.h"

namespace laminar {

class CompressedEncoder final : public Encoder {
 public:
  CompressedEncoder(std::unique_ptr<Encoder> inner, Compression compression)
      : inner_(std::move(inner)), compressor_(compression) {}
  // With EncodedRows::newlines the batch becomes one member of the file, and the only record.
  Status Encode(const Batch& batch, EncodedRows* out) override;
  void LimitRecords(uint64_t bytes) override { inner_->LimitRecords(bytes); }

 private:
  const std::unique_ptr<Encoder> inner_;
  Compressor compressor_;
  EncodedRows plain_;
};

}  // namespace laminar
