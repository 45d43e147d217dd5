// What the tests of this folder share: bytes of datums, decoders and encoders with a schema given as text.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/value.hpp"

#include "formats/avro/avro_decoder.h"
#include "formats/avro/avro_default.h"
#include "formats/avro/avro_encoder.h"
#include "formats/json/json_rows_for_test.h"

namespace laminar {

inline AvroSchemaRef TestAvroSchema(const std::string& text) {
  Result<AvroSchemaRef> schema = AvroSchema::Parse(text);
  CHECK_MSG(schema.ok(), schema.ok() ? "" : schema.status().message().c_str());
  return *schema;
}

// A record with one field `v` of that type.
inline std::string OneField(const std::string& type, const std::string& more = "") {
  return R"({"type":"record","name":"R","fields":[{"name":"v","type":)" + type + more + "}]}";
}

inline std::string AvroLong(int64_t value) {
  std::string bytes;
  AppendAvroLong(value, &bytes);
  return bytes;
}
inline std::string AvroText(const std::string& text) {
  return AvroLong(static_cast<int64_t>(text.size())) + text;
}
template <class T>
std::string AvroFixed(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

// From the cursor on.
inline Decoded DecodeAvro(Decoder* decoder, const std::vector<std::string>& records, DecodeCursor cursor = {}) {
  const TestRecords memory(records, '\x7f');
  return DecodeAll(decoder, memory.views(), cursor);
}

inline std::unique_ptr<AvroDecoder> TestDecoder(const Schema& schema, AvroOptions options) {
  Result<std::unique_ptr<AvroDecoder>> decoder = AvroDecoder::Make(schema, std::move(options));
  CHECK_MSG(decoder.ok(), decoder.ok() ? "" : decoder.status().message().c_str());
  return std::move(decoder).value();
}

// The datum of a writer's field `v`, read into a column of that type; reader: the type of its field, "" = none is
// given. "bad: <reason>" if it is bad, "refused: <message>" if it cannot be planned.
inline std::string ReadOne(const std::string& writer, const std::string& type, const std::string& datum,
                           const std::string& reader = "") {
  AvroOptions options;
  options.encoding = AvroEncoding::kRaw;
  options.writers = {TestAvroSchema(OneField(writer))};
  if (!reader.empty()) options.schema = TestAvroSchema(OneField(reader));
  Result<std::unique_ptr<AvroDecoder>> decoder = AvroDecoder::Make(TestSchema({{"v", type}}), options);
  if (!decoder.ok()) return "refused: " + decoder.status().message();
  const Decoded decoded = DecodeAvro(decoder.value().get(), {datum});
  if (!decoded.bad.empty()) return "bad: " + decoded.bad[0].reason;
  return decoded.row(0);
}

inline Result<std::vector<std::string>> EncodeAvro(const Schema& schema, const AvroOptions& options, const Batch& batch,
                                                   uint64_t limit = 1'000'000) {
  ASSIGN_OR_RETURN(const auto encoder, AvroEncoder::Make(schema, options));
  encoder->LimitRecords(limit);
  EncodedRows rows;
  RETURN_IF_ERROR(encoder->Encode(batch, &rows));
  std::vector<std::string> records;
  for (size_t i = 0; i < rows.rows(); i++) records.emplace_back(rows.row(i));
  return records;
}

// Rows of one column.
inline Batch OneColumn(const Schema& schema, const std::vector<duckdb::Value>& values) {
  Batch batch(schema);
  for (size_t row = 0; row < values.size(); row++) batch.chunk().SetValue(0, row, values[row]);
  batch.chunk().SetCardinality(values.size());
  return batch;
}

}  // namespace laminar
