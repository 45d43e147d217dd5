// first_value, last_value, nth_value: a row of the frame. lag: the row so many before the current one, whatever the
// frame. IGNORE NULLS: as if rows with NULL were not there. Of an unbounded frame only the rows that can be the answer
// are kept.
#include "stream/over/answers.h"
#include "stream/over/kept_rows.h"
#include "stream/over/make_engine.h"
#include "stream/over/value_codec.h"

namespace laminar {

namespace {

enum class Which { kFirst, kLast, kNth };

template <bool kByPeers>
class ValueEngine final : public RowEngine<ValueEngine<kByPeers>, kByPeers> {
 public:
  ValueEngine(const OverFunction& function, const Schema& input, Which which)
      : frame_(function.frame),
        which_(which),
        ignore_nulls_(function.ignore_nulls),
        value_(function.arguments.at(0)),
        codec_({input[value_].type}),
        rows_(frame_) {
    if (which == Which::kNth) nth_ = function.arguments.at(1);
  }

  void Resize(size_t count) override {
    rows_.Resize(count);
    if (count > positions_.size()) positions_.resize(count);
  }
  void Begin(const OverRows& rows) {
    codec_.Encode(rows.batch, {value_}, &values_);
    answers_.Clear();
  }
  void FeedRow(const OverRows& rows, size_t row) {
    const uint32_t partition = rows.partitions[row];
    const int64_t at = Here(rows, row, /*next=*/1);
    if (ignore_nulls_ && !rows.columns[value_].Valid(row)) return;
    if (frame_.never || (frame_.unbounded_start && which_ != Which::kLast && rows_.kept(partition) >= Nth(rows, row)))
      return;
    rows_.Add(partition, at, values_.key(row));
  }
  void ReadRow(const OverRows& rows, size_t row, const OverResult&) {
    const uint32_t partition = rows.partitions[row];
    rows_.MoveTo(partition, Here(rows, row, /*next=*/0));
    if (frame_.unbounded_start && which_ == Which::kLast) {
      while (rows_.frame_rows(partition) > 1) rows_.DropFirst(partition);
    }
    const uint32_t count = rows_.frame_rows(partition);
    const uint64_t nth = which_ == Which::kLast ? count : Nth(rows, row);
    answers_.Add(nth >= 1 && nth <= count ? rows_.value(partition, static_cast<uint32_t>(nth - 1)) : ValueCodec::kNull);
  }
  Status Finish(const OverRows&, const OverResult& result) {
    answers_.DecodeTo(&codec_, result);
    return Status::Ok();
  }
  void Forget(uint32_t partition) override {
    rows_.Forget(partition);
    positions_[partition] = 0;
  }
  void Trim(uint32_t partition, int64_t time) override { rows_.Trim(partition, time); }
  int64_t bytes() const override {
    return rows_.bytes() + static_cast<int64_t>(positions_.capacity() * sizeof(int64_t));
  }
  Status Save(std::span<const uint32_t> partitions, std::span<std::string> states) override {
    return SaveEach(partitions, states, [this](uint32_t number, std::string* bytes) {
      AppendFixed(positions_[number], bytes);
      rows_.Save(number, bytes);
    });
  }
  Status Load(std::span<const uint32_t> partitions, std::span<const std::string_view> states) override {
    const auto is_value = [this](std::string_view value) { return codec_.IsRow(value); };
    return LoadEach(partitions, states, [&](uint32_t number, ByteReader* state) {
      return state->ReadFixed(&positions_[number]) && rows_.Load(number, state, is_value);
    });
  }

 private:
  // Where the row stands: its number in the partition, its time, or its group of peers. next: rows to count.
  int64_t Here(const OverRows& rows, size_t row, int64_t next) {
    return PlaceOf(frame_, rows, row, positions_[rows.partitions[row]] += next);
  }
  uint64_t Nth(const OverRows& rows, size_t row) const {
    if (which_ != Which::kNth) return 1;
    const FlatColumn& column = rows.columns[nth_];
    return column.Valid(row)
               ? static_cast<uint64_t>(std::max<int64_t>(0, static_cast<const int64_t*>(column.data)[row]))
               : 0;
  }

