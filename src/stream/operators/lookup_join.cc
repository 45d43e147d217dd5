// The table's rows lie in a RowStore; those of a key are a list in the order of their coming: first place by the key's
// number (KeyTable), then from each place to the next.
//
// A row of the stream is paired with its partners. Pairs are made up to a batch at a time, the rest of ON is evaluated
// over that batch, and what is left goes out. LEFT, SEMI and ANTI joins have a further pair behind the partners of each
// row, with no row of the table: it says that all partners have been tried, so what becomes of a row without one is
// decided there, and the order of the rows is kept.
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
  bool matched = false;       // `row` has had a partner
};

struct LookupJoinOperator::Rep {
  Rep(const LookupJoinNode& node, const Schema& stream, const Schema& table, const Schema& output, DuckSession* session,
      FailureHandler* failures)
      : node(node),
        stream(stream),
        table(table),
        store(table),
        stream_codec(TypesOf(stream, node.stream_keys)),
        table_codec(TypesOf(table, node.table_keys)),
        pairs(PairSchema(stream, table)),
        out(output) {
    if (!node.condition.empty()) {
      const Schema schema = PairSchema(stream, table);
      condition = std::make_unique<FilterProject>(session, node.condition,
                                                  ExpressionList().BehindColumnsOf(session, schema), schema, failures);
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
  Status Evaluate(Batch* batch) {
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
    RETURN_IF_ERROR(condition->Execute(&pairs, &passed));
    duckdb::UnifiedVectorFormat format;
    passed->chunk().data[stream.size() + table.size()].ToUnifiedFormat(passed->rows(), format);
    const auto* survivors = duckdb::UnifiedVectorFormat::GetData<int64_t>(format);
    for (size_t i = 0; i < passed->rows(); i++) passes[static_cast<size_t>(survivors[format.sel->get_index(i)])] = true;
    return Status::Ok();
  }

  // What goes out for the candidates. The row that they begin with may have begun, and been matched, before.
  void Choose(Probe* probe) {
    chosen.clear();
    uint32_t row = candidates.empty() ? 0 : candidates.front().row;
    bool matched = probe->matched;
    for (size_t i = 0; i < candidates.size(); i++) {
      const Pair& pair = candidates[i];
      if (pair.row != row) matched = false;
      row = pair.row;
      if (passes[i]) {
        if (!stream_only() || (node.kind == LookupJoinNode::Kind::kSemi && !matched)) chosen.push_back(pair);
        matched = true;
      } else if (pair.place == kNoRow && !matched) {
        chosen.push_back(pair);
      }
    }
    probe->matched = matched && probe->in_row && !candidates.empty() && row == probe->row;
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
  return rep.store.bytes() + rep.index.bytes() + rep.waiting_bytes +
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
  for (int i = 0; i < kBatchesAtOnce && !Rep::Done(*probe); i++) {
    rep.MakePairs(probe);
    RETURN_IF_ERROR(rep.Evaluate(probe->batch));
    rep.Choose(probe);
    if (rep.chosen.empty()) continue;
    rep.FillOut(probe->batch);
    RETURN_IF_ERROR(Emit(&rep.out));
  }
  *done = Rep::Done(*probe);
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
