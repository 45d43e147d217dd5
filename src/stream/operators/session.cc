// The rows of a batch are first dealt to sessions one by one, which may open some and join others; then the states of
// joined sessions are merged and all rows are fed, each in one call for the whole batch.
#include "stream/operators/session.h"

#include <algorithm>
#include <unordered_map>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"
#include "state/state_table.h"
#include "stream/operators/open_sessions.h"
#include "stream/operators/row_partials.h"
#include "stream/operators/saved_groups.h"
#include "stream/operators/window_rows.h"

namespace laminar {

namespace {
constexpr int kSessionBatchesPerResume = 8;
}

struct SessionOperator::Rep {
  Rep(const WindowAggregateNode& node, const PlanNode& input, const Schema& output, Counter* late_rows, bool restores)
      : lag(LagOf(node, AggregateMode::kComplete, input)),
        late_rows(late_rows),
        of_rows(restores ? std::make_unique<AggregateSet>(node.aggregates) : nullptr),
        row_partials(node, of_rows.get(), output),
        set(restores ? node.merges : node.aggregates),
        in(node, AggregateMode::kComplete, output),
        out(node, AggregateMode::kComplete, output),
        open(node.window.size.micros),
        states(&set),
        saved_schema(SavedSchema(node, output)) {
    CHECK(node.window.size.micros > 0 && node.window.size.months == 0);
  }

  // Deals the rows of the batch: rows[i] is of the session dealt[i], unless that was joined to another.
  void Deal() {
    rows.clear();
    dealt.clear();
    joined.clear();
    for (const uint32_t row : in.all_rows()) {
      OpenSessions::Found found;
      if (Panes::InRange(in.time(row))) {
        found = open.Add(in.keys().key(row), in.keys().hash(row), in.time(row), closed);
      }
      if (found.session == OpenSessions::kLate) {
        late_rows->Add(1);
        continue;
      }
      if (found.created) states.Create(found.session);
      if (found.joined != OpenSessions::kLate) joined[found.joined] = found.session;
      rows.push_back(row);
      dealt.push_back(found.session);
    }
  }

  uint32_t SessionNow(uint32_t session) const {
    if (joined.empty()) return session;
    for (auto at = joined.find(session); at != joined.end(); at = joined.find(session)) session = at->second;
    return session;
  }

  Status MergeJoined() {
    if (joined.empty()) return Status::Ok();
    std::vector<std::byte*> from, into;
    std::vector<uint32_t> gone;
    for (const auto& [session, _] : joined) {
      gone.push_back(session);
      from.push_back(states.at(session));
      into.push_back(states.at(SessionNow(session)));
    }
    RETURN_IF_ERROR(set.Combine(from, into, states.memory()));
    states.Free(gone);
    return Status::Ok();
  }

  Status Feed(Batch* batch) {
    found.resize(rows.size());
    for (size_t i = 0; i < rows.size(); i++) found[i] = states.at(SessionNow(dealt[i]));
    if (of_rows) {
      Batch* partials = nullptr;
      const int64_t no_start = 0;
      RETURN_IF_ERROR(row_partials.Make(batch, rows, in.keys(), std::span(&no_start, 1), &partials));
      return set.Update(partials, found, states.memory());
    }
    if (rows.size() == batch->rows()) return set.Update(batch, found, states.memory());
    return set.UpdateRows(batch, rows, found, states.memory());
  }

  // Writes the next sessions that end, up to a batch, and forgets them.
  Status WriteBatch() {
    std::vector<uint32_t> ended;
    std::vector<std::string_view> keys;
    std::vector<TimeRange> ranges;
    while (ended.size() < kBatchRows && open.AnyEnds(closed)) {
      ended.push_back(open.TakeFirst());
      ranges.push_back(open.range(ended.back()));
      keys.push_back(open.key(ended.back()));
    }
    found.clear();
    for (const uint32_t session : ended) found.push_back(states.at(session));
    in.codec().Decode(keys, out.batch(), 0);
    RETURN_IF_ERROR(set.Finalize(found, states.memory(), out.batch(), out.results_column()));
    out.AddRows(ranges);
    states.Free(ended);
    for (const uint32_t session : ended) open.Forget(session);
    return Status::Ok();
  }

  static Schema SavedSchema(const WindowAggregateNode& node, const Schema& output) {
    Schema schema = PartialRows::SchemaOf(node, output);
    schema.push_back({"last", MakeType(duckdb::LogicalType::TIMESTAMP)});
    return schema;
  }

