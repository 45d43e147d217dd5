#include "connectors/kinesis/key_columns.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/cut_text.h"
#include "connectors/kinesis/hash_key.h"
#include "connectors/kinesis/partition_key.h"
#include "duck/pch.h"
#include "duck/texts_of.h"

namespace laminar::kinesis {

namespace {

constexpr size_t kMostShownBytes = 80;  // of a value, in a message

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
  for (const std::string_view key : TextsOf(batch, partition_key_->index)) {
    const size_t begin = out->bytes.size();
    if (key.empty()) {
      AppendGeneratedKey(random, &out->bytes);
    } else {
      out->bytes.append(key);
      ShortenKey(begin, most_characters, &out->bytes);
    }
    out->ends.push_back(out->bytes.size());
  }
}

Status KeyColumns::AppendHashKeys(const Batch& batch, EncodedRows* out) const {
  const std::vector<std::string_view> texts = TextsOf(batch, hash_key_->index);
  for (size_t row = 0; row < texts.size(); row++) {
    if (texts[row].data() != nullptr) {
      const std::optional<HashKey> key = ParseHashKey(texts[row]);
      if (!key) {
        const std::string origin = batch.DescribeOrigin(row);
        return Status::User("column " + hash_key_->column + " is METADATA FROM 'explicit_hash_key', and '" +
                                CutText(texts[row], kMostShownBytes) + "' is no hash key" +
                                (origin.empty() ? "" : "; the row comes from " + origin),
                            "Give a whole number from 0 to 340282366920938463463374607431768211455 as text in decimal "
                            "digits, or NULL: the partition key decides then")
            .At(hash_key_->position);
      }
      AppendHashKey(*key, &out->bytes);
    }
    out->ends.push_back(out->bytes.size());
  }
  return Status::Ok();
}

}  // namespace laminar::kinesis
