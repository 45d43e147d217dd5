// Rows lie in a RowStore. What is sorted are entries of 24 bytes: the time, the order column, and the place in the
// store, which rises from row to row.
//
// The entries lie in sorted runs, each at least twice as long as the next: a run is merged with the one before it when
// it has come near its length, so an entry is moved O(log n) times. New entries that follow the last run's end, as they
// do in a stream in order, are appended to it. Released are the beginnings of the runs.
//
// Rows of equal time are told apart by further columns only when they are released, and only where there are any: then
// their sort keys are made (sort_key.h).
#include "stream/over/row_buffer.h"

#include <algorithm>
#include <span>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"
#include "base/event_time.h"
#include "state/key_codec.h"
#include "stream/over/row_store.h"

namespace laminar {

namespace {

constexpr const char* kRowSection = "rows";

struct Entry {
  int64_t time;
  uint64_t order;
  uint64_t place;
  bool operator<(const Entry& other) const {
    if (time != other.time) return time < other.time;
    return order != other.order ? order < other.order : place < other.place;
  }
};

struct Run {
  std::vector<Entry> entries;
  size_t head = 0;
  size_t size() const { return entries.size() - head; }
  auto begin() { return entries.begin() + static_cast<ptrdiff_t>(head); }
};

}  // namespace

struct RowBuffer::Rep {
  explicit Rep(const Schema& schema) : schema(schema), store(schema) {}

  const Schema schema;
  size_t time_column = 0;
  std::vector<SortColumn> then_by, ties;  // ties: what else tells rows of equal time apart, without an order column
  std::optional<size_t> order_column;
  RowStore store;
  std::vector<uint64_t> places;

  std::vector<Run> runs;
  std::vector<Entry> fresh;
  // Released, from `head` on.
  std::vector<Entry> ready;
  std::vector<int64_t> ready_times;
  std::vector<uint64_t> ready_peers;
  size_t head = 0;
  uint64_t last_peers = 0;

  // Puts `fresh` among the runs.
  void AddFresh() {
    if (fresh.empty()) return;
    if (!std::is_sorted(fresh.begin(), fresh.end())) std::sort(fresh.begin(), fresh.end());
    if (!runs.empty() && (runs.back().size() == 0 || runs.back().entries.back() < fresh.front())) {
      runs.back().entries.insert(runs.back().entries.end(), fresh.begin(), fresh.end());
    } else {
      runs.push_back({fresh, 0});
    }
    fresh.clear();
    while (runs.size() >= 2 && runs[runs.size() - 2].size() < 2 * runs.back().size()) {
      Run& a = runs[runs.size() - 2];
      Run& b = runs.back();
      std::vector<Entry> merged(a.size() + b.size());
      std::merge(a.begin(), a.entries.end(), b.begin(), b.entries.end(), merged.begin());
      a = {std::move(merged), 0};
      runs.pop_back();
    }
  }

  // Takes the entries below `limit` out of the runs, in order.
  void TakeBelow(int64_t limit, std::vector<Entry>* out) {
    const auto below = [limit](const Entry& entry, int64_t) { return limit == kEndOfTime || entry.time < limit; };
    for (Run& run : runs) {
      const auto end = std::lower_bound(run.begin(), run.entries.end(), limit, below);
      const auto middle = static_cast<ptrdiff_t>(out->size());
      out->insert(out->end(), run.begin(), end);
      run.head = static_cast<size_t>(end - run.entries.begin());
      if (middle > 0) std::inplace_merge(out->begin(), out->begin() + middle, out->end());
      if (run.head > run.entries.size() / 2) {
        run.entries.erase(run.entries.begin(), run.begin());
        run.head = 0;
      }
    }
    std::erase_if(runs, [](const Run& run) { return run.size() == 0; });
  }

  void GatherEntries(std::span<const Entry> entries, Batch* out) {
    out->Reset();
    places.resize(entries.size());
    for (size_t i = 0; i < entries.size(); i++) places[i] = entries[i].place;
    store.Gather(places, out, 0);
    out->chunk().SetCardinality(entries.size());
  }

  // Orders the rows of equal time in ready[first ...] and numbers the peers.
  Status OrderTies(size_t first) {
    const bool keyed = !then_by.empty() || !order_column;
    for (size_t i = first; i < ready.size();) {
      size_t end = i + 1;
      while (end < ready.size() && ready[end].time == ready[i].time) end++;
      const size_t count = end - i;
      last_peers++;
      if (count == 1 || !keyed) {
        ready_peers.insert(ready_peers.end(), count, last_peers);
      } else {
        RETURN_IF_ERROR(OrderByKeys(std::span(ready).subspan(i, count)));
      }
      i = end;
    }
    return Status::Ok();
  }

