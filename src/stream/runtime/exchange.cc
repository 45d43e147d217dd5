// A batch is dealt in one pass over the hashes of its keys, which gives each worker a list of row numbers, and one copy
// a column and worker. Rows of a key keep their order: they all take the same way, and a way is a queue.
//
// Gathered rows go when their batch is full or heavy, before a watermark or an end overtakes them, and at the end of
// each turn of the task.
#include "stream/runtime/exchange.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/common/types/vector_buffer.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"

#include "base/check.h"

namespace laminar {

namespace {

// Long strings and lists: a batch is sent before it has all its rows.
constexpr int64_t kHeavyBytes = 1 << 20;

// What the rows of a flat vector take. The columns' own memory counts whole: it is there for every row of a batch.
int64_t BytesOf(duckdb::Vector& vector, size_t capacity) {
  const duckdb::LogicalType& type = vector.GetType();
  auto bytes = static_cast<int64_t>(duckdb::GetTypeIdSize(type.InternalType()) * capacity);
  switch (type.InternalType()) {
    case duckdb::PhysicalType::VARCHAR:
      if (const auto strings = vector.GetAuxiliary()) {
        bytes += static_cast<int64_t>(strings->Cast<duckdb::VectorStringBuffer>().GetStringAllocator().SizeInBytes());
      }
      break;
    case duckdb::PhysicalType::LIST:
      bytes += BytesOf(duckdb::ListVector::GetEntry(vector), duckdb::ListVector::GetListCapacity(vector));
      break;
    case duckdb::PhysicalType::ARRAY:
      bytes += BytesOf(duckdb::ArrayVector::GetEntry(vector), capacity * duckdb::ArrayType::GetSize(type));
      break;
    case duckdb::PhysicalType::STRUCT:
      for (auto& field : duckdb::StructVector::GetEntries(vector)) bytes += BytesOf(*field, capacity);
      break;
    default:
      break;
  }
  return bytes;
}

int64_t BytesOf(Batch& batch, size_t capacity) {
  int64_t bytes = 0;
  for (duckdb::Vector& vector : batch.chunk().data) bytes += BytesOf(vector, capacity);
  return bytes;
}

std::vector<TypeRef> TypesOf(const Schema& schema, const std::vector<size_t>& columns) {
  std::vector<TypeRef> types;
  for (const size_t column : columns) types.push_back(schema.at(column).type);
  return types;
}

}  // namespace

ExchangeOperator::ExchangeOperator(const ExchangeNode& node, const Schema& schema, int worker, std::vector<Edge*> edges)
    : Operator(1),
      node_(node),
      schema_(schema),
      worker_(static_cast<size_t>(worker)),
      targets_(edges.size()),
      codec_(TypesOf(schema, node.keys)) {
  CHECK(worker_ < edges.size());
  for (size_t w = 0; w < edges.size(); w++) targets_[w].edge = edges[w];
  for (int group = 0; group < kKeyGroups; group++)
    owners_.push_back(static_cast<size_t>(WorkerOf(group, static_cast<int>(edges.size()))));
}

bool ExchangeOperator::Accepts(size_t /*input*/) const {
  return std::all_of(targets_.begin(), targets_.end(),
                     [](const Target& target) { return target.edge == nullptr || target.edge->CanAccept(); });
}

void ExchangeOperator::DealByKey(const Batch& batch) {
  codec_.Encode(batch, node_.keys, &keys_);
  for (size_t row = 0; row < batch.rows(); row++) {
    const size_t owner = owners_[static_cast<size_t>(KeyGroupOf(keys_.hash(row)))];
    targets_[owner].chosen.push_back(static_cast<uint32_t>(row));
  }
}

Status ExchangeOperator::Push(size_t /*input*/, Batch* batch) {
  for (Target& target : targets_) target.chosen.clear();
  if (node_.to == ExchangeNode::To::kOwnerOfKey) {
    DealByKey(*batch);
  } else {
    const size_t receivers = node_.to == ExchangeNode::To::kFirstWorker ? 1 : targets_.size();
    for (size_t w = 0; w < receivers; w++) {
      for (size_t row = 0; row < batch->rows(); row++) targets_[w].chosen.push_back(static_cast<uint32_t>(row));
    }
  }
  for (size_t w = 0; w < targets_.size(); w++) {
    if (w != worker_ && !targets_[w].chosen.empty()) Gather(batch, &targets_[w]);
  }
  Target& own = targets_[worker_];
  if (own.chosen.empty()) return Status::Ok();
  if (own.chosen.size() < batch->rows()) batch->Slice(duckdb::SelectionVector(own.chosen.data()), own.chosen.size());
  return Emit(batch);
}

void ExchangeOperator::Gather(Batch* batch, Target* target) {
  const duckdb::SelectionVector chosen(target->chosen.data());
  for (size_t taken = 0; taken < target->chosen.size();) {
    if (target->rows == 0 && target->gathered.columns() != schema_.size()) {
      auto spare = target->edge->TakeSpare();
      target->gathered = spare ? std::move(*spare) : Batch(schema_);
    }
    const size_t count = std::min(target->chosen.size() - taken, kBatchRows - target->rows);
    for (size_t c = 0; c < schema_.size(); c++) {
      duckdb::VectorOperations::Copy(batch->chunk().data[c], target->gathered.chunk().data[c], chosen, taken + count,
                                     taken, target->rows);
    }
    taken += count;
    target->rows += count;
    target->gathered.chunk().SetCardinality(target->rows);
    if (target->rows == kBatchRows || BytesOf(target->gathered, target->rows) > kHeavyBytes) Send(target);
  }
}

void ExchangeOperator::Send(Target* target) {
  if (target->rows == 0) return;
  const int64_t bytes = BytesOf(target->gathered, kBatchRows);
  target->edge->PutRows(std::exchange(target->gathered, Batch()), bytes);
  target->rows = 0;
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

void ExchangeOperator::Stop() {
  if (std::exchange(closed_, true)) return;
  Flush();
  for (Target& target : targets_) {
    if (target.edge != nullptr) target.edge->PutStop();
  }
}

}  // namespace laminar
