// What the bytes of a record, or of a file, may be compressed with.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

namespace laminar {

enum class Compression : uint8_t {
  kNone,
  kGzip,  // RFC 1952, one member or several
  kZstd,  // RFC 8878, one frame or several
  kAuto,  // only of what is read: by its first bytes, kNone where they are neither's
  kGlue,  // behind the header of AWS Glue's schema registry (formats/schema_header.h), which is kept: zlib (RFC 1950);
          // of what is read, kNone where the header does not say so
};

// The names of the option `compression`.
inline constexpr std::pair<std::string_view, Compression> kCompressionNames[] = {
    {"none", Compression::kNone},
    {"gzip", Compression::kGzip},
    {"zstd", Compression::kZstd},
    {"auto", Compression::kAuto},
};
std::string_view CompressionName(Compression compression);

// What `bytes` begin with: kGzip, kZstd or kNone.
Compression DetectCompression(std::string_view bytes);
// What a record is compressed with where the table says `compression`: not kAuto.
Compression CompressionOf(std::string_view record, Compression compression);

}  // namespace laminar
