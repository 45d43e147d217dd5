#include "formats/compression/compression.h"

#include <algorithm>

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

}  // namespace laminar
