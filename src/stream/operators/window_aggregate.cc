// A batch mostly lies in one pane: then its rows go to the pane's table as they are, and all that is done per row is to
// look its key up. Else the rows of each pane are fed with a selection of the batch.
//
// Windows are closed in the order of their numbers. With panes that overlap, the window to be given out next is the
// first one that ends after both the last one given out and the earliest pane there is: so nothing is done for the
// empty windows between two rows that are years apart.
#include "stream/operators/window_aggregate.h"

#include <algorithm>
#include <map>
#include <optional>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"
#include "state/group_table.h"
#include "state/save_cursor.h"
#include "stream/operators/hop_merge.h"
#include "stream/operators/instant_aggregate.h"
#include "stream/operators/row_partials.h"
#include "stream/operators/saved_groups.h"
#include "stream/operators/session.h"

namespace laminar {

namespace {

constexpr int kWindowBatchesPerResume = 8;
constexpr size_t kGroupsOfOwnParts = 4096;         // a pane with so many has parts, and so files, of its own
constexpr size_t kWindowGroupsAtOnce = 16 * kBatchRows;  // written down for a checkpoint, between batches

}  // namespace

struct WindowAggregateOperator::Rep {
  struct Pane {
    Pane(const Panes::Pane& range, AggregateSet* set) : range(range), table(set) {}
    Panes::Pane range;
    GroupTable table;
    size_t rows_fed = 0;
    bool row_by_row = false;  // kPartial: its rows are not grouped
    size_t part = kNoPart;    // of the batch at hand
    SaveCursor save;          // of the checkpoint that is being written
    // Of a pane with many groups: its own parts of the last checkpoint, named again while it has not changed.
    bool changed = true;
    std::vector<StatePart> parts;
    std::unique_ptr<StateOutput> own;  // while they are written
    std::unique_ptr<SectionWriter> own_section;
  };
  // Rows of a batch that lie in one pane.
  struct Part {
    Pane* pane = nullptr;
    std::vector<uint32_t> rows;
  };
  static constexpr size_t kNoPart = SIZE_MAX;

  Rep(const WindowAggregateNode& node, AggregateMode mode, const PlanNode& input, const Schema& output,
      Counter* late_rows, size_t trial_rows)
      : mode(mode),
        lag(LagOf(node, mode, input)),
        late_rows(late_rows),
        set(mode == AggregateMode::kMerge ? node.merges : node.aggregates),
        in(node, mode, output),
        out(node, mode, output),
        row_partials(node, &set, output),
        pay(trial_rows),
        windows(node.window),
        by_pane(mode == AggregateMode::kPartial || windows.disjoint()),
        merge(&set),
        saved_schema(PartialRows::SchemaOf(node, output)),
        saved(&set, saved_schema) {}

  // The pane of a time, made if it is not there; nullptr: the row is dropped.
  Pane* Route(int64_t time) {
    if (routed && time >= routed_range.start && time < routed_range.end) {
      if (!routed_pane && routed_late) late_rows->Add(1);
      return routed_pane;
    }
    if (!Panes::InRange(time)) {
      late_rows->Add(1);
      return nullptr;
    }
    routed = true;
    routed_range = windows.PaneOf(time);
    routed_late = routed_range.in_window() && routed_range.last_window_end <= closed;
    routed_pane = nullptr;
    if (routed_late) late_rows->Add(1);
    if (routed_late || !routed_range.in_window()) return nullptr;
    const auto [at, is_new] = panes.try_emplace(routed_range.start, routed_range, &set);
    routed_pane = &at->second;
    if (is_new) routed_pane->row_by_row = mode == AggregateMode::kPartial && !pay.Grouping();
    return routed_pane;
  }

