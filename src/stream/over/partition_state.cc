// A partition is a row: its key, the time of its last row, and what each engine keeps of it, one behind the other, each
// with its length (8 bytes) in front. Of a large one the last column is cut into pieces, in rows that follow each
// other; all but the last say that there are more.
#include "stream/over/partition_state.h"

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

namespace laminar {

namespace {

using duckdb::FlatVector;
using duckdb::string_t;

constexpr const char* kPartitionSection = "partitions";
constexpr size_t kPartitionsAtOnce = 256;  // whose states lie in memory as bytes
constexpr size_t kPieceBytes = 1 << 20;
constexpr size_t kBatchBytes = 4 << 20;

enum Columns : size_t { kKey, kLastTime, kState, kMore };

Schema StateSchema() {
  return {{"key", MakeType(duckdb::LogicalType::BLOB)},
          {"last_time", MakeType(duckdb::LogicalType::BIGINT)},
          {"state", MakeType(duckdb::LogicalType::BLOB)},
          {"more", MakeType(duckdb::LogicalType::BOOLEAN)}};
}

class PartitionWriter {
 public:
  explicit PartitionWriter(StateOutput* out) : section_(out, kPartitionSection, StateSchema()), batch_(StateSchema()) {}

  void Add(std::string_view key, int64_t last_time, std::string_view state) {
    while (state.size() > kPieceBytes) {
      AddRow(key, last_time, state.substr(0, kPieceBytes), true);
      state.remove_prefix(kPieceBytes);
    }
    AddRow(key, last_time, state, false);
  }
  void Finish() {
    Flush();
    section_.Finish();
  }

 private:
  void AddRow(std::string_view key, int64_t last_time, std::string_view state, bool more) {
    duckdb::DataChunk& chunk = batch_.chunk();
    const size_t row = batch_.rows();
    const auto set = [&](size_t column, std::string_view bytes) {
      FlatVector::GetData<string_t>(chunk.data[column])[row] =
          duckdb::StringVector::AddStringOrBlob(chunk.data[column], bytes.data(), bytes.size());
    };
    set(kKey, key);
    FlatVector::GetData<int64_t>(chunk.data[kLastTime])[row] = last_time;
    set(kState, state);
    FlatVector::GetData<bool>(chunk.data[kMore])[row] = more;
    chunk.SetCardinality(row + 1);
    bytes_ += key.size() + state.size();
    if (row + 1 == kBatchRows || bytes_ >= kBatchBytes) Flush();
  }
  void Flush() {
    section_.Add(batch_);
    batch_.Reset();
    bytes_ = 0;
  }

  SectionWriter section_;
  Batch batch_;
  size_t bytes_ = 0;  // in the batch
};

class PartitionReader {
 public:
  PartitionReader(const StateInput& in, OverPartitions* partitions,
                  std::span<const std::unique_ptr<OverEngine>> engines)
      : in_(in), partitions_(partitions), engines_(engines), states_(engines.size()) {}

  Status Take(Batch* batch) {
    numbers_.clear();
    for (auto& states : states_) states.clear();
    joined_.clear();
    const duckdb::DataChunk& chunk = batch->chunk();
    for (const auto& column : chunk.data) {
      if (!FlatVector::Validity(column).CheckAllValid(batch->rows())) return Malformed();
    }
    const auto text = [&](size_t column, size_t row) {
      const string_t& value = FlatVector::GetData<string_t>(chunk.data[column])[row];
      return std::string_view(value.GetData(), value.GetSize());
    };
    for (size_t row = 0; row < batch->rows(); row++) {
      const std::string_view key = text(kKey, row);
      std::string_view state = text(kState, row);
      if (more_ && key != key_) return Malformed();
      const bool cut = more_;
      more_ = FlatVector::GetData<uint8_t>(chunk.data[kMore])[row] != 0;
      if (!in_.Owns(HashKey(key))) {
        key_ = key;
        continue;
      }
      if (cut || more_) {
        if (!cut) pieces_.clear();
        key_ = key;
        pieces_.append(state);
        if (more_) continue;
        joined_.push_back(std::move(pieces_));
        pieces_ = std::string();
        state = joined_.back();
      }
      RETURN_IF_ERROR(Add(key, FlatVector::GetData<int64_t>(chunk.data[kLastTime])[row], state));
    }
    for (size_t i = 0; i < engines_.size(); i++) {
      engines_[i]->Resize(partitions_->end_number());
      RETURN_IF_ERROR(engines_[i]->Load(numbers_, states_[i]));
    }
    return Status::Ok();
  }

  Status Finish() {
    if (more_) return Malformed();
    partitions_->FinishRestore();
    return Status::Ok();
  }

 private:
  static Status Malformed() {
    return Status::Environment("the partitions of an OVER clause are not as Laminar writes them");
  }

  Status Add(std::string_view key, int64_t last_time, std::string_view state) {
    const auto number = partitions_->Restore(key, last_time);
    if (!number) return Malformed();
    ByteReader reader(state);
    for (auto& states : states_) {
      uint64_t size = 0;
      std::string_view bytes;
      if (!reader.ReadFixed(&size) || !reader.ReadBytes(size, &bytes)) return Malformed();
      states.push_back(bytes);
    }
    if (reader.left() > 0) return Malformed();
    numbers_.push_back(*number);
    return Status::Ok();
  }

  const StateInput& in_;
  OverPartitions* const partitions_;
  const std::span<const std::unique_ptr<OverEngine>> engines_;
  // Of the batch: partitions, and their states by engine. They point into the batch or into joined_.
  std::vector<uint32_t> numbers_;
  std::vector<std::vector<std::string_view>> states_;
  std::deque<std::string> joined_;
  // The partition of the last row, if there is more of it.
  bool more_ = false;
  std::string key_, pieces_;
};

}  // namespace

Status SavePartitions(const OverPartitions& partitions, std::span<const std::unique_ptr<OverEngine>> engines,
                      StateOutput* out) {
  PartitionWriter writer(out);
  const std::vector<uint32_t> all = partitions.numbers();
  std::vector<std::string> states, parts;
  for (size_t first = 0; first < all.size(); first += kPartitionsAtOnce) {
    const auto numbers = std::span(all).subspan(first, std::min(kPartitionsAtOnce, all.size() - first));
    states.assign(numbers.size(), std::string());
    for (const auto& engine : engines) {
      parts.assign(numbers.size(), std::string());
      RETURN_IF_ERROR(engine->Save(numbers, parts));
      for (size_t i = 0; i < numbers.size(); i++) {
        AppendFixed(uint64_t{parts[i].size()}, &states[i]);
        states[i].append(parts[i]);
      }
    }
    for (size_t i = 0; i < numbers.size(); i++)
      writer.Add(partitions.key(numbers[i]), partitions.last_time(numbers[i]), states[i]);
  }
  writer.Finish();
  return Status::Ok();
}

Status RestorePartitions(const StateInput& in, OverPartitions* partitions,
                         std::span<const std::unique_ptr<OverEngine>> engines) {
  PartitionReader reader(in, partitions, engines);
  RETURN_IF_ERROR(ReadSection(in, kPartitionSection, StateSchema(), [&](Batch* batch) { return reader.Take(batch); }));
  return reader.Finish();
}

}  // namespace laminar
