#include "connectors/dead_letters.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"
#include "base/cut_text.h"

namespace laminar {

namespace {

// Fills the columns of a row one after the other.
class RowFiller {
 public:
  RowFiller(duckdb::DataChunk* chunk, size_t row) : chunk_(chunk), row_(row) {}

  void Text(std::string_view text) {
    duckdb::Vector& vector = Next(!text.empty());
    if (!text.empty())
      Of<duckdb::string_t>(vector) = duckdb::StringVector::AddStringOrBlob(vector, text.data(), text.size());
  }
  // Text that may be any bytes: NULL unless it is UTF-8.
  void TextOfUser(std::string_view text) {
    Text(duckdb::Value::StringIsValid(text.data(), text.size()) ? text : std::string_view());
  }
  void Number(std::optional<int64_t> number) {
    duckdb::Vector& vector = Next(number.has_value());
    if (number) Of<int64_t>(vector) = *number;
  }
  bool done() const { return column_ == chunk_->ColumnCount(); }

 private:
  duckdb::Vector& Next(bool known) {
    duckdb::Vector& vector = chunk_->data[column_++];
    duckdb::FlatVector::SetNull(vector, row_, !known);
    return vector;
  }
  template <class T>
  T& Of(duckdb::Vector& vector) {
    return duckdb::FlatVector::GetData<T>(vector)[row_];
  }

  duckdb::DataChunk* const chunk_;
  const size_t row_;
  size_t column_ = 0;
};

// A message may quote a value of a megabyte, and a letter has to fit into a record.
constexpr size_t kMostReasonBytes = 2'000, kMostRowBytes = 200'000;

std::optional<int64_t> If(bool known, int64_t number) {
  return known ? std::optional<int64_t>(number) : std::nullopt;
}

}  // namespace

// As LetterColumn lists them.
Schema DeadLetterSchema() {
  return {{"time", MakeType("TIMESTAMP")},
          {"pipeline", MakeType("VARCHAR")},
          {"table", MakeType("VARCHAR")},
          {"source", MakeType("VARCHAR")},
          {"shard", MakeType("VARCHAR")},
          {"sequence_number", MakeType("VARCHAR")},
          {"sub_sequence_number", MakeType("BIGINT")},
          {"line", MakeType("BIGINT")},
          {"offset", MakeType("BIGINT")},
          {"partition_key", MakeType("VARCHAR")},
          {"arrival_time", MakeType("TIMESTAMP")},
          {"column", MakeType("VARCHAR")},
          {"reason", MakeType("VARCHAR")},
          {"data", MakeType("BLOB")},
          {"row", MakeType("VARCHAR")},
          {"part", MakeType("BIGINT")},
          {"parts", MakeType("BIGINT")},
          {"header_bytes", MakeType("BIGINT")},
          {"format", MakeType("VARCHAR")}};
}

DeadLetters::DeadLetters(LetterTable table, const Clock* clock)
    : table_(std::move(table)), clock_(clock), filling_(DeadLetterSchema()) {}

void DeadLetters::Add(const RowPosition& position, std::string_view column, std::string_view reason,
                      std::string_view data, std::string_view row) {
  if (position.offset < 0 && !data.empty() && !position.sequence_number.empty()) {
    RecordPlace place = {position.source, position.shard, position.sequence_number, position.sub_sequence_number};
    if (place == last_record_) data = {};
    last_record_ = std::move(place);
  }
  const auto parts = static_cast<int64_t>(std::max<size_t>(1, (data.size() + kMostLetterBytes - 1) / kMostLetterBytes));
  const uint64_t header_bytes = table_.header_bytes && !data.empty() ? table_.header_bytes(data) : 0;
  for (int64_t part = 0; part < parts; part++) {
    const size_t at = filling_.rows();
    RowFiller filler(&filling_.chunk(), at);
    filler.Number(clock_->WallMicros());
    filler.Text(table_.pipeline);
    filler.Text(table_.name);
    filler.Text(position.source);
    filler.Text(position.shard);
    filler.Text(position.sequence_number);
    filler.Number(If(position.sub_sequence_number >= 0, position.sub_sequence_number));
    filler.Number(If(position.line > 0, static_cast<int64_t>(position.line)));
    filler.Number(If(position.offset >= 0, position.offset));
    filler.TextOfUser(position.partition_key);
    filler.Number(If(position.arrival_micros > 0, position.arrival_micros));
    filler.Text(column);
    filler.TextOfUser(CutText(reason, kMostReasonBytes));
    filler.Text(data.substr(static_cast<size_t>(part) * kMostLetterBytes, kMostLetterBytes));
    filler.TextOfUser(CutText(row, kMostRowBytes));
    filler.Number(If(parts > 1, part + 1));
    filler.Number(If(parts > 1, parts));
    filler.Number(If(header_bytes > 0, static_cast<int64_t>(header_bytes)));
    filler.Text(table_.format);
    CHECK(filler.done());
    filling_.chunk().SetCardinality(at + 1);
    if (at + 1 == kBatchRows) full_.push_back(std::exchange(filling_, Batch(DeadLetterSchema())));
  }
}

Status DeadLetters::Flush(SinkWriter* writer, PipelineMetrics* metrics) {
  const auto hand_in = [&](const Batch& batch) {
    metrics->rows_to_sinks.Add(batch.rows());
    metrics->dead_letters.Add(batch.rows());
    return writer->Push(batch);
  };
  for (const Batch& batch : full_) RETURN_IF_ERROR(hand_in(batch));
  full_.clear();
  if (filling_.rows() == 0) return Status::Ok();
  RETURN_IF_ERROR(hand_in(filling_));
  filling_.Reset();
  return Status::Ok();
}

}  // namespace laminar
