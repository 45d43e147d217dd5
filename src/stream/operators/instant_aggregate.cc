#include "stream/operators/instant_aggregate.h"

#include <algorithm>

#include "state/key_table.h"
#include "state/state_table.h"
#include "stream/operators/row_partials.h"
#include "stream/operators/time_order.h"

namespace laminar {

namespace {

constexpr int kBatchesPerResume = 8;
constexpr size_t kAhead = 8;  // rows and groups that are fetched into the cache while others are worked on
constexpr size_t kRowsBetweenTrials = 64 << 10;  // kPartial: so many rows go one by one before groups are tried again

}  // namespace

struct InstantAggregateOperator::Rep {
  Rep(const WindowAggregateNode& node, AggregateMode mode, const PlanNode& input, const Schema& output, Counter* late_rows)
      : mode(mode),
        lag(LagOf(node, mode, input)),
        late_rows(late_rows),
        set(mode == AggregateMode::kMerge ? node.merges : node.aggregates),
        in(node, mode, output, /*time_in_key=*/true),
        out(output, node.keys.size()),
        row_partials(&set, in.key_columns(), output),
        states(&set) {}

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
    found.resize(rows.size());
    size_t created_groups = 0;
    for (size_t i = 0; i < rows.size(); i++) {
      if (i + kAhead < rows.size()) table.Prefetch(in.keys().hash(rows[i + kAhead]));
      bool created = false;
      const uint32_t number = table.FindOrAdd(in.keys().key(rows[i]), in.keys().hash(rows[i]), &created);
      found[i] = created ? states.Create(number) : states.at(number);
      if (!created) continue;
      order.Add(in.time(rows[i]), number);
      created_groups++;
    }
    order.Seal();
    tried_rows += rows.size();
    tried_groups += created_groups;
    if (rows.size() == batch->rows()) return set.Update(batch, found, states.memory());
    return set.UpdateRows(batch, rows, found, states.memory());
  }

  // kPartial: whether the next rows are grouped.
  bool GroupsPay() {
    if (mode != AggregateMode::kPartial) return true;
    if (PartialsPay::Decide(tried_rows, tried_groups)) return true;
    ungrouped_rows += rows.size();
    if (ungrouped_rows >= kRowsBetweenTrials) tried_rows = tried_groups = ungrouped_rows = 0;
    return false;
  }

  // Writes the next closed groups, up to a batch, and forgets them.
  Status WriteBatch() {
    const size_t count = std::min(kBatchRows, closing.size() - next_closing);
    const std::span<const TimeOrder::Item> items = std::span(closing).subspan(next_closing, count);
    std::vector<std::string_view> keys;
    std::vector<uint32_t> numbers;
    std::vector<TimeRange> windows;
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
    in.codec().Decode(keys, out.batch(), 0);  // the time, too
    RETURN_IF_ERROR(set.Finalize(found, states.memory(), out.batch(), out.results_column()));
    out.AddRows(windows);
    states.Free(numbers);
    for (const uint32_t number : numbers) table.Erase(number);
    next_closing += count;
    return Status::Ok();
  }

  const AggregateMode mode;
  const int64_t lag;
  Counter* const late_rows;
  AggregateSet set;
  WindowInput in;
  WindowOutput out;
  RowPartials row_partials;

  KeyTable table;     // of keys and time
  StateTable states;  // by the key's number
  TimeOrder order;
  int64_t closed = kNoWatermark;         // the watermark of the time column
  std::vector<TimeOrder::Item> closing;  // groups that are being given out
  size_t next_closing = 0;
  size_t tried_rows = 0, tried_groups = 0, ungrouped_rows = 0;

  std::vector<uint32_t> rows;
  std::vector<std::byte*> found;
};

InstantAggregateOperator::InstantAggregateOperator(const WindowAggregateNode& node, AggregateMode mode,
                                                   const PlanNode& input, const Schema& output,
                                                   Counter* late_rows)
    : Operator(1), rep_(std::make_unique<Rep>(node, mode, input, output, late_rows)) {}

InstantAggregateOperator::~InstantAggregateOperator() = default;

Status InstantAggregateOperator::Push(size_t /*input*/, Batch* batch) {
  Rep& rep = *rep_;
  rep.in.Read(batch);
  if (rep.RowsInTime().empty()) return Status::Ok();
  if (rep.GroupsPay()) return rep.Group(batch);
  std::vector<TimeRange> windows;
  for (const uint32_t row : rep.rows) windows.push_back({rep.in.time(row), rep.in.time(row)});
  Batch* partials = nullptr;
  RETURN_IF_ERROR(rep.row_partials.Make(batch, rep.rows, windows, &partials));
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
  for (int batches = 0; batches < kBatchesPerResume && rep.next_closing < rep.closing.size(); batches++) {
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

int64_t InstantAggregateOperator::StateBytes() const {
  const Rep& rep = *rep_;
  return rep.table.bytes() + rep.states.bytes() + rep.order.bytes() +
         static_cast<int64_t>(rep.closing.capacity() * sizeof(TimeOrder::Item));
}
int64_t InstantAggregateOperator::StateRows() const {
  return static_cast<int64_t>(rep_->table.size());
}

}  // namespace laminar
