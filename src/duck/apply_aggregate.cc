// Lists of rows -> the aggregate of each. Lists are taken together until they have a batch of rows; those are ordered
// within their list by DuckDB's sort keys (bytes that compare as the values do), then fed to states side by side.
#include <algorithm>
#include <cstring>

#include "duckdb/common/exception.hpp"
#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/function/create_sort_key.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "base/check.h"
#include "duck/aggregate_set.h"
#include "duck/own_finals.h"

namespace laminar {

namespace {

using duckdb::Expression;
using duckdb::idx_t;
using duckdb::list_entry_t;
using duckdb::ListVector;
using duckdb::LogicalType;
using duckdb::SelectionVector;
using duckdb::string_t;
using duckdb::Vector;

struct Application final : duckdb::FunctionData {
  Application(AggregateList aggregate, std::vector<duckdb::Value> constants, CollectedRows rows)
      : aggregate(std::move(aggregate)), constants(std::move(constants)), rows(std::move(rows)) {}
  duckdb::unique_ptr<FunctionData> Copy() const override {
    return duckdb::make_uniq<Application>(aggregate, constants, rows);
  }
  // Two calls are the same only if they are the same object: nothing asks for more.
  bool Equals(const FunctionData& other) const override { return this == &other; }

  AggregateList aggregate;               // over the fields, then the constants
  std::vector<duckdb::Value> constants;  // its arguments that are the same for all rows
  CollectedRows rows;
};

void ThrowIfError(const Status& status) {
  if (status.ok()) return;
  switch (status.kind()) {
    case StatusKind::kUser:
      throw duckdb::InvalidInputException(status.message());
    case StatusKind::kEnvironment:
      throw duckdb::OutOfMemoryException(status.message());
    default:
      throw duckdb::InternalException(status.message());
  }
}

// One executor's: the states of a batch of lists.
class Applier final : public duckdb::FunctionLocalState {
 public:
  explicit Applier(const Application& application)
      : rows_(application.rows),
        constants_(application.constants),
        aggregate_(application.aggregate),
        set_(aggregate_) {
    for (const CollectedRows::Key& key : rows_.order) {
      modifiers_.emplace_back(
          key.descending ? duckdb::OrderType::DESCENDING : duckdb::OrderType::ASCENDING,
          key.nulls_first ? duckdb::OrderByNullType::NULLS_FIRST : duckdb::OrderByNullType::NULLS_LAST);
    }
  }

  void Apply(Vector& lists, idx_t count, Vector* result) {
    Take(ListVector::GetEntry(lists), ListVector::GetListSize(lists));
    bytes_.resize(count * set_.state_bytes());
    states_.clear();
    for (idx_t i = 0; i < count; i++) {
      states_.push_back(bytes_.data() + i * set_.state_bytes());
      set_.Initialize(states_.back());
    }
    // The states are destroyed whatever is thrown.
    struct Cleaner {
      ~Cleaner() {
        applier->set_.Destroy(applier->states_, &applier->memory_);
        applier->memory_.Reset();
      }
      Applier* applier;
    } const cleaner{this};

    duckdb::UnifiedVectorFormat entries;
    lists.ToUnifiedFormat(count, entries);
    for (idx_t i = 0; i < count; i++) {
      const idx_t at = entries.sel->get_index(i);
      if (!entries.validity.RowIsValid(at)) continue;
      const list_entry_t list = duckdb::UnifiedVectorFormat::GetData<list_entry_t>(entries)[at];
      if (list.length == 0) continue;
      for (idx_t row = 0; row < list.length; row++) {
        order_.push_back(static_cast<uint32_t>(list.offset + row));
        targets_.push_back(states_[i]);
      }
      ends_.push_back(order_.size());
      if (order_.size() >= kBatchRows) Feed();
    }
    Feed();

    Batch out(Schema{{"", MakeType(aggregate_.type(0))}});
    ThrowIfError(set_.Finalize(states_, &memory_, &out, 0));
    result->Reference(out.chunk().data[0]);
  }

 private:
  // Makes the fields of the elements columns, and the constants behind them.
  void Take(Vector& elements, idx_t count) {
    elements.Flatten(count);
    std::vector<Vector*> fields;
    if (rows_.is_struct) {
      for (const auto& field : duckdb::StructVector::GetEntries(elements)) fields.push_back(field.get());
    } else {
      fields.push_back(&elements);
    }
    columns_ = Batch();
    duckdb::vector<LogicalType> types;
    for (const Vector* field : fields) types.push_back(field->GetType());
    for (const duckdb::Value& constant : constants_) types.push_back(constant.type());
    columns_.chunk().InitializeEmpty(types);
    for (size_t i = 0; i < fields.size(); i++) columns_.chunk().data[i].Reference(*fields[i]);
    for (size_t i = 0; i < constants_.size(); i++) columns_.chunk().data[fields.size() + i].Reference(constants_[i]);
    order_.clear();
    targets_.clear();
    ends_.clear();
  }

