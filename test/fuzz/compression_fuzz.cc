// Any bytes as gzip, as zstd and as zlib behind a header of AWS Glue's: what is wrong is said, and no record is larger
// than it may be. The bytes themselves survive being compressed, whole and in two members.
#include <string>

#include "base/check.h"
#include "formats/compression/compressor.h"
#include "formats/compression/decompressor.h"
#include "formats/schema_header.h"

namespace {

void CheckBehindHeader(const std::string& bytes, laminar::Decompressor* decompressor, size_t most_bytes) {
  using laminar::Compression;
  laminar::RecordBuffer buffer;
  const std::string head = laminar::MakeSchemaHeader(std::string(16, 'i'));
  std::string record = head + bytes;
  laminar::SetZlibBehindHeader(true, record.data());
  if (decompressor->Decompress(record, Compression::kGlue, &buffer).empty()) CHECK(buffer.view().size() <= most_bytes);
  std::string whole;
  laminar::Compressor(Compression::kGlue).Append(head + bytes, &whole);
  CHECK(laminar::CompressionOf(whole, Compression::kGlue) == Compression::kGlue);
  CHECK(decompressor->Decompress(whole, Compression::kGlue, &buffer).empty());
  CHECK(buffer.view() == head + bytes);
  const std::string_view cut = std::string_view(whole).substr(0, whole.size() - 1);
  CHECK(!decompressor->Decompress(cut, Compression::kGlue, &buffer).empty());
}

}  // namespace

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
  CheckBehindHeader(bytes, &decompressor, kMostBytes);
  return 0;
}
