// A batch is dealt in one pass over the hashes of its keys, which gives each worker a list of row numbers, and one copy
// a column and worker. Rows of a key keep their order: they all take the same way, and a way is a queue.
//
// Gathered rows go when their batch is full or heavy, before a watermark or an end overtakes them, and at the end of
// each turn of the task.
#include "stream/runtime/exchange.h"

#include <algorithm>
#include <span>
#include <utility>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"

namespace laminar {

namespace {

// Long strings and lists: a batch is sent before it has all its rows.
constexpr int64_t kHeavyBytes = 1 << 20;

std::vector<TypeRef> TypesOf(const Schema& schema, const std::vector<size_t>& columns) {
  std::vector<TypeRef> types;
  for (const size_t column : columns) types.push_back(schema.at(column).type);
  return types;
}

}  // namespace

ExchangeOperator::ExchangeOperator(const ExchangeNode& node, const Schema& schema, int worker, std::vector<Edge*> edges,
                                   std::optional<size_t> hash_column)
    : Operator(1),
      node_(node),
      schema_(schema),
      worker_(static_cast<size_t>(worker)),
      hash_column_(hash_column),
      targets_(edges.size()),
      codec_(hash_column ? std::vector<TypeRef>() : TypesOf(schema, node.keys)) {
  CHECK(worker_ < edges.size());
  for (size_t w = 0; w < edges.size(); w++) targets_[w].edge = edges[w];
  for (int group = 0; group < kKeyGroups; group++)
    owners_.push_back(static_cast<uint16_t>(WorkerOf(group, static_cast<int>(edges.size()))));
}

bool ExchangeOperator::Accepts(size_t /*input*/) const {
  return std::all_of(targets_.begin(), targets_.end(),
                     [](const Target& target) { return target.edge == nullptr || target.edge->CanAccept(); });
}

template <class HashOf>
void ExchangeOperator::DealRows(size_t rows, const HashOf& hash_of) {
  ends_.clear();
  for (Target& target : targets_) ends_.push_back(target.chosen.data());
  uint32_t** const ends = ends_.data();
  const uint16_t* const owners = owners_.data();
  for (size_t row = 0; row < rows; row++) *ends[owners[KeyGroupOf(hash_of(row))]]++ = static_cast<uint32_t>(row);
  for (size_t w = 0; w < targets_.size(); w++)
    targets_[w].chosen_rows = static_cast<size_t>(ends[w] - targets_[w].chosen.data());
}

void ExchangeOperator::DealByKey(Batch* batch) {
  codec_.Encode(*batch, node_.keys, &keys_);
  DealRows(batch->rows(), [&](size_t row) { return keys_.hash(row); });
}

void ExchangeOperator::DealByHash(Batch* batch) {
  duckdb::UnifiedVectorFormat hashes;
  batch->chunk().data[*hash_column_].ToUnifiedFormat(batch->rows(), hashes);
  const auto* values = duckdb::UnifiedVectorFormat::GetData<uint64_t>(hashes);
  if (hashes.sel->IsSet()) {
    DealRows(batch->rows(), [&](size_t row) { return values[hashes.sel->get_index(row)]; });
  } else {
    DealRows(batch->rows(), [&](size_t row) { return values[row]; });
  }
}

Status ExchangeOperator::Push(size_t /*input*/, Batch* batch) {
  for (Target& target : targets_) {
    if (target.chosen.size() < batch->rows()) target.chosen.resize(batch->rows());
    target.chosen_rows = 0;
  }
  if (node_.to != ExchangeNode::To::kOwnerOfKey) {
    const size_t receivers = node_.to == ExchangeNode::To::kFirstWorker ? 1 : targets_.size();
    for (size_t w = 0; w < receivers; w++) {
      for (size_t row = 0; row < batch->rows(); row++) targets_[w].chosen[row] = static_cast<uint32_t>(row);
      targets_[w].chosen_rows = batch->rows();
    }
  } else if (hash_column_) {
    DealByHash(batch);
  } else {
    DealByKey(batch);
  }
  for (size_t w = 0; w < targets_.size(); w++) {
    if (w != worker_ && targets_[w].chosen_rows > 0) Gather(batch, &targets_[w]);
  }
  Target& own = targets_[worker_];
  if (own.chosen_rows == 0) return Status::Ok();
  if (own.chosen_rows < batch->rows()) batch->Slice(duckdb::SelectionVector(own.chosen.data()), own.chosen_rows);
  return Emit(batch);
}

void ExchangeOperator::Gather(Batch* batch, Target* target) {
  for (size_t taken = 0; taken < target->chosen_rows;) {
    if (target->gathered.NeedsBatch()) {
      auto spare = target->edge->TakeSpare();
      target->gathered.Start(spare ? std::move(*spare) : Batch(schema_));
    }
    const size_t count = std::min(target->chosen_rows - taken, target->gathered.space());
    target->gathered.Add(batch, std::span<const uint32_t>(target->chosen).subspan(taken, count));
    taken += count;
    if (target->gathered.space() == 0 || target->gathered.bytes_of_rows() > kHeavyBytes) Send(target);
  }
}

void ExchangeOperator::Send(Target* target) {
  if (target->gathered.rows() == 0) return;
  const int64_t bytes = target->gathered.bytes_of_batch();
  target->edge->PutRows(target->gathered.Take(), bytes);
}

void ExchangeOperator::Flush() {
  for (Target& target : targets_) Send(&target);
}

Status ExchangeOperator::OnWatermark(int64_t watermark) {
  Flush();
  for (Target& target : targets_) {
    if (target.edge != nullptr) target.edge->PutWatermark(watermark);
  }
  return EmitWatermark(watermark);
}

Status ExchangeOperator::OnEnded() {
  closed_ = true;
  Flush();
  for (Target& target : targets_) {
    if (target.edge != nullptr) target.edge->PutEnd();
  }
  return Status::Ok();
}

void ExchangeOperator::SendBarrier(int64_t epoch) {
  if (closed_) return;
  Flush();
  for (Target& target : targets_) {
    if (target.edge != nullptr) target.edge->PutBarrier(epoch);
  }
}

void ExchangeOperator::Stop() {
  if (std::exchange(closed_, true)) return;
  Flush();
  for (Target& target : targets_) {
    if (target.edge != nullptr) target.edge->PutStop();
  }
}

}  // namespace laminar
