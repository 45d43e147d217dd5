#include "formats/avro/avro_decoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/hex.h"
#include "formats/avro/avro_references.h"
#include "formats/schema_header.h"

namespace laminar {
namespace {

constexpr std::string_view kSingleObjectMagic{"\xC3\x01", 2};
constexpr size_t kSingleObjectHead = 10;  // the magic and the fingerprint
constexpr size_t kMaxWriters = 64;        // schemas of containers that are remembered
constexpr size_t kMaxRegistered = 1000;   // schemas of a registry that are remembered
// Of containers that are read in part. The oldest is given up first, and skipped through again.
constexpr size_t kMostParked = 1024;

AvroCursor CursorOver(std::string_view bytes) {
  const auto* begin = reinterpret_cast<const uint8_t*>(bytes.data());
  return {begin, begin + bytes.size(), 0};
}

std::string WhatElse(std::string_view record, const char* otherwise) {
  return record.starts_with("PAR1") ? "it begins as a Parquet file does: format = 'parquet' reads that" : otherwise;
}

}  // namespace

AvroDecoder::AvroDecoder(Schema schema, AvroOptions options)
    : schema_(std::move(schema)), options_(std::move(options)) {
  for (uint32_t i = 0; i < schema_.size(); i++) {
    if (schema_[i].not_null) not_null_.push_back(i);
  }
}

AvroDecoder::~AvroDecoder() {
  waiter_->Bind(nullptr);
}

Result<std::unique_ptr<AvroDecoder>> AvroDecoder::Make(Schema schema, AvroOptions options) {
  std::unique_ptr<AvroDecoder> decoder(new AvroDecoder(std::move(schema), std::move(options)));
  std::vector<AvroSchemaRef> schemas = decoder->options_.writers;
  if (decoder->options_.schema != nullptr) schemas.push_back(decoder->options_.schema);
  const AvroNode* reader = decoder->options_.schema ? &decoder->options_.schema->root() : nullptr;
  for (AvroSchemaRef& known : schemas) {
    auto writer = std::make_shared<Writer>();
    ASSIGN_OR_RETURN(writer->plan, PlanAvro(known->root(), reader, decoder->schema_));
    writer->schema = std::move(known);
    decoder->known_.push_back(std::move(writer));
  }
  const AvroEncoding encoding = decoder->options_.encoding;
  if (decoder->known_.empty() && (encoding == AvroEncoding::kRaw || encoding == AvroEncoding::kSingleObject)) {
    return Status::User("records of avro.encoding = '" +
                            std::string(encoding == AvroEncoding::kRaw ? "raw" : "single_object") +
                            "' do not carry their schema, and none is given",
                        "Add 'avro.schema' = '{...}' or 'avro.schema_file' = 'path'");
  }
  return decoder;
}

Result<bool> AvroDecoder::Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                                 Batch* out) {
  blocks_.clear();  // what the last batch pointed to
  block_bytes_ = 0;
  if (writers_by_text_.size() > kMaxWriters) writers_by_text_.clear();
  if (writers_by_id_.size() > kMaxRegistered) writers_by_id_.clear();
  waiting_ = false;
  row_ = out->rows();
  out->origin_rows.resize(kBatchRows);
  Status status;
  while (status.ok() && cursor->record < records.size() && row_ < kBatchRows) {
    const std::string_view record = records[cursor->record];
    const bool may_be_container =
        options_.encoding == AvroEncoding::kContainer || options_.encoding == AvroEncoding::kAuto;
    if (may_be_container && record.starts_with(kAvroMagic)) {
      if (block_bytes_ > options_.most_block_bytes && row_ > 0) break;
      status = DecodeContainer(record, cursor, bad_rows, out);
      continue;
    }
    if (options_.encoding == AvroEncoding::kRegistered) {
      status = DecodeRegistered(record, cursor->record, bad_rows, out);
      if (waiting_) break;
    } else {
      status = DecodeDatum(record, cursor->record, bad_rows, out);
    }
    cursor->record++;
    cursor->offset = 0;
  }
  out->origin_rows.resize(row_);
  out->chunk().SetCardinality(row_);
  if (!status.ok()) return status;
  return cursor->record == records.size();
}

