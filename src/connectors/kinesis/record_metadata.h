// What a record of a stream comes with besides its data, as columns: METADATA FROM 'partition_key'.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "connectors/connector.h"
#include "connectors/kinesis/kinesis_api.h"

namespace duckdb {
class Vector;
}

namespace laminar::kinesis {

// All there is, with types and help.
std::vector<MetadataSpec> RecordMetadataSpecs();

struct RecordOfRow {
  const Record* record = nullptr;
  int64_t sub_sequence_number = -1;  // -1: it did not come inside an aggregated record
};

// `name` (of RecordMetadataSpecs) of each row into `out`, a flat vector of its type. Texts point into the records,
// stream and shard.
void FillRecordMetadata(std::string_view name, const std::vector<RecordOfRow>& rows, std::string_view stream,
                        std::string_view shard, duckdb::Vector* out);

}  // namespace laminar::kinesis
