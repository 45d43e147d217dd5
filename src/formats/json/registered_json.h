// JSON behind the header of a schema registry (formats/schema_header.h), one value or several in a record.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/format.h"
#include "formats/schema_header.h"

namespace laminar {

// Takes the header off each record for a decoder of what follows; a record without one is bad as a whole. The schema
// itself is not asked for.
class RegisteredJsonDecoder final : public Decoder, private BadRowHandler {
 public:
  RegisteredJsonDecoder(std::unique_ptr<Decoder> inner, RegistryKind kind) : inner_(std::move(inner)), kind_(kind) {}

  const Schema& schema() const override { return inner_->schema(); }
  Result<bool> Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                      Batch* out) override;

 private:
  Status OnBadRow(const BadRow& row) override;

  const std::unique_ptr<Decoder> inner_;
  const RegistryKind kind_;
  // Of the call of Decode.
  std::span<const RecordView> records_;
  BadRowHandler* bad_rows_ = nullptr;
  uint32_t first_ = 0;              // the record of the first body
  std::vector<RecordView> bodies_;  // of records that stand one behind the other
  std::string data_;                // of a bad row
};

// Puts a header in front of each row. header: "" = not known yet, and nothing can be encoded.
class RegisteredJsonEncoder final : public Encoder {
 public:
  RegisteredJsonEncoder(std::unique_ptr<Encoder> inner, std::string header)
      : inner_(std::move(inner)), header_(std::move(header)) {}

  Status Encode(const Batch& batch, EncodedRows* out) override;

 private:
  const std::unique_ptr<Encoder> inner_;
  const std::string header_;
  EncodedRows bodies_;  // of the batch
};

}  // namespace laminar
