// KeyCodec: the columns of a key as a string of bytes, the same for equal keys, and back. Ours, and fixed: keys are
// dealt to workers by a hash of these bytes, and both are in checkpoints.
//
// For each column: one byte, 0 = NULL (which equals NULL, as in GROUP BY) or 1, then the value. Numbers, dates and
// times: their width in DuckDB, little endian (floats with one zero and one NaN, intervals with days carried into
// months and hours into days). VARCHAR, BLOB: in place of the 1 their length + 1, or 255 from a length of 254 on and
// then the length (4 bytes); the bytes. STRUCT: its fields. LIST, ARRAY, MAP: count (4 bytes), elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "duck/batch.h"
#include "duck/schema.h"

namespace laminar {

// 64 bits of the bytes; the same on every machine and in every version.
uint64_t HashKey(std::string_view key);

constexpr int kKeyGroups = 256;  // what a key belongs to for ever; a worker owns a range of them
inline int KeyGroupOf(uint64_t hash) {
  return static_cast<int>(hash >> 56);
}
// The worker that owns a key group.
inline int WorkerOf(int key_group, int workers) {
  return key_group * workers / kKeyGroups;
}

// The keys of a batch's rows. Reused from batch to batch.
class EncodedKeys {
 public:
  size_t rows() const { return keys_.size(); }
  std::string_view key(size_t row) const { return keys_[row]; }
  uint64_t hash(size_t row) const { return hashes_[row]; }
  std::span<const std::string_view> keys() const { return keys_; }
  std::span<const uint64_t> hashes() const { return hashes_; }

  // Keys that were encoded before and travelled as two columns of their own: BLOB, the bytes, and UBIGINT, their hash.
  // The keys point into the batch, which must outlive their use.
  void Read(Batch* batch, size_t key_column, size_t hash_column);
  // Writes the keys of rows `rows` into the rows 0, 1, ... of two such columns. The batch points to where the bytes are
  // now, and must not outlive it.
  void Lend(std::span<const uint32_t> rows, Batch* out, size_t key_column, size_t hash_column) const;

 private:
  friend class KeyCodec;
  std::vector<char> bytes_;
  std::vector<size_t> begins_, ends_;   // in bytes_
  std::vector<std::string_view> keys_;  // of bytes_ or of a batch
  std::vector<uint64_t> hashes_;
};

// Writes keys and their hashes into rows first_row, ... of the columns 0 and 1 of `out`, as EncodedKeys::Read takes
// them. The batch gets a copy of the bytes.
void WriteEncoded(std::span<const std::string_view> keys, std::span<const uint64_t> hashes, Batch* out,
                  size_t first_row = 0);

class KeyCodec {
 public:
  // types: of the key's columns, in their order. No columns: every row has the same, empty key.
  explicit KeyCodec(std::vector<TypeRef> types);
  ~KeyCodec();
  KeyCodec(KeyCodec&&) noexcept;

  // columns: of `batch`, one for each type. hashed: the hash is of the first so many, not of the whole key.
  void Encode(const Batch& batch, const std::vector<size_t>& columns, EncodedKeys* keys) const {
    Encode(batch, columns, columns.size(), keys);
  }
  void Encode(const Batch& batch, const std::vector<size_t>& columns, size_t hashed, EncodedKeys* keys) const;
  // Writes keys[i] into row first_row + i of the columns first_column, ... of `out`.
  void Decode(const std::vector<std::string_view>& keys, Batch* out, size_t first_column, size_t first_row = 0) const;
  // Whether the bytes are a key of these types, as Encode writes it: only such may be decoded.
  bool IsKey(std::string_view bytes) const;
  // The bytes of a key that is one VARCHAR or BLOB, not NULL.
  static std::string_view TextOf(std::string_view key);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace laminar
