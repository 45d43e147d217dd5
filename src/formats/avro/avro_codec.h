// The codecs that blocks of container files are compressed with (specification 1.12, "Required Codecs", "Optional
// Codecs").
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace laminar {

enum class AvroCodec : uint8_t { kNull, kDeflate, kSnappy, kZstandard };

// The codec of that name, as containers and options spell it.
std::optional<AvroCodec> FindAvroCodec(std::string_view name);
std::string_view AvroCodecName(AvroCodec codec);

// A block may not become larger than this, or than the process' memory lets it: a few bytes can claim to.
constexpr size_t kMaxAvroBlockBytes = size_t{64} << 20;

// Bytes with kRecordPadding readable ones behind them.
struct AvroBlockBytes {
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };
  std::unique_ptr<char, Free> bytes;
  size_t size = 0;
  std::string_view view() const { return {bytes.get(), size}; }
};

// nullptr, or what is wrong in plain words: it becomes larger than most_bytes, among others. kNull is not asked for.
const char* DecompressAvro(AvroCodec codec, std::string_view block, size_t most_bytes, AvroBlockBytes* out);

// Appends the compressed block.
void CompressAvro(AvroCodec codec, std::string_view block, std::string* out);

}  // namespace laminar