  Status SaveAll(StateOutput* to) {
    SectionWriter section(to, "sessions", saved_schema);
    SavedGroups saved(&set, saved_schema);
    std::vector<int64_t> lasts;
    const auto write = [&]() -> Status {
      ASSIGN_OR_RETURN(Batch* const batch, saved.Write(states.memory()));
      std::copy(lasts.begin(), lasts.end(), duckdb::FlatVector::GetData<int64_t>(batch->chunk().data.back()));
      section.Add(*batch);
      saved.Clear();
      lasts.clear();
      return Status::Ok();
    };
    std::vector<uint32_t> sessions;
    open.ForEach([&](uint32_t session) { sessions.push_back(session); });
    for (const uint32_t session : sessions) {
      saved.Add(open.key(session), open.hash(session), open.range(session).start, states.at(session));
      lasts.push_back(open.last(session));
      if (saved.size() == kBatchRows) RETURN_IF_ERROR(write());
    }
    if (saved.size() > 0) RETURN_IF_ERROR(write());
    section.Finish();
    return Status::Ok();
  }

  Status Restore(Batch* batch) {
    in_checkpoint.Read(batch, PartialRows::kKey, PartialRows::kHash);
    duckdb::UnifiedVectorFormat firsts, lasts;
    batch->chunk().data[PartialRows::kStart].ToUnifiedFormat(batch->rows(), firsts);
    batch->chunk().data.back().ToUnifiedFormat(batch->rows(), lasts);
    found.clear();
    for (size_t row = 0; row < batch->rows(); row++) {
      const int64_t first = duckdb::UnifiedVectorFormat::GetData<int64_t>(firsts)[firsts.sel->get_index(row)];
      const int64_t last = duckdb::UnifiedVectorFormat::GetData<int64_t>(lasts)[lasts.sel->get_index(row)];
      const uint32_t session = open.Restore(in_checkpoint.key(row), in_checkpoint.hash(row), first, last);
      found.push_back(states.Create(session));
    }
    return set.Update(batch, found, states.memory());
  }

  const int64_t lag;
  Counter* const late_rows;
  const std::unique_ptr<AggregateSet> of_rows;  // to make partials of them; nullptr: they are fed as they are
  RowPartials row_partials;
  AggregateSet set;
  WindowInput in;
  WindowOutput out;

  OpenSessions open;
  StateTable states;              // by session
  int64_t closed = kNoWatermark;  // the watermark of the time column
  bool pending = false;

  std::vector<uint32_t> rows, dealt;
  std::unordered_map<uint32_t, uint32_t> joined;  // in this batch: gone -> has become part of
  std::vector<std::byte*> found;

  const Schema saved_schema;
  EncodedKeys in_checkpoint;
};

SessionOperator::SessionOperator(const WindowAggregateNode& node, const PlanNode& input, const Schema& output,
                                 Counter* late_rows, bool restores)
    : Operator(1), rep_(std::make_unique<Rep>(node, input, output, late_rows, restores)) {}

SessionOperator::~SessionOperator() = default;

Status SessionOperator::Push(size_t /*input*/, Batch* batch) {
  Rep& rep = *rep_;
  rep.in.Read(batch);
  rep.Deal();
  if (rep.rows.empty()) return Status::Ok();
  RETURN_IF_ERROR(rep.MergeJoined());
  RETURN_IF_ERROR(rep.Feed(batch));
  return rep.states.CompactWhenGrown();  // no session may end for a long time, and yet many be joined
}

Status SessionOperator::OnWatermark(int64_t watermark) {
  Rep& rep = *rep_;
  rep.closed = WatermarkMinus(watermark, rep.lag);
  rep.pending = rep.open.AnyEnds(rep.closed);
  return rep.pending ? Status::Ok() : EmitWatermark(rep.closed);
}

bool SessionOperator::HasPending() const {
  return rep_->pending;
}

Status SessionOperator::EmitPending() {
  Rep& rep = *rep_;
  for (int batches = 0; batches < kSessionBatchesPerResume && rep.open.AnyEnds(rep.closed); batches++) {
    RETURN_IF_ERROR(rep.WriteBatch());
    RETURN_IF_ERROR(Emit(rep.out.Finish()));
    rep.out.Reset();
  }
  if (rep.open.AnyEnds(rep.closed)) return Status::Ok();
  rep.pending = false;
  rep.states.Trim(rep.open.end_number());
  RETURN_IF_ERROR(rep.states.CompactWhenGrown());
  return EmitWatermark(rep.closed);
}

Status SessionOperator::Save(StateOutput* out) {
  CHECK(!HasPending());
  return rep_->SaveAll(out);
}

Status SessionOperator::OnRestore(const StateInput& in, int64_t watermark) {
  Rep& rep = *rep_;
  CHECK(rep.of_rows != nullptr);
  RETURN_IF_ERROR(ReadSection(in, "sessions", rep.saved_schema, [&](Batch* batch) {
    KeepOwned(in, batch);
    return batch->rows() == 0 ? Status::Ok() : rep.Restore(batch);
  }));
  rep.closed = WatermarkMinus(watermark, rep.lag);
  return Status::Ok();
}

int64_t SessionOperator::StateBytes() const {
  return rep_->open.bytes() + rep_->states.bytes();
}
int64_t SessionOperator::StateRows() const {
  return static_cast<int64_t>(rep_->open.size());
}

}  // namespace laminar