  void Feed() {
    if (!rows_.order.empty()) Sort();
    ThrowIfError(set_.UpdateRows(&columns_, order_, targets_, &memory_));
    order_.clear();
    targets_.clear();
    ends_.clear();
  }

  // Orders the rows of each list that waits.
  void Sort() {
    if (order_.size() == ends_.size()) return;  // one row each
    std::vector<Vector> keys;                   // a vector for each batch of rows; they own the bytes
    std::vector<std::pair<string_t, uint32_t>> keyed;
    keyed.reserve(order_.size());
    for (size_t first = 0; first < order_.size(); first += kBatchRows) {
      const size_t count = std::min(kBatchRows, order_.size() - first);
      SelectionVector selection(count);
      for (size_t i = 0; i < count; i++) selection.set_index(i, order_[first + i]);
      duckdb::DataChunk part;
      duckdb::vector<LogicalType> types;
      for (const CollectedRows::Key& key : rows_.order) types.push_back(columns_.chunk().data[key.field].GetType());
      part.InitializeEmpty(types);
      for (size_t k = 0; k < rows_.order.size(); k++)
        part.data[k].Slice(columns_.chunk().data[rows_.order[k].field], selection, count);
      part.SetCardinality(count);
      keys.emplace_back(LogicalType::BLOB, count);
      duckdb::CreateSortKeyHelpers::CreateSortKey(part, modifiers_, keys.back());
      keys.back().Flatten(count);
      const auto* data = duckdb::FlatVector::GetData<string_t>(keys.back());
      for (size_t i = 0; i < count; i++) keyed.push_back({data[i], order_[first + i]});
    }
    const auto before = [](const auto& a, const auto& b) { return a.first < b.first; };
    size_t begin = 0;
    for (const size_t end : ends_) {
      const auto from = keyed.begin() + static_cast<ptrdiff_t>(begin), to = keyed.begin() + static_cast<ptrdiff_t>(end);
      if (!std::is_sorted(from, to, before)) std::stable_sort(from, to, before);
      begin = end;
    }
    for (size_t i = 0; i < keyed.size(); i++) order_[i] = keyed[i].second;
  }

  const CollectedRows rows_;
  const std::vector<duckdb::Value> constants_;
  const AggregateList aggregate_;
  AggregateSet set_;
  duckdb::vector<duckdb::OrderModifiers> modifiers_;
  AggregateMemory memory_;
  std::vector<std::byte> bytes_;
  std::vector<std::byte*> states_;  // by list
  Batch columns_;
  // Rows that wait to be fed: elements, and the state of each; where their lists end.
  std::vector<uint32_t> order_;
  std::vector<std::byte*> targets_;
  std::vector<size_t> ends_;
};

void Execute(duckdb::DataChunk& input, duckdb::ExpressionState& state, Vector& result) {
  auto& applier = static_cast<Applier&>(*duckdb::ExecuteFunctionState::GetFunctionState(state));
  applier.Apply(input.data[0], input.size(), &result);
}

duckdb::unique_ptr<duckdb::FunctionLocalState> MakeApplier(duckdb::ExpressionState&,
                                                           const duckdb::BoundFunctionExpression&,
                                                           duckdb::FunctionData* data) {
  return duckdb::make_uniq<Applier>(data->Cast<Application>());
}

}  // namespace

FinalExpression ApplyAggregate(const Expression& call, CollectedRows rows, FinalExpression list) {
  auto copy = call.Copy();
  auto& aggregate = copy->Cast<duckdb::BoundAggregateExpression>();
  CHECK(!aggregate.filter && !aggregate.order_bys && !aggregate.IsDistinct());
  const std::string name = aggregate.function.name;
  const LogicalType type = aggregate.return_type;
  const LogicalType element = duckdb::ListType::GetChildType(list->return_type);
  const size_t fields = rows.is_struct ? duckdb::StructType::GetChildCount(element) : 1;
  std::vector<duckdb::Value> constants;
  for (auto& child : aggregate.children) {
    if (child->GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT) continue;
    constants.push_back(child->Cast<duckdb::BoundConstantExpression>().value);
    child = duckdb::make_uniq<duckdb::BoundReferenceExpression>(child->ToString(), child->return_type,
                                                                fields + constants.size() - 1);
  }
  std::vector<std::unique_ptr<Expression>> aggregates;
  aggregates.push_back(std::move(copy));

  duckdb::ScalarFunction function(name, {list->return_type}, type, Execute);
  function.SetInitStateCallback(MakeApplier);
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  duckdb::vector<duckdb::unique_ptr<Expression>> children;
  children.push_back(duckdb::unique_ptr<Expression>(list.release()));
  return std::make_unique<duckdb::BoundFunctionExpression>(
      type, std::move(function), std::move(children),
      duckdb::make_uniq<Application>(AggregateList(std::move(aggregates)), std::move(constants), std::move(rows)));
}

}  // namespace laminar
