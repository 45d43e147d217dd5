#include "cli/dead_letter_format.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "connectors/dead_letters.h"
#include "connectors/kinesis/partition_key.h"
#include "duck/pch.h"
#include "formats/json/json_decoder.h"

namespace laminar::cli {

namespace {

// Counts what is no letter, and passes it on.
class CountingHandler final : public BadRowHandler {
 public:
  CountingHandler(BadRowHandler* next, std::atomic<uint64_t>* count) : next_(next), count_(count) {}
  Status OnBadRow(const BadRow& row) override {
    (*count_)++;
    return next_->OnBadRow(row);
  }

 private:
  BadRowHandler* const next_;
  std::atomic<uint64_t>* const count_;
};

class DeadLetterDecoder final : public Decoder {
 public:
  explicit DeadLetterDecoder(ReplayCounts* counts)
      : counts_(counts), letters_(LetterSchema(), JsonOptions()), batch_(LetterSchema()) {}

  const Schema& schema() const override { return schema_; }

  Result<bool> Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                      Batch* out) override {
    bool used_up = false;
    size_t rows = 0;
    CountingHandler counting(bad_rows, &counts_->no_letters);
    while (!used_up && rows == 0) {
      batch_.Reset();
      ASSIGN_OR_RETURN(used_up, letters_.Decode(records, cursor, &counting, &batch_));
      for (size_t row = 0; row < batch_.rows(); row++) {
        std::optional<std::string> data = Take(row);
        if (!data) continue;
        const std::string key = Text(LetterColumn::kPartitionKey, row);
        Put(&out->chunk().data[0], rows, *data);
        Put(&out->chunk().data[1], rows, key.empty() ? kinesis::Md5Hex(*data) : key);
        duckdb::FlatVector::GetData<int64_t>(out->chunk().data[2])[rows] =
            std::max<int64_t>(0, Number(LetterColumn::kHeaderBytes, row));
        Put(&out->chunk().data[3], rows, Text(LetterColumn::kFormat, row));
        out->origin_rows.push_back(batch_.OriginRow(row));
        rows++;
      }
    }
    out->chunk().SetCardinality(rows);
    counts_->incomplete = open_.size();
    return used_up;
  }

 private:
  static void Put(duckdb::Vector* vector, size_t row, const std::string& bytes) {
    duckdb::FlatVector::GetData<duckdb::string_t>(*vector)[row] =
        duckdb::StringVector::AddStringOrBlob(*vector, bytes.data(), bytes.size());
  }
  const duckdb::Vector& Values(LetterColumn column) const { return batch_.chunk().data[static_cast<size_t>(column)]; }
  std::string Text(LetterColumn column, size_t row) const {
    const duckdb::Vector& vector = Values(column);
    if (duckdb::FlatVector::IsNull(vector, row)) return "";
    return duckdb::FlatVector::GetData<duckdb::string_t>(vector)[row].GetString();
  }
  int64_t Number(LetterColumn column, size_t row) const {
    const duckdb::Vector& vector = Values(column);
    return duckdb::FlatVector::IsNull(vector, row) ? -1 : duckdb::FlatVector::GetData<int64_t>(vector)[row];
  }

  // The record that the letter is of, or completes.
  std::optional<std::string> Take(size_t row) {
    std::string data = Text(LetterColumn::kData, row);
    const std::string number = Text(LetterColumn::kSequenceNumber, row);
    if (data.empty()) {
      (number.empty() ? counts_->without_data : counts_->again)++;
      return std::nullopt;
    }
    const int64_t parts = Number(LetterColumn::kParts, row), part = Number(LetterColumn::kPart, row);
    if (number.empty()) return data;  // nobody knows where it came from: it may well be there twice
    std::string place = Text(LetterColumn::kSource, row) + '\n' + Text(LetterColumn::kShard, row) + '\n' + number;
    for (const LetterColumn column : {LetterColumn::kSubSequenceNumber, LetterColumn::kOffset})
      place += '\n' + std::to_string(Number(column, row));
    place += '\n' + std::to_string(parts);
    if (!seen_.insert(kinesis::Md5Hex(place + '\n' + std::to_string(part))).second) {
      counts_->again++;
      return std::nullopt;
    }
    if (parts <= 1) return data;
    auto& kept = open_[place];
    kept[part] = std::move(data);
    if (kept.size() < static_cast<size_t>(parts)) return std::nullopt;
    std::string whole;
    for (const auto& [at, bytes] : kept) whole += bytes;
    open_.erase(place);
    return whole;
  }

  ReplayCounts* const counts_;
  const Schema schema_ = ReplaySchema();
  JsonDecoder letters_;
  Batch batch_;
  std::set<std::string> seen_;                                  // hashes of places
  std::map<std::string, std::map<int64_t, std::string>> open_;  // by place: the parts that have come
};

}  // namespace

Schema LetterSchema() {
  Schema schema = DeadLetterSchema();
  schema[static_cast<size_t>(LetterColumn::kReason)].not_null = true;
  return schema;
}

Schema ReplaySchema() {
  return {{"data", MakeType("BLOB")},
          {"partition_key", MakeType("VARCHAR")},
          {"header_bytes", MakeType("BIGINT")},
          {"format", MakeType("VARCHAR")}};
}

std::unique_ptr<Decoder> MakeDeadLetterDecoder(ReplayCounts* counts) {
  return std::make_unique<DeadLetterDecoder>(counts);
}

}  // namespace laminar::cli
