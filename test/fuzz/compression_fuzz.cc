// Any bytes as gzip and as zstd: what is wrong is said, and no record is larger than it may be. The bytes themselves
// survive being compressed, whole and in two members.
#include <string>

#include "base/check.h"
#include "formats/compression/compressor.h"
#include "formats/compression/decompressor.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using laminar::Compression;
  constexpr size_t kMostBytes = 1 << 20;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  laminar::Decompressor decompressor(kMostBytes);
  laminar::RecordBuffer buffer;
  for (const Compression compression : {Compression::kGzip, Compression::kZstd}) {
    if (decompressor.Decompress(bytes, compression, &buffer).empty()) CHECK(buffer.view().size() <= kMostBytes);
    laminar::Compressor compressor(compression);
    std::string whole;
    compressor.Append(bytes.substr(0, size / 3), &whole);
    compressor.Append(bytes.substr(size / 3), &whole);
    CHECK(laminar::DetectCompression(whole) == compression);
    CHECK(decompressor.Decompress(whole, compression, &buffer).empty());
    CHECK(buffer.view() == bytes);
    // The part that is cut off is missed, wherever the cut is but between the two.
    const std::string reason =
        decompressor.Decompress(std::string_view(whole).substr(0, whole.size() - 1), compression, &buffer);
    CHECK(!reason.empty());
  }
  return 0;
}
