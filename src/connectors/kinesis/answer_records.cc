#include "connectors/kinesis/answer_records.h"

#include <algorithm>

#include "connectors/kinesis/kpl.h"
#include "connectors/kinesis/record_metadata.h"

namespace laminar::kinesis {

AnswerRecords::AnswerRecords(const GetRecordsResult& answer, std::string stream, std::string shard,
                             const HashKeyRange* range, std::vector<RecordView>* views)
    : storage_(answer.storage), stream_(std::move(stream)), shard_(std::move(shard)) {
  const std::vector<Record>& records = answer.records;
  const auto aggregated =
      std::find_if(records.begin(), records.end(), [](const Record& record) { return LooksAggregated(record.data); });
  if (aggregated == records.end()) {
    records_ = records;
  } else {
    TakeApart(records, static_cast<size_t>(aggregated - records.begin()), range);
  }
  views->clear();
  views->reserve(records_.size());
  for (const Record& record : records_) views->push_back(record.data);
}

// first: the first record that looks aggregated.
void AnswerRecords::TakeApart(const std::vector<Record>& records, size_t first, const HashKeyRange* range) {
  std::vector<KplRecord> users;
  for (size_t i = 0; i < records.size(); i++) {
    const Record& record = records[i];
    const auto at = static_cast<uint32_t>(i);
    users.clear();
    switch (i < first ? KplOutcome::kPlain : Deaggregate(record.data, range, &users)) {
      case KplOutcome::kPlain:
        records_.push_back(record);
        parts_.push_back({at, -1});
        break;
      case KplOutcome::kAggregated:
        for (size_t k = 0; k < users.size(); k++) {
          records_.push_back({.data = users[k].data,
                              .partition_key = users[k].partition_key,
                              .sequence_number = record.sequence_number,
                              .arrival_micros = record.arrival_micros,
                              .explicit_hash_key = users[k].explicit_hash_key,
                              .encryption_type = record.encryption_type});
          parts_.push_back({at, static_cast<int64_t>(k)});
        }
        break;
      case KplOutcome::kOutOfRange:
        out_of_range_++;
        break;
    }
  }
}

RowPosition AnswerRecords::Position(uint32_t view) const {
  const Record& record = records_.at(view);
  RowPosition position;
  position.source = "stream " + stream_;
  position.shard = shard_;
  position.sequence_number = std::string(record.sequence_number);
  if (!parts_.empty()) position.sub_sequence_number = parts_[view].sub_sequence_number;
  position.partition_key = std::string(record.partition_key);
  position.arrival_micros = record.arrival_micros;
  return position;
}

AnswerRecords::Place AnswerRecords::PlaceOf(uint32_t view) const {
  if (parts_.empty()) return {view, 0};
  const Part& part = parts_.at(view);
  return {part.record, static_cast<uint64_t>(std::max<int64_t>(0, part.sub_sequence_number))};
}

uint32_t AnswerRecords::ViewInFirst(uint64_t sub_sequence_number) const {
  if (parts_.empty()) return sub_sequence_number == 0 || records_.empty() ? 0 : 1;
  const auto of_first = static_cast<uint64_t>(
      std::find_if(parts_.begin(), parts_.end(), [](const Part& part) { return part.record > 0; }) - parts_.begin());
  return static_cast<uint32_t>(std::min(sub_sequence_number, of_first));
}

void AnswerRecords::FillMetadata(std::string_view name, std::span<const uint32_t> views, duckdb::Vector* out) const {
  std::vector<RecordOfRow> rows;
  rows.reserve(views.size());
  for (const uint32_t view : views)
    rows.push_back({&records_[view], parts_.empty() ? -1 : parts_[view].sub_sequence_number});
  FillRecordMetadata(name, rows, stream_, shard_, out);
}

}  // namespace laminar::kinesis
