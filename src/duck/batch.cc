#include "duck/batch.h"

#include "duckdb/common/types/data_chunk.hpp"

#include "base/check.h"

namespace laminar {

static_assert(kBatchRows == STANDARD_VECTOR_SIZE);

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
// visible_allocator.cc: a linker leaves out of a program what nothing in it refers to.
void LinkVisibleAllocator();
[[gnu::used]] void (*const link_visible_allocator)() = LinkVisibleAllocator;
#endif

std::string RowPosition::ToString() const {
  std::string out = source;
  if (!shard.empty()) out += ", shard " + shard;
  if (!sequence_number.empty()) out += (shard.empty() ? ", byte " : ", sequence number ") + sequence_number;
  if (sub_sequence_number >= 0) out += ", sub-sequence number " + std::to_string(sub_sequence_number);
  if (line > 0) out += ", line " + std::to_string(line);
  return out;
}

void RowOrigins::FillMetadata(std::string_view /*name*/, std::span<const uint32_t> /*rows*/,
                              duckdb::Vector* /*out*/) const {
  CHECK_MSG(false, "this source has no metadata");
}

Batch::Batch() : chunk_(std::make_unique<duckdb::DataChunk>()) {}

Batch::Batch(const Schema& schema) : Batch() {
  duckdb::vector<duckdb::LogicalType> types;
  for (const Column& column : schema) types.push_back(*column.type);
  // A chunk without columns still counts rows (SELECT 1 FROM stream).
  if (types.empty()) {
    chunk_->InitializeEmpty(types);
  } else {
    chunk_->Initialize(duckdb::Allocator::DefaultAllocator(), types);
  }
}

Batch::~Batch() = default;
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;

size_t Batch::rows() const {
  return chunk_->size();
}
size_t Batch::columns() const {
  return chunk_->ColumnCount();
}

void Batch::Reset() {
  if (chunk_->ColumnCount() > 0) {
    chunk_->Reset();
  } else {
    chunk_->SetCardinality(0);
  }
  origins.reset();
  origin_rows.clear();
}

void Batch::Slice(const duckdb::SelectionVector& selection, size_t count) {
  if (origins) {
    std::vector<uint32_t> kept(count);
    for (size_t i = 0; i < count; i++) kept[i] = OriginRow(selection.get_index(i));
    origin_rows = std::move(kept);
  }
  if (chunk_->ColumnCount() > 0) {
    chunk_->Slice(selection, count);
  } else {
    chunk_->SetCardinality(count);
  }
}

void Batch::Share(Batch* from) {
  chunk_ = std::make_unique<duckdb::DataChunk>();
  chunk_->InitializeEmpty(from->chunk_->GetTypes());
  chunk_->Reference(*from->chunk_);
  TakeOrigins(*from);
}

std::string Batch::DescribeOrigin(size_t row) const {
  return origins ? origins->Position(OriginRow(row)).ToString() : "";
}

}  // namespace laminar
