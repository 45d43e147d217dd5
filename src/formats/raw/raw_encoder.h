// A row is a record: the value of the one column, byte for byte.
#pragma once

#include "formats/format.h"

namespace laminar {

class RawEncoder final : public Encoder {
 public:
  // schema: one column, BLOB or TEXT.
  explicit RawEncoder(Schema schema) : schema_(std::move(schema)) {}
  // A NULL is an error, whether the column is NOT NULL or not: a record cannot say it.
  Status Encode(const Batch& batch, EncodedRows* out) override;

 private:
  const Schema schema_;
};

}  // namespace laminar