Status AvroDecoder::DecodeDatum(std::string_view record, uint32_t index, BadRowHandler* bad_rows, Batch* out) {
  const Writer* writer = known_.empty() ? nullptr : known_.front().get();
  const AvroEncoding encoding = options_.encoding;
  if (encoding == AvroEncoding::kContainer)
    return Report(index, 0,
                  "it is no Avro container: " + WhatElse(record, "it does not begin with 'Obj' and the byte 1"),
                  bad_rows);
  const bool is_single = record.starts_with(kSingleObjectMagic);
  size_t begin = 0;
  if (encoding == AvroEncoding::kSingleObject || (encoding == AvroEncoding::kAuto && is_single)) {
    if (!is_single)
      return Report(index, 0, "it is no Avro single object: it does not begin with the bytes C3 01", bad_rows);
    if (record.size() < kSingleObjectHead) return Report(index, 0, "the single object ends too early", bad_rows);
    uint64_t fingerprint;
    std::memcpy(&fingerprint, record.data() + kSingleObjectMagic.size(), sizeof(fingerprint));
    const auto found = std::find_if(known_.begin(), known_.end(),
                                    [&](const auto& known) { return known->schema->fingerprint() == fingerprint; });
    if (found == known_.end()) {
      std::string reason = "the schema with the fingerprint ";
      AppendHex(fingerprint, 16, &reason);
      reason += " is not known: it is neither avro.schema nor one of avro.writer_schema_files";
      return Report(index, 0, std::move(reason), bad_rows);
    }
    writer = found->get();
    begin = kSingleObjectHead;
  }
  if (writer == nullptr) {
    return Report(
        index, 0,
        "it is no Avro container, and the schema of a raw datum is not known: " + WhatElse(record, "set avro.schema"),
        bad_rows);
  }
  return DecodeWith(*writer, record.substr(begin), index, bad_rows, out);
}

Status AvroDecoder::DecodeRegistered(std::string_view record, uint32_t index, BadRowHandler* bad_rows, Batch* out) {
  SchemaHeader header;
  if (const char* wrong = ReadSchemaHeader(options_.registry_kind, record, &header)) [[unlikely]]
    return Report(index, 0, wrong, bad_rows);
  if (header.id != last_id_) [[unlikely]] {
    std::string id(header.id);
    auto known = writers_by_id_.find(id);
    if (known == writers_by_id_.end()) {
      ASSIGN_OR_RETURN(const SchemaFound found, options_.registry->Find(id, waiter_));
      if (!found.missing.empty()) return Report(index, 0, found.missing, bad_rows);
      waiting_ = found.schema == nullptr;
      if (waiting_) return Status::Ok();
      known = writers_by_id_.emplace(id, MakeWriter(*found.schema)).first;
    }
    last_id_ = std::move(id);
    last_writer_ = known->second;
  }
  if (!last_writer_->failure.empty()) [[unlikely]]
    return Report(index, 0, last_writer_->failure, bad_rows);
  return DecodeWith(*last_writer_, record.substr(header.size), index, bad_rows, out);
}

Status AvroDecoder::DecodeWith(const Writer& writer, std::string_view datum, uint32_t index, BadRowHandler* bad_rows,
                               Batch* out) {
  AvroCursor cursor = CursorOver(datum);
  if (!ReadRow(writer.plan, &cursor, out)) [[unlikely]]
    return ReportRow(index, 0, "", bad_rows);
  if (cursor.left() > 0) [[unlikely]] {
    reading_.TakeBack();
    return Report(index, 0, std::to_string(cursor.left()) + " bytes follow the datum: it has another schema", bad_rows);
  }
  out->origin_rows[row_++] = index;
  return Status::Ok();
}

bool AvroDecoder::ReadRow(const AvroRecordPlan& plan, AvroCursor* cursor, Batch* out) {
  duckdb::DataChunk& chunk = out->chunk();
  if (!reading_.ReadRow(plan, cursor, chunk, row_)) return false;
  for (const uint32_t column : not_null_) {
    if (!duckdb::FlatVector::IsNull(chunk.data[column], row_)) continue;
    reading_.RefuseNull(column);
    return false;
  }
  return true;
}

// ---- containers

