// Counts, and the moments of a set of numbers (moment_set.h).
#include "duckdb/common/exception.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/function/aggregate_function.hpp"

#include "duck/moment_set.h"
#include "duck/own_aggregate.h"

namespace laminar {

namespace {

using duckdb::AggregateFunction;
using duckdb::AggregateInputData;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::StructVector;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;

// Row i of the vector, as it lies in memory.
template <class Value>
Value At(const UnifiedVectorFormat& format, idx_t i) {
  return reinterpret_cast<const Value*>(format.data)[format.sel->get_index(i)];
}

struct AddCounts {
  static void Add(int64_t* sum, int64_t count) {
    if (__builtin_add_overflow(*sum, count, sum)) throw duckdb::OutOfRangeException("a count is out of range");
  }
  static void Initialize(int64_t& state) { state = 0; }
  static bool IgnoreNull() { return true; }
  template <class Input, class State, class Op>
  static void Operation(State& state, const Input& count, duckdb::AggregateUnaryInput&) {
    Add(&state, count);
  }
  template <class Input, class State, class Op>
  static void ConstantOperation(State& state, const Input& count, duckdb::AggregateUnaryInput& input, idx_t times) {
    for (idx_t i = 0; i < times; i++) Operation<Input, State, Op>(state, count, input);
  }
  template <class State, class Op>
  static void Combine(const State& from, State& into, AggregateInputData&) {
    Add(&into, from);
  }
  template <class Result, class State>
  static void Finalize(State& state, Result& result, duckdb::AggregateFinalizeData&) {
    result = state;
  }
};

// A partial row of one input row has the count 1, and then all rows of a batch mostly do.
void UpdateCounts(Vector inputs[], AggregateInputData& data, idx_t columns, Vector& states, idx_t count) {
  const bool constant = inputs[0].GetVectorType() == duckdb::VectorType::CONSTANT_VECTOR &&
                        !duckdb::ConstantVector::IsNull(inputs[0]) &&
                        states.GetVectorType() == duckdb::VectorType::FLAT_VECTOR;
  if (!constant) {
    AggregateFunction::UnaryScatterUpdate<int64_t, int64_t, AddCounts>(inputs, data, columns, states, count);
    return;
  }
  const int64_t more = *duckdb::ConstantVector::GetData<int64_t>(inputs[0]);
  auto* const* const sums = FlatVector::GetData<int64_t*>(states);
  for (idx_t i = 0; i < count; i++) AddCounts::Add(sums[i], more);
}

LogicalType MomentsType() {
  return LogicalType::STRUCT({{"n", LogicalType::BIGINT}, {"mean", LogicalType::DOUBLE}, {"m2", LogicalType::DOUBLE}});
}

idx_t StateBytes(const AggregateFunction&) {
  return sizeof(MomentSet);
}
void Initialize(const AggregateFunction&, duckdb::data_ptr_t state) {
  *reinterpret_cast<MomentSet*>(state) = MomentSet();
}

void AddNumbers(Vector inputs[], AggregateInputData&, idx_t, Vector& states, idx_t count) {
  UnifiedVectorFormat numbers, targets;
  inputs[0].ToUnifiedFormat(count, numbers);
  states.ToUnifiedFormat(count, targets);
  for (idx_t i = 0; i < count; i++) {
    if (numbers.validity.RowIsValid(numbers.sel->get_index(i))) At<MomentSet*>(targets, i)->Add(At<double>(numbers, i));
  }
}

void AddMoments(Vector inputs[], AggregateInputData&, idx_t, Vector& states, idx_t count) {
  inputs[0].Flatten(count);
  UnifiedVectorFormat targets;
  states.ToUnifiedFormat(count, targets);
  const auto& fields = StructVector::GetEntries(inputs[0]);
  for (idx_t i = 0; i < count; i++) {
    if (!FlatVector::Validity(inputs[0]).RowIsValid(i)) continue;
    At<MomentSet*>(targets, i)
        ->Unite({FlatVector::GetData<int64_t>(*fields[0])[i], FlatVector::GetData<double>(*fields[1])[i],
                 FlatVector::GetData<double>(*fields[2])[i]});
  }
}

void Combine(Vector& from, Vector& into, AggregateInputData&, idx_t count) {
  UnifiedVectorFormat sources, targets;
  from.ToUnifiedFormat(count, sources);
  into.ToUnifiedFormat(count, targets);
  for (idx_t i = 0; i < count; i++) {
    At<MomentSet*>(targets, i)->Unite(*At<MomentSet*>(sources, i));
  }
}

void Finalize(Vector& states, AggregateInputData&, Vector& result, idx_t count, idx_t offset) {
  UnifiedVectorFormat sources;
  states.ToUnifiedFormat(count, sources);
  const auto& fields = StructVector::GetEntries(result);
  for (idx_t i = 0; i < count; i++) {
    const MomentSet& state = *At<MomentSet*>(sources, i);
    FlatVector::GetData<int64_t>(*fields[0])[offset + i] = state.n;
    FlatVector::GetData<double>(*fields[1])[offset + i] = state.mean;
    FlatVector::GetData<double>(*fields[2])[offset + i] = state.m2;
  }
}

}  // namespace

AggregateExpression SumCounts(AggregateExpression counts) {
  auto function =
      AggregateFunction::UnaryAggregate<int64_t, int64_t, int64_t, AddCounts>(LogicalType::BIGINT, LogicalType::BIGINT);
  function.SetStateUpdateCallback(UpdateCounts);
  function.name = "sum_counts";
  return CallOwnAggregate(std::move(function), std::move(counts));
}

AggregateExpression Moments(AggregateExpression numbers) {
  return CallOwnAggregate(
      AggregateFunction("moments", {LogicalType::DOUBLE}, MomentsType(), StateBytes, Initialize, AddNumbers, Combine,
                        Finalize, duckdb::FunctionNullHandling::DEFAULT_NULL_HANDLING),
      std::move(numbers));
}

AggregateExpression MergeMoments(AggregateExpression moments) {
  return CallOwnAggregate(
      AggregateFunction("merge_moments", {MomentsType()}, MomentsType(), StateBytes, Initialize, AddMoments, Combine,
                        Finalize, duckdb::FunctionNullHandling::DEFAULT_NULL_HANDLING),
      std::move(moments));
}

}  // namespace laminar
