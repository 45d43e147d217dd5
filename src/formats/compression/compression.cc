#include "formats/compression/compression.h"

#include <algorithm>

#include "formats/schema_header.h"

namespace laminar {

std::string_view CompressionName(Compression compression) {
  return std::find_if(std::begin(kCompressionNames), std::end(kCompressionNames),
                      [&](const auto& named) { return named.second == compression; })
      ->first;
}

Compression DetectCompression(std::string_view bytes) {
  if (bytes.starts_with("\x1f\x8b")) return Compression::kGzip;
  if (bytes.starts_with("\x28\xb5\x2f\xfd")) return Compression::kZstd;
  return Compression::kNone;
}

Compression CompressionOf(std::string_view record, Compression compression) {
  if (compression == Compression::kAuto) return DetectCompression(record);
  if (compression == Compression::kGlue && !IsZlibBehindHeader(record)) return Compression::kNone;
  return compression;
}

}  // namespace laminar