Status AvroDecoder::DecodeContainer(std::string_view record, DecodeCursor* cursor, BadRowHandler* bad_rows,
                                    Batch* out) {
  Reopen(record, *cursor);
  Status status;
  if (!container_) {
    status = OpenContainer(record, cursor->record, bad_rows);
    if (status.ok() && container_ && cursor->offset > 0) status = SkipRows(cursor->offset, bad_rows);
  }
  while (status.ok() && container_ && row_ < kBatchRows) {
    if (container_->block_rows > 0) {
      status = ReadContainerRow(bad_rows, out);
    } else if (block_bytes_ > options_.most_block_bytes && row_ > 0) {
      break;
    } else {
      status = OpenBlock(true, bad_rows);
    }
  }
  if (container_) {
    cursor->offset = container_->next_row;
  } else {
    cursor->record++;
    cursor->offset = 0;
  }
  return status;
}

void AvroDecoder::Reopen(std::string_view record, const DecodeCursor& cursor) {
  const auto is_of = [&](const Container& open) {
    return open.record.data() == record.data() && open.record.size() == record.size();
  };
  if (container_) parked_.push_back(*std::exchange(container_, std::nullopt));
  const auto found = std::find_if(parked_.begin(), parked_.end(), is_of);
  if (found != parked_.end()) {
    if (cursor.offset > 0 && found->next_row == cursor.offset) {
      container_ = std::move(*found);
      container_->index = cursor.record;
      if (container_->block != nullptr) {
        blocks_.push_back(container_->block);
        block_bytes_ += container_->block->size;
      }
    }
    parked_.erase(found);  // else another record is in the place of one that was given up
  }
  size_t bytes = 0;
  for (const Container& parked : parked_) bytes += parked.block == nullptr ? 0 : parked.block->size;
  while (parked_.size() > kMostParked || bytes > options_.most_block_bytes) {
    if (parked_.front().block != nullptr) bytes -= parked_.front().block->size;
    parked_.erase(parked_.begin());
  }
}

Status AvroDecoder::OpenContainer(std::string_view record, uint32_t index, BadRowHandler* bad_rows) {
  Container container;
  container.record = record;
  container.index = index;
  std::string wrong = ReadAvroHeader(record, &container.header);
  if (wrong.empty()) {
    container.writer = FindWriter(container.header.schema);
    wrong = container.writer->failure;
  }
  if (!wrong.empty()) return Report(index, 0, std::move(wrong), bad_rows);
  container.next_block = container.header.size;
  container_ = std::move(container);
  return Status::Ok();
}

// The next block, or the end of the container.
Status AvroDecoder::OpenBlock(bool reports, BadRowHandler* bad_rows) {
  Container& container = *container_;
  if (container.next_block >= container.record.size()) {
    container_.reset();
    return Status::Ok();
  }
  container.block_offset = container.next_block;
  AvroBlock block;
  const char* wrong = ReadAvroBlockFrame(container.record, container.header, container.block_offset, &block);
  container.next_block = block.next;
  if (wrong == nullptr) {
    std::string_view data = block.data;
    if (container.header.codec != AvroCodec::kNull) {
      auto bytes = std::make_shared<AvroBlockBytes>();
      wrong = DecompressAvro(container.header.codec, block.data, options_.most_block_bytes, bytes.get());
      if (wrong == nullptr) {
        data = bytes->view();
        block_bytes_ += bytes->size;
        container.block = bytes;
        blocks_.push_back(std::move(bytes));
      }
    }
    const uint64_t min_bytes = container.writer->schema->root().min_bytes;
    const uint64_t most = min_bytes == 0 ? kMaxEmptyElements : data.size() / min_bytes;
    if (wrong == nullptr && block.rows > most) wrong = "a block has more rows than its bytes can be";
    container.rows = CursorOver(data);
    container.block_rows = wrong == nullptr ? block.rows : 0;
  }
  if (wrong == nullptr || !reports) return Status::Ok();
  return Report(container.index, container.block_offset, std::string(wrong) + ": the rows of the block are lost",
                bad_rows);
}

// What a decoder before this one has given out already.
Status AvroDecoder::SkipRows(uint64_t rows, BadRowHandler* bad_rows) {
  while (container_ && container_->next_row < rows) {
    Container& container = *container_;
    if (container.block_rows == 0) {
      RETURN_IF_ERROR(OpenBlock(false, bad_rows));
      continue;
    }
    AvroCursor cursor = container.rows;
    cursor.empty_elements = 0;
    if (SkipAvro(container.writer->schema->root(), &cursor) != nullptr) {
      container.next_row += std::exchange(container.block_rows, 0);
      continue;
    }
    container.rows = cursor;
    container.block_rows--;
    container.next_row++;
  }
  return Status::Ok();
}

