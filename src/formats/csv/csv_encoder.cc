#include "formats/csv/csv_encoder.h"

#include <algorithm>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"
#include "duck/cast_column.h"
#include "duck/timestamp_text.h"
#include "formats/not_null.h"

namespace laminar {
namespace {

// In quotes where it would be read as something else without them.
void AppendValue(std::string_view value, const CsvOptions& options, std::string* out) {
  const bool quotes = value == options.null || value.find_first_of(std::string{options.delimiter, options.quote, '\r',
                                                                               '\n'}) != std::string_view::npos;
  if (!quotes) {
    out->append(value);
    return;
  }
  out->push_back(options.quote);
  for (const char c : value) {
    if (c == options.quote || c == options.escape) out->push_back(options.escape);
    out->push_back(c);
  }
  out->push_back(options.quote);
}

}  // namespace

std::string CsvHeader(const Schema& schema, const CsvOptions& options) {
  std::string line;
  for (const Column& column : schema) {
    if (!line.empty()) line.push_back(options.delimiter);
    AppendValue(column.name, options, &line);
  }
  return line + "\n";
}

namespace {

// DuckDB has no text for the first of the times that it has. False: the column has no times.
bool WriteTimestamp(duckdb::Vector* times, size_t row, duckdb::Vector* texts) {
  int64_t per_second = 0;
  switch (times->GetType().id()) {
    case duckdb::LogicalTypeId::TIMESTAMP_SEC:
      per_second = 1;
      break;
    case duckdb::LogicalTypeId::TIMESTAMP_MS:
      per_second = 1000;
      break;
    case duckdb::LogicalTypeId::TIMESTAMP:
    case duckdb::LogicalTypeId::TIMESTAMP_TZ:
      per_second = 1'000'000;
      break;
    case duckdb::LogicalTypeId::TIMESTAMP_NS:
      per_second = 1'000'000'000;
      break;
    default:
      return false;
  }
  duckdb::UnifiedVectorFormat format;
  times->ToUnifiedFormat(row + 1, format);
  const auto value = duckdb::UnifiedVectorFormat::GetData<int64_t>(format)[format.sel->get_index(row)];
  const bool is_between = value % per_second < 0;
  const int64_t rest = value % per_second + (is_between ? per_second : 0);
  const std::string text = TimestampText(value / per_second - (is_between ? 1 : 0),
                                         static_cast<int32_t>(rest * (1'000'000'000 / per_second)));
  duckdb::FlatVector::SetNull(*texts, row, false);
  duckdb::FlatVector::GetData<duckdb::string_t>(*texts)[row] = duckdb::StringVector::AddString(*texts, text);
  return true;
}

}  // namespace

CsvEncoder::CsvEncoder(std::unique_ptr<DuckSession> session, Schema schema, const CsvOptions& options)
    : session_(std::move(session)),
      schema_(std::move(schema)),
      options_(options),
      header_(options.header ? CsvHeader(schema_, options) : "") {}

Status CsvEncoder::Encode(const Batch& batch, EncodedRows* out) {
  CHECK(batch.columns() == schema_.size());
  RETURN_IF_ERROR(CheckNotNull(schema_, batch));
  auto& chunk = const_cast<duckdb::DataChunk&>(batch.chunk());  // DuckDB reads vectors that are not const only
  std::vector<duckdb::Vector> texts;
  std::vector<duckdb::UnifiedVectorFormat> formats(schema_.size());
  texts.reserve(schema_.size());
  for (size_t i = 0; i < schema_.size(); i++) {
    texts.emplace_back(duckdb::LogicalType::VARCHAR, std::max(batch.rows(), kBatchRows));
    std::vector<BadCast> bad;
    duckdb::Vector view(chunk.data[i]);
    RETURN_IF_ERROR(CastColumn(session_.get(), &view, batch.rows(), &texts[i], &bad));
    for (const BadCast& cast : bad) {
      if (WriteTimestamp(&chunk.data[i], cast.row, &texts[i])) continue;
      return Status::User(
          "column " + schema_[i].name + " " + TypeName(*schema_[i].type) + " cannot be written as CSV: " + cast.reason,
          "cast it to TEXT in the query");
    }
    texts[i].ToUnifiedFormat(batch.rows(), formats[i]);
  }
  for (size_t row = 0; row < batch.rows(); row++) {
    if (!out->newlines) out->bytes.append(header_);
    const size_t begin = out->bytes.size();
    for (size_t i = 0; i < schema_.size(); i++) {
      if (i > 0) out->bytes.push_back(options_.delimiter);
      const size_t index = formats[i].sel->get_index(row);
      if (!formats[i].validity.RowIsValid(index)) {
        out->bytes.append(options_.null);
        continue;
      }
      const auto& value = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(formats[i])[index];
      AppendValue({value.GetData(), value.GetSize()}, options_, &out->bytes);
    }
    if (out->bytes.size() == begin) {
      return Status::User(
          "a row of one column, " + schema_[0].name + ", that is NULL would be an empty line, which is no row",
          "set csv.null to a text that stands for NULL, or filter such rows out");
    }
    if (out->newlines) out->bytes.push_back('\n');
    out->ends.push_back(out->bytes.size());
  }
  return Status::Ok();
}

}  // namespace laminar
