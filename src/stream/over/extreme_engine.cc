// min and max over sliding frames, by a queue of candidates: a row that is beaten by a later one can never be the
// answer again and is forgotten at once, so the queue falls from its front, the answer, to the newest row. Each row
// enters and leaves it once.
#include <cmath>

#include "duckdb/common/types.hpp"

#include "stream/over/frame_engine.h"
#include "stream/over/make_engine.h"

namespace laminar {

namespace {

// DuckDB's order: NaN is the greatest.
template <class V>
bool Less(V a, V b) {
  if constexpr (std::is_floating_point_v<V>) {
    if (std::isnan(b)) return !std::isnan(a);
  }
  return a < b;
}

template <class V, bool kMax>
bool Beats(V a, V b) {
  return kMax ? Less(b, a) : Less(a, b);
}

template <class V, bool kMax>
struct SlidingExtreme {
  using Value = V;
  struct State {
    Ring<V> candidates;
    void Clear(int64_t* bytes) { candidates.Clear(bytes); }
  };
  static Value Load(const FlatColumn& column, size_t row) { return static_cast<const V*>(column.data)[row]; }
  static void Enter(State& state, Value value, int64_t* bytes) {
    while (!state.candidates.empty() && Beats<V, kMax>(value, state.candidates.back())) state.candidates.PopBack();
    state.candidates.PushBack(value, UINT32_MAX, bytes);
  }
  template <class Entries>
  static void Leave(State& state, const Entries& ring, uint32_t begin, uint32_t, int64_t* bytes) {
    const V value = ring[begin].value;
    if (!Beats<V, kMax>(state.candidates.front(), value)) state.candidates.PopFront(bytes);
  }
  static bool Write(const State& state, const OverResult& result, size_t row) {
    if (state.candidates.empty()) {
      result.SetNull(row);
    } else {
      static_cast<V*>(result.data)[row] = state.candidates.front();
    }
    return true;
  }
  static void Save(const State&, std::string*) {}
  template <class Entries>
  static bool Restore(State& state, const Entries& ring, uint32_t begin, uint32_t end, ByteReader*, int64_t* bytes) {
    for (uint32_t i = begin; i < end; i++) {
      if (ring[i].counts) Enter(state, ring[i].value, bytes);
    }
    return true;
  }
};

// Nothing ever leaves.
template <class V, bool kMax>
struct GrowingExtreme {
  using Value = V;
  struct State {
    V best{};
    bool any = false;
    void Clear(int64_t*) {}
  };
  static Value Load(const FlatColumn& column, size_t row) { return static_cast<const V*>(column.data)[row]; }
  static void Enter(State& state, Value value, int64_t*) {
    if (!state.any || Beats<V, kMax>(value, state.best)) state.best = value;
    state.any = true;
  }
  template <class Entries>
  static void Leave(State&, const Entries&, uint32_t, uint32_t, int64_t*) {
    CHECK(false);
  }
  static bool Write(const State& state, const OverResult& result, size_t row) {
    if (!state.any) {
      result.SetNull(row);
    } else {
      static_cast<V*>(result.data)[row] = state.best;
    }
    return true;
  }
  static void Save(const State& state, std::string* bytes) {
    AppendFixed(uint8_t{state.any}, bytes);
    AppendFixed(state.best, bytes);
  }
  template <class Entries>
  static bool Restore(State& state, const Entries&, uint32_t, uint32_t, ByteReader* saved, int64_t*) {
    uint8_t any = 0;
    if (!saved->ReadFixed(&any)) return false;
    state.any = any != 0;
    return saved->ReadFixed(&state.best);
  }
};

template <class V>
std::unique_ptr<OverEngine> Make(const OverFunction& function) {
  const bool max = function.name == "max";
  if (FrameBounds(function.frame).unbounded_start) {
    if (max) return MakeFrameEngine(function, GrowingExtreme<V, true>());
    return MakeFrameEngine(function, GrowingExtreme<V, false>());
  }
  if (max) return MakeFrameEngine(function, SlidingExtreme<V, true>());
  return MakeFrameEngine(function, SlidingExtreme<V, false>());
}

}  // namespace

std::unique_ptr<OverEngine> MakeExtremeEngine(const OverFunction& function, const Schema& input) {
  if ((function.name != "min" && function.name != "max") || function.arguments.size() != 1) return nullptr;
  const duckdb::LogicalType& type = *input[function.arguments[0]].type;
  // TIME WITH TIME ZONE is not ordered as its bits are.
  if (type != *function.type || type.id() == duckdb::LogicalTypeId::TIME_TZ) return nullptr;
  using enum duckdb::PhysicalType;
  switch (type.InternalType()) {
    case BOOL:
    case UINT8:
      return Make<uint8_t>(function);
    case INT8:
      return Make<int8_t>(function);
    case INT16:
      return Make<int16_t>(function);
    case INT32:
      return Make<int32_t>(function);
    case INT64:
      return Make<int64_t>(function);
    case INT128:
      return Make<__int128>(function);
    case UINT16:
      return Make<uint16_t>(function);
    case UINT32:
      return Make<uint32_t>(function);
    case UINT64:
      return Make<uint64_t>(function);
    case FLOAT:
      return Make<float>(function);
    case DOUBLE:
      return Make<double>(function);
    default:
      return nullptr;
  }
}

}  // namespace laminar
