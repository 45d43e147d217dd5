// Rows into Parquet files: those of a batch into as few records as its limits allow, or those of all batches into one
// file.
#pragma once

#include <memory>

#include "duck/parquet_writer.h"
#include "formats/format.h"

namespace laminar {

class ParquetEncoder final : public Encoder {
 public:
  // rows_per_record: at most, 1 or more.
  ParquetEncoder(std::shared_ptr<MemoryFiles> files, std::unique_ptr<ParquetWriter> writer, Schema schema,
                 size_t rows_per_record);
  Status Encode(const Batch& batch, EncodedRows* out) override;
  void LimitRecords(uint64_t bytes) override { most_bytes_ = bytes; }

 private:
  // A record of rows [begin, end), or several where it would be too large.
  Status EncodeRows(const Batch& batch, size_t begin, size_t end, EncodedRows* out);

  const std::shared_ptr<MemoryFiles> files_;  // shared: with the format, its decoders and encoders
  const std::unique_ptr<ParquetWriter> writer_;
  const Schema schema_;
  const size_t rows_per_record_;
  uint64_t most_bytes_ = 1'000'000;
  size_t rows_that_fit_;  // in a record of most_bytes_, by those so far
};

// Row groups are written as they fill, and what tells where they are with Finish.
class ParquetFileEncoder final : public FileEncoder {
 public:
  ParquetFileEncoder(std::shared_ptr<MemoryFiles> files, std::unique_ptr<ParquetWriter> writer, Schema schema)
      : files_(std::move(files)), writer_(std::move(writer)), schema_(std::move(schema)) {}
  Status Encode(const Batch& batch, std::string* bytes) override;
  Status Finish(std::string* bytes) override;

 private:
  Status Begin();
  void HandOut(std::string* bytes);

  const std::shared_ptr<MemoryFiles> files_;  // shared: as above
  std::string written_;                       // what the writer has written since the last call
  const std::unique_ptr<ParquetWriter> writer_;
  const Schema schema_;
  bool begun_ = false;
};

}  // namespace laminar
