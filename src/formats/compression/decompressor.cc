// zlib and zstd in their streaming forms: the size of a gzip member stands at its end and may be wrong, that of a zstd
// frame need not be there at all.
#include "formats/compression/decompressor.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "base/check.h"
#include "base/units.h"
#include "formats/schema_header.h"

namespace laminar {
namespace {

constexpr size_t kLeastCapacity = 4 << 10;
constexpr size_t kUsualRatio = 4;
constexpr int kReadGzipOnly = 16;  // added to zlib's window bits

std::unique_ptr<z_stream_s> MakeInflater(int window_bits) {
  auto stream = std::make_unique<z_stream_s>();
  CHECK(inflateInit2(stream.get(), window_bits) == Z_OK);
  return stream;
}

void SetInput(std::string_view bytes, z_stream_s* stream) {
  stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // NOLINT: zlib only reads it
  stream->avail_in = static_cast<uInt>(bytes.size());
}

// What the stream has left behind the end of its data.
std::string OtherBytes(std::string_view record, const z_stream_s& stream) {
  return "there are other bytes behind the end of the data, from byte " +
         std::to_string(record.size() - stream.avail_in) + " on";
}

}  // namespace

void RecordBuffer::Grow(size_t capacity) {
  // The pages of a large one are moved, not copied: it never stands there twice.
  char* const larger = static_cast<char*>(std::realloc(bytes_.get(), capacity + kRecordPadding));
  if (larger == nullptr) throw std::bad_alloc();
  static_cast<void>(bytes_.release());
  bytes_.reset(larger);
  capacity_ = capacity;
}

void RecordBuffer::Finish(size_t size) {
  size_ = size;
  std::memset(bytes_.get() + size, 0, kRecordPadding);
}

Decompressor::Decompressor(size_t most_bytes) : most_bytes_(most_bytes) {}

Decompressor::~Decompressor() {
  if (gzip_ != nullptr) inflateEnd(gzip_.get());
  if (zlib_ != nullptr) inflateEnd(zlib_.get());
  ZSTD_freeDCtx(zstd_);
}

std::string Decompressor::TooLarge() const {
  return "the record is larger than " + FormatBytes(most_bytes_) + " when it is decompressed";
}

bool Decompressor::MakeRoom(size_t used, RecordBuffer* out) const {
  if (used < out->capacity()) return true;
  if (used > most_bytes_) return false;
  // One byte more than a record may have tells one that is too large.
  out->Grow(std::min(std::max(2 * out->capacity(), kLeastCapacity), most_bytes_ + 1));
  return true;
}

std::string Decompressor::Decompress(RecordView record, Compression compression, RecordBuffer* out) {
  CHECK(compression != Compression::kNone && compression != Compression::kAuto);
  const std::string name = compression == Compression::kGlue ? "zlib" : std::string(CompressionName(compression));
  if (record.empty()) return "the record is empty, and no " + name + " data";
  if (record.size() > std::numeric_limits<uInt>::max()) return "the record is larger than 4 GiB";
  const size_t expected = std::clamp(kUsualRatio * record.size(), kLeastCapacity, most_bytes_ + 1);
  if (out->capacity() == 0) out->Grow(expected);
  const std::string reason = compression == Compression::kGzip   ? Gunzip(record, out)
                             : compression == Compression::kZstd ? Unzstd(record, out)
                                                                 : UnzlibBehindHeader(record, out);
  return reason.empty() ? "" : name + ": " + reason;
}

std::string Decompressor::Gunzip(RecordView record, RecordBuffer* out) {
  if (gzip_ == nullptr) gzip_ = MakeInflater(MAX_WBITS + kReadGzipOnly);
  SetInput(record, gzip_.get());
  size_t used = 0;
  while (gzip_->avail_in > 0) {
    if (DetectCompression({reinterpret_cast<const char*>(gzip_->next_in), gzip_->avail_in}) != Compression::kGzip)
      return gzip_->avail_in == record.size() ? "the record does not begin as gzip data does"
                                              : OtherBytes(record, *gzip_);
    const std::string reason = Inflate(gzip_.get(), &used, out);
    if (!reason.empty()) return reason;
  }
  if (used > most_bytes_) return TooLarge();
  out->Finish(used);
  return "";
}

std::string Decompressor::UnzlibBehindHeader(RecordView record, RecordBuffer* out) {
  CHECK(IsZlibBehindHeader(record));
  if (zlib_ == nullptr) zlib_ = MakeInflater(MAX_WBITS);
  SetInput(record.substr(kGlueHeaderBytes), zlib_.get());
  size_t used = kGlueHeaderBytes;
  if (out->capacity() < used) out->Grow(kLeastCapacity);
  std::memcpy(out->bytes_.get(), record.data(), used);
  SetZlibBehindHeader(false, out->bytes_.get());
  const std::string reason = zlib_->avail_in == 0 ? "the data ends too early" : Inflate(zlib_.get(), &used, out);
  if (!reason.empty()) return reason;
  if (zlib_->avail_in > 0) return OtherBytes(record, *zlib_);
  if (used > most_bytes_) return TooLarge();
  out->Finish(used);
  return "";
}

std::string Decompressor::Inflate(z_stream_s* stream, size_t* used, RecordBuffer* out) const {
  CHECK(inflateReset(stream) == Z_OK);
  for (int result = Z_OK; result != Z_STREAM_END;) {
    if (!MakeRoom(*used, out)) return TooLarge();
    const size_t room = out->capacity() - *used;
    stream->next_out = reinterpret_cast<Bytef*>(out->bytes_.get() + *used);
    stream->avail_out = static_cast<uInt>(room);
    result = inflate(stream, Z_NO_FLUSH);
    *used += room - stream->avail_out;
    if (result == Z_BUF_ERROR || (result == Z_OK && stream->avail_in == 0 && stream->avail_out > 0))
      return "the data ends too early";
    CHECK_MSG(result != Z_MEM_ERROR, "zlib is out of memory");
    if (result != Z_OK && result != Z_STREAM_END)
      return "the data is damaged" + (stream->msg == nullptr ? "" : ": " + std::string(stream->msg));
  }
  return "";
}

std::string Decompressor::Unzstd(RecordView record, RecordBuffer* out) {
  if (zstd_ == nullptr) {
    zstd_ = ZSTD_createDCtx();
    CHECK_MSG(zstd_ != nullptr, "zstd is out of memory");
  }
  ZSTD_DCtx_reset(zstd_, ZSTD_reset_session_only);
  ZSTD_inBuffer in{record.data(), record.size(), 0};
  size_t used = 0, left = 1;  // left: 0 behind a whole frame
  while (in.pos < in.size || left > 0) {
    if (!MakeRoom(used, out)) return TooLarge();
    const size_t begin = in.pos, before = used;
    ZSTD_outBuffer to{out->bytes_.get(), out->capacity(), used};
    left = ZSTD_decompressStream(zstd_, &to, &in);
    used = to.pos;
    if (ZSTD_isError(left)) {
      return (begin == 0 && used == 0 ? "the record does not begin as zstd data does, or is damaged: "
                                      : "the data is damaged, or other bytes stand behind its end: ") +
             std::string(ZSTD_getErrorName(left));
    }
    if (in.pos == begin && used == before) return "the data ends too early";
  }
  if (used > most_bytes_) return TooLarge();
  out->Finish(used);
  return "";
}

}  // namespace laminar
