#include "stream/operators/instant_aggregate.h"

#include <algorithm>
#include <cstring>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"
#include "state/key_table.h"
#include "state/save_cursor.h"
#include "state/state_table.h"
#include "stream/operators/row_partials.h"
#include "stream/operators/saved_groups.h"
#include "stream/operators/time_order.h"

namespace laminar {

namespace {

constexpr int kInstantBatchesPerResume = 8;
constexpr size_t kInstantGroupsAtOnce = 16 * kBatchRows;   // written down for a checkpoint, between batches
constexpr size_t kTimeBytes = 1 + sizeof(int64_t);  // at the end of a key (KeyCodec)
constexpr size_t kAhead = 8;                        // groups that are fetched into the cache while others are worked on

// The hash of a key and its time: of the same key group as the key's.
uint64_t HashWithTime(uint64_t key_hash, int64_t time) {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;  // the fraction of the golden ratio
  uint64_t mixed = (key_hash ^ static_cast<uint64_t>(time)) * kOdd;
  mixed = (mixed ^ (mixed >> 32)) * kOdd;
  return (key_hash & ~(~uint64_t{0} >> 8)) | (mixed >> 8);
}

}  // namespace

struct InstantAggregateOperator::Rep {
  Rep(const WindowAggregateNode& node, AggregateMode mode, const PlanNode& input, const Schema& output,
      Counter* late_rows, size_t trial_rows)
      : mode(mode),
        lag(LagOf(node, mode, input)),
        late_rows(late_rows),
        set(mode == AggregateMode::kMerge ? node.merges : node.aggregates),
        in(node, mode, output, /*time_in_key=*/true),
        out(node, mode, output),
        row_partials(node, &set, output),
        pay(trial_rows),
        states(&set),
        saved_schema(PartialRows::SchemaOf(node, output)),
        saved(&set, saved_schema) {}

  // The rows of the batch that are in time.
  std::span<const uint32_t> RowsInTime() {
    rows.clear();
    for (const uint32_t row : in.all_rows()) {
      if (in.time(row) >= closed && Panes::InRange(in.time(row))) rows.push_back(row);
    }
    late_rows->Add(in.rows() - rows.size());
    return rows;
  }

  Status Group(Batch* batch) {
    const bool all = rows.size() == batch->rows();
    row_hashes.resize(rows.size());
    for (size_t i = 0; i < rows.size(); i++) row_hashes[i] = HashWithTime(in.keys().hash(rows[i]), in.time(rows[i]));
    if (!all) {
      row_keys.resize(rows.size());
      for (size_t i = 0; i < rows.size(); i++) row_keys[i] = in.keys().key(rows[i]);
    }
    table.FindOrAdd(all ? in.keys().keys() : row_keys, row_hashes, &numbers, &created);
    for (const uint32_t i : created) {
      states.Create(numbers[i]);
      order.Add(in.time(rows[i]), numbers[i]);
    }
    order.Seal();
    RETURN_IF_ERROR(Touch(numbers));
    found.resize(rows.size());
    for (size_t i = 0; i < rows.size(); i++) found[i] = states.at(numbers[i]);
    const int64_t bytes = states.memory()->bytes();
    RETURN_IF_ERROR(all ? set.Update(batch, found, states.memory())
                        : set.UpdateRows(batch, rows, found, states.memory()));
    if (mode == AggregateMode::kPartial) pay.Tried(rows.size(), created.size(), states.memory()->bytes() - bytes);
    return Status::Ok();
  }

  // The rows as they are, to the operator's output.
  Result<Batch*> MakePartials(Batch* batch) {
    pay.Passed(rows.size());
    starts.clear();
    for (const uint32_t row : rows) starts.push_back(in.time(row));
    Batch* partials = nullptr;
    RETURN_IF_ERROR(row_partials.Make(batch, rows, in.keys(), starts, &partials));
    return partials;
  }

  // Writes the next closed groups, up to a batch, and forgets them.
  Status WriteBatch() {
    const size_t count = std::min(kBatchRows, closing.size() - next_closing);
    const std::span<const TimeOrder::Item> items = std::span(closing).subspan(next_closing, count);
    std::vector<std::string_view> keys;
    std::vector<TimeRange> windows;
    numbers.clear();
    found.clear();
    for (size_t i = 0; i < count; i++) {
      if (i + 2 * kAhead < count) table.PrefetchNumber(items[i + 2 * kAhead].number);
      if (i + kAhead < count) {
        table.PrefetchKey(items[i + kAhead].number);
        __builtin_prefetch(states.at(items[i + kAhead].number));
      }
      const TimeOrder::Item& item = items[i];
      keys.push_back(table.key(item.number));
      found.push_back(states.at(item.number));
      numbers.push_back(item.number);
      windows.push_back({item.time, item.time});
    }
    if (mode == AggregateMode::kPartial) {
      std::vector<uint64_t> hashes;
      for (const std::string_view key : keys) hashes.push_back(HashKey(key.substr(0, key.size() - kTimeBytes)));
      WriteEncoded(keys, hashes, out.batch());
    } else {
      in.codec().Decode(keys, out.batch(), 0);  // the time, too
    }
    RETURN_IF_ERROR(set.Finalize(found, states.memory(), out.batch(), out.results_column()));
    out.AddRows(windows);
    RETURN_IF_ERROR(Touch(numbers));
    states.Free(numbers);
    for (const uint32_t number : numbers) table.Erase(number);
    next_closing += count;
    return Status::Ok();
  }

  // ---- checkpoints

