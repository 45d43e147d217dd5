// Rows into JSON: one object per row on one line, without a line feed at its end. What each type becomes:
// json_value_writer.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/format.h"
#include "formats/json/json_options.h"
#include "formats/json/json_value_writer.h"

namespace laminar {

class JsonEncoder final : public Encoder {
 public:
  // Unstructured: the schema is one column of type JSON, whose value is the whole row (JsonFormat checks it).
  JsonEncoder(Schema schema, const JsonOptions& options);
  ~JsonEncoder() override;

  Status Encode(const Batch& batch, EncodedRows* out) override;

 private:
  struct Field {
    std::string lead;  // `{"name":` or `,"name":`
    std::unique_ptr<JsonValueWriter> writer;
  };

  const Schema schema_;
  const bool unstructured_;
  std::vector<Field> fields_;
  JsonBuffer row_;
};

}  // namespace laminar
