// Rows into Avro: records, which are a single object or a raw datum for each row, or container files of many; or one
// container file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/avro/avro_options.h"
#include "formats/avro/avro_value_writer.h"
#include "formats/format.h"

namespace laminar {

class AvroEncoder final : public Encoder {
 public:
  // kUser: the columns do not fit the schema of the options; without one it is made from the columns.
  static Result<std::unique_ptr<AvroEncoder>> Make(Schema schema, AvroOptions options);
  ~AvroEncoder() override;

  Status Encode(const Batch& batch, EncodedRows* out) override;
  void LimitRecords(uint64_t bytes) override { limit_ = bytes; }
  // The datums of all rows, one behind the other; valid until the next call.
  Result<std::string_view> EncodeDatums(const Batch& batch);
  const AvroOptions& options() const { return options_; }  // with the schema that is written

 private:
  AvroEncoder(Schema schema, AvroOptions options);
  Status Prepare(const Batch& batch);
  Status EncodeContainers(const Batch& batch, EncodedRows* out);
  // Containers of the rows [begin, end) of datums_: one, or several where it would be larger than the limit.
  void PutContainers(size_t begin, size_t end, EncodedRows* out);
  Status CannotWrite(const Batch& batch, size_t row, const char* wrong) const;

  const Schema schema_;
  const AvroOptions options_;
  std::unique_ptr<AvroValueWriter> writer_;
  std::string head_;          // in front of each record: of a single object, of a registry
  uint64_t limit_;            // bytes of a container of several rows
  JsonBuffer datums_;         // of a batch, for containers; of a row else
  std::vector<size_t> ends_;  // of the rows within datums_
};

// A block for each batch. Nothing is kept back: what was written is a container at any time.
class AvroFileEncoder final : public FileEncoder {
 public:
  explicit AvroFileEncoder(std::unique_ptr<AvroEncoder> rows);
  Status Encode(const Batch& batch, std::string* bytes) override;
  Status Finish(std::string* bytes) override;

 private:
  void Begin(std::string* bytes);

  const std::unique_ptr<AvroEncoder> rows_;
  const std::string sync_;
  bool begun_ = false;
};

}  // namespace laminar