  // Puts the rows of the batch into parts[0 .. parts_used - 1].
  void RouteRows() {
    parts_used = 0;
    Pane* const first = Route(in.time(0));
    const TimeRange times = in.SpanOfTimes();
    if (first && times.start >= routed_range.start && times.end < routed_range.end) {
      AddPart(first).assign(in.all_rows().begin(), in.all_rows().end());
    } else {
      if (first) AddPart(first).push_back(0);
      for (uint32_t row = 1; row < in.rows(); row++) {
        Pane* const pane = Route(in.time(row));
        if (!pane) continue;
        if (pane->part == kNoPart) AddPart(pane);
        parts[pane->part].rows.push_back(row);
      }
    }
    for (size_t i = 0; i < parts_used; i++) parts[i].pane->part = kNoPart;
  }

  std::vector<uint32_t>& AddPart(Pane* pane) {
    if (parts_used == parts.size()) parts.emplace_back();
    pane->part = parts_used++;
    parts[pane->part].pane = pane;
    parts[pane->part].rows.clear();
    return parts[pane->part].rows;
  }

  // ---- what the watermark closes

  // The next window to be given out through `merge`, if there is one.
  std::optional<int64_t> NextWindow() const {
    if (panes.empty() && merge.empty()) return std::nullopt;
    int64_t earliest = kEndOfTime;
    if (!panes.empty()) earliest = panes.begin()->first;
    if (!merge.empty()) earliest = std::min(earliest, merge.first_start());
    const int64_t number = windows.FirstEndingAfter(earliest);
    return next_window ? std::max(number, *next_window) : number;
  }

  // Windows that were empty when the watermark passed them are not opened any more, whatever comes for them.
  void PassWindows() {
    if (by_pane || !Panes::InRange(closed)) return;
    const int64_t number = windows.FirstEndingAfter(closed);
    next_window = next_window ? std::max(number, *next_window) : number;
  }

  bool AnythingCloses() const {
    if (by_pane) return !panes.empty() && (flushing || panes.begin()->second.range.end <= closed);
    if (scanning) return true;
    const std::optional<int64_t> next = NextWindow();
    return next && windows.WindowAt(*next).end <= closed;
  }

  // Writes groups of the first pane, or of the window at hand, into what is left of the output batch.
  Status WriteSome() { return by_pane ? WritePane() : WriteWindow(); }

  Status WritePane() {
    Pane& pane = panes.begin()->second;
    RETURN_IF_ERROR(SavePane(&pane, SIZE_MAX).status());
    const size_t count = std::min<size_t>(out.space(), pane.table.groups() - position);
    const KeyCodec* const codec = mode == AggregateMode::kPartial ? nullptr : &in.codec();
    RETURN_IF_ERROR(pane.table.Scan(&set, codec, position, count, out.batch(), out.results_column(), out.rows()));
    out.AddRows(count, pane.range);
    position += static_cast<uint32_t>(count);
    if (position < pane.table.groups()) return Status::Ok();
    position = 0;
    if (!pane.row_by_row) pay.Tried(pane.rows_fed, pane.table.groups(), pane.table.memory()->bytes());
    panes_bytes -= pane.table.bytes();
    panes_groups -= static_cast<int64_t>(pane.table.groups());
    panes.erase(panes.begin());
    routed = false;
    return Status::Ok();
  }

  // Feeds rows of the batch into their pane's groups.
  Status Group(Batch* batch, Pane* pane, std::span<const uint32_t> rows) {
    const int64_t bytes = pane->rows_fed == 0 ? 0 : pane->table.bytes();
    const size_t groups = pane->table.groups();
    pane->table.Find(in.keys(), batch->rows(), rows, &scratch);
    if (pane->save.active())
      RETURN_IF_ERROR(pane->save.Touch(scratch.numbers,
                                       [&](std::span<const uint32_t> groups) { return SaveGroups(pane, groups); }));
    pane->changed = true;
    RETURN_IF_ERROR(pane->table.Feed(&set, batch, rows, &scratch));
    pane->rows_fed += rows.size();
    panes_bytes += pane->table.bytes() - bytes;
    panes_groups += static_cast<int64_t>(pane->table.groups() - groups);
    if (mode == AggregateMode::kPartial) {
      pay.TriedInPart(pane->rows_fed, pane->table.groups(), pane->table.memory()->bytes());
      pane->row_by_row = !pay.Grouping();  // what was grouped until now waits for the pane's end
    }
    return Status::Ok();
  }

