#include "stream/over/make_engine.h"

namespace laminar {

namespace {

enum class RankKind { kRowNumber, kRank, kDenseRank };

template <RankKind kKind>
class RankEngine final : public OverEngine {
 public:
  void Resize(size_t count) override {
    if (count > partitions_.size()) partitions_.resize(count);
  }
  Status Run(const OverRows& rows, const OverResult& result) override { return Read(rows, result); }
  Status Feed(const OverRows&) override { return Status::Ok(); }
  Status Read(const OverRows& rows, const OverResult& result) override {
    auto* const out = static_cast<int64_t*>(result.data);
    for (size_t i = 0; i < rows.count; i++) {
      Partition& partition = partitions_[rows.partitions[i]];
      partition.rows++;
      if constexpr (kKind != RankKind::kRowNumber) {
        if (partition.rows == 1 || partition.peers != rows.peers[i]) {
          partition.peers = rows.peers[i];
          partition.rank = kKind == RankKind::kRank ? partition.rows : partition.rank + 1;
        }
        out[i] = partition.rank;
      } else {
        out[i] = partition.rows;
      }
    }
    return Status::Ok();
  }
  void Forget(uint32_t number) override { partitions_[number] = Partition(); }
  void Trim(uint32_t, int64_t) override {}
  int64_t bytes() const override { return static_cast<int64_t>(partitions_.capacity() * sizeof(Partition)); }

  // Without the peers: there are none to come.
  Status Save(std::span<const uint32_t> partitions, std::span<std::string> states) override {
    return SaveEach(partitions, states, [this](uint32_t number, std::string* bytes) {
      AppendFixed(partitions_[number].rows, bytes);
      if (kKind != RankKind::kRowNumber) AppendFixed(partitions_[number].rank, bytes);
    });
  }
  Status Load(std::span<const uint32_t> partitions, std::span<const std::string_view> states) override {
    return LoadEach(partitions, states, [this](uint32_t number, ByteReader* state) {
      Partition& partition = partitions_[number];
      return state->ReadFixed(&partition.rows) && (kKind == RankKind::kRowNumber || state->ReadFixed(&partition.rank));
    });
  }

 private:
  struct Partition {
    int64_t rows = 0, rank = 0;
    uint64_t peers = 0;  // of its last row; 0: of none
  };
  std::vector<Partition> partitions_;
};

}  // namespace

std::unique_ptr<OverEngine> MakeRankEngine(const OverFunction& function) {
  if (function.name == "row_number") return std::make_unique<RankEngine<RankKind::kRowNumber>>();
  if (function.name == "rank") return std::make_unique<RankEngine<RankKind::kRank>>();
  if (function.name == "dense_rank") return std::make_unique<RankEngine<RankKind::kDenseRank>>();
  return nullptr;
}

}  // namespace laminar
