// DuckDB's aggregate functions take a vector of pointers to states: that of aggregate k in row i is rows[i] +
// offset[k]. So all that is done here is to make that vector once a call, shift it from aggregate to aggregate, and
// hand over vectors that refer to the columns of the batch.
#include "duck/aggregate_set.h"

#include <algorithm>
#include <set>

#include "duckdb/function/aggregate_function.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/storage/arena_allocator.hpp"

#include "base/check.h"
#include "duck/engine_failure.h"
#include "duck/one_row.h"
#include "duck/own_aggregate.h"

namespace laminar {

namespace {

using duckdb::AggregateInputData;
using duckdb::BoundAggregateExpression;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::SelectionVector;
using duckdb::Vector;

// Whether finalize reads a state and leaves it as it is. Some sort a heap or a list in place, and a later update would
// find it broken; those are finalised in a copy, which costs no more than what they do anyhow. Functions of our own
// leave it alone.
bool FinalizesInPlace(const BoundAggregateExpression& aggregate) {
  static const std::set<std::string> kInPlace = {
      "count",      "count_star",  "sum",        "sum_no_overflow", "avg",        "bool_and",
      "bool_or",    "bit_and",     "bit_or",     "bit_xor",         "product",    "fsum",
      "favg",       "stddev_samp", "stddev_pop", "var_samp",        "var_pop",    "variance",
      "stddev",     "corr",        "sem",        "covar_pop",       "covar_samp", "first",
      "last",       "any_value",   "kahan_sum",  "sumkahan",        "mean",       "arbitrary",
      "regr_slope", "regr_r2"};
  const std::string& name = aggregate.function.name;
  if (OwnAggregate(aggregate.function)) return true;
  if (name == "min" || name == "max") return aggregate.children.size() == 1;
  return kInPlace.contains(name);
}

// Whether a combined state has copies of what the other one points to. DuckDB's first, any_value and quantiles only
// copy the pointers; so only those that were seen to copy are trusted (aggregate_set_test.cc, with AddressSanitizer).
bool CopiesWhenCombined(const BoundAggregateExpression& aggregate) {
  static const std::set<std::string> kCopy = {
      "count",   "min",        "max",          "last",    "arg_min",      "arg_max",
      "list",    "array_agg",  "histogram",    "mode",    "arg_min_null", "arg_max_null",
      "entropy", "string_agg", "group_concat", "listagg", "approx_top_k", "approx_count_distinct"};
  if (OwnAggregate(aggregate.function) || kCopy.contains(aggregate.function.name)) return true;
  return std::none_of(aggregate.children.begin(), aggregate.children.end(), [](const auto& child) {
    const LogicalType& type = child->return_type;
    return type.IsNested() || type.InternalType() == duckdb::PhysicalType::VARCHAR;
  });
}

// Some functions (string_agg) answer with a string that lies in their state: the result gets a copy of its own.
void OwnStrings(Vector& result, size_t first_row, size_t count) {
  if (result.GetType().InternalType() != duckdb::PhysicalType::VARCHAR) return;
  auto* strings = duckdb::FlatVector::GetData<duckdb::string_t>(result);
  for (size_t i = first_row; i < first_row + count; i++) {
    if (duckdb::FlatVector::IsNull(result, i) || strings[i].IsInlined()) continue;
    strings[i] = duckdb::StringVector::AddStringOrBlob(result, strings[i]);
  }
}

struct BoundAggregate {
  BoundAggregateExpression* expression;
  size_t offset;  // of its state in a row
  bool finalizes_in_place;
  OneRow one_row;
  std::vector<idx_t> columns;         // of the input
  bool adjacent;                      // they stand side by side there: passed as they are
  duckdb::vector<Vector> references;  // else: these, which refer to them
  duckdb::vector<Vector> sliced;      // arguments of UpdateRows
};

}  // namespace

struct AggregateMemory::Rep {
  duckdb::ArenaAllocator arena{duckdb::Allocator::DefaultAllocator()};
};

AggregateMemory::AggregateMemory() : rep_(std::make_unique<Rep>()) {}
AggregateMemory::~AggregateMemory() = default;
AggregateMemory::AggregateMemory(AggregateMemory&&) noexcept = default;
AggregateMemory& AggregateMemory::operator=(AggregateMemory&&) noexcept = default;

int64_t AggregateMemory::bytes() const {
  return static_cast<int64_t>(rep_->arena.AllocationSize());
}

void AggregateMemory::Reset() {
  rep_->arena.Reset();
}

struct AggregateSet::Rep {
  AggregateList list;
  std::vector<duckdb::unique_ptr<duckdb::Expression>> copies;  // bind data is not shared between workers
  std::vector<BoundAggregate> aggregates;
  size_t state_bytes = 0;
  bool combines_copies = true;
  Vector addresses{LogicalType::POINTER};
  Vector other_addresses{LogicalType::POINTER};
  SelectionVector selection{kBatchRows};
  AggregateMemory scratch;                // of states that live for a call
  std::vector<std::byte> scratch_states;  // those

