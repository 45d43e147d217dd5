#include "formats/json/json_encoder.h"

#include "duckdb/common/error_data.hpp"
#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"
#include "formats/json/json_string.h"

namespace laminar {

JsonEncoder::JsonEncoder(Schema schema, const JsonOptions& options)
    : schema_(std::move(schema)), unstructured_(options.unstructured) {
  for (const Column& column : schema_) {
    Field field;
    if (!unstructured_) field.lead = (fields_.empty() ? "{" : ",") + QuoteJson(column.name) + ":";
    field.writer = std::make_unique<JsonValueWriter>(*column.type, options);
    fields_.push_back(std::move(field));
  }
}

JsonEncoder::~JsonEncoder() = default;

Status JsonEncoder::Encode(const Batch& batch, EncodedRows* out) {
  CHECK(batch.columns() == fields_.size());
  const size_t rows = batch.rows();
  for (size_t i = 0; i < fields_.size(); i++) {
    try {
      fields_[i].writer->Prepare(batch.chunk().data[i], rows);
    } catch (const std::exception& error) {  // DuckDB casts some types to text
      return Status::User("column " + schema_[i].name + " " + TypeName(*schema_[i].type) +
                              " cannot be written as JSON: " + duckdb::ErrorData(error).RawMessage(),
                          "cast it to TEXT in the query");
    }
    if (!schema_[i].not_null) continue;
    for (size_t row = 0; row < rows; row++) {
      if (!fields_[i].writer->IsNull(row)) continue;
      const std::string origin = batch.DescribeOrigin(row);
      return Status::User("column " + schema_[i].name + " is NOT NULL, but a row for it holds NULL" +
                              (origin.empty() ? "" : ", made from " + origin),
                          "filter such rows out, give them a value (coalesce), or drop NOT NULL");
    }
  }
  for (size_t row = 0; row < rows; row++) {
    row_.Clear();
    for (const Field& field : fields_) {
      row_.Append(field.lead);
      field.writer->Write(row, &row_);
    }
    if (!unstructured_) row_.Append(fields_.empty() ? "{}" : "}");
    if (out->newlines) row_.Append("\n");
    out->bytes.append(row_.text());
    out->ends.push_back(out->bytes.size());
  }
  return Status::Ok();
}

}  // namespace laminar
