// The table's rows lie in a RowStore; those of a key are a list in the order of their coming: first place by the key's
// number (KeyTable), then from each place to the next.
//
// A row of the stream is paired with its partners. Pairs are made up to a batch at a time, the rest of ON is evaluated
// over that batch, and what is left goes out. LEFT, SEMI and ANTI joins have a further pair behind the partners of each
// row, with no row of the table: it says that all partners have been tried, so what becomes of a row without one is
// decided there, and the order of the rows is kept.
//
// A row on which ON fails goes as a whole: nothing of it goes out before all its partners have been tried. So the pairs
// of the row at hand are kept (16 bytes each) where there is a rest of ON that could fail.
//
// A batch of the stream makes at most kBatchesAtOnce batches at a time; what is left of it is copied and waits
// (HasPending), and what is pushed meanwhile waits behind it.
#include "stream/operators/lookup_join.h"

#include <deque>
#include <numeric>
#include <optional>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"

#include "base/check.h"
#include "state/key_codec.h"
#include "state/key_table.h"
#include "stream/over/row_store.h"

namespace laminar {

namespace {

constexpr int kBatchesAtOnce = 8;
constexpr uint64_t kNoRow = RowStore::kNoRow;

std::vector<TypeRef> TypesOf(const Schema& schema, const std::vector<size_t>& columns) {
  std::vector<TypeRef> types;
  for (const size_t column : columns) types.push_back(schema[column].type);
  return types;
}

// What the rest of ON is evaluated over: the columns of both, and the number of the pair.
Schema PairSchema(const Schema& stream, const Schema& table) {
  Schema schema = stream;
  schema.insert(schema.end(), table.begin(), table.end());
  schema.push_back({"pair", MakeType(duckdb::LogicalType::BIGINT)});
  return schema;
}

const duckdb::SelectionVector& AllRows() {
  static const duckdb::SelectionVector kAll(0, kBatchRows);
  return kAll;
}

struct Pair {
  uint32_t row;
  uint64_t place;
};

}  // namespace

// A batch of the stream, and how far it is.
struct LookupJoinOperator::Probe {
  Batch* batch = nullptr;
  std::unique_ptr<Batch> copy;  // where the batch itself waits
  int64_t bytes = 0;            // of the copy
  std::vector<uint64_t> first;  // by row: the first partner
  size_t row = 0;
  uint64_t partner = kNoRow;  // the next of `row`
  bool in_row = false;        // `partner` is set

  // What goes out: ready[given, closed) may, what is behind belongs to the row whose partners are being tried.
  std::vector<Pair> ready;
  size_t given = 0, closed = 0;
  bool matched = false;      // that row has had a partner
  std::vector<bool> failed;  // by row: ON failed on it; empty: on none
};

struct LookupJoinOperator::Rep {
  // Reports a row of the stream once, however many of its pairs fail, and marks it.
  class PairFailures final : public FailureHandler {
   public:
    PairFailures(FailureHandler* rows, size_t number_column) : rows_(rows), number_column_(number_column) {}

    // The pairs that will be evaluated next, and whose they are; borrowed.
    void Expect(Probe* probe, const std::vector<Pair>* candidates) {
      probe_ = probe;
      candidates_ = candidates;
    }

    Status OnFailure(const Batch& pairs, const ExpressionFailure& failure) override {
      const duckdb::Value number = pairs.chunk().GetValue(number_column_, failure.row);
      const uint32_t row = (*candidates_)[static_cast<size_t>(number.GetValue<int64_t>())].row;
      if (probe_->failed.empty()) probe_->failed.resize(probe_->batch->rows());
      if (probe_->failed[row]) return Status::Ok();
      probe_->failed[row] = true;
      return rows_->OnFailure(pairs, failure);
    }

   private:
    FailureHandler* const rows_;  // borrowed
    const size_t number_column_;
    Probe* probe_ = nullptr;
    const std::vector<Pair>* candidates_ = nullptr;
  };

  Rep(const LookupJoinNode& node, const Schema& stream, const Schema& table, const Schema& output, DuckSession* session,
      FailureHandler* failures)
      : node(node),
        stream(stream),
        table(table),
        store(table),
        stream_codec(TypesOf(stream, node.stream_keys)),
        table_codec(TypesOf(table, node.table_keys)),
        pair_failures(failures, stream.size() + table.size()),
        pairs(PairSchema(stream, table)),
        out(output) {
    if (!node.condition.empty()) {
      const Schema schema = PairSchema(stream, table);
      condition = std::make_unique<FilterProject>(
          session, node.condition, ExpressionList().BehindColumnsOf(session, schema), schema, &pair_failures);
    }
  }

