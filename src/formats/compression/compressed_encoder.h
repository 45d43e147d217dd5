// Rows of an encoder, compressed: each record by itself, or all rows of a batch at once where they are lines of a file.
#pragma once

#include <memory>

#include "formats/compression/compressor.h"
#include "formats/format.h"

namespace laminar {

class CompressedEncoder final : public Encoder {
 public:
  CompressedEncoder(std::unique_ptr<Encoder> inner, Compression compression)
      : inner_(std::move(inner)), is_each_(compression == Compression::kGlue), compressor_(compression) {}
  // With EncodedRows::newlines the batch becomes one member of the file, and the only record; but of kGlue each row has
  // a header of its own.
  Status Encode(const Batch& batch, EncodedRows* out) override;
  void LimitRecords(uint64_t bytes) override { inner_->LimitRecords(bytes); }

 private:
  const std::unique_ptr<Encoder> inner_;
  const bool is_each_;
  Compressor compressor_;
  EncodedRows plain_;
};

}  // namespace laminar
