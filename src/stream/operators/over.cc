// The rows of a batch go into a RowBuffer; when the watermark rises, those below it come out in order. Each part of
// them, at most a batch, is copied into the output's columns, numbered by partition (OverPartitions), and given to one
// engine for each function (over/engine.h), which writes the function's column.
//
// A part ends where a group of peers ends. A group that is larger than a batch is taken apart: all of it is fed to the
// engines, then it is given out batch by batch.
#include "stream/operators/over.h"

#include <algorithm>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"
#include "stream/over/engine.h"
#include "stream/over/partition_state.h"
#include "stream/over/partitions.h"
#include "stream/over/row_buffer.h"

namespace laminar {

namespace {

std::vector<SortColumn> SortColumnsOf(const OverNode& node) {
  std::vector<SortColumn> columns;
  for (const OverNode::SortKey& key : node.then_by) columns.push_back({key.column, key.descending, key.nulls_first});
  return columns;
}

// How long partitions are kept without rows.
int64_t KeepOf(const OverNode& node) {
  int64_t keep = 0;
  bool forever = false;
  for (const OverFunction& function : node.functions) {
    const int64_t reach = ReachOf(function);
    if (reach == OverPartitions::kForever) {
      forever = true;
    } else {
      keep = std::max(keep, reach);
    }
  }
  if (!forever) return keep;
  return node.ttl_micros > 0 ? std::max(keep, node.ttl_micros) : OverPartitions::kForever;
}

}  // namespace

struct OverOperator::Rep {
  Rep(const OverNode& node, const PlanNode& input, const Schema& output)
      : input_columns(input.schema.size()),
        lag_micros(input.LagOf(node.time_column)),
        buffer(input.schema, node.time_column, SortColumnsOf(node), input.order_column),
        partitions(input.schema, node.partition, KeepOf(node)),
        in(input.schema),
        out(output) {
    for (const OverFunction& function : node.functions) engines.push_back(MakeOverEngine(function, input.schema));
  }

  // How many of the released rows make the next part; 0: the first group of peers is larger than a batch.
  size_t NextPart() const {
    const size_t released = buffer.released();
    if (released <= kBatchRows) return released;
    const uint64_t* peers = buffer.peers();
    size_t count = kBatchRows;
    while (count > 0 && peers[count - 1] == peers[count]) count--;
    return count;
  }

  // Gathers `count` rows from `first` on and numbers their partitions. Returns how many of them make a part.
  size_t Load(size_t first, size_t count) {
    buffer.Gather(first, count, &in);
    const auto forget = [this](uint32_t number) {
      for (auto& engine : engines) engine->Forget(number);
    };
    numbers.resize(count);
    size_t numbered = partitions.Number(in, buffer.times() + first, count, numbers.data(), forget);
    if (numbered < count) {
      const uint64_t* peers = buffer.peers() + first;
      while (peers[numbered - 1] == peers[numbered]) numbered--;
    }
    for (auto& engine : engines) engine->Resize(partitions.end_number());
    FlatColumnsOf(&in, &columns);
    rows.batch = &in;
    rows.columns = columns;
    rows.count = numbered;
    rows.partitions = numbers.data();
    rows.times = buffer.times() + first;
    rows.peers = buffer.peers() + first;
    in.chunk().SetCardinality(numbered);
    return numbered;
  }

  // Lets `compute` write each function's column, and makes `out` the loaded rows with them.
  template <class Compute>
  Status Fill(const Compute& compute) {
    out.Reset();
    for (size_t c = 0; c < input_columns; c++) out.chunk().data[c].Reference(in.chunk().data[c]);
    out.chunk().SetCardinality(rows.count);
    for (size_t i = 0; i < engines.size(); i++) {
      duckdb::Vector& vector = out.chunk().data[input_columns + i];
      auto& validity = duckdb::FlatVector::Validity(vector);
      if (validity.GetData() == nullptr) validity.Initialize(kBatchRows);
      const OverResult result{&out, input_columns + i, duckdb::FlatVector::GetData(vector), validity.GetData()};
      RETURN_IF_ERROR(compute(*engines[i], result));
    }
    return Status::Ok();
  }

