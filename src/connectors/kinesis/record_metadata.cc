#include "connectors/kinesis/record_metadata.h"

#include <algorithm>
#include <iterator>

#include "duckdb/common/types/string_type.hpp"
#include "duckdb/common/types/value.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"

namespace laminar::kinesis {
namespace {

// What FillRecordMetadata was given.
struct Given {
  const std::vector<RecordOfRow>& rows;
  std::string_view stream, shard;
};

// text_of(row): the text, of which "" is NULL.
template <class TextOf>
void FillTexts(const Given& given, const TextOf& text_of, duckdb::Vector* out) {
  auto* const texts = duckdb::FlatVector::GetData<duckdb::string_t>(*out);
  for (size_t i = 0; i < given.rows.size(); i++) {
    const std::string_view text = text_of(given.rows[i]);
    texts[i] = duckdb::string_t(text.data(), static_cast<uint32_t>(text.size()));
    if (text.empty()) duckdb::FlatVector::SetNull(*out, i, true);
  }
}

// number_of(row): the number, of which `null` is NULL.
template <class NumberOf>
void FillNumbers(const Given& given, const NumberOf& number_of, int64_t null, duckdb::Vector* out) {
  auto* const numbers = duckdb::FlatVector::GetData<int64_t>(*out);
  for (size_t i = 0; i < given.rows.size(); i++) {
    numbers[i] = number_of(given.rows[i]);
    if (numbers[i] == null) duckdb::FlatVector::SetNull(*out, i, true);
  }
}

// That of a record inside an aggregated one may be any bytes.
std::string_view Utf8(std::string_view text) {
  return duckdb::Value::StringIsValid(text.data(), text.size()) ? text : std::string_view();
}

struct Metadata {
  MetadataSpec spec;
  void (*fill)(const Given& given, duckdb::Vector* out);
};

constexpr Metadata kMetadata[] = {
    {{"partition_key", "VARCHAR", OptionUse::kBoth,
      "The record's partition key; of a record inside an aggregated one its own. Of a sink: the key that the row is "
      "put "
      "with, in place of sink.partition_key; NULL and '' get a generated one"},
     [](const Given& given, duckdb::Vector* out) {
       FillTexts(
           given, [](const RecordOfRow& row) { return Utf8(row.record->partition_key); }, out);
     }},
    {{"sequence_number", "VARCHAR", OptionUse::kSource, "The record's sequence number in its shard, in decimal digits"},
     [](const Given& given, duckdb::Vector* out) {
       FillTexts(
           given, [](const RecordOfRow& row) { return row.record->sequence_number; }, out);
     }},
    {{"sub_sequence_number", "BIGINT", OptionUse::kSource,
      "The number, from 0, of a record inside an aggregated one; NULL of other records"},
     [](const Given& given, duckdb::Vector* out) {
       FillNumbers(
           given, [](const RecordOfRow& row) { return row.sub_sequence_number; }, -1, out);
     }},
    {{"shard_id", "VARCHAR", OptionUse::kSource, "The shard that the record was read from"},
     [](const Given& given, duckdb::Vector* out) {
       FillTexts(
           given, [&](const RecordOfRow&) { return given.shard; }, out);
     }},
    {{"arrival_time", "TIMESTAMP", OptionUse::kSource, "When the service took the record, in UTC, to the millisecond"},
     [](const Given& given, duckdb::Vector* out) {
       FillNumbers(
           given, [](const RecordOfRow& row) { return row.record->arrival_micros; }, 0, out);
     }},
    {{"stream_name", "VARCHAR", OptionUse::kSource, "The name of the stream"},
     [](const Given& given, duckdb::Vector* out) {
       FillTexts(
           given, [&](const RecordOfRow&) { return given.stream; }, out);
     }},
    {{"explicit_hash_key", "VARCHAR", OptionUse::kBoth,
      "The explicit hash key of a record inside an aggregated one; NULL where it has none, and of other records: the "
      "service does not give theirs back. Of a sink: the one that the row is put with, in decimal digits; NULL leaves "
      "the shard to the partition key"},
     [](const Given& given, duckdb::Vector* out) {
       FillTexts(
           given, [](const RecordOfRow& row) { return Utf8(row.record->explicit_hash_key); }, out);
     }},
    {{"encryption_type", "VARCHAR", OptionUse::kSource, "NONE or KMS: how the service stores the record"},
     [](const Given& given, duckdb::Vector* out) {
       FillTexts(
           given, [](const RecordOfRow& row) { return row.record->encryption_type; }, out);
     }},
};

}  // namespace

std::vector<MetadataSpec> RecordMetadataSpecs() {
  std::vector<MetadataSpec> specs;
  for (const Metadata& metadata : kMetadata) specs.push_back(metadata.spec);
  return specs;
}

void FillRecordMetadata(std::string_view name, const std::vector<RecordOfRow>& rows, std::string_view stream,
                        std::string_view shard, duckdb::Vector* out) {
  const auto* const found = std::find_if(std::begin(kMetadata), std::end(kMetadata),
                                         [&](const Metadata& metadata) { return metadata.spec.name == name; });
  CHECK_MSG(found != std::end(kMetadata), std::string(name).c_str());
  found->fill({rows, stream, shard}, out);
}

}  // namespace laminar::kinesis