  const FrameBounds frame_;
  const Which which_;
  const bool ignore_nulls_;
  const size_t value_;
  size_t nth_ = 0;
  ValueCodec codec_;
  EncodedKeys values_;
  Answers answers_;
  KeptRows rows_;
  std::vector<int64_t> positions_;  // ROWS: rows of the partition so far
};

class LagEngine final : public RowEngine<LagEngine, false> {
 public:
  LagEngine(const OverFunction& function, const Schema& input)
      : arguments_(function.arguments),
        ignore_nulls_(function.ignore_nulls),
        codec_({input[arguments_.at(0)].type}),
        rows_(FrameBounds(Frame{Frame::Unit::kRows, {}, {}})) {}

  void Resize(size_t count) override { rows_.Resize(count); }
  void Begin(const OverRows& rows) {
    codec_.Encode(rows.batch, {arguments_[0]}, &values_);
    if (arguments_.size() > 2) codec_.Encode(rows.batch, {arguments_[2]}, &defaults_);
    answers_.Clear();
  }
  void FeedRow(const OverRows&, size_t) {}
  void ReadRow(const OverRows& rows, size_t row, const OverResult&) {
    const uint32_t partition = rows.partitions[row];
    const uint64_t offset = Offset(rows, row);
    const uint32_t kept = rows_.kept(partition);
    if (offset == 0) {
      answers_.Add(values_.key(row));
    } else if (offset <= kept) {
      answers_.Add(rows_.kept_value(partition, static_cast<uint32_t>(kept - offset)));
    } else {
      answers_.Add(arguments_.size() > 2 ? defaults_.key(row) : ValueCodec::kNull);
    }
    if (ignore_nulls_ && !rows.columns[arguments_[0]].Valid(row)) return;
    while (rows_.kept(partition) > 0 && rows_.kept(partition) >= offset) rows_.DropFirst(partition);
    if (offset > 0) rows_.Add(partition, 0, values_.key(row));
  }
  Status Finish(const OverRows&, const OverResult& result) {
    answers_.DecodeTo(&codec_, result);
    return Status::Ok();
  }
  void Forget(uint32_t partition) override { rows_.Forget(partition); }
  void Trim(uint32_t, int64_t) override {}
  int64_t bytes() const override { return rows_.bytes(); }
  Status Save(std::span<const uint32_t> partitions, std::span<std::string> states) override {
    return SaveEach(partitions, states, [this](uint32_t number, std::string* bytes) { rows_.Save(number, bytes); });
  }
  Status Load(std::span<const uint32_t> partitions, std::span<const std::string_view> states) override {
    const auto is_value = [this](std::string_view value) { return codec_.IsRow(value); };
    return LoadEach(partitions, states,
                    [&](uint32_t number, ByteReader* state) { return rows_.Load(number, state, is_value); });
  }

 private:
  // The same for all rows: the planner takes only constants, none of them negative.
  uint64_t Offset(const OverRows& rows, size_t row) const {
    if (arguments_.size() < 2) return 1;
    const FlatColumn& column = rows.columns[arguments_[1]];
    return column.Valid(row)
               ? static_cast<uint64_t>(std::max<int64_t>(0, static_cast<const int64_t*>(column.data)[row]))
               : 0;
  }

  const std::vector<size_t> arguments_;
  const bool ignore_nulls_;
  ValueCodec codec_;
  EncodedKeys values_, defaults_;
  Answers answers_;
  KeptRows rows_;  // the last `offset`
};

std::unique_ptr<OverEngine> Make(const OverFunction& function, const Schema& input, Which which) {
  if (function.frame.unit == Frame::Unit::kRange) return std::make_unique<ValueEngine<true>>(function, input, which);
  return std::make_unique<ValueEngine<false>>(function, input, which);
}

}  // namespace

std::unique_ptr<OverEngine> MakeValueEngine(const OverFunction& function, const Schema& input) {
  if (function.name == "first_value") return Make(function, input, Which::kFirst);
  if (function.name == "last_value") return Make(function, input, Which::kLast);
  if (function.name == "nth_value") return Make(function, input, Which::kNth);
  if (function.name == "lag") return std::make_unique<LagEngine>(function, input);
  return nullptr;
}

}  // namespace laminar