  bool keeps_unmatched() const {
    return node.kind == LookupJoinNode::Kind::kLeft || node.kind == LookupJoinNode::Kind::kAnti;
  }
  bool stream_only() const {
    return node.kind == LookupJoinNode::Kind::kSemi || node.kind == LookupJoinNode::Kind::kAnti;
  }

  // Rows whose key has a NULL that equals nothing.
  void FindUnequal(Batch* batch, const std::vector<size_t>& columns, std::vector<bool>* unequal) const {
    unequal->assign(batch->rows(), false);
    for (size_t k = 0; k < columns.size(); k++) {
      if (node.nulls_equal[k]) continue;
      duckdb::UnifiedVectorFormat format;
      batch->chunk().data[columns[k]].ToUnifiedFormat(batch->rows(), format);
      if (format.validity.AllValid()) continue;
      for (size_t i = 0; i < batch->rows(); i++) {
        if (!format.validity.RowIsValid(format.sel->get_index(i))) (*unequal)[i] = true;
      }
    }
  }

  void AddToTable(Batch* batch) {
    table_codec.Encode(*batch, node.table_keys, &keys);
    FindUnequal(batch, node.table_keys, &unequal);
    const uint64_t place = store.Append(batch, AllRows(), batch->rows());
    next.resize(store.end_place(), kNoRow);
    for (size_t i = 0; i < batch->rows(); i++) {
      if (unequal[i]) continue;
      bool created = false;
      const uint32_t number = index.FindOrAdd(keys.key(i), keys.hash(i), &created);
      if (created) {
        lists.resize(std::max<size_t>(lists.size(), number + 1));
        lists[number] = {place + i, place + i};
      } else {
        next[lists[number].last] = place + i;
        lists[number].last = place + i;
      }
    }
  }

  void Start(Batch* batch, Probe* probe) {
    probe->batch = batch;
    stream_codec.Encode(*batch, node.stream_keys, &keys);
    FindUnequal(batch, node.stream_keys, &unequal);
    probe->first.assign(batch->rows(), kNoRow);
    for (size_t i = 0; i < batch->rows(); i++) {
      if (unequal[i]) continue;
      const uint32_t number = index.Find(keys.key(i), keys.hash(i));
      if (number != KeyTable::kNotFound) probe->first[i] = lists[number].first;
    }
  }

  static bool Done(const Probe& probe) { return probe.row == probe.batch->rows(); }

  // The next pairs of the probe, at most a batch.
  void MakePairs(Probe* probe) {
    candidates.clear();
    const bool one_is_enough = stream_only() && !condition;
    while (!Done(*probe) && candidates.size() < kBatchRows) {
      if (!probe->in_row) {
        probe->partner = probe->first[probe->row];
        probe->in_row = true;
      }
      if (!probe->failed.empty() && probe->failed[probe->row]) {
        // Its other partners need not be tried.
        probe->partner = kNoRow;
        Close(static_cast<uint32_t>(probe->row), probe);
      }
      const auto row = static_cast<uint32_t>(probe->row);
      while (probe->partner != kNoRow && candidates.size() < kBatchRows) {
        candidates.push_back({row, probe->partner});
        probe->partner = one_is_enough ? kNoRow : next[probe->partner];
      }
      if (probe->partner != kNoRow) return;
      if (keeps_unmatched()) {
        if (candidates.size() == kBatchRows) return;
        candidates.push_back({row, kNoRow});
      }
      probe->row++;
      probe->in_row = false;
    }
  }

