// Batch: up to 2,048 rows as columns (a DuckDB DataChunk), and for each row where it came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "duck/schema.h"

namespace duckdb {
class DataChunk;
class Vector;
struct SelectionVector;
}  // namespace duckdb

namespace laminar {

constexpr size_t kBatchRows = 2048;  // = STANDARD_VECTOR_SIZE, checked in batch.cc

// A place in a source, for error messages and for the order of rows of equal event time.
struct RowPosition {
  std::string source;                // "stream orders", "file /data/x.jsonl"
  std::string shard;                 // "shardId-000000000001"; "" where a source has none
  std::string sequence_number;       // of the record; for a file the byte offset
  int64_t sub_sequence_number = -1;  // of a record that came inside an aggregated one, from 0; -1 = it did not
  uint64_t line = 0;           // the value's line within its record or file, from 1; 0 = the record holds one value
  int64_t offset = -1;         // of the value within its record, in bytes; -1 = it is the whole record
  std::string partition_key;   // "" where a source has none
  int64_t arrival_micros = 0;  // when the service took the record, microseconds since 1970; 0 = not known
  // "stream orders, shard shardId-000000000001, sequence number 4959..., line 2", or
  // "file /data/x.jsonl, byte 345, line 2".
  std::string ToString() const;
};

// What a source remembers of the records behind a batch. Immutable once the batch is handed out.
class RowOrigins {
 public:
  virtual ~RowOrigins() = default;
  virtual RowPosition Position(
      uint32_t row) const = 0;  // row: an ordinal that this source gave out in Batch::origin_rows
  // Position(row).arrival_micros, without the rest.
  virtual int64_t ArrivalMicros(uint32_t row) const { return Position(row).arrival_micros; }
  // The bytes of the record that the row is from, as they came; of a file its line. Valid as long as this. Empty: they
  // are not kept.
  virtual std::string_view RecordBytes(uint32_t /*row*/) const { return {}; }
  // What the source says of records besides their bytes (Connector::metadata, by name), of each of `rows` into the
  // first rows of `out`, a flat vector of the type that the connector names. Texts are borrowed from this.
  virtual void FillMetadata(std::string_view name, std::span<const uint32_t> rows, duckdb::Vector* out) const;
};

// Movable, not copyable, not thread-safe: it belongs to whoever fills it. An operator may slice or reference the batch
// that it is pushed, but keeps nothing of it after Push returns.
class Batch {
 public:
  Batch();
  explicit Batch(const Schema& schema);  // allocates kBatchRows flat rows of each type
  ~Batch();
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;

  duckdb::DataChunk& chunk() { return *chunk_; }
  const duckdb::DataChunk& chunk() const { return *chunk_; }
  size_t rows() const;
  size_t columns() const;

  // Forgets the rows; keeps the memory of the columns.
  void Reset();
  // Keeps the `count` rows that `selection` names, with their origins.
  void Slice(const duckdb::SelectionVector& selection, size_t count);

  // Makes this another view of the rows of `from`: slicing one leaves the other as it is. Valid as long as `from`'s
  // columns are.
  void Share(Batch* from);

  // Where row i came from: origins->Position(OriginRow(i)). No origins: the row was made here (VALUES, generator).
  std::shared_ptr<const RowOrigins> origins;  // shared: by the batches decoded from one answer of a source
  std::vector<uint32_t> origin_rows;          // empty = row i is ordinal i
  uint32_t OriginRow(size_t row) const { return origin_rows.empty() ? static_cast<uint32_t>(row) : origin_rows[row]; }
  // The origin of a row as text; "" without origins.
  std::string DescribeOrigin(size_t row) const;
  void TakeOrigins(const Batch& other) {
    origins = other.origins;
    origin_rows = other.origin_rows;
  }

  // Set by a source for the rows that it decoded: the split that they all come from (SourceWatermark), and where they
  // stand: row i at order_key + i. No two rows of a source stand at the same place, and the rows of a split at rising
  // ones, before or behind those of another split as in every run (by a shard's number; a line's place in its file).
  // Rows of equal event time are ordered by it, however many workers they have passed.
  uint32_t split = 0;
  uint64_t order_key = 0;

 private:
  std::unique_ptr<duckdb::DataChunk> chunk_;
};

}  // namespace laminar