  const size_t input_columns;
  const int64_t lag_micros;
  RowBuffer buffer;
  OverPartitions partitions;
  std::vector<std::unique_ptr<OverEngine>> engines;
  int64_t closed = kNoWatermark;                    // rows below are given out, or about to be
  std::optional<int64_t> watermark = std::nullopt;  // to be passed on after the released rows
  size_t fed = 0;                                   // rows of a group larger than a batch that are still to be read

  Batch in, out;
  OverRows rows;
  std::vector<FlatColumn> columns;
  std::vector<uint32_t> numbers;
};

OverOperator::OverOperator(const OverNode& node, const PlanNode& input, const Schema& output, Counter* late_rows)
    : Operator(1), late_rows_(late_rows), rep_(std::make_unique<Rep>(node, input, output)) {}

OverOperator::~OverOperator() = default;

Status OverOperator::Push(size_t /*input*/, Batch* batch) {
  if (const size_t late = rep_->buffer.Add(batch, rep_->closed)) late_rows_->Add(late);
  return Status::Ok();
}

bool OverOperator::HasPending() const {
  return rep_->watermark.has_value();
}

Status OverOperator::Save(StateOutput* out) {
  CHECK(!HasPending());
  rep_->buffer.Save(out);
  return SavePartitions(rep_->partitions, rep_->engines, out);
}

Status OverOperator::OnRestore(const StateInput& in, int64_t watermark) {
  Rep& rep = *rep_;
  rep.closed = WatermarkMinus(watermark, rep.lag_micros);
  RETURN_IF_ERROR(rep.buffer.Restore(in, rep.partitions.columns()));
  return RestorePartitions(in, &rep.partitions, rep.engines);
}

int64_t OverOperator::StateBytes() const {
  int64_t bytes = rep_->buffer.bytes() + rep_->partitions.bytes();
  for (const auto& engine : rep_->engines) bytes += engine->bytes();
  return bytes;
}

int64_t OverOperator::StateRows() const {
  return static_cast<int64_t>(rep_->buffer.rows());
}

size_t OverOperator::partitions() const {
  return rep_->partitions.size();
}

Status OverOperator::OnWatermark(int64_t watermark) {
  Rep& rep = *rep_;
  const bool pending = HasPending();
  rep.watermark = watermark;
  rep.closed = WatermarkMinus(watermark, rep.lag_micros);
  if (rep.closed != kNoWatermark) RETURN_IF_ERROR(rep.buffer.Release(rep.closed));
  return pending ? Status::Ok() : EmitPending();
}

Status OverOperator::EmitPending() {
  Rep& rep = *rep_;
  if (!rep.watermark) return Status::Ok();
  if (rep.buffer.released() == 0) {
    const int64_t watermark = *rep.watermark;
    rep.watermark.reset();
    rep.partitions.Expire(
        rep.closed,
        [&](uint32_t number) {
          for (auto& engine : rep.engines) engine->Forget(number);
        },
        [&](uint32_t number) {
          for (auto& engine : rep.engines) engine->Trim(number, rep.closed);
        });
    return EmitWatermark(watermark);
  }
  size_t count = 0;
  if (rep.fed == 0 && (count = rep.NextPart()) == 0) {
    const uint64_t* peers = rep.buffer.peers();
    while (rep.fed < rep.buffer.released() && peers[rep.fed] == peers[0]) {
      size_t part = std::min(kBatchRows, rep.buffer.released() - rep.fed);
      while (peers[rep.fed + part - 1] != peers[0]) part--;
      CHECK(rep.Load(rep.fed, part) == part);  // rows of one time: no partition ends between them
      for (auto& engine : rep.engines) RETURN_IF_ERROR(engine->Feed(rep.rows));
      rep.fed += part;
    }
  }
  if (rep.fed > 0) {
    count = std::min(kBatchRows, rep.fed);
    CHECK(rep.Load(0, count) == count);
    RETURN_IF_ERROR(
        rep.Fill([&](OverEngine& engine, const OverResult& result) { return engine.Read(rep.rows, result); }));
    rep.fed -= count;
  } else {
    count = rep.Load(0, count);
    RETURN_IF_ERROR(
        rep.Fill([&](OverEngine& engine, const OverResult& result) { return engine.Run(rep.rows, result); }));
  }
  RETURN_IF_ERROR(Emit(&rep.out));
  rep.buffer.Drop(count);
  return rep.buffer.released() == 0 ? EmitPending() : Status::Ok();
}

}  // namespace laminar
