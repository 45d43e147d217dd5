// Two stacks (a queue with an aggregate made of two stacks; Tangwongsan, Hirzel, Schneider: "Low-latency sliding-window
// aggregation in worst-case constant time", DEBS 2017, section 2), kept for all groups at once and sparsely:
//
//   panes   p1     p2     p3   |   p4     p5
//           front: merges of   |   back: the panes as they came, and per group
//           pi .. p3           |   the merge of all of them
//
// The window's result of a group is front merge + back merge. A pane of the front has rows only for the groups that
// have rows in it; each row points to the group's next one, so that dropping p1 makes that the group's front merge.
// When the front is used up, the back becomes the front: from the last pane to the first each row is merged with the
// group's merge so far. So a group of a pane is merged once into the back and once at the flip, and memory is what the
// panes need.
//
// Rows that come late for a pane of the front cannot be put into its merges. They are few: kept apart, and added up
// anew whenever one of their panes leaves.
#include "stream/operators/hop_merge.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"

namespace laminar {

HopMerge::HopMerge(AggregateSet* set) : set_(set), back_sum_(set), late_sum_(set), scratch_(set) {}

Status HopMerge::AddTo(StateTable* sum, Pane* pane) {
  std::vector<std::byte*> from(pane->groups.size()), into(from.size());
  for (uint32_t row = 0; row < from.size(); row++) {
    const uint32_t group = pane->groups[row];
    from[row] = pane->states.at(row);
    into[row] = sum->Has(group) ? sum->at(group) : sum->Create(group);
  }
  return set_->Combine(from, into, sum->memory());
}

std::vector<uint32_t> HopMerge::Join(const GroupTable& table) {
  std::vector<uint32_t> groups(table.groups());
  for (uint32_t i = 0; i < groups.size(); i++) {
    bool created = false;
    groups[i] = keys_.FindOrAdd(table.key(i), table.hash(i), &created);
    if (groups[i] >= groups_.size()) groups_.resize(groups[i] + 1);
    groups_[groups[i]].panes++;
  }
  return groups;
}

Status HopMerge::Add(int64_t pane_start, GroupTable table) {
  std::vector<uint32_t> groups = Join(table);
  Pane pane{pane_start, std::move(table).TakeStates(), std::move(groups), {}};
  if (!front_.empty() && pane_start <= front_.back().start) {
    late_.push_back(std::move(pane));
    return AddTo(&late_sum_, &late_.back());
  }
  RETURN_IF_ERROR(AddTo(&back_sum_, &pane));
  const auto after = [](int64_t start, const Pane& other) { return start < other.start; };
  back_.insert(std::upper_bound(back_.begin(), back_.end(), pane_start, after), std::move(pane));
  return Status::Ok();
}

void HopMerge::Forget(const Pane& pane) {
  for (const uint32_t group : pane.groups) {
    if (--groups_[group].panes == 0) {
      groups_[group] = Group();
      keys_.Erase(group);
    }
  }
  if (keys_.end_number() < groups_.size() / 4) {
    groups_.resize(keys_.end_number());
    groups_.shrink_to_fit();
  }
}

Status HopMerge::DropBefore(int64_t start) {
  const auto leaves = [&](const Pane& pane) { return pane.start < start; };
  if (std::any_of(late_.begin(), late_.end(), leaves)) {
    late_sum_.Clear();
    for (Pane& pane : late_) {
      if (leaves(pane)) {
        Forget(pane);
      } else {
        RETURN_IF_ERROR(AddTo(&late_sum_, &pane));
      }
    }
    std::erase_if(late_, leaves);
  }
  while (!front_.empty() && leaves(front_.front())) {
    const Pane pane = std::move(front_.front());
    front_.pop_front();
    front_begin_++;
    for (size_t row = 0; row < pane.groups.size(); row++) groups_[pane.groups[row]].first = pane.next[row];
    Forget(pane);
  }
  if (back_.empty() || !leaves(back_.front())) return Status::Ok();
  // The front is empty: its panes began before those of the back.
  back_sum_.Clear();
  while (!back_.empty() && leaves(back_.front())) {
    Forget(back_.front());
    back_.pop_front();
  }
  return Flip();
}

Status HopMerge::Flip() {
  front_.swap(back_);
  front_begin_ = 0;
  std::vector<std::byte*> from, into;
  for (auto number = static_cast<uint32_t>(front_.size()); number-- > 0;) {
    Pane& pane = front_[number];
    pane.next.resize(pane.groups.size());
    from.clear();
    into.clear();
    for (uint32_t row = 0; row < pane.groups.size(); row++) {
      Ref& first = groups_[pane.groups[row]].first;
      if (first.pane != kNone) {
        from.push_back(StatesAt(first));
        into.push_back(pane.states.at(row));
      }
      pane.next[row] = std::exchange(first, {number, row});
    }
    RETURN_IF_ERROR(set_->Combine(from, into, pane.states.memory()));
  }
  return Status::Ok();
}

Status HopMerge::SavePane(const Pane& pane, const Write& write, std::vector<bool>* written) const {
  std::vector<std::string_view> keys;
  std::vector<uint64_t> hashes;
  std::vector<std::byte*> states;
  for (uint32_t row = 0; row < pane.groups.size(); row++) {
    const uint32_t group = pane.groups[row];
    if (written) {
      if ((*written)[group]) continue;
      (*written)[group] = true;
    }
    keys.push_back(keys_.key(group));
    hashes.push_back(keys_.hash(group));
    states.push_back(pane.states.at(row));
    if (keys.size() < kBatchRows) continue;
    RETURN_IF_ERROR(write(pane.start, keys, hashes, states));
    keys.clear();
    hashes.clear();
    states.clear();
  }
  return keys.empty() ? Status::Ok() : write(pane.start, keys, hashes, states);
}

// Of the rows of a group in panes that begin at the same time, the first holds the merge of them all.
Status HopMerge::SaveFront(const Write& write) const {
  std::vector<bool> written(groups_.size());
  for (size_t i = 0; i < front_.size(); i++) {
    if (i > 0 && front_[i].start != front_[i - 1].start) written.assign(groups_.size(), false);
    RETURN_IF_ERROR(SavePane(front_[i], write, &written));
  }
  return Status::Ok();
}

Status HopMerge::SaveRest(const Write& write) const {
  for (const Pane& pane : back_) RETURN_IF_ERROR(SavePane(pane, write, nullptr));
  for (const Pane& pane : late_) RETURN_IF_ERROR(SavePane(pane, write, nullptr));
  return Status::Ok();
}

void HopMerge::RestoreFront(std::map<int64_t, GroupTable> panes) {
  CHECK(empty());
  for (auto& [start, table] : panes) {
    std::vector<uint32_t> groups = Join(table);
    front_.push_back({start, std::move(table).TakeStates(), std::move(groups), {}});
  }
  for (auto number = static_cast<uint32_t>(front_.size()); number-- > 0;) {
    Pane& pane = front_[number];
    pane.next.resize(pane.groups.size());
    for (uint32_t row = 0; row < pane.groups.size(); row++)
      pane.next[row] = std::exchange(groups_[pane.groups[row]].first, {number, row});
  }
}

int64_t HopMerge::first_start() const {
  int64_t first = std::numeric_limits<int64_t>::max();
  if (!front_.empty()) first = front_.front().start;
  if (!back_.empty()) first = std::min(first, back_.front().start);
  for (const Pane& pane : late_) first = std::min(first, pane.start);
  return first;
}

Result<size_t> HopMerge::Scan(const KeyCodec& codec, uint32_t* position, size_t space, Batch* out, size_t results,
                              size_t first_row) {
  std::vector<std::string_view> keys;
  std::vector<std::byte*> states;
  std::vector<uint32_t> merged;        // rows of scratch_
  std::vector<std::byte*> from, into;  // what is merged into them
  for (; *position < keys_.end_number() && keys.size() < space; ++*position) {
    const uint32_t group = *position;
    if (groups_[group].panes == 0) continue;
    keys.push_back(keys_.key(group));
    std::byte* const front = groups_[group].first.pane != kNone ? StatesAt(groups_[group].first) : nullptr;
    std::byte* const back = back_sum_.Has(group) ? back_sum_.at(group) : nullptr;
    std::byte* const late = late_sum_.Has(group) ? late_sum_.at(group) : nullptr;
    if ((front != nullptr) + (back != nullptr) + (late != nullptr) == 1) {
      states.push_back(front ? front : back ? back : late);
      continue;
    }
    merged.push_back(static_cast<uint32_t>(merged.size()));
    states.push_back(scratch_.Create(merged.back()));
    for (std::byte* part : {front, back, late}) {
      if (!part) continue;
      from.push_back(part);
      into.push_back(states.back());
    }
  }
  Status status = set_->Combine(from, into, scratch_.memory());
  if (status.ok()) status = set_->Finalize(states, scratch_.memory(), out, results, first_row);
  scratch_.Free(merged);
  scratch_.memory()->Reset();
  RETURN_IF_ERROR(std::move(status));
  codec.Decode(keys, out, 0, first_row);
  return keys.size();
}

int64_t HopMerge::bytes() const {
  int64_t bytes = keys_.bytes() + back_sum_.bytes() + late_sum_.bytes() + scratch_.bytes() +
                  static_cast<int64_t>(groups_.capacity() * sizeof(Group));
  const auto add = [&](const auto& panes) {
    for (const Pane& pane : panes) {
      bytes += static_cast<int64_t>(sizeof(Pane) + pane.groups.capacity() * sizeof(uint32_t) +
                                    pane.next.capacity() * sizeof(Ref)) +
               pane.states.bytes();
    }
  };
  add(front_);
  add(back_);
  add(late_);
  return bytes;
}

}  // namespace laminar
