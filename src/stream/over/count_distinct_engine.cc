// count(DISTINCT x) over sliding frames: how often each value is in the frame. The answer is how many values there are.
#include <string>
#include <unordered_map>

#include "state/key_codec.h"
#include "stream/over/kept_rows.h"
#include "stream/over/make_engine.h"

namespace laminar {

namespace {

struct HashText {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
using Counts = std::unordered_map<std::string, uint32_t, HashText, std::equal_to<>>;

// What an entry takes beside the bytes of a long value.
constexpr int64_t kEntryBytes = sizeof(Counts::value_type) + 4 * sizeof(void*);

template <bool kByPeers>
class CountDistinctEngine final : public RowEngine<CountDistinctEngine<kByPeers>, kByPeers> {
 public:
  CountDistinctEngine(const OverFunction& function, const Schema& input)
      : inputs_(function), codec_({input[inputs_.argument].type}), rows_(inputs_.frame) {}

  void Resize(size_t count) override {
    rows_.Resize(count);
    if (count > partitions_.size()) partitions_.resize(count);
  }
  void Begin(const OverRows& rows) { codec_.Encode(*rows.batch, {inputs_.argument}, &values_); }
  void FeedRow(const OverRows& rows, size_t row) {
    const uint32_t number = rows.partitions[row];
    partitions_[number].position++;
    if (inputs_.Counts(rows, row)) rows_.Add(number, At(rows, row), values_.key(row));
  }
  void ReadRow(const OverRows& rows, size_t row, const OverResult& result) {
    const uint32_t number = rows.partitions[row];
    Counts& counts = partitions_[number].counts;
    rows_.MoveTo(
        number, At(rows, row), [&](std::string_view value) { Enter(&counts, value); },
        [&](std::string_view value) { Leave(&counts, value); });
    static_cast<int64_t*>(result.data)[row] = static_cast<int64_t>(counts.size());
  }
  Status Finish(const OverRows&, const OverResult&) { return Status::Ok(); }

  void Forget(uint32_t number) override {
    for (const auto& [value, count] : partitions_[number].counts) bytes_ -= BytesOf(value);
    partitions_[number] = Partition();
    rows_.Forget(number);
  }
  void Trim(uint32_t number, int64_t time) override {
    rows_.Trim(number, time, [&](std::string_view value) { Leave(&partitions_[number].counts, value); });
  }
  int64_t bytes() const override {
    return bytes_ + rows_.bytes() + static_cast<int64_t>(partitions_.capacity() * sizeof(Partition));
  }

 private:
  struct Partition {
    Counts counts;
    int64_t position = 0;  // ROWS: rows of the partition so far
  };
  static int64_t BytesOf(std::string_view value) { return kEntryBytes + static_cast<int64_t>(value.size()); }
  void Enter(Counts* counts, std::string_view value) {
    const auto found = counts->find(value);
    if (found != counts->end()) {
      found->second++;
    } else {
      counts->emplace(value, 1);
      bytes_ += BytesOf(value);
    }
  }
  void Leave(Counts* counts, std::string_view value) {
    const auto found = counts->find(value);
    if (--found->second > 0) return;
    bytes_ -= BytesOf(value);
    counts->erase(found);
  }
  int64_t At(const OverRows& rows, size_t row) const {
    return inputs_.At(rows, row, partitions_[rows.partitions[row]].position);
  }

  const RowInputs inputs_;
  KeyCodec codec_;  // equal values have equal bytes
  EncodedKeys values_;
  KeptRows rows_;
  std::vector<Partition> partitions_;
  int64_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<OverEngine> MakeCountDistinctEngine(const OverFunction& function, const Schema& input) {
  const FrameBounds frame(function.frame);
  if (function.name != "count" || !function.distinct || function.arguments.size() != 1) return nullptr;
  if (frame.unbounded_start || frame.never) return nullptr;  // what never leaves needs no counts
  if (frame.range) return std::make_unique<CountDistinctEngine<true>>(function, input);
  return std::make_unique<CountDistinctEngine<false>>(function, input);
}

}  // namespace laminar
