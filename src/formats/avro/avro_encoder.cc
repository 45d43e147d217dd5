#include "formats/avro/avro_encoder.h"

#include <utility>

#include "duckdb/common/error_data.hpp"
#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"
#include "formats/avro/avro_columns.h"
#include "formats/avro/avro_container.h"

namespace laminar {
namespace {

constexpr uint64_t kDefaultLimit = 1'000'000;

std::string SingleObjectHead(const AvroSchema& schema) {
  std::string head = "\xC3\x01";
  uint64_t fingerprint = schema.fingerprint();
  for (int i = 0; i < 8; i++, fingerprint >>= 8) head += static_cast<char>(fingerprint & 0xFF);
  return head;
}

}  // namespace

AvroEncoder::AvroEncoder(Schema schema, AvroOptions options)
    : schema_(std::move(schema)), options_(std::move(options)), limit_(kDefaultLimit) {
  if (options_.encoding == AvroEncoding::kSingleObject) head_ = SingleObjectHead(*options_.schema);
  if (options_.encoding == AvroEncoding::kRegistered) head_ = options_.header;
}

AvroEncoder::~AvroEncoder() = default;

Result<std::unique_ptr<AvroEncoder>> AvroEncoder::Make(Schema schema, AvroOptions options) {
  CHECK(options.encoding != AvroEncoding::kAuto);
  if (options.schema == nullptr) {
    ASSIGN_OR_RETURN(const std::string text, SchemaOf(schema));
    ASSIGN_OR_RETURN(options.schema, AvroSchema::Parse(text));
  }
  std::vector<std::string> names;
  std::vector<duckdb::LogicalType> types;
  for (const Column& column : schema) {
    names.push_back(column.name);
    types.push_back(*column.type);
  }
  ASSIGN_OR_RETURN(auto writer, AvroValueWriter::MakeRecord(options.schema->root(), names, types));
  std::unique_ptr<AvroEncoder> encoder(new AvroEncoder(std::move(schema), std::move(options)));
  encoder->writer_ = std::move(writer);
  return encoder;
}

Status AvroEncoder::Encode(const Batch& batch, EncodedRows* out) {
  CHECK(batch.columns() == schema_.size());
  CHECK_MSG(options_.encoding != AvroEncoding::kRegistered || !head_.empty(), "the sink was not prepared");
  if (options_.encoding == AvroEncoding::kContainer) return EncodeContainers(batch, out);
  RETURN_IF_ERROR(Prepare(batch));
  for (size_t row = 0; row < batch.rows(); row++) {
    datums_.Clear();
    if (const char* wrong = writer_->WriteFields(row, &datums_)) return CannotWrite(batch, row, wrong);
    out->bytes.append(head_);
    out->bytes.append(datums_.text());
    if (out->newlines) out->bytes += '\n';
    out->ends.push_back(out->bytes.size());
  }
  return Status::Ok();
}

Status AvroEncoder::Prepare(const Batch& batch) {
  std::vector<const duckdb::Vector*> columns;
  for (const duckdb::Vector& vector : batch.chunk().data) columns.push_back(&vector);
  try {
    writer_->PrepareColumns(columns, batch.rows());
  } catch (const std::exception& error) {  // DuckDB casts some types to text
    const Column& column = schema_[writer_->failed_column()];
    return Status::User("column " + column.name + " " + TypeName(*column.type) +
                            " cannot be written as Avro: " + duckdb::ErrorData(error).RawMessage(),
                        "Cast it to TEXT in the query");
  }
  for (size_t i = 0; i < schema_.size(); i++) {
    if (!schema_[i].not_null) continue;
    if (const std::optional<uint64_t> row = writer_->FirstNull(static_cast<uint32_t>(i), batch.rows())) {
      const std::string origin = batch.DescribeOrigin(*row);
      return Status::User("column " + schema_[i].name + " is NOT NULL, but a row for it holds NULL" +
                              (origin.empty() ? "" : ", made from " + origin),
                          "Filter such rows out, give them a value (coalesce), or drop NOT NULL");
    }
  }
  return Status::Ok();
}

Status AvroEncoder::CannotWrite(const Batch& batch, size_t row, const char* wrong) const {
  const Column& column = schema_[writer_->failed_column()];
  const std::string origin = batch.DescribeOrigin(row);
  return Status::User("column " + column.name + " " + TypeName(*column.type) + " of a row cannot be written: " + wrong +
                          (origin.empty() ? "" : "; the row is made from " + origin),
                      "Filter such rows out, give them another value in the query, or change avro.schema");
}

Result<std::string_view> AvroEncoder::EncodeDatums(const Batch& batch) {
  RETURN_IF_ERROR(Prepare(batch));
  datums_.Clear();
  ends_.clear();
  for (size_t row = 0; row < batch.rows(); row++) {
    if (const char* wrong = writer_->WriteFields(row, &datums_)) return CannotWrite(batch, row, wrong);
    ends_.push_back(datums_.text().size());
  }
  return datums_.text();
}

Status AvroEncoder::EncodeContainers(const Batch& batch, EncodedRows* out) {
  RETURN_IF_ERROR(EncodeDatums(batch).status());
  const size_t overhead = AvroContainerOverhead(options_.schema->text());
  const size_t room = limit_ > overhead ? limit_ - overhead : 0;
  size_t first = 0;
  for (size_t row = 0; row < ends_.size(); row++) {
    const size_t begin = first == 0 ? 0 : ends_[first - 1];
    if (row == first || ends_[row] - begin <= room) continue;
    PutContainers(first, row, out);
    first = row;
  }
  if (first < ends_.size()) PutContainers(first, ends_.size(), out);
  return Status::Ok();
}

void AvroEncoder::PutContainers(size_t begin, size_t end, EncodedRows* out) {
  const size_t from = begin == 0 ? 0 : ends_[begin - 1];
  const size_t before = out->bytes.size();
  AppendAvroContainer(options_.schema->text(), options_.codec, end - begin,
                      datums_.text().substr(from, ends_[end - 1] - from), &out->bytes);
  // What does not compress may have grown.
  if (out->bytes.size() - before > limit_ && end - begin > 1) {
    out->bytes.resize(before);
    const size_t middle = begin + (end - begin) / 2;
    PutContainers(begin, middle, out);
    PutContainers(middle, end, out);
    return;
  }
  out->ends.push_back(out->bytes.size());
  out->first_rows.push_back(static_cast<uint32_t>(begin));
}

// ---- one file

AvroFileEncoder::AvroFileEncoder(std::unique_ptr<AvroEncoder> rows)
    : rows_(std::move(rows)), sync_(AvroSync(rows_->options().schema->text(), "a file of many blocks")) {}

void AvroFileEncoder::Begin(std::string* bytes) {
  if (std::exchange(begun_, true)) return;
  AppendAvroHeader(rows_->options().schema->text(), rows_->options().codec, sync_, bytes);
}

Status AvroFileEncoder::Encode(const Batch& batch, std::string* bytes) {
  ASSIGN_OR_RETURN(const std::string_view datums, rows_->EncodeDatums(batch));
  Begin(bytes);
  AppendAvroBlock(rows_->options().codec, batch.rows(), datums, sync_, bytes);
  return Status::Ok();
}

Status AvroFileEncoder::Finish(std::string* bytes) {
  Begin(bytes);
  return Status::Ok();
}

}  // namespace laminar
