#include "formats/parquet/parquet_encoder.h"

#include <algorithm>

#include "formats/not_null.h"

namespace laminar {

ParquetEncoder::ParquetEncoder(std::shared_ptr<MemoryFiles> files, std::unique_ptr<ParquetWriter> writer, Schema schema,
                               size_t rows_per_record)
    : files_(std::move(files)),
      writer_(std::move(writer)),
      schema_(std::move(schema)),
      rows_per_record_(rows_per_record),
      rows_that_fit_(rows_per_record) {}

Status ParquetEncoder::Encode(const Batch& batch, EncodedRows* out) {
  RETURN_IF_ERROR(CheckNotNull(schema_, batch));
  const size_t rows = batch.rows();
  for (size_t begin = 0; begin < rows;) {
    const size_t end = std::min(rows, begin + rows_that_fit_);
    RETURN_IF_ERROR(EncodeRows(batch, begin, end, out));
    begin = end;
  }
  return Status::Ok();
}

Status ParquetEncoder::EncodeRows(const Batch& batch, size_t begin, size_t end, EncodedRows* out) {
  const size_t before = out->bytes.size(), rows = end - begin;
  RETURN_IF_ERROR(writer_->Begin(&out->bytes));
  RETURN_IF_ERROR(writer_->Write(batch, begin, end));
  RETURN_IF_ERROR(writer_->Finish());
  const uint64_t bytes = out->bytes.size() - before;
  if (bytes <= most_bytes_ || rows == 1) {
    out->ends.push_back(out->bytes.size());
    out->first_rows.push_back(static_cast<uint32_t>(begin));
    // Rows may become smaller again.
    if (rows == rows_that_fit_ && bytes < most_bytes_ / 2)
      rows_that_fit_ = std::min(rows_per_record_, 2 * rows_that_fit_);
    return Status::Ok();
  }
  out->bytes.resize(before);
  rows_that_fit_ = rows / 2;
  const size_t middle = begin + rows / 2;
  RETURN_IF_ERROR(EncodeRows(batch, begin, middle, out));
  return EncodeRows(batch, middle, end, out);
}

Status ParquetFileEncoder::Begin() {
  begun_ = true;
  return writer_->Begin(&written_);
}

void ParquetFileEncoder::HandOut(std::string* bytes) {
  bytes->append(written_);
  written_.clear();
}

Status ParquetFileEncoder::Encode(const Batch& batch, std::string* bytes) {
  RETURN_IF_ERROR(CheckNotNull(schema_, batch));
  if (!begun_) RETURN_IF_ERROR(Begin());
  RETURN_IF_ERROR(writer_->Write(batch, 0, batch.rows()));
  HandOut(bytes);
  return Status::Ok();
}

Status ParquetFileEncoder::Finish(std::string* bytes) {
  if (!begun_) RETURN_IF_ERROR(Begin());  // a file without rows is one, too
  RETURN_IF_ERROR(writer_->Finish());
  HandOut(bytes);
  return Status::Ok();
}

}  // namespace laminar