  static void Point(Vector* vector, std::span<std::byte* const> states, size_t offset) {
    auto* data = duckdb::FlatVector::GetData<duckdb::data_ptr_t>(*vector);
    for (size_t i = 0; i < states.size(); i++) data[i] = reinterpret_cast<duckdb::data_ptr_t>(states[i] + offset);
  }

  // The arguments of `aggregate` as an array of vectors.
  static Vector* Arguments(BoundAggregate* aggregate, Batch* input) {
    duckdb::DataChunk& chunk = input->chunk();
    if (aggregate->columns.empty()) return nullptr;
    if (aggregate->adjacent) return &chunk.data[aggregate->columns.front()];
    for (size_t i = 0; i < aggregate->columns.size(); i++)
      aggregate->references[i].Reference(chunk.data[aggregate->columns[i]]);
    return aggregate->references.data();
  }

  // The rows that `selection` names of its arguments.
  Vector* Sliced(BoundAggregate* aggregate, Vector* arguments, size_t rows) {
    for (size_t i = 0; i < aggregate->columns.size(); i++) aggregate->sliced[i].Slice(arguments[i], selection, rows);
    return aggregate->sliced.data();
  }

  // Calls work(k) for each aggregate; what it throws becomes a Status that names the aggregate.
  template <class Work>
  Status ForEach(const Work& work) {
    size_t k = 0;
    try {
      for (; k < aggregates.size(); k++) work(aggregates[k]);
      return Status::Ok();
    } catch (const std::exception& exception) {
      std::string message;
      if (IsDataFailure(exception, &message))
        return Status::User(list.ToString(k) + " failed: " + message).At(list.position(k));
      return EngineFailure(exception, "computing " + list.ToString(k)).At(list.position(k));
    }
  }

  // rows: of `input`, empty = all from the first; at most kBatchRows of states.
  Status Update(Batch* input, std::span<const uint32_t> rows, std::span<std::byte* const> states,
                AggregateMemory* memory) {
    if (states.empty()) return Status::Ok();
    const bool one_group =
        std::all_of(states.begin(), states.end(), [&](const std::byte* state) { return state == states.front(); });
    for (size_t i = 0; i < rows.size(); i++) selection.set_index(i, rows[i]);
    duckdb::ArenaAllocator& arena = memory->rep().arena;
    return ForEach([&](BoundAggregate& aggregate) {
      const duckdb::AggregateFunction& function = aggregate.expression->function;
      Vector* arguments = Arguments(&aggregate, input);
      if (!rows.empty()) arguments = Sliced(&aggregate, arguments, rows.size());
      AggregateInputData data(aggregate.expression->bind_info.get(), arena);
      if (one_group && function.simple_update != nullptr) {
        function.simple_update(arguments, data, aggregate.columns.size(),
                               reinterpret_cast<duckdb::data_ptr_t>(states.front() + aggregate.offset), states.size());
        return;
      }
      Point(&addresses, states, aggregate.offset);
      function.update(arguments, data, aggregate.columns.size(), addresses, states.size());
    });
  }

  void Destroy(BoundAggregate& aggregate, std::span<std::byte* const> states, size_t offset, AggregateMemory* memory) {
    if (aggregate.expression->function.destructor == nullptr) return;
    AggregateInputData data(aggregate.expression->bind_info.get(), memory->rep().arena);
    Point(&addresses, states, offset);
    aggregate.expression->function.destructor(addresses, data, states.size());
  }

