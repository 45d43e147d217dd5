// min and max of texts and blobs over sliding frames: the queue of candidates of extreme_engine.cc, holding places in
// the frame instead of values.
#include "duckdb/common/types.hpp"

#include "stream/over/answers.h"
#include "stream/over/make_engine.h"
#include "stream/over/sliding_rows.h"
#include "stream/over/value_codec.h"

namespace laminar {

namespace {

template <bool kByPeers>
class TextExtremeEngine final : public RowEngine<TextExtremeEngine<kByPeers>, kByPeers> {
 public:
  TextExtremeEngine(const OverFunction& function, const Schema& input)
      : max_(function.name == "max"), rows_(function), codec_({input[rows_.argument()].type}) {}

  void Resize(size_t count) override {
    rows_.Resize(count);
    if (count > partitions_.size()) partitions_.resize(count);
  }
  void Begin(const OverRows& rows) {
    codec_.Encode(rows.batch, {rows_.argument()}, &values_);
    answers_.Clear();
  }
  void FeedRow(const OverRows& rows, size_t row) { rows_.Feed(rows, row, values_.key(row)); }
  void ReadRow(const OverRows& rows, size_t row, const OverResult&) {
    const uint32_t number = rows.partitions[row];
    Partition& partition = partitions_[number];
    rows_.MoveTo(
        rows, row, [&](std::string_view value) { Enter(number, value); }, [&](std::string_view) { Leave(&partition); });
    const Ring<uint32_t>& candidates = partition.candidates;
    answers_.Add(candidates.empty() ? ValueCodec::kNull : Value(number, candidates.front()));
  }
  Status Finish(const OverRows&, const OverResult& result) {
    answers_.DecodeTo(&codec_, result);
    return Status::Ok();
  }

  void Forget(uint32_t number) override {
    partitions_[number].candidates.Clear(&bytes_);
    partitions_[number] = Partition();
    rows_.Forget(number);
  }
  void Trim(uint32_t number, int64_t time) override {
    rows_.Trim(number, time, [&](std::string_view) { Leave(&partitions_[number]); });
  }
  int64_t bytes() const override {
    return bytes_ + rows_.bytes() + static_cast<int64_t>(partitions_.capacity() * sizeof(Partition));
  }
  Status Save(std::span<const uint32_t> partitions, std::span<std::string> states) override {
    return SaveEach(partitions, states, [this](uint32_t number, std::string* bytes) { rows_.Save(number, bytes); });
  }
  Status Load(std::span<const uint32_t> partitions, std::span<const std::string_view> states) override {
    const auto is_value = [this](std::string_view value) { return value != ValueCodec::kNull && codec_.IsRow(value); };
    return LoadEach(partitions, states,
                    [&](uint32_t number, ByteReader* state) { return rows_.Load(number, state, is_value); });
  }

 private:
  struct Partition {
    Ring<uint32_t> candidates;       // numbers of rows, as they entered
    uint32_t entered = 0, left = 0;  // rows so far, modulo 2^32; the frame holds those between
  };
  std::string_view Value(uint32_t number, uint32_t entered) const {
    return rows_.value(number, entered - partitions_[number].left);
  }
  void Enter(uint32_t number, std::string_view value) {
    Partition& partition = partitions_[number];
    Ring<uint32_t>& candidates = partition.candidates;
    while (!candidates.empty() && Beats(value, Value(number, candidates.back()))) candidates.PopBack();
    candidates.PushBack(partition.entered++, UINT32_MAX, &bytes_);
  }
  void Leave(Partition* partition) {
    if (partition->candidates.front() == partition->left) partition->candidates.PopFront(&bytes_);
    partition->left++;
  }
  bool Beats(std::string_view a, std::string_view b) const {
    return max_ ? KeyCodec::TextOf(b) < KeyCodec::TextOf(a) : KeyCodec::TextOf(a) < KeyCodec::TextOf(b);
  }

  const bool max_;
  SlidingRows rows_;
  ValueCodec codec_;
  EncodedKeys values_;
  Answers answers_;
  std::vector<Partition> partitions_;
  int64_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<OverEngine> MakeTextExtremeEngine(const OverFunction& function, const Schema& input) {
  if ((function.name != "min" && function.name != "max") || function.arguments.size() != 1) return nullptr;
  const duckdb::LogicalType& type = *input[function.arguments[0]].type;
  const bool bytes = type.id() == duckdb::LogicalTypeId::VARCHAR || type.id() == duckdb::LogicalTypeId::BLOB;
  // What never leaves needs no queue, and what steps back finds none.
  const FrameBounds frame(function.frame);
  if (!bytes || type != *function.type || frame.unbounded_start || frame.calendar || frame.never) return nullptr;
  if (frame.range) return std::make_unique<TextExtremeEngine<true>>(function, input);
  return std::make_unique<TextExtremeEngine<false>>(function, input);
}

}  // namespace laminar
