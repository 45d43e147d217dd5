// AnswerRecords: the records of one GetRecords answer as a decoder takes them, aggregated ones taken apart, and where
// each of them came from.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/kinesis/hash_key.h"
#include "connectors/kinesis/kinesis_api.h"
#include "duck/batch.h"
#include "formats/format.h"

namespace laminar::kinesis {

// Immutable; the origins of all batches decoded from the answer.
class AnswerRecords final : public RowOrigins {
 public:
  // Fills `views`, one for each record to decode: a view's index is its ordinal in Batch::origin_rows, and views point
  // into the answer's storage. range: of the shard, nullptr = aggregated records are not checked against it.
  AnswerRecords(const GetRecordsResult& answer, std::string stream, std::string shard, const HashKeyRange* range,
                std::vector<RecordView>* views);

  RowPosition Position(uint32_t view) const override;
  int64_t ArrivalMicros(uint32_t view) const override { return records_[view].arrival_micros; }
  std::string_view RecordBytes(uint32_t view) const override { return records_[view].data; }
  void FillMetadata(std::string_view name, std::span<const uint32_t> views, duckdb::Vector* out) const override;

  // The record of the answer that a view is of, and its number within that record.
  struct Place {
    size_t record = 0;
    uint64_t sub_sequence_number = 0;
  };
  Place PlaceOf(uint32_t view) const;
  // The view of the answer's first record with that number; one past that record's views when it has fewer.
  uint32_t ViewInFirst(uint64_t sub_sequence_number) const;
  // Aggregated records that were left out as a whole, because a record in them is outside the range.
  size_t out_of_range() const { return out_of_range_; }

 private:
  void TakeApart(const std::vector<Record>& records, size_t first, const HashKeyRange* range);

  const std::shared_ptr<const void> storage_;  // shared: what records_ points into
  const std::string stream_, shard_;
  std::vector<Record> records_;  // by view
  // By view, empty when nothing in the answer was aggregated: then views are records.
  struct Part {
    uint32_t record;
    int64_t sub_sequence_number;  // -1: a plain record
  };
  std::vector<Part> parts_;
  size_t out_of_range_ = 0;
};

}  // namespace laminar::kinesis