  Status OrderByKeys(std::span<Entry> entries) {
    struct Keyed {
      std::string then_by, ties;
      Entry entry;
    };
    std::vector<Keyed> rows(entries.size());
    Batch batch(schema);
    std::vector<std::string> keys, tie_keys;
    for (size_t i = 0; i < entries.size(); i += kBatchRows) {
      const auto part = entries.subspan(i, std::min(kBatchRows, entries.size() - i));
      GatherEntries(part, &batch);
      RETURN_IF_ERROR(MakeSortKeys(&batch, then_by, &keys));
      RETURN_IF_ERROR(MakeSortKeys(&batch, ties, &tie_keys));
      for (size_t k = 0; k < part.size(); k++) rows[i + k] = {std::move(keys[k]), std::move(tie_keys[k]), part[k]};
    }
    std::sort(rows.begin(), rows.end(), [](const Keyed& a, const Keyed& b) {
      if (const int order = a.then_by.compare(b.then_by)) return order < 0;
      if (const int order = a.ties.compare(b.ties)) return order < 0;
      return a.entry < b.entry;
    });
    for (size_t i = 0; i < rows.size(); i++) {
      if (i > 0 && rows[i].then_by != rows[i - 1].then_by) last_peers++;
      ready_peers.push_back(last_peers);
      entries[i] = rows[i].entry;
    }
    return Status::Ok();
  }
};

RowBuffer::RowBuffer(const Schema& schema, size_t time_column, std::vector<SortColumn> then_by,
                     std::optional<size_t> order_column)
    : rep_(std::make_unique<Rep>(schema)) {
  rep_->time_column = time_column;
  rep_->then_by = std::move(then_by);
  rep_->order_column = order_column;
  for (size_t c = 0; c < schema.size(); c++) {
    if (!order_column && c != time_column) rep_->ties.push_back({c, false, false});
  }
}

RowBuffer::~RowBuffer() = default;

size_t RowBuffer::Add(Batch* batch, int64_t closed) {
  Rep& rep = *rep_;
  const size_t count = batch->rows();
  duckdb::UnifiedVectorFormat times, orders;
  batch->chunk().data[rep.time_column].ToUnifiedFormat(count, times);
  const auto* time_values = duckdb::UnifiedVectorFormat::GetData<duckdb::timestamp_t>(times);
  const uint64_t* order_values = nullptr;
  if (rep.order_column) {
    batch->chunk().data[*rep.order_column].ToUnifiedFormat(count, orders);
    order_values = duckdb::UnifiedVectorFormat::GetData<uint64_t>(orders);
  }
  duckdb::SelectionVector keep(count);
  size_t kept = 0;
  const size_t first_fresh = rep.fresh.size();
  for (size_t i = 0; i < count; i++) {
    const size_t at = times.sel->get_index(i);
    if (!times.validity.RowIsValid(at) || time_values[at].value < closed) continue;
    const uint64_t order = order_values ? order_values[orders.sel->get_index(i)] : 0;
    rep.fresh.push_back({time_values[at].value, order, 0});
    keep.set_index(kept++, i);
  }
  uint64_t place = rep.store.Append(batch, keep, kept);
  for (size_t i = first_fresh; i < rep.fresh.size(); i++) rep.fresh[i].place = place++;
  return count - kept;
}

Status RowBuffer::Release(int64_t limit) {
  Rep& rep = *rep_;
  rep.AddFresh();
  std::vector<Entry> taken;
  rep.TakeBelow(limit, &taken);
  rep.ready.erase(rep.ready.begin(), rep.ready.begin() + static_cast<ptrdiff_t>(rep.head));
  rep.ready_times.erase(rep.ready_times.begin(), rep.ready_times.begin() + static_cast<ptrdiff_t>(rep.head));
  rep.ready_peers.erase(rep.ready_peers.begin(), rep.ready_peers.begin() + static_cast<ptrdiff_t>(rep.head));
  rep.head = 0;
  const size_t first = rep.ready.size();
  rep.ready.insert(rep.ready.end(), taken.begin(), taken.end());
  for (const Entry& entry : taken) rep.ready_times.push_back(entry.time);
  return rep.OrderTies(first);
}

size_t RowBuffer::released() const {
  return rep_->ready.size() - rep_->head;
}
const int64_t* RowBuffer::times() const {
  return rep_->ready_times.data() + rep_->head;
}
const uint64_t* RowBuffer::peers() const {
  return rep_->ready_peers.data() + rep_->head;
}

void RowBuffer::Gather(size_t first, size_t count, Batch* out) const {
  CHECK(first + count <= released() && count <= kBatchRows);
  rep_->GatherEntries(std::span(rep_->ready).subspan(rep_->head + first, count), out);
}

void RowBuffer::Drop(size_t count) {
  Rep& rep = *rep_;
  CHECK(count <= released());
  for (size_t i = 0; i < count; i++) rep.store.Drop(rep.ready[rep.head + i].place);
  rep.head += count;
}

// In the order in which they came: it decides among rows of equal time.
void RowBuffer::Save(StateOutput* out) const {
  Rep& rep = *rep_;
  CHECK(released() == 0);
  std::vector<Entry> entries = rep.fresh;
  for (Run& run : rep.runs) entries.insert(entries.end(), run.begin(), run.entries.end());
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.place < b.place; });
  SectionWriter writer(out, kRowSection, rep.schema);
  Batch batch(rep.schema);
  for (size_t i = 0; i < entries.size(); i += kBatchRows) {
    rep.GatherEntries(std::span(entries).subspan(i, std::min(kBatchRows, entries.size() - i)), &batch);
    writer.Add(batch);
  }
  writer.Finish();
}

Status RowBuffer::Restore(const StateInput& in, const std::vector<size_t>& partition) {
  std::vector<TypeRef> types;
  for (const size_t column : partition) types.push_back(rep_->schema[column].type);
  const KeyCodec codec(std::move(types));
  EncodedKeys keys;
  duckdb::SelectionVector owned(kBatchRows);
  return ReadSection(in, kRowSection, rep_->schema, [&](Batch* batch) {
    codec.Encode(*batch, partition, &keys);
    size_t count = 0;
    for (size_t i = 0; i < batch->rows(); i++) {
      if (in.Owns(keys.hash(i))) owned.set_index(count++, i);
    }
    batch->Slice(owned, count);
    Add(batch, kNoWatermark);
    return Status::Ok();
  });
}

size_t RowBuffer::rows() const {
  return rep_->store.rows();
}

int64_t RowBuffer::bytes() const {
  size_t entries = rep_->fresh.size() + rep_->ready.size();
  for (const Run& run : rep_->runs) entries += run.entries.size();
  return rep_->store.bytes() + static_cast<int64_t>(entries * sizeof(Entry));
}

}  // namespace laminar