  // passes[i]: candidate i is a pair that fulfils the rest of ON.
  Status Evaluate(Probe* probe) {
    Batch* const batch = probe->batch;
    passes.assign(candidates.size(), false);
    std::vector<uint64_t> places;
    duckdb::SelectionVector rows(kBatchRows);
    pairs.Reset();
    duckdb::Vector& numbers = pairs.chunk().data[stream.size() + table.size()];
    for (size_t i = 0; i < candidates.size(); i++) {
      if (candidates[i].place == kNoRow) continue;
      if (!condition) {
        passes[i] = true;
        continue;
      }
      duckdb::FlatVector::GetData<int64_t>(numbers)[places.size()] = static_cast<int64_t>(i);
      rows.set_index(places.size(), candidates[i].row);
      places.push_back(candidates[i].place);
    }
    if (places.empty()) return Status::Ok();
    for (size_t c = 0; c < stream.size(); c++) pairs.chunk().data[c].Slice(batch->chunk().data[c], rows, places.size());
    store.Gather(places, &pairs, stream.size());
    pairs.chunk().SetCardinality(places.size());
    pairs.origins = batch->origins;
    pairs.origin_rows.clear();
    if (pairs.origins) {
      for (size_t i = 0; i < places.size(); i++) pairs.origin_rows.push_back(batch->OriginRow(rows.get_index(i)));
    }
    Batch* passed = nullptr;
    pair_failures.Expect(probe, &candidates);
    RETURN_IF_ERROR(condition->Execute(&pairs, &passed));
    duckdb::UnifiedVectorFormat format;
    passed->chunk().data[stream.size() + table.size()].ToUnifiedFormat(passed->rows(), format);
    const auto* survivors = duckdb::UnifiedVectorFormat::GetData<int64_t>(format);
    for (size_t i = 0; i < passed->rows(); i++) passes[static_cast<size_t>(survivors[format.sel->get_index(i)])] = true;
    return Status::Ok();
  }

  // Adds what goes out for the candidates. The row that they begin with may have begun, and been matched, before.
  void Choose(Probe* probe) {
    for (size_t i = 0; i < candidates.size(); i++) {
      const Pair& pair = candidates[i];
      if (i > 0 && pair.row != candidates[i - 1].row) Close(candidates[i - 1].row, probe);
      if (passes[i]) {
        if (!stream_only() || (node.kind == LookupJoinNode::Kind::kSemi && !probe->matched))
          probe->ready.push_back(pair);
        probe->matched = true;
      } else if (pair.place == kNoRow && !probe->matched) {
        probe->ready.push_back(pair);
      }
    }
    if (candidates.empty()) return;
    const bool goes_on = probe->in_row && candidates.back().row == probe->row;
    if (!goes_on) Close(candidates.back().row, probe);
    if (!condition) probe->closed = probe->ready.size();  // nothing can fail
  }

  // All partners of the row have been tried.
  static void Close(uint32_t row, Probe* probe) {
    if (!probe->failed.empty() && probe->failed[row]) probe->ready.resize(probe->closed);
    probe->closed = probe->ready.size();
    probe->matched = false;
  }

  // The next batch of what may go out; false: there is none.
  bool TakeReady(Probe* probe) {
    if (probe->given == probe->closed) return false;
    if (probe->given == 0 && probe->closed == probe->ready.size() && probe->closed <= kBatchRows) {
      chosen.swap(probe->ready);
      probe->ready.clear();
      probe->closed = 0;
      return true;
    }
    const size_t end = std::min(probe->closed, probe->given + kBatchRows);
    chosen.assign(probe->ready.begin() + static_cast<ptrdiff_t>(probe->given),
                  probe->ready.begin() + static_cast<ptrdiff_t>(end));
    probe->given = end;
    if (probe->given < probe->closed) return true;
    probe->ready.erase(probe->ready.begin(), probe->ready.begin() + static_cast<ptrdiff_t>(end));
    probe->given = probe->closed = 0;
    return true;
  }

  void FillOut(Batch* batch) {
    out.Reset();
    duckdb::SelectionVector rows(kBatchRows);
    std::vector<uint64_t> places(chosen.size());
    for (size_t i = 0; i < chosen.size(); i++) {
      rows.set_index(i, chosen[i].row);
      places[i] = chosen[i].place;
    }
    for (size_t c = 0; c < stream.size(); c++) out.chunk().data[c].Slice(batch->chunk().data[c], rows, chosen.size());
    if (!stream_only()) store.Gather(places, &out, stream.size());
    out.chunk().SetCardinality(chosen.size());
    out.origins = batch->origins;
    out.origin_rows.clear();
    if (out.origins) {
      for (const Pair& pair : chosen) out.origin_rows.push_back(batch->OriginRow(pair.row));
    }
  }

