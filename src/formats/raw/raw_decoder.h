// A record is a row: its bytes become the value of the one column, without being copied.
#pragma once

#include "formats/format.h"

namespace laminar {

class RawDecoder final : public Decoder {
 public:
  // schema: one column, BLOB or TEXT, or none where the query uses none. text: what is no UTF-8 is a bad row.
  RawDecoder(Schema schema, bool text) : schema_(std::move(schema)), text_(text) {}

  const Schema& schema() const override { return schema_; }
  Result<bool> Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                      Batch* out) override;

 private:
  const Schema schema_;
  const bool text_;
};

}  // namespace laminar