  Status WriteWindow() {
    if (!scanning) RETURN_IF_ERROR(OpenWindow());
    ASSIGN_OR_RETURN(const size_t count,
                     merge.Scan(in.codec(), &position, out.space(), out.batch(), out.results_column(), out.rows()));
    out.AddRows(count, *scanning);
    if (out.space() == 0) return Status::Ok();
    scanning.reset();
    // What only this window and those before it needed.
    return merge.DropBefore(windows.WindowAt(*next_window).start);
  }

  Status OpenWindow() {
    const int64_t number = *NextWindow();
    next_window = number + 1;
    scanning = windows.WindowAt(number);
    position = 0;
    RETURN_IF_ERROR(merge.DropBefore(scanning->start));
    while (!panes.empty() && panes.begin()->first < scanning->end) {
      RETURN_IF_ERROR(SavePane(&panes.begin()->second, SIZE_MAX).status());
      auto first = panes.extract(panes.begin());
      panes_bytes -= first.mapped().table.bytes();
      panes_groups -= static_cast<int64_t>(first.mapped().table.groups());
      RETURN_IF_ERROR(merge.Add(first.key(), std::move(first.mapped().table)));
    }
    routed = false;
    return Status::Ok();
  }

  // ---- checkpoints

  Status SaveGroups(Pane* pane, std::span<const uint32_t> groups) {
    saved.Clear();
    for (const uint32_t group : groups)
      saved.Add(pane->table.key(group), pane->table.hash(group), pane->range.start, pane->table.states(group));
    ASSIGN_OR_RETURN(const Batch* const rows, saved.Write(pane->table.memory()));
    (pane->own_section ? pane->own_section : section)->Add(*rows);
    return Status::Ok();
  }

  // Writes down about `groups` more of the pane. False: there are more.
  Result<bool> SavePane(Pane* pane, size_t groups) {
    if (!pane->save.active()) return true;
    ASSIGN_OR_RETURN(const bool all, pane->save.Advance(groups, [&](std::span<const uint32_t> some) {
      return SaveGroups(pane, some);
    }));
    if (all && pane->own) {
      pane->own_section->Finish();
      pane->own_section.reset();
      pane->parts = pane->own->Take();
      pane->own.reset();
      for (const StatePart& part : pane->parts) saving_to->Add(part.section, part.part);
    }
    return all;
  }

  void BeginSaving(Pane* pane) {
    const bool has_own = pane->table.groups() >= kGroupsOfOwnParts;
    if (has_own && !pane->changed && !pane->parts.empty()) {
      for (const StatePart& part : pane->parts) saving_to->Add(part.section, part.part);
      return;
    }
    pane->changed = false;
    pane->parts.clear();
    if (has_own) {
      pane->own = std::make_unique<StateOutput>();
      pane->own_section = std::make_unique<SectionWriter>(pane->own.get(), "panes", saved_schema);
    }
    pane->save.Begin(static_cast<uint32_t>(pane->table.groups()), [](uint32_t) { return true; });
  }

  // What came in for a HOP's front.
  Status RestoreFront(const StateInput& from) {
    std::map<int64_t, GroupTable> front;
    EncodedKeys keys;
    RETURN_IF_ERROR(ReadSection(from, "front", saved_schema, [&](Batch* batch) {
      KeepOwned(from, batch);
      if (batch->rows() == 0) return Status::Ok();
      keys.Read(batch, PartialRows::kKey, PartialRows::kHash);
      duckdb::UnifiedVectorFormat starts;
      batch->chunk().data[PartialRows::kStart].ToUnifiedFormat(batch->rows(), starts);
      const auto* micros = duckdb::UnifiedVectorFormat::GetData<int64_t>(starts);
      std::map<int64_t, std::vector<uint32_t>> by_start;
      for (uint32_t row = 0; row < batch->rows(); row++) by_start[micros[starts.sel->get_index(row)]].push_back(row);
      for (const auto& [start, rows] : by_start) {
        RETURN_IF_ERROR(front.try_emplace(start, &set).first->second.Update(&set, keys, batch, rows, &scratch));
      }
      return Status::Ok();
    }));
    merge.RestoreFront(std::move(front));
    merge_bytes = merge.bytes();
    return Status::Ok();
  }

