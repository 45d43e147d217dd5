// Any aggregate of DuckDB (AggregateSet).
//
// A frame that slides is computed anew for each row (for each group of peers): its rows are kept as bytes, decoded into
// batches and fed to a state that lives as long as the answer takes. A frame with an unbounded start has one state in
// each partition, fed once with each row that it reaches.
//
// Both gather: rows to feed and states to read pile up until a batch of them is full, or a partition whose state is to
// be read would be fed further.
//
// DISTINCT: a row whose arguments were in the frame already is not fed. Values may be equal and yet not the same (0.0
// and -0.0, a month and 30 days): such a row is kept with both, the bytes that equal values share, and its own.
#include <cstring>
#include <deque>
#include <unordered_set>

#include "duckdb/common/types/data_chunk.hpp"

#include "duck/aggregate_set.h"
#include "state/state_table.h"
#include "stream/over/kept_rows.h"
#include "stream/over/make_engine.h"
#include "stream/over/value_codec.h"

namespace laminar {

namespace {

std::vector<TypeRef> ArgumentTypes(const OverFunction& function, const Schema& input) {
  std::vector<TypeRef> types;
  for (const size_t column : function.arguments) types.push_back(input[column].type);
  return types;
}

template <bool kByPeers>
class GenericEngine final : public RowEngine<GenericEngine<kByPeers>, kByPeers> {
 public:
  GenericEngine(const OverFunction& function, const Schema& input)
      : frame_(function.frame),
        arguments_(function.arguments),
        filter_(function.filter),
        distinct_(function.distinct),
        set_(function.aggregate),
        states_(&set_),
        codec_(ArgumentTypes(function, input)),
        key_codec_(ArgumentTypes(function, input)),
        rows_(frame_) {
    duckdb::vector<duckdb::LogicalType> types;
    for (const Column& column : input) types.push_back(*column.type);
    feed_.chunk().InitializeEmpty(types);
  }

  void Resize(size_t count) override {
    rows_.Resize(count);
    if (count > partitions_.size()) partitions_.resize(count);
  }

  void Begin(const OverRows& rows) {
    status_ = Status::Ok();
    codec_.Encode(rows.batch, arguments_, &values_);
    if (distinct_) key_codec_.Encode(*rows.batch, arguments_, &keys_);
    first_read_ = 0;
    segment_++;
  }

  void FeedRow(const OverRows& rows, size_t row) {
    Partition& partition = partitions_[rows.partitions[row]];
    partition.position++;
    if (frame_.never || !PassesFilter(filter_, rows, row)) return;
    rows_.Add(rows.partitions[row], At(rows, row), distinct_ ? KeyAndValue(row) : values_.key(row));
  }

  void ReadRow(const OverRows& rows, size_t row, const OverResult& result) {
    if (!status_.ok()) return;
    const uint32_t number = rows.partitions[row];
    Partition& partition = partitions_[number];
    rows_.MoveTo(number, At(rows, row));
    if (frame_.unbounded_start) {
      ReadGrowing(number, &partition, result);
    } else if (kByPeers && partition.read_segment == segment_ && partition.read_peers == rows.peers[row]) {
      reads_.push_back(partition.read_state);
    } else {
      ReadSliding(number, &partition);
      partition.read_peers = rows.peers[row];
    }
    partition.read_segment = segment_;
  }

  Status Finish(const OverRows&, const OverResult& result) {
    Flush(result);
    if (!status_.ok()) return status_;
    return states_.CompactWhenGrown();  // nothing waits to be fed or read
  }

  void Forget(uint32_t number) override {
    Partition& partition = partitions_[number];
    if (states_.Has(number)) states_.Free({&number, 1});
    bytes_ -= partition.seen_bytes;
    partition = Partition();
    if (number < partitions_.size()) rows_.Forget(number);
  }
  void Trim(uint32_t number, int64_t time) override { rows_.Trim(number, time); }
  int64_t bytes() const override {
    return bytes_ + rows_.bytes() + states_.bytes() + moment_memory_.bytes() +
           static_cast<int64_t>(partitions_.capacity() * sizeof(Partition));
  }

 private:
  struct Partition {
    int64_t position = 0;  // ROWS: rows so far
    // Unbounded frames.
    std::unordered_set<std::string> seen;  // DISTINCT
    int64_t seen_bytes = 0;
    // The state that was read last, and when.
    uint64_t read_segment = 0, read_peers = 0;
    std::byte* read_state = nullptr;
  };

  int64_t At(const OverRows& rows, size_t row) const {
    return PlaceOf(frame_, rows, row, partitions_[rows.partitions[row]].position);
  }

