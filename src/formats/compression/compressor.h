// Compressor: bytes into one gzip member or one zstd frame.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "formats/compression/compression.h"

struct z_stream_s;
struct ZSTD_CCtx_s;

namespace laminar {

// Not thread-safe.
class Compressor {
 public:
  // compression: kGzip or kZstd, at its usual level (6 and 3), with a checksum.
  explicit Compressor(Compression compression);
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  // Appends the member or frame that holds `bytes` to `out`.
  void Append(std::string_view bytes, std::string* out);

 private:
  std::unique_ptr<z_stream_s> gzip_;
  ZSTD_CCtx_s* zstd_ = nullptr;
};

}  // namespace laminar