  const AggregateMode mode;
  const int64_t lag;
  Counter* const late_rows;
  AggregateSet set;
  WindowInput in;
  WindowOutput out;
  RowPartials row_partials;
  PartialsPay pay;
  const Panes windows;
  const bool by_pane;  // panes are given out as they are

  std::map<int64_t, Pane> panes;  // by start; not those in `merge`
  int64_t panes_bytes = 0, panes_groups = 0;
  HopMerge merge;
  int64_t merge_bytes = 0;
  std::optional<int64_t> next_window;  // numbers below have been given out, or passed

  int64_t closed = kNoWatermark;  // the watermark of the time column
  bool pending = false;
  bool flushing = false;              // kPartial: panes are given out although they are open
  std::optional<TimeRange> scanning;  // the window that is being given out through `merge`
  uint32_t position = 0;              // of the next group in it, or in the first pane

  bool routed = false;  // the pane of the last row:
  Panes::Pane routed_range;
  Pane* routed_pane = nullptr;
  bool routed_late = false;
  std::vector<Part> parts;  // reused from batch to batch
  size_t parts_used = 0;
  GroupTable::Scratch scratch;

  const Schema saved_schema;
  SavedGroups saved;
  std::unique_ptr<SectionWriter> section;  // while a checkpoint is written: of the panes without parts of their own
  StateOutput* saving_to = nullptr;        // then
};

WindowAggregateOperator::WindowAggregateOperator(const WindowAggregateNode& node, AggregateMode mode,
                                                 const PlanNode& input, const Schema& output, Counter* late_rows,
                                                 size_t trial_rows)
    : Operator(1), rep_(std::make_unique<Rep>(node, mode, input, output, late_rows, trial_rows)) {}

WindowAggregateOperator::~WindowAggregateOperator() = default;

Status WindowAggregateOperator::Push(size_t /*input*/, Batch* batch) {
  Rep& rep = *rep_;
  if (batch->rows() == 0) return Status::Ok();
  rep.in.Read(batch);
  rep.RouteRows();
  for (const Rep::Part& part : std::span(rep.parts).first(rep.parts_used)) {
    if (!part.pane->row_by_row) {
      RETURN_IF_ERROR(rep.Group(batch, part.pane, part.rows));
      continue;
    }
    rep.pay.Passed(part.rows.size());
    Batch* partials = nullptr;
    const std::span starts(&part.pane->range.start, 1);
    RETURN_IF_ERROR(rep.row_partials.Make(batch, part.rows, rep.in.keys(), starts, &partials));
    RETURN_IF_ERROR(Emit(partials));
  }
  return Status::Ok();
}

Status WindowAggregateOperator::OnWatermark(int64_t watermark) {
  Rep& rep = *rep_;
  rep.closed = WatermarkMinus(watermark, rep.lag);
  rep.routed = false;  // a pane may be late now
  rep.pending = rep.AnythingCloses();
  if (rep.pending) return Status::Ok();
  rep.PassWindows();
  return EmitWatermark(rep.closed);
}

bool WindowAggregateOperator::HasPending() const {
  return rep_->pending;
}

Status WindowAggregateOperator::EmitPending() {
  Rep& rep = *rep_;
  for (int batches = 0; batches < kWindowBatchesPerResume; batches++) {
    while (rep.out.space() > 0 && rep.AnythingCloses()) RETURN_IF_ERROR(rep.WriteSome());
    RETURN_IF_ERROR(Emit(rep.out.Finish()));
    rep.out.Reset();
    if (rep.AnythingCloses()) continue;
    rep.PassWindows();
    rep.merge_bytes = rep.merge.bytes();
    rep.pending = false;
    rep.flushing = false;
    return EmitWatermark(rep.closed);
  }
  return Status::Ok();
}

void WindowAggregateOperator::OnBarrier() {
  Rep& rep = *rep_;
  if (rep.mode == AggregateMode::kPartial) rep.flushing = rep.pending = !rep.panes.empty();
}

Status WindowAggregateOperator::Save(StateOutput* out) {
  Rep& rep = *rep_;
  CHECK(!HasPending() && rep.section == nullptr);
  SectionWriter front(out, "front", rep.saved_schema);
  rep.section = std::make_unique<SectionWriter>(out, "panes", rep.saved_schema);
  const auto to = [&](SectionWriter* section) {
    return [&rep, section](int64_t start, std::span<const std::string_view> keys, std::span<const uint64_t> hashes,
                           std::span<std::byte* const> states) {
      rep.saved.Clear();
      for (size_t i = 0; i < keys.size(); i++) rep.saved.Add(keys[i], hashes[i], start, states[i]);
      ASSIGN_OR_RETURN(const Batch* const rows, rep.saved.Write(rep.merge.memory()));
      section->Add(*rows);
      return Status::Ok();
    };
  };
  RETURN_IF_ERROR(rep.merge.SaveFront(to(&front)));
  front.Finish();
  RETURN_IF_ERROR(rep.merge.SaveRest(to(rep.section.get())));
  rep.saving_to = out;
  for (auto& [start, pane] : rep.panes) rep.BeginSaving(&pane);
  return Status::Ok();
}

Result<bool> WindowAggregateOperator::SaveMore(StateOutput* /*out*/) {
  Rep& rep = *rep_;
  for (auto& [start, pane] : rep.panes) {
    if (!pane.save.active()) continue;
    ASSIGN_OR_RETURN(const bool all, rep.SavePane(&pane, kWindowGroupsAtOnce));
    if (!all) return false;
  }
  rep.section->Finish();
  rep.section.reset();
  return true;
}

// That of the window's time: a merging aggregate, which goes on from it, gets it so.
int64_t WindowAggregateOperator::SavedWatermark() const {
  return WatermarkMinus(Operator::SavedWatermark(), rep_->lag);
}

Status WindowAggregateOperator::OnRestore(const StateInput& in, int64_t watermark) {
  Rep& rep = *rep_;
  CHECK(rep.mode == AggregateMode::kMerge);
  RETURN_IF_ERROR(rep.RestoreFront(in));
  RETURN_IF_ERROR(ReadSection(in, "panes", rep.saved_schema, [&](Batch* batch) {
    KeepOwned(in, batch);
    return batch->rows() == 0 ? Status::Ok() : Push(0, batch);
  }));
  rep.closed = watermark;
  rep.routed = false;
  rep.PassWindows();
  return Status::Ok();
}

int64_t WindowAggregateOperator::StateBytes() const {
  return rep_->panes_bytes + rep_->merge_bytes;
}
int64_t WindowAggregateOperator::StateRows() const {
  return rep_->panes_groups + static_cast<int64_t>(rep_->merge.groups());
}

std::unique_ptr<Operator> MakeWindowAggregate(const WindowAggregateNode& node, AggregateMode mode,
                                              const PlanNode& input, const Schema& output, Counter* late_rows,
                                              size_t trial_rows, bool restores) {
  switch (node.window.kind) {
    case WindowKind::kTumble:
    case WindowKind::kHop:
      return std::make_unique<WindowAggregateOperator>(node, mode, input, output, late_rows, trial_rows);
    case WindowKind::kInstant:
      return std::make_unique<InstantAggregateOperator>(node, mode, input, output, late_rows, trial_rows);
    case WindowKind::kSession:
      CHECK_MSG(mode == AggregateMode::kComplete, "the rows of a session meet in one place");
      return std::make_unique<SessionOperator>(node, input, output, late_rows, restores);
  }
  CHECK_MSG(false, "a kind of window that does not exist");
}

}  // namespace laminar
