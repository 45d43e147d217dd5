// Decompressor: a compressed record as a whole, into memory that is used again and again.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "formats/compression/compression.h"
#include "formats/format.h"

struct z_stream_s;
struct ZSTD_DCtx_s;

namespace laminar {

// A decompressed record, with kRecordPadding readable bytes behind it.
class RecordBuffer {
 public:
  RecordView view() const { return {bytes_.get(), size_}; }
  size_t capacity() const { return capacity_; }

 private:
  friend class Decompressor;
  // Room for `capacity` bytes and the padding; what is there is kept.
  void Grow(size_t capacity);
  void Finish(size_t size);

  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<char, Free> bytes_;
  size_t capacity_ = 0, size_ = 0;
};

// Not thread-safe.
class Decompressor {
 public:
  // most_bytes: no record may become larger.
  explicit Decompressor(size_t most_bytes);
  ~Decompressor();
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  // All members or frames of `record` one behind the other. compression: kGzip, kZstd, or kGlue of a record whose
  // header says so. What is wrong with the record, as the reason of a BadRow, else "".
  std::string Decompress(RecordView record, Compression compression, RecordBuffer* out);

 private:
  std::string Gunzip(RecordView record, RecordBuffer* out);
  std::string UnzlibBehindHeader(RecordView record, RecordBuffer* out);
  // One member or stream, to behind `*used` bytes.
  std::string Inflate(z_stream_s* stream, size_t* used, RecordBuffer* out) const;
  std::string Unzstd(RecordView record, RecordBuffer* out);
  // Makes room behind `used` bytes. False: the record is larger than it may become.
  bool MakeRoom(size_t used, RecordBuffer* out) const;
  std::string TooLarge() const;

  const size_t most_bytes_;
  std::unique_ptr<z_stream_s> gzip_;  // made when the first record needs it
  std::unique_ptr<z_stream_s> zlib_;  // the same
  ZSTD_DCtx_s* zstd_ = nullptr;       // the same
};

}  // namespace laminar
