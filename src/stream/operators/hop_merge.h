// HopMerge: the groups of a window that hops over panes, kept while panes are added at its end and dropped at its
// beginning. Each group of a pane is merged about twice in all, however many windows the pane lies in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "duck/aggregate_set.h"
#include "state/group_table.h"
#include "state/key_codec.h"
#include "state/key_table.h"
#include "state/state_table.h"

namespace laminar {

class HopMerge {
 public:
  explicit HopMerge(AggregateSet* set);  // borrowed

  // The groups of a pane (or of rows that came late for one that was added) join the window.
  Status Add(int64_t pane_start, GroupTable pane);
  // Panes that begin before `start` leave it.
  Status DropBefore(int64_t start);
  bool empty() const { return keys_.size() == 0; }
  int64_t first_start() const;  // of the earliest pane; not empty()

  // Writes keys and results of up to `space` groups, from *position on, into rows from first_row of `out` (keys from
  // column 0, results from column `results`), and moves *position behind them. No rows: that was all. In the order of
  // the groups' numbers: a group keeps its own as long as it is in the window.
  Result<size_t> Scan(const KeyCodec& codec, uint32_t* position, size_t space, Batch* out, size_t results,
                      size_t first_row);

  // Checkpoints. Calls write(pane_start, keys, hashes, states) -> Status for up to kBatchRows groups of a pane at a
  // time: SaveFront for panes that hold their groups' merges with the panes behind them, SaveRest for the others, which
  // can be added again once the front is restored.
  using Write = std::function<Status(int64_t, std::span<const std::string_view>, std::span<const uint64_t>,
                                     std::span<std::byte* const>)>;
  Status SaveFront(const Write& write) const;
  Status SaveRest(const Write& write) const;
  // By start. Requires empty().
  void RestoreFront(std::map<int64_t, GroupTable> panes);

  size_t groups() const { return keys_.size(); }
  int64_t bytes() const;
  AggregateMemory* memory() { return scratch_.memory(); }  // for results of its states

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Ref {
    uint32_t pane = kNone;  // of front_
    uint32_t row = 0;
  };
  struct Pane {
    int64_t start;
    StateTable states;
    std::vector<uint32_t> groups;  // by row
    std::vector<Ref> next;         // by row, in front_: where the group is next
  };
  struct Group {
    Ref first;           // in front_
    uint32_t panes = 0;  // that it is in
  };

  Status Flip();
  Status AddTo(StateTable* sum, Pane* pane);
  // The groups of a pane that joins, by row: each is in one pane more.
  std::vector<uint32_t> Join(const GroupTable& pane);
  void Forget(const Pane& pane);
  // Passes over the groups that have been `written` (by number; may be null), and marks the others.
  Status SavePane(const Pane& pane, const Write& write, std::vector<bool>* written) const;
  std::byte* StatesAt(const Ref& ref) { return front_[ref.pane - front_begin_].states.at(ref.row); }

  AggregateSet* const set_;
  KeyTable keys_;
  std::vector<Group> groups_;  // by the key's number
  std::deque<Pane> front_;     // each row holds its group's merge of this pane and those behind it
  uint32_t front_begin_ = 0;   // the number of front_[0]
  std::deque<Pane> back_;      // panes behind the front, in order, as they came
  StateTable back_sum_;        // by group: the merge of back_
  std::vector<Pane> late_;     // rows that came late for panes of the front
  StateTable late_sum_;
  StateTable scratch_;
};

}  // namespace laminar
