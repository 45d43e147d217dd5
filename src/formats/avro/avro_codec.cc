#include "formats/avro/avro_codec.h"

#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"
#include "formats/format.h"

namespace laminar {
namespace {

constexpr std::pair<AvroCodec, std::string_view> kNames[] = {
    {AvroCodec::kNull, "null"},
    {AvroCodec::kDeflate, "deflate"},
    {AvroCodec::kSnappy, "snappy"},
    {AvroCodec::kZstandard, "zstandard"},
};
constexpr size_t kCrcBytes = 4;         // behind a snappy block: of the plain bytes, the highest first
constexpr size_t kMaxSnappyRatio = 32;  // no block of it becomes larger by more
constexpr int kRawDeflate = -15;        // zlib: without a header, with the largest window
constexpr const char* kTooLarge = "the block becomes larger than 64 MB, or than --memory-limit lets it";

// Bytes that grow to where they are needed, not to where somebody says they will be.
class Growing {
 public:
  Growing(AvroBlockBytes* out, size_t first, size_t most) : out_(out), most_(most) { Resize(std::min(first, most_)); }
  char* end() { return out_->bytes.get() + out_->size; }
  size_t room() const { return capacity_ - out_->size; }
  void Advance(size_t size) { out_->size += size; }
  bool Grow() {
    if (capacity_ == most_) return false;
    Resize(std::min(2 * capacity_, most_));
    return true;
  }

 private:
  void Resize(size_t capacity) {
    // The pages of a large one are moved, not copied: it never stands there twice.
    char* const bytes = static_cast<char*>(std::realloc(out_->bytes.get(), capacity + kRecordPadding));
    if (bytes == nullptr) throw std::bad_alloc();
    static_cast<void>(out_->bytes.release());
    out_->bytes.reset(bytes);
    std::memset(bytes + capacity, 0, kRecordPadding);
    capacity_ = capacity;
  }

  AvroBlockBytes* const out_;
  const size_t most_;
  size_t capacity_ = 0;
};

size_t FirstGuess(std::string_view block) {
  return std::max<size_t>(4096, 4 * block.size());
}

const char* Inflate(std::string_view block, size_t most, AvroBlockBytes* out) {
  z_stream stream{};
  CHECK(inflateInit2(&stream, kRawDeflate) == Z_OK);
  Growing growing(out, FirstGuess(block), most);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
  stream.avail_in = static_cast<uInt>(block.size());
  const char* wrong = nullptr;
  for (int state = Z_OK; state != Z_STREAM_END && wrong == nullptr;) {
    if (growing.room() == 0 && !growing.Grow()) {
      wrong = kTooLarge;
      break;
    }
    const auto room = static_cast<uInt>(growing.room());
    stream.next_out = reinterpret_cast<Bytef*>(growing.end());
    stream.avail_out = room;
    state = inflate(&stream, Z_NO_FLUSH);
    growing.Advance(room - stream.avail_out);
    if (state != Z_OK && state != Z_STREAM_END) wrong = "the block is no valid deflate";
  }
  inflateEnd(&stream);
  return wrong;
}

const char* Unzstd(std::string_view block, size_t most, AvroBlockBytes* out) {
  const std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  CHECK(stream != nullptr);
  Growing growing(out, FirstGuess(block), most);
  ZSTD_inBuffer in{block.data(), block.size(), 0};
  for (size_t left = 1; left != 0;) {
    if (growing.room() == 0 && !growing.Grow()) return kTooLarge;
    ZSTD_outBuffer to{growing.end(), growing.room(), 0};
    left = ZSTD_decompressStream(stream.get(), &to, &in);
    if (ZSTD_isError(left)) return "the block is no valid zstandard";
    growing.Advance(to.pos);
    if (left != 0 && in.pos == in.size && to.pos < to.size) return "the block of zstandard ends too early";
  }
  return nullptr;
}

const char* Unsnappy(std::string_view block, size_t most, AvroBlockBytes* out) {
  size_t size;
  if (block.size() < kCrcBytes) return "the block of snappy ends too early";
  const std::string_view body = block.substr(0, block.size() - kCrcBytes);
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &size)) return "the block is no valid snappy";
  if (size > most) return kTooLarge;
  if (size > kMaxSnappyRatio * (body.size() + 1)) return "the block is no valid snappy";
  Growing growing(out, size, most);
  if (!snappy::RawUncompress(body.data(), body.size(), growing.end())) return "the block is no valid snappy";
  growing.Advance(size);
  uint32_t said = 0;
  for (const char c : block.substr(body.size())) said = said << 8 | static_cast<unsigned char>(c);
  const uLong crc = crc32(0, reinterpret_cast<const Bytef*>(out->bytes.get()), static_cast<uInt>(size));
  return crc == said ? nullptr : "the checksum of the block of snappy is wrong";
}

void Deflate(std::string_view block, std::string* out) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRawDeflate, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  const size_t begin = out->size();
  out->resize(begin + deflateBound(&stream, block.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
  stream.avail_in = static_cast<uInt>(block.size());
  stream.next_out = reinterpret_cast<Bytef*>(out->data() + begin);
  stream.avail_out = static_cast<uInt>(out->size() - begin);
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out->resize(begin + stream.total_out);
  deflateEnd(&stream);
}

}  // namespace

std::optional<AvroCodec> FindAvroCodec(std::string_view name) {
  for (const auto& [codec, text] : kNames) {
    if (text == name) return codec;
  }
  return std::nullopt;
}

std::string_view AvroCodecName(AvroCodec codec) {
  return kNames[static_cast<size_t>(codec)].second;
}

const char* DecompressAvro(AvroCodec codec, std::string_view block, size_t most_bytes, AvroBlockBytes* out) {
  *out = {};
  switch (codec) {
    case AvroCodec::kDeflate:
      return Inflate(block, most_bytes, out);
    case AvroCodec::kSnappy:
      return Unsnappy(block, most_bytes, out);
    default:
      return Unzstd(block, most_bytes, out);
  }
}

void CompressAvro(AvroCodec codec, std::string_view block, std::string* out) {
  const size_t begin = out->size();
  switch (codec) {
    case AvroCodec::kNull:
      out->append(block);
      return;
    case AvroCodec::kDeflate:
      Deflate(block, out);
      return;
    case AvroCodec::kSnappy: {
      size_t size;
      out->resize(begin + snappy::MaxCompressedLength(block.size()));
      snappy::RawCompress(block.data(), block.size(), out->data() + begin, &size);
      out->resize(begin + size);
      const uLong crc = crc32(0, reinterpret_cast<const Bytef*>(block.data()), static_cast<uInt>(block.size()));
      for (int shift = 24; shift >= 0; shift -= 8) *out += static_cast<char>(crc >> shift & 0xFF);
      return;
    }
    case AvroCodec::kZstandard: {
      out->resize(begin + ZSTD_compressBound(block.size()));
      const size_t size =
          ZSTD_compress(out->data() + begin, out->size() - begin, block.data(), block.size(), ZSTD_CLEVEL_DEFAULT);
      CHECK(!ZSTD_isError(size));
      out->resize(begin + size);
    }
  }
}

}  // namespace laminar
