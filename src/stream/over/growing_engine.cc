// stddev and its like, and sums that carry their rounding errors along, over frames that only grow: a few numbers
// instead of DuckDB's states, so that they can be in a checkpoint.
#include <cmath>

#include "duckdb/common/types.hpp"

#include "duck/moment_set.h"
#include "stream/over/frame_engine.h"
#include "stream/over/make_engine.h"

namespace laminar {

namespace {

struct GrowingMoments {
  using Value = double;
  struct State {
    MomentSet set;
    void Clear(int64_t*) {}
  };
  const MomentsRule* rule = nullptr;

  static Value Load(const FlatColumn& column, size_t row) { return static_cast<const double*>(column.data)[row]; }
  static void Enter(State& state, Value value, int64_t*) { state.set.Add(value); }
  template <class Entries>
  static void Leave(State&, const Entries&, uint32_t, uint32_t, int64_t*) {
    CHECK(false);
  }
  bool Write(const State& state, const OverResult& result, size_t row) const {
    const auto value = rule->Apply(state.set.n, state.set.m2);
    if (!value) {
      result.SetNull(row);
      return true;
    }
    static_cast<double*>(result.data)[row] = *value;
    return std::isfinite(*value);
  }
  static void Save(const State& state, std::string* bytes) {
    AppendFixed(state.set.n, bytes);
    AppendFixed(state.set.mean, bytes);
    AppendFixed(state.set.m2, bytes);
  }
  template <class Entries>
  static bool Restore(State& state, const Entries&, uint32_t, uint32_t, ByteReader* saved, int64_t*) {
    return saved->ReadFixed(&state.set.n) && saved->ReadFixed(&state.set.mean) && saved->ReadFixed(&state.set.m2);
  }
};

// W. Kahan, "Further remarks on reducing truncation errors" (1965), as DuckDB's fsum and favg have it.
struct GrowingKahanSum {
  using Value = double;
  struct State {
    double sum = 0, error = 0;
    int64_t count = 0;
    void Clear(int64_t*) {}
  };
  bool average = false;

  static Value Load(const FlatColumn& column, size_t row) { return static_cast<const double*>(column.data)[row]; }
  static void Enter(State& state, Value value, int64_t*) {
    const double corrected = value - state.error;
    const double sum = state.sum + corrected;
    state.error = (sum - state.sum) - corrected;
    state.sum = sum;
    state.count++;
  }
  template <class Entries>
  static void Leave(State&, const Entries&, uint32_t, uint32_t, int64_t*) {
    CHECK(false);
  }
  bool Write(const State& state, const OverResult& result, size_t row) const {
    if (state.count == 0) {
      result.SetNull(row);
    } else {
      static_cast<double*>(result.data)[row] = average ? state.sum / static_cast<double>(state.count) : state.sum;
    }
    return true;
  }
  static void Save(const State& state, std::string* bytes) {
    AppendFixed(state.sum, bytes);
    AppendFixed(state.error, bytes);
    AppendFixed(state.count, bytes);
  }
  template <class Entries>
  static bool Restore(State& state, const Entries&, uint32_t, uint32_t, ByteReader* saved, int64_t*) {
    return saved->ReadFixed(&state.sum) && saved->ReadFixed(&state.error) && saved->ReadFixed(&state.count);
  }
};

}  // namespace

std::unique_ptr<OverEngine> MakeGrowingEngine(const OverFunction& function, const Schema& input) {
  if (!FrameBounds(function.frame).unbounded_start || function.distinct || function.arguments.size() != 1)
    return nullptr;
  const auto is_double = [](const TypeRef& type) { return type->id() == duckdb::LogicalTypeId::DOUBLE; };
  if (!is_double(input[function.arguments[0]].type) || !is_double(function.type)) return nullptr;
  if (const MomentsRule* rule = FindMomentsRule(function.name)) {
    GrowingMoments moments;
    moments.rule = rule;
    return MakeFrameEngine(function, moments, {"its value is out of range", ""});
  }
  GrowingKahanSum sum;
  sum.average = function.name == "favg";
  for (const char* name : {"favg", "fsum", "kahan_sum", "sumkahan"}) {
    if (function.name == name) return MakeFrameEngine(function, sum);
  }
  return nullptr;
}

}  // namespace laminar
