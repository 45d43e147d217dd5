// Any aggregate of DuckDB (AggregateSet).
//
// A frame that slides is computed anew for each row (for each group of peers): its rows are kept as bytes, decoded into
// batches and fed to a state that lives as long as the answer takes. A frame with an unbounded start has one state in
// each partition, fed once with each row that it reaches.
//
// Of an unbounded frame it also keeps what its state can be made of anew (rebuild.h).
//
// Both gather: rows to feed and states to read pile up until a batch of them is full, or a partition whose state is to
// be read would be fed further.
//
// DISTINCT: a row whose arguments were in the frame already is not fed. Values may be equal and yet not the same (0.0
// and -0.0, a month and 30 days): such a row is kept with both, the bytes that equal values share, and its own.
// arg_max: with the bytes of what it is compared by.
#include <cstring>
#include <deque>
#include <unordered_set>

#include "duckdb/common/types/data_chunk.hpp"

#include "duck/aggregate_set.h"
#include "duck/sort_key.h"
#include "state/state_table.h"
#include "stream/over/fed_rows.h"
#include "stream/over/kept_rows.h"
#include "stream/over/make_engine.h"
#include "stream/over/rebuild.h"
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
        ignores_repeats_(IgnoresRepeats(function)),
        distinct_(function.distinct && !ignores_repeats_),
        rebuild_(RebuildOf(function, input)),
        compared_(frame_.unbounded_start && !distinct_ && rebuild_ == Rebuild::kBest),
        largest_(function.name.find("max") != std::string::npos),
        set_(function.aggregate),
        states_(&set_),
        codec_(ArgumentTypes(function, input)),
        key_codec_(ArgumentTypes(function, input)),
        rows_(frame_),
        result_(Schema{{"", function.type}}) {
    duckdb::vector<duckdb::LogicalType> types;
    for (const Column& column : input) types.push_back(*column.type);
    feed_.chunk().InitializeEmpty(types);
  }

  void Resize(size_t count) override {
    rows_.Resize(count);
    fed_.Resize(count);
    if (count > partitions_.size()) partitions_.resize(count);
  }

  void Begin(const OverRows& rows) {
    status_ = Status::Ok();
    codec_.Encode(rows.batch, arguments_, &values_);
    if (compared_) status_ = MakeSortKeys(rows.batch, {{arguments_[1]}}, &sort_keys_);
    if (distinct_) key_codec_.Encode(*rows.batch, arguments_, &keys_);
    first_read_ = 0;
    segment_++;
  }

  void FeedRow(const OverRows& rows, size_t row) {
    Partition& partition = partitions_[rows.partitions[row]];
    partition.position++;
    if (frame_.never || !PassesFilter(filter_, rows, row) || !status_.ok()) return;
    if (compared_ && (!rows.columns[arguments_[0]].Valid(row) || !rows.columns[arguments_[1]].Valid(row))) return;
    rows_.Add(rows.partitions[row], At(rows, row), keyed() ? KeyAndValue(row) : values_.key(row));
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
    fed_.Forget(number);
    partition = Partition();
    if (number < partitions_.size()) rows_.Forget(number);
  }
  void Trim(uint32_t number, int64_t time) override { rows_.Trim(number, time); }
  int64_t bytes() const override {
    return fed_.bytes() + rows_.bytes() + states_.bytes() + moment_memory_.bytes() +
           static_cast<int64_t>(partitions_.capacity() * sizeof(Partition));
  }

  Status Save(std::span<const uint32_t> partitions, std::span<std::string> states) override {
    for (size_t i = 0; i < partitions.size(); i++) {
      AppendFixed(partitions_[partitions[i]].position, &states[i]);
      rows_.Save(partitions[i], &states[i]);
      if (frame_.unbounded_start && !saves_result()) fed_.Save(partitions[i], &states[i]);
    }
    return saves_result() ? SaveResults(partitions, states) : Status::Ok();
  }

  Status Load(std::span<const uint32_t> partitions, std::span<const std::string_view> states) override {
    status_ = Status::Ok();
    RETURN_IF_ERROR(LoadEach(partitions, states, [this](uint32_t number, ByteReader* state) {
      const auto is_value = [this](std::string_view value) { return codec_.IsRow(value); };
      const auto is_row = [&](std::string_view row) { return keyed() ? IsKeyAndValue(row) : is_value(row); };
      if (!state->ReadFixed(&partitions_[number].position) || !rows_.Load(number, state, is_row)) return false;
      if (!frame_.unbounded_start) return true;
      if (saves_result()) return LoadResult(number, state);
      return fed_.Load(number, counts(), state, is_value) && FeedAgain(number);
    }));
    FlushFeed();
    if (!status_.ok()) return status_;
    return states_.CompactWhenGrown();
  }

 private:
  struct Partition {
    int64_t position = 0;  // ROWS: rows so far
    bool fed = false;      // unbounded frames: its state has been fed
    // The state that was read last, and when.
    uint64_t read_segment = 0, read_peers = 0;
    std::byte* read_state = nullptr;
  };

  int64_t At(const OverRows& rows, size_t row) const {
    return PlaceOf(frame_, rows, row, partitions_[rows.partitions[row]].position);
  }

  // Whether kept rows have a key.
  bool keyed() const { return distinct_ || compared_; }
  // Unbounded frames: how fed_ is filled, if it is.
  bool counts() const { return distinct_ || rebuild_ == Rebuild::kCounts; }
  bool saves_result() const { return frame_.unbounded_start && !distinct_ && rebuild_ == Rebuild::kResult; }

  // A kept row with a key: the length of its key (4 bytes), its key, its value.
  std::string_view KeyAndValue(size_t row) {
    const std::string_view key = distinct_ ? keys_.key(row) : std::string_view(sort_keys_[row]);
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
    return keyed() ? row.substr(sizeof(uint32_t) + KeyOf(row).size()) : row;
  }
  bool IsKeyAndValue(std::string_view row) const {
    ByteReader bytes(row);
    std::string_view key, value;
    return bytes.ReadText(&key) && bytes.ReadBytes(bytes.left(), &value) && codec_.IsRow(value);
  }

  void ReadGrowing(uint32_t number, Partition* partition, const OverResult& result) {
    std::byte* const state = states_.Has(number) ? states_.at(number) : states_.Create(number);
    // Its state has to be read as it is before it is fed further.
    if (rows_.frame_rows(number) > 0 && partition->read_segment == segment_) Flush(result);
    while (rows_.frame_rows(number) > 0) {
      const std::string_view row = rows_.value(number, 0);
      if (Remember(number, row)) FeedState(ValueOf(row), state);
      partition->fed = true;
      rows_.DropFirst(number);
    }
    reads_.push_back(state);
  }

  // Keeps what its state can be made of anew. False: the row is not to be fed.
  bool Remember(uint32_t number, std::string_view row) {
    if (distinct_) return fed_.Count(number, KeyOf(row), ValueOf(row));
    switch (rebuild_) {
      case Rebuild::kResult:
        return true;
      case Rebuild::kBest:
        return fed_.TakeBetter(number, KeyOf(row), ValueOf(row), largest_);
      case Rebuild::kCounts:
        return fed_.Count(number, row, row) || !ignores_repeats_;
      case Rebuild::kRows:
        fed_.Append(number, row);
        return true;
    }
    CHECK(false);
    return true;
  }

  // False: more rows are said to have been fed than there were.
  bool FeedAgain(uint32_t number) {
    const bool once = distinct_ || ignores_repeats_;
    auto left = static_cast<uint64_t>(partitions_[number].position);
    bool enough = true;
    fed_.ForEach(number, [&](std::string_view value, uint64_t times) {
      enough = enough && times <= left;
      if (!enough) return;
      left -= times;
      std::byte* const state = states_.Has(number) ? states_.at(number) : states_.Create(number);
      partitions_[number].fed = true;
      for (uint64_t i = 0; i < (once ? 1 : times); i++) FeedState(value, state);
    });
    return enough;
  }

  // Whether it was fed, and then its answer, which is of its argument's type.
  Status SaveResults(std::span<const uint32_t> partitions, std::span<std::string> states) {
    CHECK(partitions.size() <= kBatchRows);
    std::vector<std::byte*> fed;
    for (const uint32_t number : partitions) {
      if (partitions_[number].fed) fed.push_back(states_.at(number));
    }
    result_.Reset();
    RETURN_IF_ERROR(set_.Finalize(fed, states_.memory(), &result_, 0));
    result_.chunk().SetCardinality(fed.size());
    codec_.Encode(&result_, {0}, &values_);
    size_t next = 0;
    for (size_t i = 0; i < partitions.size(); i++) {
      const bool was_fed = partitions_[partitions[i]].fed;
      AppendFixed(uint8_t{was_fed}, &states[i]);
      if (was_fed) AppendText(values_.key(next++), &states[i]);
    }
    return Status::Ok();
  }

  bool LoadResult(uint32_t number, ByteReader* state) {
    uint8_t was_fed = 0;
    std::string_view value;
    if (!state->ReadFixed(&was_fed)) return false;
    if (was_fed == 0) return true;
    if (!state->ReadText(&value) || !codec_.IsRow(value)) return false;
    FeedState(value, states_.Create(number));
    partitions_[number].fed = true;
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
  const bool ignores_repeats_;  // of what was fed
  const bool distinct_;
  const Rebuild rebuild_;
  const bool compared_, largest_;  // Rebuild::kBest
  AggregateSet set_;
  StateTable states_;  // unbounded frames: by partition
  ValueCodec codec_;
  KeyCodec key_codec_;  // DISTINCT
  EncodedKeys values_, keys_;
  std::vector<std::string> sort_keys_;
  std::string both_;
  KeptRows rows_;
  FedRows fed_;  // unbounded frames
  std::vector<Partition> partitions_;
  AggregateMemory moment_memory_;  // of states that live a moment
  Batch result_;

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