  // Fresh states of one aggregate in `scratch`, destroyed whatever is thrown. One at a time.
  class StatesOfACall {
   public:
    StatesOfACall(Rep* rep, BoundAggregate* aggregate, size_t count)
        : rep_(rep), aggregate_(aggregate), states_(count) {
      const duckdb::AggregateFunction& function = aggregate->expression->function;
      const size_t bytes = duckdb::AlignValue(function.state_size(function));
      rep->scratch_states.resize(bytes * count);
      for (size_t i = 0; i < count; i++) {
        states_[i] = rep->scratch_states.data() + i * bytes;
        function.initialize(function, reinterpret_cast<duckdb::data_ptr_t>(states_[i]));
      }
    }
    ~StatesOfACall() {
      rep_->Destroy(*aggregate_, states_, 0, &rep_->scratch);
      rep_->scratch.Reset();
    }
    StatesOfACall(const StatesOfACall&) = delete;
    std::span<std::byte* const> get() const { return states_; }

   private:
    Rep* const rep_;
    BoundAggregate* const aggregate_;
    std::vector<std::byte*> states_;
  };

  // The results of `rows` rows, each alone, of an aggregate that must be asked itself.
  void AskForEachRow(BoundAggregate& aggregate, Vector* arguments, size_t rows, Vector& result) {
    const duckdb::AggregateFunction& function = aggregate.expression->function;
    const StatesOfACall states(this, &aggregate, rows);
    AggregateInputData data(aggregate.expression->bind_info.get(), scratch.rep().arena);
    Point(&addresses, states.get(), 0);
    function.update(arguments, data, aggregate.columns.size(), addresses, rows);
    Point(&addresses, states.get(), 0);
    function.finalize(addresses, data, result, rows, 0);
    OwnStrings(result, 0, rows);
  }

