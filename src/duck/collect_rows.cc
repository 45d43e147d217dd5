// Rows of a group, kept in DuckDB's list segments: chains of blocks of columns that double in size, in the arena.
#include "duckdb/common/types/list_segment.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/function/aggregate_function.hpp"

#include "duck/own_aggregate.h"

namespace laminar {

namespace {

using duckdb::AggregateFunction;
using duckdb::AggregateInputData;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::LinkedList;
using duckdb::ListVector;
using duckdb::LogicalType;
using duckdb::RecursiveUnifiedVectorFormat;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;

// How a value of the element's type is written.
struct ElementLayout final : duckdb::FunctionData {
  explicit ElementLayout(const LogicalType& type) : type(type) { duckdb::GetSegmentDataFunctions(functions, type); }
  duckdb::unique_ptr<FunctionData> Copy() const override { return duckdb::make_uniq<ElementLayout>(type); }
  bool Equals(const FunctionData& other) const override { return type == other.Cast<ElementLayout>().type; }

  LogicalType type;
  duckdb::ListSegmentFunctions functions;
};

const ElementLayout& Layout(const AggregateInputData& data) {
  return data.bind_data->Cast<ElementLayout>();
}

idx_t StateBytes(const AggregateFunction&) {
  return sizeof(LinkedList);
}
void Initialize(const AggregateFunction&, duckdb::data_ptr_t state) {
  new (state) LinkedList();
}

LinkedList& State(const UnifiedVectorFormat& states, idx_t i) {
  return *reinterpret_cast<LinkedList* const*>(states.data)[states.sel->get_index(i)];
}

void AppendRows(Vector inputs[], AggregateInputData& data, idx_t, Vector& states, idx_t count) {
  RecursiveUnifiedVectorFormat rows;
  Vector::RecursiveToUnifiedFormat(inputs[0], count, rows);
  UnifiedVectorFormat targets;
  states.ToUnifiedFormat(count, targets);
  const auto& functions = Layout(data).functions;
  for (idx_t i = 0; i < count; i++) {
    if (rows.unified.validity.RowIsValid(rows.unified.sel->get_index(i)))
      functions.AppendRow(data.allocator, State(targets, i), rows, i);
  }
}

void AppendLists(Vector inputs[], AggregateInputData& data, idx_t, Vector& states, idx_t count) {
  UnifiedVectorFormat lists, targets;
  inputs[0].ToUnifiedFormat(count, lists);
  states.ToUnifiedFormat(count, targets);
  RecursiveUnifiedVectorFormat rows;
  Vector::RecursiveToUnifiedFormat(ListVector::GetEntry(inputs[0]), ListVector::GetListSize(inputs[0]), rows);
  const auto& functions = Layout(data).functions;
  for (idx_t i = 0; i < count; i++) {
    const idx_t at = lists.sel->get_index(i);
    if (!lists.validity.RowIsValid(at)) continue;
    const duckdb::list_entry_t list = UnifiedVectorFormat::GetData<duckdb::list_entry_t>(lists)[at];
    for (idx_t row = list.offset; row < list.offset + list.length; row++)
      functions.AppendRow(data.allocator, State(targets, i), rows, row);
  }
}

// The source keeps its blocks: its rows are copied by way of a vector.
void Combine(Vector& from, Vector& into, AggregateInputData& data, idx_t count) {
  UnifiedVectorFormat sources, targets;
  from.ToUnifiedFormat(count, sources);
  into.ToUnifiedFormat(count, targets);
  const ElementLayout& layout = Layout(data);
  for (idx_t i = 0; i < count; i++) {
    const LinkedList& source = State(sources, i);
    if (source.total_capacity == 0) continue;
    Vector copy(layout.type, source.total_capacity);
    layout.functions.BuildListVector(source, copy, 0);
    RecursiveUnifiedVectorFormat rows;
    Vector::RecursiveToUnifiedFormat(copy, source.total_capacity, rows);
    for (idx_t row = 0; row < source.total_capacity; row++)
      layout.functions.AppendRow(data.allocator, State(targets, i), rows, row);
  }
}

void Finalize(Vector& states, AggregateInputData& data, Vector& result, idx_t count, idx_t offset) {
  UnifiedVectorFormat sources;
  states.ToUnifiedFormat(count, sources);
  idx_t total = ListVector::GetListSize(result);
  auto* entries = FlatVector::GetData<duckdb::list_entry_t>(result);
  for (idx_t i = 0; i < count; i++) {
    const idx_t length = State(sources, i).total_capacity;
    entries[offset + i] = {total, length};
    total += length;
  }
  ListVector::Reserve(result, total);
  Vector& child = ListVector::GetEntry(result);
  for (idx_t i = 0; i < count; i++) {
    const LinkedList& rows = State(sources, i);
    if (rows.total_capacity > 0) Layout(data).functions.BuildListVector(rows, child, entries[offset + i].offset);
  }
  ListVector::SetListSize(result, total);
}

AggregateExpression Call(const char* name, const LogicalType& argument_type, const LogicalType& element,
                         duckdb::aggregate_update_t update, AggregateExpression argument, OneRow one_row) {
  return CallOwnAggregate(
      AggregateFunction(name, {argument_type}, LogicalType::LIST(element), StateBytes, Initialize, update, Combine,
                        Finalize, duckdb::FunctionNullHandling::DEFAULT_NULL_HANDLING),
      std::move(argument), std::make_unique<ElementLayout>(element), one_row);
}

}  // namespace

AggregateExpression CollectRows(AggregateExpression rows) {
  const LogicalType type = rows->return_type;
  return Call("collect", type, type, AppendRows, std::move(rows), OneRow::kList);
}

AggregateExpression MergeCollectedRows(AggregateExpression lists) {
  const LogicalType type = lists->return_type;
  return Call("merge_collected", type, duckdb::ListType::GetChildType(type), AppendLists, std::move(lists),
              OneRow::kUnknown);
}

}  // namespace laminar
