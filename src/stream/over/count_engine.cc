#include "duckdb/common/types.hpp"

#include "stream/over/frame_engine.h"
#include "stream/over/make_engine.h"

namespace laminar {

namespace {

struct Count {
  using Value = NoValue;
  struct State {
    int64_t count = 0;
    void Clear(int64_t*) {}
  };
  static Value Load(const FlatColumn&, size_t) { return {}; }
  static void Enter(State& state, Value, int64_t*) { state.count++; }
  template <class Entries>
  static void Leave(State& state, const Entries&, uint32_t, uint32_t, int64_t*) {
    state.count--;
  }
  static bool Write(const State& state, const OverResult& result, size_t row) {
    static_cast<int64_t*>(result.data)[row] = state.count;
    return true;
  }
  static void Save(const State& state, std::string* bytes) { AppendFixed(state.count, bytes); }
  template <class Entries>
  static bool Restore(State& state, const Entries&, uint32_t, uint32_t, ByteReader* saved, int64_t*) {
    return saved->ReadFixed(&state.count);
  }
};

// bool_and is true while nothing false is in the frame, bool_or while something true is.
template <bool kAnd>
struct BoolAggregate {
  using Value = uint8_t;
  struct State {
    int64_t matches = 0, count = 0;  // matches: false for bool_and, true for bool_or
    void Clear(int64_t*) {}
  };
  static Value Load(const FlatColumn& column, size_t row) { return static_cast<const uint8_t*>(column.data)[row]; }
  static int64_t Matches(Value value) { return (value != 0) != kAnd ? 1 : 0; }
  static void Enter(State& state, Value value, int64_t*) {
    state.matches += Matches(value);
    state.count++;
  }
  template <class Entries>
  static void Leave(State& state, const Entries& ring, uint32_t begin, uint32_t, int64_t*) {
    state.matches -= Matches(ring[begin].value);
    state.count--;
  }
  static bool Write(const State& state, const OverResult& result, size_t row) {
    if (state.count == 0) {
      result.SetNull(row);
    } else {
      static_cast<bool*>(result.data)[row] = (state.matches > 0) != kAnd;
    }
    return true;
  }
  static void Save(const State& state, std::string* bytes) {
    AppendFixed(state.matches, bytes);
    AppendFixed(state.count, bytes);
  }
  template <class Entries>
  static bool Restore(State& state, const Entries&, uint32_t, uint32_t, ByteReader* saved, int64_t*) {
    return saved->ReadFixed(&state.matches) && saved->ReadFixed(&state.count);
  }
};

}  // namespace

std::unique_ptr<OverEngine> MakeCountEngine(const OverFunction& function, const Schema& input) {
  if ((function.name == "count" && function.arguments.size() <= 1 && !function.distinct) ||
      function.name == "count_star") {
    return MakeFrameEngine(function, Count());
  }
  if (function.arguments.size() != 1 || input[function.arguments[0]].type->id() != duckdb::LogicalTypeId::BOOLEAN)
    return nullptr;
  if (function.name == "bool_and") return MakeFrameEngine(function, BoolAggregate<true>());
  if (function.name == "bool_or") return MakeFrameEngine(function, BoolAggregate<false>());
  return nullptr;
}

}  // namespace laminar