  // Finalises copies of the states.
  void FinalizeCopies(BoundAggregate& aggregate, std::span<std::byte* const> states, Vector& result, size_t first_row) {
    const duckdb::AggregateFunction& function = aggregate.expression->function;
    const StatesOfACall copies(this, &aggregate, states.size());
    AggregateInputData data(aggregate.expression->bind_info.get(), scratch.rep().arena);
    Point(&addresses, states, aggregate.offset);
    Point(&other_addresses, copies.get(), 0);
    function.combine(addresses, other_addresses, data, states.size());
    Point(&other_addresses, copies.get(), 0);
    function.finalize(other_addresses, data, result, states.size(), first_row);
    OwnStrings(result, first_row, states.size());
  }
};

AggregateSet::AggregateSet(const AggregateList& aggregates) : rep_(std::make_unique<Rep>()) {
  rep_->list = aggregates;
  for (size_t k = 0; k < aggregates.size(); k++) {
    rep_->copies.push_back(aggregates.at(k).Copy());
    auto& expression = rep_->copies.back()->Cast<BoundAggregateExpression>();
    CHECK_MSG(!expression.filter && !expression.order_bys && !expression.IsDistinct(), "not planned into arguments");
    BoundAggregate aggregate{
        &expression, rep_->state_bytes, FinalizesInPlace(expression), OneRowOf(expression), {}, true, {}, {}};
    for (const auto& child : expression.children) {
      CHECK(child->GetExpressionClass() == duckdb::ExpressionClass::BOUND_REF);
      const idx_t column = child->Cast<duckdb::BoundReferenceExpression>().index;
      if (!aggregate.columns.empty() && column != aggregate.columns.back() + 1) aggregate.adjacent = false;
      aggregate.columns.push_back(column);
      aggregate.references.emplace_back(child->return_type, nullptr);
      aggregate.sliced.emplace_back(child->return_type, nullptr);
    }
    rep_->state_bytes += duckdb::AlignValue(expression.function.state_size(expression.function));
    rep_->combines_copies = rep_->combines_copies && CopiesWhenCombined(expression);
    rep_->aggregates.push_back(std::move(aggregate));
  }
}

AggregateSet::~AggregateSet() = default;

size_t AggregateSet::size() const {
  return rep_->aggregates.size();
}
size_t AggregateSet::state_bytes() const {
  return rep_->state_bytes;
}

bool AggregateSet::CombinesCopies() const {
  return rep_->combines_copies;
}

void AggregateSet::Initialize(std::byte* states) const {
  for (const BoundAggregate& aggregate : rep_->aggregates) {
    const duckdb::AggregateFunction& function = aggregate.expression->function;
    function.initialize(function, reinterpret_cast<duckdb::data_ptr_t>(states + aggregate.offset));
  }
}

Status AggregateSet::Update(Batch* input, std::span<std::byte* const> states, AggregateMemory* memory) {
  CHECK(states.size() == input->rows() && states.size() <= kBatchRows);
  return rep_->Update(input, {}, states, memory);
}

Status AggregateSet::UpdateRows(Batch* input, std::span<const uint32_t> rows, std::span<std::byte* const> states,
                                AggregateMemory* memory) {
  CHECK(rows.size() == states.size());
  for (size_t first = 0; first < rows.size(); first += kBatchRows) {
    const size_t count = std::min(kBatchRows, rows.size() - first);
    RETURN_IF_ERROR(rep_->Update(input, rows.subspan(first, count), states.subspan(first, count), memory));
  }
  return Status::Ok();
}

Status AggregateSet::Combine(std::span<std::byte* const> from, std::span<std::byte* const> into,
                             AggregateMemory* memory) {
  CHECK(from.size() == into.size());
  for (size_t first = 0; first < from.size(); first += kBatchRows) {
    const size_t count = std::min(kBatchRows, from.size() - first);
    RETURN_IF_ERROR(rep_->ForEach([&](BoundAggregate& aggregate) {
      AggregateInputData data(aggregate.expression->bind_info.get(), memory->rep().arena,
                              duckdb::AggregateCombineType::PRESERVE_INPUT);
      Rep::Point(&rep_->addresses, from.subspan(first, count), aggregate.offset);
      Rep::Point(&rep_->other_addresses, into.subspan(first, count), aggregate.offset);
      aggregate.expression->function.combine(rep_->addresses, rep_->other_addresses, data, count);
    }));
  }
  return Status::Ok();
}

Status AggregateSet::Finalize(std::span<std::byte* const> states, AggregateMemory* memory, Batch* out,
                              size_t first_column, size_t first_row) {
  CHECK(first_row + states.size() <= kBatchRows);
  if (states.empty()) return Status::Ok();
  size_t column = first_column;
  return rep_->ForEach([&](BoundAggregate& aggregate) {
    Vector& result = out->chunk().data[column++];
    if (!aggregate.finalizes_in_place) {
      rep_->FinalizeCopies(aggregate, states, result, first_row);
      return;
    }
    AggregateInputData data(aggregate.expression->bind_info.get(), memory->rep().arena);
    Rep::Point(&rep_->addresses, states, aggregate.offset);
    aggregate.expression->function.finalize(rep_->addresses, data, result, states.size(), first_row);
    OwnStrings(result, first_row, states.size());
  });
}

Status AggregateSet::OfEachRow(Batch* input, std::span<const uint32_t> rows, Batch* out, size_t first_column) {
  CHECK(rows.size() <= kBatchRows);
  for (size_t i = 0; i < rows.size(); i++) rep_->selection.set_index(i, rows[i]);
  size_t column = first_column;
  return rep_->ForEach([&](BoundAggregate& aggregate) {
    Vector* arguments = Rep::Arguments(&aggregate, input);
    if (arguments && rows.size() < input->rows()) arguments = rep_->Sliced(&aggregate, arguments, rows.size());
    Vector& result = out->chunk().data[column++];
    if (aggregate.one_row == OneRow::kUnknown) {
      rep_->AskForEachRow(aggregate, arguments, rows.size(), result);
    } else {
      WriteOneRows(aggregate.one_row, arguments, rows.size(), result);
    }
  });
}

void AggregateSet::Destroy(std::span<std::byte* const> states, AggregateMemory* memory) {
  for (BoundAggregate& aggregate : rep_->aggregates) {
    for (size_t first = 0; first < states.size(); first += kBatchRows) {
      const size_t count = std::min(kBatchRows, states.size() - first);
      rep_->Destroy(aggregate, states.subspan(first, count), aggregate.offset, memory);
    }
  }
}

}  // namespace laminar