  Status SaveGroups(std::span<const uint32_t> groups) {
    saved.Clear();
    for (const uint32_t group : groups) {
      const std::string_view key = table.key(group);
      int64_t time = 0;
      std::memcpy(&time, key.data() + key.size() - sizeof time, sizeof time);
      saved.Add(key, HashKey(key.substr(0, key.size() - kTimeBytes)), time, states.at(group));
    }
    ASSIGN_OR_RETURN(const Batch* const rows, saved.Write(states.memory()));
    section->Add(*rows);
    return Status::Ok();
  }

  // Groups that are about to be fed or forgotten.
  Status Touch(std::span<const uint32_t> groups) {
    if (!save.active()) return Status::Ok();
    return save.Touch(groups, [this](std::span<const uint32_t> some) { return SaveGroups(some); });
  }

  const AggregateMode mode;
  const int64_t lag;
  Counter* const late_rows;
  AggregateSet set;
  WindowInput in;
  WindowOutput out;
  RowPartials row_partials;
  PartialsPay pay;

  KeyTable table;     // of keys and time
  StateTable states;  // by the key's number
  TimeOrder order;
  int64_t closed = kNoWatermark;         // the watermark of the time column
  std::vector<TimeOrder::Item> closing;  // groups that are being given out
  size_t next_closing = 0;

  std::vector<uint32_t> rows;
  std::vector<std::string_view> row_keys;
  std::vector<uint64_t> row_hashes;
  std::vector<uint32_t> numbers, created;  // groups; of `rows`
  std::vector<int64_t> starts;
  std::vector<std::byte*> found;

  const Schema saved_schema;
  SavedGroups saved;
  SaveCursor save;
  std::unique_ptr<SectionWriter> section;  // while a checkpoint is written
};

InstantAggregateOperator::InstantAggregateOperator(const WindowAggregateNode& node, AggregateMode mode,
                                                   const PlanNode& input, const Schema& output, Counter* late_rows,
                                                   size_t trial_rows)
    : Operator(1), rep_(std::make_unique<Rep>(node, mode, input, output, late_rows, trial_rows)) {}

InstantAggregateOperator::~InstantAggregateOperator() = default;

Status InstantAggregateOperator::Push(size_t /*input*/, Batch* batch) {
  Rep& rep = *rep_;
  rep.in.Read(batch);
  if (rep.RowsInTime().empty()) return Status::Ok();
  if (rep.mode != AggregateMode::kPartial || rep.pay.Grouping()) return rep.Group(batch);
  ASSIGN_OR_RETURN(Batch * partials, rep.MakePartials(batch));
  return Emit(partials);
}

Status InstantAggregateOperator::OnWatermark(int64_t watermark) {
  Rep& rep = *rep_;
  rep.closed = WatermarkMinus(watermark, rep.lag);
  rep.order.TakeBelow(rep.closed, &rep.closing);
  return HasPending() ? Status::Ok() : EmitWatermark(rep.closed);
}

bool InstantAggregateOperator::HasPending() const {
  return !rep_->closing.empty();
}

Status InstantAggregateOperator::EmitPending() {
  Rep& rep = *rep_;
  for (int batches = 0; batches < kInstantBatchesPerResume && rep.next_closing < rep.closing.size(); batches++) {
    RETURN_IF_ERROR(rep.WriteBatch());
    RETURN_IF_ERROR(Emit(rep.out.Finish()));
    rep.out.Reset();
  }
  if (rep.next_closing < rep.closing.size()) return Status::Ok();
  std::vector<TimeOrder::Item>().swap(rep.closing);
  rep.next_closing = 0;
  rep.states.Trim(rep.table.end_number());
  RETURN_IF_ERROR(rep.states.CompactWhenGrown());
  return EmitWatermark(rep.closed);
}

void InstantAggregateOperator::OnBarrier() {
  Rep& rep = *rep_;
  if (rep.mode == AggregateMode::kPartial) rep.order.TakeBelow(kEndOfTime, &rep.closing);
}

Status InstantAggregateOperator::Save(StateOutput* out) {
  Rep& rep = *rep_;
  CHECK(!HasPending() && rep.section == nullptr);
  rep.section = std::make_unique<SectionWriter>(out, "groups", rep.saved_schema);
  rep.save.Begin(rep.table.end_number(), [&rep](uint32_t group) { return rep.states.Has(group); });
  return Status::Ok();
}

Result<bool> InstantAggregateOperator::SaveMore(StateOutput* /*out*/) {
  Rep& rep = *rep_;
  ASSIGN_OR_RETURN(const bool all, rep.save.Advance(kInstantGroupsAtOnce, [&rep](std::span<const uint32_t> some) {
    return rep.SaveGroups(some);
  }));
  if (!all) return false;
  rep.section->Finish();
  rep.section.reset();
  return true;
}

// As of a WindowAggregateOperator.
int64_t InstantAggregateOperator::SavedWatermark() const {
  return WatermarkMinus(Operator::SavedWatermark(), rep_->lag);
}

Status InstantAggregateOperator::OnRestore(const StateInput& in, int64_t watermark) {
  Rep& rep = *rep_;
  CHECK(rep.mode == AggregateMode::kMerge);
  RETURN_IF_ERROR(ReadSection(in, "groups", rep.saved_schema, [&](Batch* batch) {
    KeepOwned(in, batch);
    return batch->rows() == 0 ? Status::Ok() : Push(0, batch);
  }));
  rep.closed = watermark;
  return Status::Ok();
}

int64_t InstantAggregateOperator::StateBytes() const {
  const Rep& rep = *rep_;
  return rep.table.bytes() + rep.states.bytes() + rep.order.bytes() +
         static_cast<int64_t>(rep.closing.capacity() * sizeof(TimeOrder::Item));
}
int64_t InstantAggregateOperator::StateRows() const {
  return static_cast<int64_t>(rep_->table.size());
}

}  // namespace laminar
