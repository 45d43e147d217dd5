// count(DISTINCT x) over sliding frames: how often each value is in the frame. The answer is how many values there are.
#include <string>
#include <unordered_map>

#include "state/key_codec.h"
#include "stream/over/make_engine.h"
#include "stream/over/sliding_rows.h"

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
      : rows_(function), codec_({input[rows_.argument()].type}) {}

  void Resize(size_t count) override {
    rows_.Resize(count);
    if (count > counts_.size()) counts_.resize(count);
  }
  void Begin(const OverRows& rows) { codec_.Encode(*rows.batch, {rows_.argument()}, &values_); }
  void FeedRow(const OverRows& rows, size_t row) { rows_.Feed(rows, row, values_.key(row)); }
  void ReadRow(const OverRows& rows, size_t row, const OverResult& result) {
    Counts& counts = counts_[rows.partitions[row]];
    rows_.MoveTo(
        rows, row, [&](std::string_view value) { Enter(&counts, value); },
        [&](std::string_view value) { Leave(&counts, value); });
    static_cast<int64_t*>(result.data)[row] = static_cast<int64_t>(counts.size());
  }
  Status Finish(const OverRows&, const OverResult&) { return Status::Ok(); }

  void Forget(uint32_t number) override {
    for (const auto& [value, count] : counts_[number]) bytes_ -= BytesOf(value);
    counts_[number] = Counts();
    rows_.Forget(number);
  }
  void Trim(uint32_t number, int64_t time) override {
    rows_.Trim(number, time, [&](std::string_view value) { Leave(&counts_[number], value); });
  }
  int64_t bytes() const override {
    return bytes_ + rows_.bytes() + static_cast<int64_t>(counts_.capacity() * sizeof(Counts));
  }
  Status Save(std::span<const uint32_t> partitions, std::span<std::string> states) override {
    return SaveEach(partitions, states, [this](uint32_t number, std::string* bytes) { rows_.Save(number, bytes); });
  }
  Status Load(std::span<const uint32_t> partitions, std::span<const std::string_view> states) override {
    const auto is_value = [](std::string_view) { return true; };  // its bytes are only compared
    return LoadEach(partitions, states,
                    [&](uint32_t number, ByteReader* state) { return rows_.Load(number, state, is_value); });
  }

 private:
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

  SlidingRows rows_;
  KeyCodec codec_;  // equal values have equal bytes
  EncodedKeys values_;
  std::vector<Counts> counts_;  // by partition
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