  // A kept row of DISTINCT: the length of its key (4 bytes), its key, its value.
  std::string_view KeyAndValue(size_t row) {
    const std::string_view key = keys_.key(row);
    const auto length = static_cast<uint32_t>(key.size());
    both_.assign(reinterpret_cast<const char*>(&length), sizeof(length));
    both_.append(key).append(values_.key(row));
    return both_;
  }
  static std::string_view KeyOf(std::string_view row) {
    uint32_t length;
    std::memcpy(&length, row.data(), sizeof(length));
    return row.substr(sizeof(length), length);
  }
  std::string_view ValueOf(std::string_view row) const {
    return distinct_ ? row.substr(sizeof(uint32_t) + KeyOf(row).size()) : row;
  }

  void ReadGrowing(uint32_t number, Partition* partition, const OverResult& result) {
    std::byte* const state = states_.Has(number) ? states_.at(number) : states_.Create(number);
    // Its state has to be read as it is before it is fed further.
    if (rows_.frame_rows(number) > 0 && partition->read_segment == segment_) Flush(result);
    while (rows_.frame_rows(number) > 0) {
      const std::string_view row = rows_.value(number, 0);
      if (!distinct_ || Remember(partition, KeyOf(row))) FeedState(ValueOf(row), state);
      rows_.DropFirst(number);
    }
    reads_.push_back(state);
  }

  bool Remember(Partition* partition, std::string_view value) {
    if (!partition->seen.emplace(value).second) return false;
    const auto bytes = static_cast<int64_t>(sizeof(std::string) + 2 * sizeof(void*) + value.size());
    partition->seen_bytes += bytes;
    bytes_ += bytes;
    return true;
  }

  void ReadSliding(uint32_t number, Partition* partition) {
    // Doubles: states want their alignment.
    moment_states_.emplace_back((set_.state_bytes() + 7) / 8);
    auto* const state = reinterpret_cast<std::byte*>(moment_states_.back().data());
    set_.Initialize(state);
    std::unordered_set<std::string_view> seen;
    for (uint32_t i = 0; i < rows_.frame_rows(number); i++) {
      const std::string_view row = rows_.value(number, i);
      if (!distinct_ || seen.insert(KeyOf(row)).second) FeedState(ValueOf(row), state);
    }
    partition->read_state = state;
    reads_.push_back(state);
  }

  void FeedState(std::string_view value, std::byte* state) {
    feed_bytes_.append(value);
    feed_ends_.push_back(feed_bytes_.size());
    feed_states_.push_back(state);
    if (feed_states_.size() == kBatchRows) FlushFeed();
  }

  void FlushFeed() {
    if (feed_states_.empty()) return;
    std::vector<std::string_view> values(feed_ends_.size());
    size_t begin = 0;
    for (size_t i = 0; i < values.size(); i++) {
      values[i] = std::string_view(feed_bytes_).substr(begin, feed_ends_[i] - begin);
      begin = feed_ends_[i];
    }
    codec_.Decode(values, &feed_, arguments_);
    feed_.chunk().SetCardinality(values.size());
    if (status_.ok())
      status_ = set_.Update(&feed_, feed_states_, frame_.unbounded_start ? states_.memory() : &moment_memory_);
    feed_bytes_.clear();
    feed_ends_.clear();
    feed_states_.clear();
  }

  // Feeds what is to be fed, writes the answers from first_read_ on.
  void Flush(const OverResult& result) {
    FlushFeed();
    if (status_.ok() && result.batch != nullptr) {
      status_ = set_.Finalize(reads_, frame_.unbounded_start ? states_.memory() : &moment_memory_, result.batch,
                              result.column, first_read_);
    }
    first_read_ += reads_.size();
    reads_.clear();
    segment_++;
    for (auto& state : moment_states_) {
      auto* const bytes = reinterpret_cast<std::byte*>(state.data());
      set_.Destroy({&bytes, 1}, &moment_memory_);
    }
    moment_states_.clear();
    if (!frame_.unbounded_start) moment_memory_.Reset();
  }

  const FrameBounds frame_;
  const std::vector<size_t> arguments_;
  const std::optional<size_t> filter_;
  const bool distinct_;
  AggregateSet set_;
  StateTable states_;  // unbounded frames: by partition
  ValueCodec codec_;
  KeyCodec key_codec_;  // DISTINCT
  EncodedKeys values_, keys_;
  std::string both_;
  KeptRows rows_;
  std::vector<Partition> partitions_;
  AggregateMemory moment_memory_;  // of states that live a moment
  int64_t bytes_ = 0;

  Status status_;
  uint64_t segment_ = 0;  // rises with each flush
  std::string feed_bytes_;
  std::vector<size_t> feed_ends_;
  std::vector<std::byte*> feed_states_;
  Batch feed_;
  std::vector<std::byte*> reads_;  // states of rows first_read_, first_read_ + 1, ...
  size_t first_read_ = 0;
  std::deque<std::vector<double>> moment_states_;
};

}  // namespace

std::unique_ptr<OverEngine> MakeGenericEngine(const OverFunction& function, const Schema& input) {
  if (function.frame.unit == Frame::Unit::kRange) return std::make_unique<GenericEngine<true>>(function, input);
  return std::make_unique<GenericEngine<false>>(function, input);
}

}  // namespace laminar
