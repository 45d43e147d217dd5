#include "connectors/kinesis/record_metadata.h"

#include "duckdb/common/types/string_type.hpp"
#include "duckdb/common/types/value.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"

namespace laminar::kinesis {
namespace {

constexpr std::string_view kPartitionKey = "partition_key", kSequenceNumber = "sequence_number",
                           kSubSequenceNumber = "sub_sequence_number", kShardId = "shard_id",
                           kArrivalTime = "arrival_time", kStreamName = "stream_name",
                           kExplicitHashKey = "explicit_hash_key", kEncryptionType = "encryption_type";

// text_of(row): the text, of which "" is NULL.
template <class TextOf>
void FillTexts(size_t rows, const TextOf& text_of, duckdb::Vector* out) {
  auto* const texts = duckdb::FlatVector::GetData<duckdb::string_t>(*out);
  for (size_t i = 0; i < rows; i++) {
    const std::string_view text = text_of(i);
    texts[i] = duckdb::string_t(text.data(), static_cast<uint32_t>(text.size()));
    if (text.empty()) duckdb::FlatVector::SetNull(*out, i, true);
  }
}

}  // namespace

std::vector<MetadataSpec> RecordMetadataSpecs() {
  return {
      {kPartitionKey, "VARCHAR", OptionUse::kSource,
       "The record's partition key; of a record inside an aggregated one its own"},
      {kSequenceNumber, "VARCHAR", OptionUse::kSource, "The record's sequence number in its shard, in decimal digits"},
      {kSubSequenceNumber, "BIGINT", OptionUse::kSource,
       "The number, from 0, of a record inside an aggregated one; NULL of other records"},
      {kShardId, "VARCHAR", OptionUse::kSource, "The shard that the record was read from"},
      {kArrivalTime, "TIMESTAMP", OptionUse::kSource, "When the service took the record, in UTC, to the millisecond"},
      {kStreamName, "VARCHAR", OptionUse::kSource, "The name of the stream"},
      {kExplicitHashKey, "VARCHAR", OptionUse::kSource,
       "The explicit hash key of a record inside an aggregated one; NULL where it has none, and of other records: the "
       "service does not give theirs back"},
      {kEncryptionType, "VARCHAR", OptionUse::kSource, "NONE or KMS: how the service stores the record"},
  };
}

void FillRecordMetadata(std::string_view name, const std::vector<RecordOfRow>& rows, std::string_view stream,
                        std::string_view shard, duckdb::Vector* out) {
  const size_t count = rows.size();
  if (name == kPartitionKey) {
    // That of a record inside an aggregated one may be any bytes.
    const auto key = [&](size_t i) {
      const std::string_view text = rows[i].record->partition_key;
      return duckdb::Value::StringIsValid(text.data(), text.size()) ? text : std::string_view();
    };
    FillTexts(count, key, out);
  } else if (name == kSequenceNumber) {
    FillTexts(
        count, [&](size_t i) { return rows[i].record->sequence_number; }, out);
  } else if (name == kSubSequenceNumber) {
    auto* const numbers = duckdb::FlatVector::GetData<int64_t>(*out);
    for (size_t i = 0; i < count; i++) {
      numbers[i] = rows[i].sub_sequence_number;
      if (numbers[i] < 0) duckdb::FlatVector::SetNull(*out, i, true);
    }
  } else if (name == kShardId) {
    FillTexts(
        count, [&](size_t) { return shard; }, out);
  } else if (name == kArrivalTime) {
    auto* const micros = duckdb::FlatVector::GetData<int64_t>(*out);
    for (size_t i = 0; i < count; i++) {
      micros[i] = rows[i].record->arrival_micros;
      if (micros[i] == 0) duckdb::FlatVector::SetNull(*out, i, true);
    }
  } else if (name == kStreamName) {
    FillTexts(
        count, [&](size_t) { return stream; }, out);
  } else if (name == kExplicitHashKey) {
    FillTexts(
        count, [&](size_t i) { return rows[i].record->explicit_hash_key; }, out);
  } else {
    CHECK_MSG(name == kEncryptionType, std::string(name).c_str());
    FillTexts(
        count, [&](size_t i) { return rows[i].record->encryption_type; }, out);
  }
}

}  // namespace laminar::kinesis