Status AvroDecoder::ReadContainerRow(BadRowHandler* bad_rows, Batch* out) {
  Container& container = *container_;
  const AvroCursor begin = container.rows;
  container.block_rows--;
  container.next_row++;
  if (ReadRow(container.writer->plan, &container.rows, out)) [[likely]] {
    out->origin_rows[row_++] = container.index;
    if (container.block_rows > 0 || container.rows.left() == 0) return Status::Ok();
    return Report(container.index, container.block_offset,
                  std::to_string(container.rows.left()) + " bytes follow the last row of a block", bad_rows);
  }
  // On behind it, if its frame is sound.
  std::string more = ", in row " + std::to_string(container.next_row) + " of the container";
  container.rows = begin;
  container.rows.empty_elements = 0;
  if (SkipAvro(container.writer->schema->root(), &container.rows) != nullptr && container.block_rows > 0) {
    more += "; the " + std::to_string(container.block_rows) + " rows behind it in its block are lost";
    container.next_row += std::exchange(container.block_rows, 0);
  }
  return ReportRow(container.index, container.block_offset, more, bad_rows);
}

std::shared_ptr<const AvroDecoder::Writer> AvroDecoder::FindWriter(std::string_view schema_text) {
  std::string text(schema_text);
  const auto found = writers_by_text_.find(text);
  if (found != writers_by_text_.end()) return found->second;
  std::shared_ptr<const Writer> writer = MakeWriter(text, "the container's schema");
  writers_by_text_.emplace(std::move(text), writer);
  return writer;
}

// whose: "the container's schema".
std::shared_ptr<const AvroDecoder::Writer> AvroDecoder::MakeWriter(std::string_view schema_text,
                                                                   const std::string& whose) {
  auto writer = std::make_shared<Writer>();
  Result<AvroSchemaRef> schema = AvroSchema::Parse(schema_text);
  if (!schema.ok()) {
    writer->failure = whose + ": " + schema.status().message();
    return writer;
  }
  writer->schema = std::move(schema).value();
  const AvroNode* reader = options_.schema ? &options_.schema->root() : nullptr;
  Result<AvroRecordPlan> plan = PlanAvro(writer->schema->root(), reader, schema_);
  if (plan.ok()) {
    writer->plan = std::move(plan).value();
    for (const AvroAbsent& absent : writer->plan.absent) {
      const Column& column = schema_[absent.column];
      if (!column.not_null) missing_columns_.Tell(column.name, "the schema");
    }
  } else {
    writer->failure = whose + " does not fit: " + plan.status().message();
  }
  return writer;
}

std::shared_ptr<const AvroDecoder::Writer> AvroDecoder::MakeWriter(const RegisteredSchema& schema) {
  const std::string whose = "schema id " + DescribeSchemaId(schema.id) + " of the registry";
  auto writer = std::make_shared<Writer>();
  if (schema.type != "AVRO") {
    writer->failure = whose + " is one of the type " + schema.type + ", not of Avro";
    return writer;
  }
  Result<std::string> text = InlineAvroReferences(schema);
  if (text.ok()) return MakeWriter(*text, whose);
  writer->failure = whose + ": " + text.status().message();
  return writer;
}

// ---- bad rows

Status AvroDecoder::Report(uint32_t record, uint64_t offset, std::string reason, BadRowHandler* bad_rows) {
  BadRow bad;
  bad.record = record;
  bad.offset = offset;
  bad.reason = std::move(reason);
  return bad_rows->OnBadRow(bad);
}

Status AvroDecoder::ReportRow(uint32_t record, uint64_t offset, const std::string& more, BadRowHandler* bad_rows) {
  const AvroReading::Problem& problem = reading_.problem();
  BadRow bad;
  bad.record = record;
  bad.offset = offset;
  if (problem.column >= 0) bad.column = schema_[static_cast<size_t>(problem.column)].name + problem.path;
  bad.reason = problem.reason + more;
  return bad_rows->OnBadRow(bad);
}

}  // namespace laminar