  const LookupJoinNode node;
  const Schema stream, table;
  RowStore store;
  struct List {
    uint64_t first, last;
  };
  std::vector<uint64_t> next;  // by place: the next row of its key
  KeyTable index;
  std::vector<List> lists;  // by number of the key
  KeyCodec stream_codec, table_codec;
  PairFailures pair_failures;
  std::unique_ptr<FilterProject> condition;  // nullptr: none

  std::deque<Probe> waiting;
  int64_t waiting_bytes = 0;
  std::optional<int64_t> watermark;  // to be passed on after the waiting rows

  EncodedKeys keys;
  std::vector<bool> unequal, passes;
  std::vector<Pair> candidates, chosen;
  Batch pairs, out;
};

LookupJoinOperator::LookupJoinOperator(const LookupJoinNode& node, const Schema& stream, const Schema& table,
                                       const Schema& output, DuckSession* session, FailureHandler* failures)
    : Operator(2), rep_(std::make_unique<Rep>(node, stream, table, output, session, failures)) {}

LookupJoinOperator::~LookupJoinOperator() = default;

bool LookupJoinOperator::Accepts(size_t input) const {
  return input == 1 || InputEnded(1);
}

bool LookupJoinOperator::HasPending() const {
  return !rep_->waiting.empty();
}

int64_t LookupJoinOperator::StateBytes() const {
  const Rep& rep = *rep_;
  const size_t pairs = rep.waiting.empty() ? 0 : rep.waiting.front().ready.capacity();
  return rep.store.bytes() + rep.index.bytes() + rep.waiting_bytes + static_cast<int64_t>(pairs * sizeof(Pair)) +
         static_cast<int64_t>(rep.next.capacity() * sizeof(uint64_t) + rep.lists.capacity() * sizeof(Rep::List));
}

Status LookupJoinOperator::Push(size_t input, Batch* batch) {
  Rep& rep = *rep_;
  if (input == 1) {
    rep.AddToTable(batch);
    return Status::Ok();
  }
  Probe probe;
  if (rep.waiting.empty()) {
    rep.Start(batch, &probe);
    bool done = false;
    RETURN_IF_ERROR(Work(&probe, &done));
    if (done) return Status::Ok();
  }
  probe.copy = std::make_unique<Batch>(rep.stream);
  for (size_t c = 0; c < rep.stream.size(); c++) {
    duckdb::VectorOperations::Copy(batch->chunk().data[c], probe.copy->chunk().data[c], AllRows(), batch->rows(), 0, 0);
  }
  probe.copy->chunk().SetCardinality(batch->rows());
  probe.copy->TakeOrigins(*batch);
  if (probe.batch == nullptr) {
    rep.Start(probe.copy.get(), &probe);
  } else {
    probe.batch = probe.copy.get();
  }
  probe.bytes = static_cast<int64_t>(probe.copy->chunk().GetAllocationSize());
  rep.waiting_bytes += probe.bytes;
  rep.waiting.push_back(std::move(probe));
  return Status::Ok();
}

Status LookupJoinOperator::Work(Probe* probe, bool* done) {
  Rep& rep = *rep_;
  for (int i = 0; i < kBatchesAtOnce; i++) {
    if (!rep.TakeReady(probe)) {
      if (Rep::Done(*probe)) break;
      rep.MakePairs(probe);
      RETURN_IF_ERROR(rep.Evaluate(probe));
      rep.Choose(probe);
      if (!rep.TakeReady(probe)) continue;
    }
    rep.FillOut(probe->batch);
    RETURN_IF_ERROR(Emit(&rep.out));
  }
  *done = Rep::Done(*probe) && probe->given == probe->closed;
  return Status::Ok();
}

Status LookupJoinOperator::OnWatermark(int64_t watermark) {
  if (!HasPending()) return EmitWatermark(watermark);
  rep_->watermark = watermark;
  return Status::Ok();
}

Status LookupJoinOperator::EmitPending() {
  Rep& rep = *rep_;
  if (rep.waiting.empty()) return Status::Ok();
  bool done = false;
  RETURN_IF_ERROR(Work(&rep.waiting.front(), &done));
  if (!done) return Status::Ok();
  rep.waiting_bytes -= rep.waiting.front().bytes;
  rep.waiting.pop_front();
  if (!rep.waiting.empty() || !rep.watermark) return Status::Ok();
  const int64_t watermark = *rep.watermark;
  rep.watermark.reset();
  return EmitWatermark(watermark);
}

}  // namespace laminar
