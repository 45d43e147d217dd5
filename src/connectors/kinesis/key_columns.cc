#include "connectors/kinesis/key_columns.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "connectors/kinesis/hash_key.h"
#include "connectors/kinesis/partition_key.h"
#include "duck/pch.h"

namespace laminar::kinesis {

namespace {

constexpr size_t kMostShownBytes = 80;  // of a value, in a message

std::string Shown(std::string_view text) {
  if (text.size() <= kMostShownBytes) return std::string(text);
  size_t end = kMostShownBytes;
  while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) end--;  // not inside a character
  return std::string(text.substr(0, end)) + "...";
}

// of_row(row, text, is_null) for each row of a VARCHAR column. Error: its own.
template <class OfRow>
Status ForEachText(const Batch& batch, size_t column, const OfRow& of_row) {
  auto& chunk = const_cast<duckdb::DataChunk&>(batch.chunk());  // DuckDB reads vectors that are not const only
  duckdb::UnifiedVectorFormat format;
  chunk.data[column].ToUnifiedFormat(batch.rows(), format);
  const auto* const texts = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
  for (size_t row = 0; row < batch.rows(); row++) {
    const auto index = format.sel->get_index(row);
    const bool is_null = !format.validity.RowIsValid(index);
    const std::string_view text =
        is_null ? std::string_view() : std::string_view(texts[index].GetData(), texts[index].GetSize());
    RETURN_IF_ERROR(of_row(row, text, is_null));
  }
  return Status::Ok();
}

}  // namespace

KeyColumns::KeyColumns(const TableSpec& table) {
  const size_t columns = table.schema.size() + table.metadata.size();
  std::vector<bool> is_key(columns, false);
  for (const SinkMetadata& metadata : table.metadata) {
    (metadata.name == "partition_key" ? partition_key_ : hash_key_) = metadata;
    is_key.at(metadata.index) = true;
  }
  for (size_t i = 0; i < columns; i++) {
    if (!is_key[i]) encoded_columns_.push_back(i);
  }
  duckdb::vector<duckdb::LogicalType> types;
  for (const Column& column : table.schema) types.push_back(*column.type);
  encoded_.chunk().InitializeEmpty(types);
}

const Batch& KeyColumns::WithoutThem(const Batch& batch) {
  if (!has_partition_key() && !has_hash_key()) return batch;
  auto& all = const_cast<duckdb::DataChunk&>(batch.chunk());  // Vector::Reference takes none that is const
  for (size_t i = 0; i < encoded_columns_.size(); i++)
    encoded_.chunk().data[i].Reference(all.data[encoded_columns_[i]]);
  encoded_.chunk().SetCardinality(batch.rows());
  encoded_.TakeOrigins(batch);
  return encoded_;
}

void KeyColumns::AppendPartitionKeys(const Batch& batch, size_t most_characters, Random* random,
                                     EncodedRows* out) const {
  const Status status = ForEachText(batch, partition_key_->index, [&](size_t, std::string_view key, bool) {
    const size_t begin = out->bytes.size();
    if (key.empty()) {
      AppendGeneratedKey(random, &out->bytes);
    } else {
      out->bytes.append(key);
      ShortenKey(begin, most_characters, &out->bytes);
    }
    out->ends.push_back(out->bytes.size());
    return Status::Ok();
  });
  CHECK(status.ok());
}

Status KeyColumns::AppendHashKeys(const Batch& batch, EncodedRows* out) const {
  return ForEachText(batch, hash_key_->index, [&](size_t row, std::string_view text, bool is_null) {
    if (!is_null) {
      const std::optional<HashKey> key = ParseHashKey(text);
      if (!key) {
        const std::string origin = batch.DescribeOrigin(row);
        return Status::User("column " + hash_key_->column + " is METADATA FROM 'explicit_hash_key', and '" +
                                Shown(text) + "' is no hash key" +
                                (origin.empty() ? "" : "; the row comes from " + origin),
                            "Give a whole number from 0 to 340282366920938463463374607431768211455 as text in decimal "
                            "digits, or NULL: the partition key decides then")
            .At(hash_key_->position);
      }
      AppendHashKey(*key, &out->bytes);
    }
    out->ends.push_back(out->bytes.size());
    return Status::Ok();
  });
}

}  // namespace laminar::kinesis
