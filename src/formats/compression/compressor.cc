#include "formats/compression/compressor.h"

#include <zlib.h>
#include <zstd.h>

#include <limits>

#include "base/check.h"
#include "formats/schema_header.h"

namespace laminar {
namespace {

constexpr int kGzipOnly = 16;  // added to zlib's window bits
constexpr int kMemoryLevel = 8;

}  // namespace

Compressor::Compressor(Compression compression)
    : header_bytes_(compression == Compression::kGlue ? kGlueHeaderBytes : 0) {
  if (compression == Compression::kGzip || compression == Compression::kGlue) {
    const int window_bits = compression == Compression::kGzip ? MAX_WBITS + kGzipOnly : MAX_WBITS;
    deflater_ = std::make_unique<z_stream_s>();
    CHECK(deflateInit2(deflater_.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, kMemoryLevel,
                       Z_DEFAULT_STRATEGY) == Z_OK);
    return;
  }
  CHECK(compression == Compression::kZstd);
  zstd_ = ZSTD_createCCtx();
  CHECK_MSG(zstd_ != nullptr, "zstd is out of memory");
  CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(zstd_, ZSTD_c_checksumFlag, 1)));
}

Compressor::~Compressor() {
  if (deflater_ != nullptr) deflateEnd(deflater_.get());
  ZSTD_freeCCtx(zstd_);
}

void Compressor::Append(std::string_view bytes, std::string* out) {
  CHECK(bytes.size() <= std::numeric_limits<uInt>::max() && bytes.size() >= header_bytes_);
  if (header_bytes_ > 0) {
    out->append(bytes.substr(0, header_bytes_));
    SetZlibBehindHeader(true, out->data() + out->size() - header_bytes_);
    bytes.remove_prefix(header_bytes_);
  }
  const size_t begin = out->size();
  if (zstd_ != nullptr) {
    out->resize(begin + ZSTD_compressBound(bytes.size()));
    const size_t size = ZSTD_compress2(zstd_, out->data() + begin, out->size() - begin, bytes.data(), bytes.size());
    CHECK_MSG(!ZSTD_isError(size), ZSTD_getErrorName(size));
    out->resize(begin + size);
    return;
  }
  CHECK(deflateReset(deflater_.get()) == Z_OK);
  out->resize(begin + deflateBound(deflater_.get(), bytes.size()));
  deflater_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // NOLINT: zlib only reads it
  deflater_->avail_in = static_cast<uInt>(bytes.size());
  deflater_->next_out = reinterpret_cast<Bytef*>(out->data() + begin);
  deflater_->avail_out = static_cast<uInt>(out->size() - begin);
  CHECK(deflate(deflater_.get(), Z_FINISH) == Z_STREAM_END);
  out->resize(out->size() - deflater_->avail_out);
}

}  // namespace laminar
