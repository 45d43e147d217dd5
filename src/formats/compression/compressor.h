// Compressor: bytes into one gzip member or one zstd frame, or zlib data behind a header.
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
  // compression: kGzip, kZstd or kGlue, at its usual level (6, 3, 6), with a checksum.
  explicit Compressor(Compression compression);
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  // Appends the member or frame that holds `bytes` to `out`. kGlue: `bytes` begin with the header, which says from then
  // on that the rest is compressed.
  void Append(std::string_view bytes, std::string* out);

 private:
  const size_t header_bytes_;             // in front of what is compressed
  std::unique_ptr<z_stream_s> deflater_;  // of gzip and zlib
  ZSTD_CCtx_s* zstd_ = nullptr;
};

}  // namespace laminar
